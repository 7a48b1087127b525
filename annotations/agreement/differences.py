"""Where the passes of several people over one text differ, thing by thing.

What is compared is a unit: an annotation with its attributes and with where its relations lead, taken by the
words that they name, so that two people who link the same source agree whatever rows they wrote. What only
serves as the end of a relation is judged with what it belongs to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from annotations.agreement.spans import overlap
from annotations.agreement.units import Unit

MISSING, CONTENT, LABEL = "missing", "content", "label"
#: Overlap, as shared characters over all, from which units of two labels are taken for the same thing.
LEAST_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the passes say of one thing: the unit of each, None where a pass has none, and how they differ.

    `differences` holds `missing`, `content` (the segments), `label`, and the names of the attributes and
    relations that differ (`type`, `source`, `cue`); it is empty where all passes agree.
    """

    units: tuple[Unit | None, ...]
    differences: frozenset[str]

    @property
    def agreed(self) -> bool:
        return not self.differences

    @property
    def place(self) -> tuple[int, int]:
        return min(unit.place for unit in self.units if unit)


def compare(passes: Sequence[Sequence[Unit]]) -> list[Case]:
    """Return one case for each thing that any of the passes names, in the order of the text.

    Units of one line are one thing, and so are the most overlapping ones of those that are left: of one
    label if they overlap at all, of two labels from half their characters on. Nothing of one pass is ever
    taken for the same as something else of that pass.

    Cost: as the number of overlapping pairs.
    """
    groups = _by_line(passes)
    for likeness, first, second in sorted(_overlapping(groups), key=lambda found: (-found[0], found[1:])):
        one, other = _root(groups, first), _root(groups, second)
        if one is not other and likeness > 0 and one.units.keys().isdisjoint(other.units):
            one.units |= other.units
            other.merged = one
    cases = [
        _case(tuple(group.units.get(number) for number in range(len(passes))))
        for group in groups
        if group.merged is None
    ]
    return sorted(cases, key=lambda case: (case.place, [unit.id if unit else "" for unit in case.units]))


@dataclass(eq=False)
class _Group:
    """Units of different passes that are one thing, by the number of the pass."""

    units: dict[int, Unit]
    merged: "_Group | None" = None


def _by_line(passes: Sequence[Sequence[Unit]]) -> list[_Group]:
    groups: list[_Group] = []
    lines: dict[str, _Group] = {}
    for number, units in enumerate(passes):
        for unit in units:
            group = lines.get(unit.line)
            if group is None or number in group.units:
                group = _Group({})
                groups.append(group)
                lines.setdefault(unit.line, group)
            group.units[number] = unit
    return groups


def _root(groups: Sequence[_Group], number: int) -> _Group:
    group = groups[number]
    while group.merged is not None:
        group = group.merged
    return group


def _overlapping(groups: Sequence[_Group]) -> Iterable[tuple[float, int, int]]:
    """Yield the pairs of groups that could be one thing: how far their nearest units overlap, and which."""
    placed = [(number, unit) for number, group in enumerate(groups) for unit in group.units.values()]
    placed.sort(key=lambda item: item[1].place)
    best: dict[tuple[int, int], float] = {}
    open_units: list[tuple[int, Unit]] = []
    for number, unit in placed:
        open_units = [(other, held) for other, held in open_units if held.place[1] > unit.place[0]]
        for other, held in open_units:
            if other != number:
                pair = (min(other, number), max(other, number))
                best[pair] = max(best.get(pair, 0.0), _likeness(held, unit))
        open_units.append((number, unit))
    for (first, second), likeness in best.items():
        yield likeness, first, second


def _likeness(one: Unit, other: Unit) -> float:
    """Return the shared characters of two units over all of theirs, 0 where they are too unlike."""
    shared = overlap(one.segments, other.segments)
    if one.label == other.label:
        # Before every pair of two labels.
        return 1 + shared if shared else 0.0
    return shared if shared >= LEAST_OVERLAP else 0.0


def _case(units: tuple[Unit | None, ...]) -> Case:
    there = [unit for unit in units if unit]
    differences = {MISSING} if len(there) < len(units) else set()
    for one, other in combinations(there, 2):
        differences |= _differences(one, other)
    return Case(units=units, differences=frozenset(differences))


def _differences(one: Unit, other: Unit) -> set[str]:
    found = set()
    if one.segments != other.segments:
        found.add(CONTENT)
    if one.label != other.label:
        found.add(LABEL)
    found |= {
        name
        for name in one.attributes.keys() | other.attributes.keys()
        if one.attributes.get(name) != other.attributes.get(name)
    }
    found |= {
        name
        for name in one.links.keys() | other.links.keys()
        if one.links.get(name, frozenset()) != other.links.get(name, frozenset())
    }
    return found
