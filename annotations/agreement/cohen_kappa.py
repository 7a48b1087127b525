"""Cohen's kappa: how far two people agree beyond what their own habits would bring about by chance.

Jacob Cohen (1960): A Coefficient of Agreement for Nominal Scales. Educational and Psychological Measurement
20(1), 37-46.
"""

from collections import defaultdict
from collections.abc import Hashable

from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic


def cohen_kappa(table: Counts) -> float | None:
    """Return kappa, given how often one person said the first and the other the second of each pair.

    None where there is nothing, or where both only ever said one and the same.
    """
    first: defaultdict[Hashable, float] = defaultdict(float)
    second: defaultdict[Hashable, float] = defaultdict(float)
    agreed = 0.0
    for (one, other), count in table.items():
        first[one] += count
        second[other] += count
        agreed += count if one == other else 0
    total = sum(table.values())
    by_chance = sum(count * second[value] for value, count in first.items())
    if by_chance == total * total:
        return None
    return (total * agreed - by_chance) / (total * total - by_chance)


def _counts(passes: Passes) -> Counts:
    """Count the characters that both, one, the other or neither of two people marked."""
    covered = passes.covered
    return {(bool(who & 1), bool(who & 2)): covered.get(who, 0) for who in range(4)}


STATISTIC = Statistic(
    name="cohen_kappa",
    title="Cohen's kappa",
    means="Is this character marked? How far two people agree on that beyond chance, by which each would "
    "have marked as much, but anywhere.",
    undefined="It is of exactly two people, and needs marked characters and others.",
    source="Cohen 1960",
    people=People.TWO,
    counts=_counts,
    figure=cohen_kappa,
)
