"""What is held against one another, and which two of two people are the same thing."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TypeAlias

from annotations.agreement.spans import Segments

#: How close two lists of segments are: from 1, the same, to 0, not the same thing.
Closeness: TypeAlias = Callable[[Segments, Segments], float]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One annotation of a pass, with all that can be disputed about it.

    Attributes:
        id: of the annotation, to come back to it.
        line: what two passes share where both began with one suggestion.
        links: by relation, the segments of each annotation that it leads to.
    """

    id: str
    line: str
    label: str
    segments: Segments
    attributes: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, frozenset[Segments]] = field(default_factory=dict)

    @property
    def place(self) -> tuple[int, int]:
        return self.segments[0].start, self.segments[-1].end


def matched(
    one: Sequence[Unit], other: Sequence[Unit], closeness: Closeness, *, reach: int = 0
) -> list[tuple[Unit, Unit]]:
    """Pair the units of two people one to one, the closest first; what is close to nothing stays alone.

    Only units whose places share a character, or are less than `reach` characters apart, are looked at.
    Which is called `one` makes no difference. Cost: as the number of such pairs.
    """
    pairs = []
    close = [(closeness(*_places(pair)), pair) for pair in _near(one, other, reach)]
    close.sort(key=lambda found: (-found[0], sorted(_places(found[1]))))
    taken: set[str] = set()
    their_taken: set[str] = set()
    for likeness, (first, second) in close:
        if likeness and first.id not in taken and second.id not in their_taken:
            taken.add(first.id)
            their_taken.add(second.id)
            pairs.append((first, second))
    return pairs


def _places(pair: tuple[Unit, Unit]) -> tuple[Segments, Segments]:
    one, other = pair
    return one.segments, other.segments


def identical(
    one: Sequence[Unit], other: Sequence[Unit]
) -> tuple[list[tuple[Unit, Unit]], list[Unit], list[Unit]]:
    """Return the pairs of equal segments, and what is left of each."""
    waiting: dict[Segments, list[Unit]] = defaultdict(list)
    for unit in reversed(other):
        waiting[unit.segments].append(unit)
    pairs, alone = [], []
    for unit in one:
        if waiting.get(unit.segments):
            pairs.append((unit, waiting[unit.segments].pop()))
        else:
            alone.append(unit)
    return pairs, alone, list(chain.from_iterable(waiting.values()))


def _near(one: Sequence[Unit], other: Sequence[Unit], reach: int) -> Iterator[tuple[Unit, Unit]]:
    """Yield the pairs whose places overlap or are less than `reach` apart."""
    later = deque(sorted(other, key=lambda unit: unit.place))
    open_units: list[Unit] = []
    for unit in sorted(one, key=lambda unit: unit.place):
        start, end = unit.place
        while later and later[0].place[0] < end + reach:
            open_units.append(later.popleft())
        open_units = [held for held in open_units if held.place[1] > start - reach]
        for held in open_units:
            if held.place[0] < end + reach:
                yield unit, held
