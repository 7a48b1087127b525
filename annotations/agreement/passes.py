"""The passes of several people over one text, as far as one label goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from annotations.agreement.spans import Segments, disjoint, overlap
from annotations.agreement.units import Closeness, Unit, identical, matched
from corpus.text.spans import Span

#: Shared characters over all, from which two units of one label are the same thing.
LEAST_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class Passes:
    """What people say of one text with one label; who says nothing has an empty list.

    Attributes:
        length: of the text, in characters.
        known: `covered`, where it is known already.
    """

    length: int
    by_person: Mapping[str, Sequence[Unit]]
    known: Mapping[int, int] | None = None

    @property
    def people(self) -> int:
        return len(self.by_person)

    @cached_property
    def pairs(self) -> Mapping[tuple[str, str], "Passes"]:
        """The passes of each two people, by the two in the order of their names."""
        bits = {name: 1 << number for number, name in enumerate(self.by_person)}
        return {
            (one, other): Passes(
                length=self.length,
                by_person={one: self.by_person[one], other: self.by_person[other]},
                known=self._covered_by(bits[one], bits[other]),
            )
            for one, other in combinations(sorted(self.by_person), 2)
        }

    def _covered_by(self, one: int, other: int) -> Mapping[int, int]:
        """Return `covered` of two people alone, by their bits."""
        found: Counter[int] = Counter()
        for who, characters in self.covered.items():
            found[bool(who & one) + 2 * bool(who & other)] += characters
        return found

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
        if self.known is not None:
            return self.known
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
    def identical(self) -> tuple[list[tuple[Unit, Unit]], list[Unit], list[Unit]]:
        """Which units of two people have the same segments, and what is left of each."""
        return identical(*self.both)

    @cached_property
    def same(self) -> list[tuple[Unit, Unit]]:
        """Which units of two people are the same thing: at least half of all their characters are shared."""
        return self.matched(same_place)

    def matched(self, closeness: Closeness, *, reach: int = 0) -> list[tuple[Unit, Unit]]:
        """Pair the units of two people one to one, those that are closest first."""
        pairs, one, other = self.identical
        return pairs + matched(one, other, closeness, reach=reach)


def same_place(one: Segments, other: Segments) -> float:
    """Return how far segments overlap, 0 where it is less than `LEAST_OVERLAP`."""
    shared = overlap(one, other)
    return shared if shared >= LEAST_OVERLAP else 0.0
