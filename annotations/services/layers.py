"""Writing layers: checked against the text and the scheme first, then in a few statements for many rows."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from annotations.models import Annotation, Origin, Relation, Segment
from corpus.bulk import insert_columns
from corpus.ids import uuid7, uuid7_scattered
from corpus.schemes import SchemeDefinition, SchemeError
from corpus.services.errors import BadInput, SpanRefused
from corpus.text.spans import Span, SpanError, check_segments


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAnnotation:
    """An annotation to be written; `segments` are already checked and half-open code points."""

    id: UUID
    layer: UUID
    label: str
    segments: tuple[Span, ...]
    surfaces: tuple[str, ...]
    origin: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    score: float | None = None
    reason: str = ""
    derived_from: UUID | None = None
    root: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRelation:
    id: UUID
    layer: UUID
    label: str
    head: UUID
    child: UUID
    origin: str
    score: float | None = None
    reason: str = ""
    derived_from: UUID | None = None
    root: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """A suggestion as a pipeline or a machine client hands it in; `key` is how its relations name it."""

    key: int | str
    label: str
    segments: Sequence[tuple[int, int]]
    score: float
    surface: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedRelation:
    label: str
    head: int | str
    child: int | str
    score: float
    reason: str = ""


def fitted(text: str, segments: Sequence[tuple[int, int]], surface: str | None = None) -> tuple[Span, ...]:
    """Return the segments as spans of `text`; SpanRefused (422) where they do not fit it."""
    try:
        return check_segments(text, segments, surface)
    except SpanError as error:
        raise SpanRefused(str(error)) from None


def fits_scheme(scheme: SchemeDefinition, label: str, attributes: Mapping[str, str]) -> None:
    try:
        scheme.check_annotation(label, attributes)
    except SchemeError as error:
        raise BadInput(str(error)) from None


def propose(
    layer_id: UUID,
    text: str,
    scheme: SchemeDefinition,
    annotations: Iterable[Proposed],
    relations: Iterable[ProposedRelation],
) -> tuple[list[NewAnnotation], list[NewRelation]]:
    """Check one machine's suggestions on one text and return the rows that they become.

    Raises:
        SpanRefused: a span that does not fit the text.
        BadInput: a label, attribute, relation or score that the scheme does not know.
    """
    rows: dict[int | str, NewAnnotation] = {}
    said = list(annotations)
    for identity, proposed in zip(uuid7_scattered(len(said)), said, strict=True):
        if proposed.key in rows:
            raise BadInput(f"Two suggestions have the key {proposed.key!r}.")
        fits_scheme(scheme, proposed.label, proposed.attributes)
        spans = fitted(text, proposed.segments, proposed.surface)
        rows[proposed.key] = NewAnnotation(
            id=identity,
            layer=layer_id,
            label=proposed.label,
            segments=spans,
            surfaces=tuple(text[span.start : span.end] for span in spans),
            origin=Origin.MACHINE.value,
            attributes=proposed.attributes,
            score=_checked_score(proposed.score),
            reason=proposed.reason,
            root=identity,
        )
    return list(rows.values()), [_proposed_relation(layer_id, scheme, rows, link) for link in relations]


def digest_of(rows: Iterable[tuple[str, Iterable[Span], float | None]]) -> str:
    """Return a sha256 of what a machine said: label, segments and score of each, in order of their ids."""
    digest = hashlib.sha256()
    for label, segments, score in rows:
        digest.update(orjson.dumps([label, [list(span) for span in segments], score]))
    return digest.hexdigest()


def write_annotations(rows: Sequence[NewAnnotation]) -> None:
    """Insert annotations and their further segments: one statement, two where any is broken."""
    insert_columns(
        Annotation,
        len(rows),
        {
            "id": [row.id for row in rows],
            "layer": [row.layer for row in rows],
            "label": [row.label for row in rows],
            "start": [row.segments[0].start for row in rows],
            "end": [row.segments[0].end for row in rows],
            "surface": [row.surfaces[0] for row in rows],
            "attributes": [dict(row.attributes) for row in rows],
            "origin": [row.origin for row in rows],
            "score": [row.score for row in rows],
            "reason": [row.reason for row in rows],
            "derived_from": [row.derived_from for row in rows],
            "root": [row.root or row.id for row in rows],
        },
    )
    broken = [
        (row.id, number, span, surface)
        for row in rows
        if len(row.segments) > 1
        for number, (span, surface) in enumerate(zip(row.segments, row.surfaces, strict=True))
        if number
    ]
    insert_columns(
        Segment,
        len(broken),
        {
            "annotation": [item[0] for item in broken],
            "number": [item[1] for item in broken],
            "start": [item[2].start for item in broken],
            "end": [item[2].end for item in broken],
            "surface": [item[3] for item in broken],
        },
    )


def write_relations(rows: Sequence[NewRelation]) -> None:
    insert_columns(
        Relation,
        len(rows),
        {
            "id": [row.id for row in rows],
            "layer": [row.layer for row in rows],
            "label": [row.label for row in rows],
            "head": [row.head for row in rows],
            "child": [row.child for row in rows],
            "origin": [row.origin for row in rows],
            "score": [row.score for row in rows],
            "reason": [row.reason for row in rows],
            "derived_from": [row.derived_from for row in rows],
            "root": [row.root or row.id for row in rows],
        },
    )


def _proposed_relation(
    layer_id: UUID,
    scheme: SchemeDefinition,
    rows: Mapping[int | str, NewAnnotation],
    link: ProposedRelation,
) -> NewRelation:
    head, child = rows.get(link.head), rows.get(link.child)
    if head is None or child is None:
        missing = link.head if head is None else link.child
        raise BadInput(f"A relation names the suggestion {missing!r}, which is not among them.")
    if head is child:
        raise BadInput(f"The suggestion {link.head!r} is related to itself.")
    try:
        scheme.check_relation(link.label, head.label, child.label)
    except SchemeError as error:
        raise BadInput(str(error)) from None
    identity = uuid7()
    return NewRelation(
        id=identity,
        layer=layer_id,
        label=link.label,
        head=head.id,
        child=child.id,
        origin=Origin.MACHINE.value,
        score=_checked_score(link.score),
        reason=link.reason,
        root=identity,
    )


def _checked_score(score: float) -> float:
    if not 0 <= score <= 1:
        raise BadInput(f"A score lies between 0 and 1; {score!r} does not.")
    return float(score)
