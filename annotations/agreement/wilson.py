"""Between which shares the true one lies, given how often something happened.

Edwin B. Wilson (1927): Probable Inference, the Law of Succession, and Statistical Inference. Journal of the
American Statistical Association 22(158), 209-212. Of the common intervals it is the one that still holds
for small numbers and for shares near 0 and 1: Robert G. Newcombe (1998), Two-sided Confidence Intervals for
the Single Proportion, Statistics in Medicine 17(8), 857-872.
"""

from math import sqrt
from statistics import NormalDist

from annotations.agreement.bootstrap import LEVEL


def wilson(hits: float, total: float, *, level: float = LEVEL) -> tuple[float, float] | None:
    """Return the ends of the interval; None where there is nothing to tell from."""
    if not total:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = hits / total
    middle = share + z * z / (2 * total)
    half = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)
