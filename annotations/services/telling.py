"""How events tell of what was written: ids, labels and offsets, never a word, and enough to replay it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations.models import Annotation, Assignment, Dispute, Layer, Relation
from corpus.models import Event, Revision
from corpus.text.spans import Span

#: The columns of an assignment that say what of the suggestions its pass is shown: all, if they are these.
TERMS = {"withheld_share": 0.0, "unaided": False, "planted": False}


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


def told_assignment(row: Assignment) -> dict[str, Any]:
    """Return who has a pass and how far it is, from this event on; `read_assignment` is the inverse."""
    return {
        "number": row.number,
        "status": str(row.status),
        "reviewer": row.reviewer_id,
        "taken_at": _told_moment(row.taken_at),
        "lease_until": _told_moment(row.lease_until),
        "ended_at": _told_moment(row.ended_at),
        "reopened_at": _told_moment(row.reopened_at),
    }


def told_terms(row: Assignment) -> dict[str, Any]:
    """Return how a pass is shown other suggestions than all, for an event that its reviewer does not see."""
    terms = {name: getattr(row, name) for name in TERMS}
    return {name: value for name, value in terms.items() if value != TERMS[name]}


def told_dispute(row: Dispute) -> dict[str, Any]:
    """Return a dispute as it is from this event on; `read_dispute` is the inverse."""
    return {
        "line": str(row.line),
        "start": row.start,
        "differences": row.differences,
        "positions": row.positions,
        "status": str(row.status),
        "version": row.version,
        "opened_at": _told_moment(row.opened_at),
    }


def told_layer(layer: Layer) -> dict[str, Any]:
    """Return when a layer began, and when its pass was submitted, if it is."""
    return {
        "created_at": _told_moment(layer.created_at),
        "submitted_at": _told_moment(layer.submitted_at),
    }


def read_assignment(told: Mapping[str, Any], pk: UUID, revision: Revision) -> Assignment:
    return Assignment(
        id=pk,
        corpus_id=revision.corpus_id,
        revision=revision,
        number=told["number"],
        status=told["status"],
        reviewer_id=told["reviewer"],
        taken_at=moment_or_none(told["taken_at"]),
        lease_until=moment_or_none(told["lease_until"]),
        ended_at=moment_or_none(told["ended_at"]),
        reopened_at=moment_or_none(told.get("reopened_at")),
        **TERMS,
    )


def read_dispute(told: Mapping[str, Any], pk: UUID, revision: Revision) -> Dispute:
    return Dispute(
        id=pk,
        corpus_id=revision.corpus_id,
        revision=revision,
        line=UUID(told["line"]),
        start=told["start"],
        differences=told["differences"],
        positions=told["positions"],
        status=told["status"],
        version=told["version"],
        opened_at=datetime.fromisoformat(told["opened_at"]),
    )


def moment_or_none(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _told_moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def id_or_none(told: str | None) -> UUID | None:
    return UUID(told) if told else None
