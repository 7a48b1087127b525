"""What the page of a dispute shows, and the choice that its form sends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from string import ascii_uppercase
from uuid import UUID

from django.http import QueryDict
from django.utils.safestring import SafeString

from annotations.admin.highlight import Mark, passage
from annotations.admin.panel import read_id, read_segments
from annotations.models import Annotation, Dispute
from annotations.models.gold import SettleReason
from annotations.services.comparing import links_of
from annotations.services.reading import LayerView
from annotations.services.settling import Choice, WrittenEnd
from annotations.services.texts import text_blocks
from corpus.schemes import SchemeDefinition
from corpus.services.errors import BadInput
from corpus.text.spans import Span, joined_surface

#: How a difference reads; attributes and relations go by their names.
DIFFERENCES = {"missing": "not in every pass", "content": "other words", "label": "another label"}
#: The reason that settling starts out with, by the difference; the others are one choice away.
LIKELY_REASONS = {
    "content": SettleReason.BOUNDARY,
    "label": SettleReason.LABEL,
    "source": SettleReason.SOURCE,
    "cue": SettleReason.CUE,
    "missing": SettleReason.OVERLOOKED,
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What a pass says of a dispute in one respect."""

    name: str
    value: str
    differs: bool


@dataclass(frozen=True, kw_only=True)
class Position:
    """What one pass says of a dispute: nothing, where it has no label."""

    letter: str
    layer: UUID
    reviewer: str
    label: str = ""
    segments: tuple[Span, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    #: By relation, the segments of each annotation that it leads to, with their labels.
    links: Mapping[str, Sequence[tuple[str, tuple[Span, ...]]]] = field(default_factory=dict)
    facts: Sequence[Fact] = ()
    passage: SafeString | None = None

    @property
    def labelled(self) -> list[tuple[str, tuple[Span, ...]]]:
        """What it labels: the thing itself, and where its relations lead."""
        own = [(self.label, self.segments)] if self.label else []
        return [*own, *(end for ends in self.links.values() for end in ends)]

    @property
    def written(self) -> str:
        return written(self.segments)


def marks_of(place: str, positions: Iterable[Position]) -> list[Mark]:
    """Return what positions label, the same once; `place` tells the texts of one page apart."""
    labelled = dict.fromkeys(item for position in positions for item in position.labelled)
    return [
        Mark(row=f"{place}-{number}", label=label, segments=segments, state="kept")
        for number, (label, segments) in enumerate(labelled)
    ]


def written(segments: Sequence[Span]) -> str:
    """Return segments as people write them: 12-40, 50-60."""
    return ", ".join(f"{start}-{end}" for start, end in segments)


def difference_named(name: str) -> str:
    return DIFFERENCES.get(name, f"another {name}")


def likely_reason(dispute: Dispute) -> str:
    found = (
        LIKELY_REASONS.get(name)
        for name in ("label", "content", "source", "cue", "missing")
        if name in dispute.differences
    )
    return next((reason.value for reason in found if reason), SettleReason.LABEL.value)


def positions_of(dispute: Dispute, views: Sequence[LayerView], scheme: SchemeDefinition) -> list[Position]:
    """Return what each pass that is still submitted says of a dispute, side by side."""
    text = dispute.revision.text
    by_layer = {str(view.layer.pk): view for view in views}
    said = [
        (letter, by_layer[held["layer"]], held["annotation"])
        for letter, held in zip(ascii_uppercase, dispute.positions, strict=False)
        if held["layer"] in by_layer
    ]
    bare = [_bare(letter, view, annotation) for letter, view, annotation in said]
    around = [span for one in bare for _, segments in one.labelled for span in segments]
    blocks = text_blocks([dispute.revision_id])[dispute.revision_id]
    return [
        replace(
            one,
            facts=_facts(text, one, dispute.differences, scheme),
            passage=passage(text, blocks, marks_of(f"pass-{one.letter}", [one]), around),
        )
        for one in bare
    ]


def _bare(letter: str, view: LayerView, annotation: str | None) -> Position:
    row: Annotation | None = view.annotations.get(UUID(annotation)) if annotation else None
    position = Position(letter=letter, layer=view.layer.pk, reviewer=str(view.layer.reviewer))
    if row is None:
        return position
    links = links_of(view).get(row.root, {})
    return replace(
        position,
        label=row.label,
        segments=view.segments_of(row),
        attributes=row.attributes,
        links={
            name: [(child.label, view.segments_of(child)) for child in children]
            for name, children in links.items()
        },
    )


def _facts(text: str, position: Position, differences: Sequence[str], scheme: SchemeDefinition) -> list[Fact]:
    """Return label, words, attributes and relations; those that the label cannot have only where given."""
    if not position.label:
        return []
    definition = scheme.labels.get(position.label)
    attributes = dict.fromkeys([*(definition.attributes if definition else ()), *position.attributes])
    relations = dict.fromkeys(
        [
            *(name for name, relation in scheme.relations.items() if position.label in relation.heads),
            *position.links,
        ]
    )
    values = {
        "label": position.label,
        "content": joined_surface(text, position.segments),
        **{name: position.attributes.get(name, "–") for name in attributes},
        **{
            name: "; ".join(joined_surface(text, segments) for _, segments in position.links.get(name, ()))
            or "–"
            for name in relations
        },
    }
    return [Fact(name=name, value=value, differs=name in differences) for name, value in values.items()]


# -- the form ------------------------------------------------------------------------------------------------


def choice_of(form: QueryDict, scheme: SchemeDefinition) -> Choice:
    """Return what the form of a dispute says: the button that was pressed tells which part of it counts.

    Raises:
        BadInput: no way of settling, or segments or an id that cannot be read.
    """
    way, _, layer = form.get("act", "").partition(":")
    reason, note, rule = form.get("reason", ""), form.get("note", ""), form.get("rule", "").strip()
    if way == "take":
        return Choice(take=read_id(layer), reason=reason, note=note, rule=rule)
    if way == "reject":
        return Choice(reject=True, reason=reason, note=note, rule=rule)
    if way == "merge":
        return Choice(merge=_merge(form, scheme), reason=reason, note=note, rule=rule)
    if way != "write":
        raise BadInput("The page sent a way of settling that is not known here.")
    label = form.get("label", "")
    return Choice(
        label=label,
        segments=read_segments(form.get("segments", "")),
        attributes=_attributes(form, scheme, label),
        links=_links(form, scheme, label),
        reason=reason,
        note=note,
        rule=rule,
    )


def _merge(form: QueryDict, scheme: SchemeDefinition) -> dict[str, UUID]:
    given = {name: form.get(f"merge-{name}", "") for name in ("content", *scheme.relations)}
    return {name: read_id(layer) for name, layer in given.items() if layer}


def _attributes(form: QueryDict, scheme: SchemeDefinition, label: str) -> dict[str, str]:
    definition = scheme.labels.get(label)
    given = {
        name: form.get(f"attribute-{label}-{name}") for name in (definition.attributes if definition else ())
    }
    return {name: value for name, value in given.items() if value}


def _links(form: QueryDict, scheme: SchemeDefinition, label: str) -> dict[str, list[WrittenEnd]]:
    links = {}
    for name, relation in scheme.relations.items():
        words = form.get(f"link-{name}", "").strip()
        if words and label in relation.heads:
            links[name] = [WrittenEnd(label=relation.children[0], segments=read_segments(words))]
    return links


def choice_said(form: QueryDict, positions: Sequence[Position]) -> str:
    """Return in words which way of settling a form chose."""
    way, _, layer = form.get("act", "").partition(":")
    letters = {str(position.layer): position.letter for position in positions}
    return {
        "take": f"take {letters.get(layer, '?')}",
        "merge": "merge: "
        + ", ".join(
            f"{name.removeprefix('merge-')} of {letters[value]}"
            for name, value in form.items()
            if name.startswith("merge-") and value in letters
        ),
        "write": f"write anew: {form.get('label', '')} {form.get('segments', '')}",
        "reject": "none is right",
    }.get(way, "")
