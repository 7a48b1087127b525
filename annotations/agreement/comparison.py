"""The agreement of people over many texts: of everybody, and of each two of them, label by label."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from annotations.agreement.bootstrap import Figure, Tally
from annotations.agreement.passes import Passes
from annotations.agreement.roles import disagreements
from annotations.agreement.statistic import People, Statistic
from annotations.agreement.units import Unit

#: Figures by label and by the name of the statistic.
Figures: TypeAlias = Mapping[str, Mapping[str, Figure]]
Tallies: TypeAlias = dict[str, list[Tally]]


@dataclass(frozen=True, kw_only=True)
class Differing:
    """How the annotations of two people differ: what one of them alone has, and what of the others.

    Attributes:
        same: that both have, with the same ends.
        other_ends: that both have, with other ends.
        roles: in how many of those that both have another source, cue or type is given, by its name.
    """

    same: int
    other_ends: int
    only_first: int
    only_second: int
    roles: Mapping[str, int]

    @property
    def differences(self) -> int:
        return self.other_ends + self.only_first + self.only_second + sum(self.roles.values())


class Comparison:
    """What the passes over one text after another come to. Texts are not kept, only what they count.

    Args:
        statistics: for each label those that are asked for.
    """

    def __init__(self, statistics: Mapping[str, Sequence[Statistic]]) -> None:
        self.statistics = statistics
        self.articles = 0
        #: How many passes each person has in it.
        self.passes: Counter[str] = Counter()
        self._everybody = self._tallies(groups=None)
        self._pairs: dict[tuple[str, str], Tallies] = defaultdict(lambda: self._tallies(groups=1))

    def _tallies(self, groups: int | None) -> Tallies:
        return {
            label: [Tally(statistic, groups=groups) for statistic in statistics]
            for label, statistics in self.statistics.items()
        }

    def add(self, length: int, said: Mapping[str, Sequence[Unit]]) -> None:
        """Add one article of so many characters: what each of two or more people says of it."""
        self.articles += 1
        self.passes.update(said.keys())
        for label, passes in by_label(length, said, self.statistics).items():
            for number, tally in enumerate(self._everybody[label]):
                statistic = tally.statistic
                if statistic.people is People.ALL:
                    tally.add([statistic.counts(passes)])
                    continue
                counts = {both: statistic.counts(pair) for both, pair in passes.pairs.items()}
                for both, counted in counts.items():
                    self._pairs[both][label][number].add([counted])
                if statistic.people is People.PAIRS or len(said) == 2:
                    tally.add(list(counts.values()))

    def figures(self) -> Figures:
        """Return the figures of everybody, with their intervals."""
        return {
            label: {tally.statistic.name: self._figure(tally) for tally in tallies}
            for label, tallies in self._everybody.items()
        }

    def _figure(self, tally: Tally) -> Figure:
        if tally.statistic.people is People.TWO and len(self.passes) != 2:
            return Figure(value=None, articles=self.articles)
        return tally.figure()

    def pairs(self) -> Mapping[tuple[str, str], Figures]:
        """Return the figures of each two people who share an article, without intervals."""
        return {
            both: {
                label: {
                    tally.statistic.name: Figure(value=tally.value(), articles=tally.articles)
                    for tally in tallies
                    if tally.statistic.people is not People.ALL
                }
                for label, tallies in self._pairs[both].items()
            }
            for both in combinations(sorted(self.passes), 2)
            if both in self._pairs
        }


def by_label(
    length: int, said: Mapping[str, Sequence[Unit]], labels: Mapping[str, object]
) -> Mapping[str, Passes]:
    """Return the passes over a text apart for each of the labels."""
    found: dict[str, dict[str, list[Unit]]] = {label: {name: [] for name in said} for label in labels}
    for name, units in said.items():
        for unit in units:
            if unit.label in found:
                found[unit.label][name].append(unit)
    return {label: Passes(length=length, by_person=people) for label, people in found.items()}


def differing(pair: Passes, roles: Sequence[Statistic]) -> Differing:
    """Return how the passes of two people differ, also on the roles that are asked for."""
    one, other = pair.both
    shared = len(pair.same)
    same = sum(first.segments == second.segments for first, second in pair.same)
    return Differing(
        same=same,
        other_ends=shared - same,
        only_first=len(one) - shared,
        only_second=len(other) - shared,
        roles={role.name: disagreements(role, pair) for role in roles},
    )
