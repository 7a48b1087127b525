"""Krippendorff's alpha for categories: agreement beyond chance, of any number of people for each unit.

Klaus Krippendorff (2011): Computing Krippendorff's Alpha-Reliability. University of Pennsylvania,
Departmental Papers (ASC) 43. Sections B and C: nominal data, with values missing.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic


def nominal_alpha(units: Iterable[Mapping[Hashable, int]]) -> float | None:
    """Return alpha, given how many people gave each unit each value; whoever gave none is not counted.

    None where no unit has two values, or all values are the same.
    """
    return alpha_of(coincidences((unit, 1) for unit in units))


def coincidences(units: Iterable[tuple[Mapping[Hashable, int], int]]) -> Counts:
    """Return how often values meet in units, each unit given with how often it comes.

    A unit of m values adds m: each value meets m - 1 others, and each meeting counts one (m - 1)th.
    """
    found: defaultdict[tuple[Hashable, ...], float] = defaultdict(float)
    for unit, times in units:
        others = sum(unit.values()) - 1
        if others < 1:
            continue
        for one, people in unit.items():
            for other, meeting in unit.items():
                met = people * (meeting - (one == other))
                if met:
                    found[one, other] += times * met / others
    return found


def marginals(met: Counts) -> Mapping[Hashable, float]:
    """Return how many values of each kind there are that meet others."""
    found: defaultdict[Hashable, float] = defaultdict(float)
    for (value, _), count in met.items():
        found[value] += count
    return found


def alpha_of(met: Counts) -> float | None:
    total = sum(met.values())
    apart = sum(count for (one, other), count in met.items() if one != other)
    values = [count for count in marginals(met).values() if count]
    if len(values) < 2:
        return None
    return 1 - (total - 1) * apart / (total * total - sum(count * count for count in values))


def meetings(passes: Passes) -> Counts:
    """Take each character for a unit, which each person has marked or not."""
    people = passes.people
    return coincidences(
        ({True: who.bit_count(), False: people - who.bit_count()}, characters)
        for who, characters in passes.covered.items()
    )


STATISTIC = Statistic(
    name="nominal_alpha",
    title="Krippendorff's alpha (characters)",
    means="Is this character marked? How far everybody agrees on that beyond chance, also where articles "
    "have different numbers of passes.",
    undefined="It needs marked characters and others.",
    source="Krippendorff 2011, B and C",
    people=People.ALL,
    counts=meetings,
    figure=alpha_of,
)
