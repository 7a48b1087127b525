"""How far several people agree on one text, and where they do not."""

from annotations.agreement.differences import Case, compare
from annotations.agreement.units import Unit

__all__ = ["Case", "Unit", "compare"]
