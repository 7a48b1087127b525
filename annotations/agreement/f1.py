"""F1: twice what two people have in common over all that both have.

C. J. van Rijsbergen (1979): Information Retrieval, 2nd edition, chapter 7. For annotations, whose negatives
cannot be counted, it is what kappa comes close to as they grow: George Hripcsak and Adam S. Rothschild
(2005): Agreement, the F-Measure, and Reliability in Information Retrieval. JAMIA 12(3), 296-298.
"""

from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts

COMMON, ALL = "common", "all"


def f1(common: float, all_of_both: float) -> float | None:
    """Return F1 of so many things in common, of all that the two have; None where neither has any."""
    return 2 * common / all_of_both if all_of_both else None


def f1_counts(passes: Passes, common: int) -> Counts:
    one, other = passes.both
    return {(COMMON,): common, (ALL,): len(one) + len(other)}


def f1_figure(sums: Counts) -> float | None:
    return f1(sums.get((COMMON,), 0), sums.get((ALL,), 0))
