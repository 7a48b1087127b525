"""How many cases there really are, where those of one article resemble each other.

J. N. K. Rao and Alastair J. Scott (1992): A Simple Method for the Analysis of Clustered Binary Data.
Biometrics 48(2), 577-585. The design effect is how many times more a share varies than it would with as many
cases that know nothing of each other. Counts divided by it can be handed to methods for such cases.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

#: So many hits out of so many cases, in one article.
Cluster: TypeAlias = tuple[int, int]


def design_effect(groups: Iterable[Sequence[Cluster]]) -> float:
    """Return the effect that groups, each with a share of its own, have in common.

    It is never below 1: what few articles have in common by chance makes nothing surer.
    """
    found = expected = 0.0
    for clusters in groups:
        hits, total = sum(hit for hit, _ in clusters), sum(count for _, count in clusters)
        number = len(clusters)
        if number < 2 or hits in (0, total):
            continue
        share = hits / total
        found += number / (number - 1) * sum((hit - count * share) ** 2 for hit, count in clusters)
        expected += total * share * (1 - share)
    return max(found / expected, 1.0) if expected else 1.0
