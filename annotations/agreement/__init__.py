"""How far several people agree on one text and where they do not, and how far each can be relied on."""

from annotations.agreement import (
    cohen_kappa,
    f1_exact,
    f1_overlap,
    f1_tolerant,
    fleiss_kappa,
    nominal_alpha,
    unitizing_alpha,
)
from annotations.agreement.differences import Case, compare
from annotations.agreement.units import Unit

#: The statistics of what a label marks, in the order in which they are shown.
STATISTICS = (
    f1_overlap.STATISTIC,
    f1_tolerant.STATISTIC,
    f1_exact.STATISTIC,
    unitizing_alpha.STATISTIC,
    nominal_alpha.STATISTIC,
    fleiss_kappa.STATISTIC,
    cohen_kappa.STATISTIC,
)

__all__ = ["STATISTICS", "Case", "Unit", "compare"]
