"""The passes of several people over one text, as far as one label goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from annotations.agreement.spans import Segments, disjoint, overlap
from annotations.agreement.units import Unit, matched
from corpus.text.spans import Span

#: Shared characters over all, from which two units of one label are the same thing.
LEAST_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class Passes:
    """What people say of one text with one label; who says nothing has an empty list.

    Attributes:
        length: of the text, in characters.
    """

    length: int
    by_person: Mapping[str, Sequence[Unit]]

    @property
    def people(self) -> int:
        return len(self.by_person)

    @cached_property
    def pairs(self) -> Mapping[tuple[str, str], "Passes"]:
        """The passes of each two people, by the two in the order of their names."""
        return {
            both: Passes(length=self.length, by_person={name: self.by_person[name] for name in both})
            for both in combinations(sorted(self.by_person), 2)
        }

    @property
    def both(self) -> tuple[Sequence[Unit], Sequence[Unit]]:
        """What each of two people says."""
        one, other = self.by_person.values()
        return one, other

    @cached_property
    def pieces(self) -> list[Sequence[Span]]:
        """What each person marks, in stretches that do not overlap."""
        return [
            disjoint(span for unit in units for span in unit.segments) for units in self.by_person.values()
        ]

    @cached_property
    def covered(self) -> Mapping[int, int]:
        """How many characters are marked by whom: the bits of a key stand for the people, in order."""
        turns = sorted(
            (place, 1 << number)
            for number, pieces in enumerate(self.pieces)
            for span in pieces
            for place in span
        )
        found: Counter[int] = Counter()
        marking, reached = 0, 0
        for place, person in turns:
            if place > reached:
                found[marking] += place - reached
            marking, reached = marking ^ person, place
        if self.length > reached:
            found[0] += self.length - reached
        return found

    @cached_property
    def same(self) -> list[tuple[Unit, Unit]]:
        """Which units of two people are the same thing: at least half of all their characters are shared."""
        return matched(*self.both, same_place)


def same_place(one: Segments, other: Segments) -> float:
    """Return how far segments overlap, 0 where it is less than `LEAST_OVERLAP`."""
    shared = overlap(one, other)
    return shared if shared >= LEAST_OVERLAP else 0.0
