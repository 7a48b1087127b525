"""Whether a person lets pass what should not pass, more often than the others do.

A case is a suggestion that could be seen through; a lapse is one that was not. Each person's share is held
against that of everybody else together by Fisher's exact test, on counts that allow for cases of one article
hanging together (Rao and Scott), corrected for all people and kinds of cases at once (Holm).
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TypeAlias, TypeVar

from annotations.agreement.bootstrap import LEVEL
from annotations.agreement.design_effect import Cluster, design_effect
from annotations.agreement.fisher_exact import fisher_exact
from annotations.agreement.holm import holm
from annotations.agreement.wilson import wilson

Kind = TypeVar("Kind", bound=Hashable)
Person = TypeVar("Person", bound=Hashable)
#: The article, and whether it was a lapse.
Case: TypeAlias = tuple[Hashable, bool]

#: A share must be above that of the others by so much: less is no reason to speak to anybody.
LEAST_DIFFERENCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Lapses:
    """What became of one person's cases.

    Attributes:
        low, high: the ends of the interval of the share; None without a case.
        others: the share of everybody else together.
        chance: how probable so many lapses, or more, would be if this person were as the others are,
            corrected for how often that was asked; None where there is nobody or nothing to compare with.
    """

    cases: int
    lapses: int
    articles: int
    low: float | None = None
    high: float | None = None
    others: float | None = None
    chance: float | None = None

    @property
    def share(self) -> float | None:
        return self.lapses / self.cases if self.cases else None

    @property
    def named(self) -> bool:
        """Whether the difference is both too large for chance and large enough to matter."""
        if self.share is None or self.others is None or self.chance is None:
            return False
        return self.chance <= 1 - LEVEL and self.share - self.others >= LEAST_DIFFERENCE


def compare_people(
    cases: Mapping[Kind, Mapping[Person, Sequence[Case]]],
) -> dict[Kind, dict[Person, Lapses]]:
    """Return each person's lapses of each kind, all held against one another."""
    found = {kind: _of_kind(by_person) for kind, by_person in cases.items()}
    chances = {
        (kind, person): lapses.chance
        for kind, by_person in found.items()
        for person, lapses in by_person.items()
        if lapses.chance is not None
    }
    for (kind, person), chance in holm(chances).items():
        found[kind][person] = replace(found[kind][person], chance=chance)
    return found


def _of_kind(cases: Mapping[Person, Sequence[Case]]) -> dict[Person, Lapses]:
    clusters = {person: _clusters(own) for person, own in cases.items()}
    effect = design_effect(clusters.values())
    sums = {
        person: (sum(hits for hits, _ in own), sum(count for _, count in own))
        for person, own in clusters.items()
    }
    all_lapses, all_cases = (sum(column) for column in zip(*sums.values(), strict=True)) if sums else (0, 0)
    found = {}
    for person, (lapses, own_cases) in sums.items():
        low, high = wilson(lapses / effect, own_cases / effect) or (None, None)
        others, other_cases = all_lapses - lapses, all_cases - own_cases
        found[person] = Lapses(
            cases=own_cases,
            lapses=lapses,
            articles=len(clusters[person]),
            low=low,
            high=high,
            others=others / other_cases if other_cases else None,
            # Rounded against finding anything.
            chance=fisher_exact(
                floor(lapses / effect),
                ceil(own_cases / effect),
                ceil(others / effect),
                max(floor(other_cases / effect), ceil(others / effect)),
            ),
        )
    return found


def _clusters(cases: Sequence[Case]) -> list[Cluster]:
    every = Counter(article for article, _ in cases)
    lapses = Counter(article for article, lapse in cases if lapse)
    return [(lapses[article], count) for article, count in every.items()]
