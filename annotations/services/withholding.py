"""Which suggestions a pass goes without: worked out from the pass and the line, never stored.

What is withheld is a unit: a quote or claim with the source and cue that only it leads to. Each unit is
drawn by itself, by a hash of the pass and its line; a greater share withholds what a smaller one does, and
more. What another pipeline suggests as well stays, or it would be shown all the same.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from annotations.agreement.passes import same_place
from annotations.agreement.spans import Segments, length
from annotations.services.ordering.chance import share
from annotations.services.reading import LayerView
from annotations.services.terms import Terms


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One line that a pass is not shown."""

    line: UUID
    label: str
    segments: Segments
    #: It leads its unit: a quote or claim, not the source or cue of one.
    leads: bool


def withheld_from(terms: Terms, machines: Sequence[LayerView], decided: Collection[UUID]) -> list[Withheld]:
    """Return what a pass is not shown of the machines' layers; nothing that the person has `decided` on."""
    if not terms.withheld_share:
        return []
    leading: dict[UUID, set[UUID]] = defaultdict(set)
    found: dict[UUID, Withheld] = {}
    for view in machines:
        for relation in view.relations.values():
            head, child = view.end_lines(relation)
            leading[child].add(head)
        for row in view.annotations.values():
            found[row.root] = Withheld(
                line=row.root, label=row.label, segments=view.segments_of(row), leads=True
            )
    units = [unit for line, unit in found.items() if line not in leading]
    drawn = {unit.line for unit in units if unit.line not in decided and _is_drawn(terms, unit.line)}
    shown = [unit for unit in units if unit.line not in drawn]
    hidden = {line for line in drawn if not any(same_thing(found[line], other) for other in shown)}
    led = {line: heads for line, heads in leading.items() if line not in decided}
    units_alone = set(hidden)
    while more := {line for line, heads in led.items() if line not in hidden and heads <= hidden}:
        hidden |= more
    return [
        Withheld(line=line, label=row.label, segments=row.segments, leads=line in units_alone)
        for line, row in found.items()
        if line in hidden
    ]


def is_found(withheld: Withheld, label: str, segments: Segments) -> bool:
    """Return whether an annotation has the label and half of the characters, or more, of what is withheld."""
    shared = sum(
        max(0, min(own.end, their.end) - max(own.start, their.start))
        for own in withheld.segments
        for their in segments
    )
    return label == withheld.label and 2 * shared >= length(withheld.segments)


def same_thing(one: Withheld, other: Withheld) -> bool:
    return one.label == other.label and same_place(one.segments, other.segments) > 0


def _is_drawn(terms: Terms, line: UUID) -> bool:
    return share(terms.reviewer_id, f"withheld:{terms.revision_id}", line) < terms.withheld_share
