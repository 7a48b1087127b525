"""Whether something happens more often here than elsewhere, or may well do so by chance.

Ronald A. Fisher (1935): The Design of Experiments, chapter II. One-sided: the probability that, with as many
hits in all, chance would put as many of them here or more.
"""

from math import exp, lgamma


def fisher_exact(hits: int, total: int, other_hits: int, other_total: int) -> float | None:
    """Return the probability, given hits out of a total here and elsewhere; None where one side has none.

    Cost: as the number of hits.
    """
    if not total or not other_total:
        return None
    every, all_hits = total + other_total, hits + other_hits
    whole = _log_choose(every, all_hits)
    ways = (
        _log_choose(total, here) + _log_choose(other_total, all_hits - here) - whole
        for here in range(hits, min(total, all_hits) + 1)
        if all_hits - here <= other_total
    )
    return min(sum(map(exp, ways)), 1.0)


def _log_choose(count: int, chosen: int) -> float:
    return lgamma(count + 1) - lgamma(chosen + 1) - lgamma(count - chosen + 1)
