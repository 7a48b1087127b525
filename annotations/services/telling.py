"""How events tell of what was written: ids, labels and offsets, never a word, and enough to replay it."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from annotations.models import Annotation, Relation
from corpus.models import Event
from corpus.text.spans import Span


def told_event(event: Event) -> dict[str, Any]:
    """Return an event as readers get it, but for its place in the chain; it needs its actor."""
    return {
        "id": event.pk,
        "at": event.at,
        "actor": event.actor.public_id if event.actor else None,
        "via": event.via,
        "request_id": event.request_id,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "subject_id": event.subject_id,
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "versions": event.versions,
    }


def told_annotation(row: Annotation, segments: Iterable[Span]) -> dict[str, Any]:
    """Return an annotation as an event of its line has it; `read_annotation` is the inverse."""
    return {
        "annotation": str(row.pk),
        "label": row.label,
        "segments": [list(span) for span in segments],
        "attributes": row.attributes,
        "origin": row.origin,
        "derived_from": str(row.derived_from_id) if row.derived_from_id else None,
    }


def told_relation(row: Relation) -> dict[str, Any]:
    """Return a relation as an event of its line has it; `read_relation` is the inverse."""
    return {
        "relation": str(row.pk),
        "label": row.label,
        "head": str(row.head_id),
        "child": str(row.child_id),
        "origin": row.origin,
        "derived_from": str(row.derived_from_id) if row.derived_from_id else None,
    }


def read_annotation(told: Mapping[str, Any], layer: UUID) -> tuple[Annotation, tuple[Span, ...]]:
    """Return an annotation without its words, and its further segments."""
    first, *further = (Span(start, end) for start, end in told["segments"])
    row = Annotation(
        id=UUID(told["annotation"]),
        layer_id=layer,
        label=told["label"],
        start=first.start,
        end=first.end,
        attributes=told["attributes"],
        origin=told["origin"],
        derived_from_id=id_or_none(told["derived_from"]),
        root=UUID(told["line"]),
    )
    return row, tuple(further)


def read_relation(told: Mapping[str, Any], layer: UUID) -> Relation:
    return Relation(
        id=UUID(told["relation"]),
        layer_id=layer,
        label=told["label"],
        head_id=UUID(told["head"]),
        child_id=UUID(told["child"]),
        origin=told["origin"],
        derived_from_id=id_or_none(told["derived_from"]),
        root=UUID(told["line"]),
    )


def id_or_none(told: str | None) -> UUID | None:
    return UUID(told) if told else None
