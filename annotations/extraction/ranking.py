"""How well scores rank what is right above what is not, and whether they mean what they say."""

from collections.abc import Sequence
from itertools import groupby

Scored = tuple[float, bool]


def average_precision(scored: Sequence[Scored]) -> float | None:
    """Return the mean of the precision at each right one, from the best score down; None without a right one.

    Those of one score count as one step, so that their order does not matter. Manning, Raghavan and Schütze
    (2008), "Introduction to Information Retrieval", 8.4, in the form of a step-wise area.
    """
    right = sum(is_right for _, is_right in scored)
    if not right:
        return None
    seen = hits = 0
    area = 0.0
    for _, tied in groupby(sorted(scored, key=lambda item: -item[0]), key=lambda item: item[0]):
        step = [is_right for _, is_right in tied]
        seen += len(step)
        hits += sum(step)
        area += sum(step) / right * hits / seen
    return area


def calibration_error(scored: Sequence[Scored], *, bins: int = 10) -> float | None:
    """Return by how much scores differ from the share that is right, on average; None of nothing.

    Bins of equal width, weighted by what is in them. Naeini, Cooper and Hauskrecht (2015), "Obtaining Well
    Calibrated Probabilities Using Bayesian Binning", AAAI.
    """
    if not scored:
        return None
    held: list[list[Scored]] = [[] for _ in range(bins)]
    for score, is_right in scored:
        held[min(int(score * bins), bins - 1)].append((score, is_right))
    gaps = [abs(sum(score - is_right for score, is_right in group)) for group in held]
    return sum(gaps) / len(scored)
