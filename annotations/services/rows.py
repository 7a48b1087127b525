"""Layers as the parts of native records, read without a model instance a row.

An export reads a hundred rows for each article. Instances cost ten times what the database does, so these
rows come as the driver's tuples: one statement a table and page, ids as text, JSON as it is stored.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connections, models
from django.db.models.functions import Cast

from annotations.models import Annotation, Layer, LayerKind, Relation, Review, Segment
from annotations.services.reading import LayerView, layer_name, read_layers
from corpus.prepared import Prepared, one_of
from corpus.text.spans import SURFACE_JOINT


@dataclass(slots=True)
class Said:
    """What one layer contributes to a record."""

    annotations: list[dict[str, Any]] = field(default_factory=list)
    relations: list[dict[str, Any]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)


def stored_rows(alias: str, layers: Sequence[Layer]) -> dict[UUID, Said]:
    """Return every annotation and relation of the layers, standing or not, by layer."""
    said = {layer.pk: Said() for layer in layers}
    if layers:
        ids, into, public = list(said), _targets(alias, layers, said), _PublicIds()
        _fill_annotations(alias, ids, into, public)
        _fill_relations(alias, ids, into, public)
    return said


def standing_rows(alias: str, layers: Sequence[Layer]) -> dict[UUID, Said]:
    """Return what stands in the layers, by layer; of people's also every review."""
    settled = [layer for layer in layers if layer.kind != LayerKind.MACHINE]
    said = stored_rows(alias, [layer for layer in layers if layer.kind == LayerKind.MACHINE])
    said |= {view.layer.pk: _standing(view) for view in read_layers(settled, using=alias)}
    return said


def add_reviews(alias: str, said: Mapping[UUID, Said], layers: Sequence[Layer]) -> None:
    """Add every review of the layers to what they contribute."""
    people = [layer for layer in layers if layer.kind == LayerKind.REVIEWER]
    if people:
        ids, into = [layer.pk for layer in people], _targets(alias, people, said)
        _fill_reviews(alias, ids, into, _PublicIds())


def driver_rows(rows: models.QuerySet[Any, tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield what a `values_list` selects as the driver gives it, a thousand rows in memory at a time.

    Django's converters are left out: on SQLite an id, a time and a boolean cost more than their whole row.
    """
    return _driven(rows.db, *rows.query.get_compiler(rows.db).as_sql())


def text_id(column: str) -> Cast:
    """Return what selects an id as text: PostgreSQL writes one quicker than Python does."""
    return Cast(column, models.TextField())


def stored_id(alias: str, pk: UUID) -> str:
    """Return an id as `text_id` gives it."""
    return str(pk) if connections[alias].vendor == "postgresql" else pk.hex


def public_id(stored: str) -> str:
    """Return an id of `text_id` as the world sees it."""
    if "-" in stored:
        return stored
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def iso_time(stored: datetime | None) -> str | None:
    """Return a time of `driver_rows` as ISO 8601: SQLite's is in UTC and does not say so."""
    if stored is None:
        return None
    return stored.isoformat() if stored.tzinfo else f"{stored.isoformat()}+00:00"


def annotation_part(view: LayerView, annotation: Annotation) -> dict[str, Any]:
    """Return an annotation of a layer that was read whole, as a record has it."""
    segments = view.segments_of(annotation)
    surfaces = [annotation.surface, *view.further_surfaces.get(annotation.pk, ())]
    return {
        "id": str(annotation.pk),
        "root": str(annotation.root),
        "label": annotation.label,
        "segments": [list(span) for span in segments],
        "surface": SURFACE_JOINT.join(surfaces),
        "attributes": annotation.attributes,
        "layer": layer_name(view.layer),
        "origin": annotation.origin,
        "annotator": _annotator(view.layer),
        "score": annotation.score,
        "reason": annotation.reason,
        "derived_from": _text(annotation.derived_from_id),
    }


def relation_part(view: LayerView, relation: Relation) -> dict[str, Any]:
    """Return a standing relation as a record has it, from and to what stands on its lines now."""
    head, child = (view.standing[line] for line in view.end_lines(relation))
    return {
        "id": str(relation.pk),
        "root": str(relation.root),
        "label": relation.label,
        "head": str(head.pk),
        "child": str(child.pk),
        "layer": layer_name(view.layer),
        "origin": relation.origin,
        "score": relation.score,
        "reason": relation.reason,
        "derived_from": _text(relation.derived_from_id),
    }


def review_part(review: Review, layer: Layer) -> dict[str, Any]:
    return {
        "id": str(review.pk),
        "on": str(review.annotation_id or review.relation_id),
        "line": str(review.line),
        "version": review.version,
        "verdict": review.verdict,
        "reason": review.reason,
        "note": review.note,
        "reviewer": _annotator(layer),
        "layer": layer_name(layer),
        "at": review.at.isoformat(),
        "guideline": review.guideline,
        "suggestions_shown": review.suggestions_shown,
        "result": _text(review.result_id or review.result_relation_id),
        "retracts": _text(review.retracts_id),
        "implied_by": _text(review.implied_by_id),
    }


def _standing(view: LayerView) -> Said:
    annotations = [annotation_part(view, row) for row in sorted(view.standing.values(), key=_place)]
    relations = [relation_part(view, row) for row in sorted(view.links.values(), key=lambda row: row.pk)]
    if view.layer.kind == LayerKind.GOLD:
        for part in (*annotations, *relations):
            held = view.held.get(UUID(part["root"]))
            part["guideline"] = held.guideline if held else None
    return Said(
        annotations=annotations,
        relations=relations,
        reviews=[review_part(review, view.layer) for review in view.reviews],
    )


def _place(annotation: Annotation) -> tuple[int, UUID]:
    return annotation.start, annotation.pk


def _annotator(layer: Layer) -> str:
    """Return who says it: a pipeline's identity, a person's public id, or gold."""
    return layer_name(layer).partition(":")[2] or "gold"


class _Target(NamedTuple):
    """Where the rows of a layer go, and what each says of its layer."""

    said: Said
    name: str
    annotator: str


class _PublicIds(dict[str, str]):
    """Public ids by the database's own: a row names up to six of them, most of them more than once."""

    def __missing__(self, stored: str) -> str:
        self[stored] = public = public_id(stored)
        return public


def _targets(alias: str, layers: Sequence[Layer], said: Mapping[UUID, Said]) -> dict[str, _Target]:
    return {
        stored_id(alias, layer.pk): _Target(said[layer.pk], layer_name(layer), _annotator(layer))
        for layer in layers
    }


def _driven(alias: str, statement: str, parameters: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        while some := cursor.fetchmany(1_000):
            yield from some


_ANNOTATIONS = Prepared(
    lambda *layers: (
        Annotation.objects.filter(one_of("layer", layers))
        .order_by("layer_id", "start", "id")
        .values_list(
            text_id("id"), text_id("layer_id"), "label", "start", "end", "surface", "attributes", "origin",
            "score", "reason", text_id("derived_from_id"), text_id("root"),
        )
    )
)  # fmt: skip
_RELATIONS = Prepared(
    lambda *layers: (
        Relation.objects.filter(one_of("layer", layers))
        .order_by("layer_id", "id")
        .values_list(
            text_id("id"), text_id("layer_id"), "label", text_id("head_id"), text_id("child_id"), "origin",
            "score", "reason", text_id("derived_from_id"), text_id("root"),
        )
    )
)  # fmt: skip
_SEGMENTS = Prepared(
    lambda *layers: (
        Segment.objects.filter(one_of("annotation__layer", layers))
        .order_by("annotation_id", "number")
        .values_list(text_id("annotation_id"), "start", "end", "surface")
    )
)


def _fill_annotations(
    alias: str, ids: Sequence[UUID], into: Mapping[str, _Target], public: _PublicIds
) -> None:
    more = _further_segments(alias, ids)
    for pk, layer, label, start, end, surface, attributes, origin, score, reason, source, root in _driven(
        alias, *_ANNOTATIONS.sql(*ids, using=alias)
    ):
        target, segments = into[layer], [[start, end]]
        if pk in more:
            for further_start, further_end, further_surface in more[pk]:
                segments.append([further_start, further_end])
                surface += SURFACE_JOINT + further_surface
        target.said.annotations.append(
            {
                "id": public[pk],
                "root": public[root],
                "label": label,
                "segments": segments,
                "surface": surface,
                "attributes": {} if attributes == "{}" else orjson.loads(attributes),
                "layer": target.name,
                "origin": origin,
                "annotator": target.annotator,
                "score": score,
                "reason": reason,
                "derived_from": public[source] if source else None,
            }
        )


def _fill_relations(alias: str, ids: Sequence[UUID], into: Mapping[str, _Target], public: _PublicIds) -> None:
    for pk, layer, label, head, child, origin, score, reason, source, root in _driven(
        alias, *_RELATIONS.sql(*ids, using=alias)
    ):
        target = into[layer]
        target.said.relations.append(
            {
                "id": public[pk],
                "root": public[root],
                "label": label,
                "head": public[head],
                "child": public[child],
                "layer": target.name,
                "origin": origin,
                "score": score,
                "reason": reason,
                "derived_from": public[source] if source else None,
            }
        )


def _fill_reviews(alias: str, ids: Sequence[UUID], into: Mapping[str, _Target], public: _PublicIds) -> None:
    rows = Review.objects.using(alias).filter(layer__in=ids).order_by("line", "version")
    for (
        pk, layer, line, version, verdict, reason, note, annotation, relation, result, result_relation,
        retracts, implied_by, guideline, suggestions_shown, at,
    ) in driver_rows(
        rows.values_list(
            text_id("id"), text_id("layer_id"), text_id("line"), "version", "verdict", "reason", "note",
            text_id("annotation_id"), text_id("relation_id"), text_id("result_id"),
            text_id("result_relation_id"), text_id("retracts_id"), text_id("implied_by_id"), "guideline",
            "suggestions_shown", "at",
        )
    ):  # fmt: skip
        target, wrote = into[layer], result or result_relation
        target.said.reviews.append(
            {
                "id": public[pk],
                "on": public[annotation or relation],
                "line": public[line],
                "version": version,
                "verdict": verdict,
                "reason": reason,
                "note": note,
                "reviewer": target.annotator,
                "layer": target.name,
                "at": iso_time(at),
                "guideline": guideline,
                "suggestions_shown": suggestions_shown,
                "result": public[wrote] if wrote else None,
                "retracts": public[retracts] if retracts else None,
                "implied_by": public[implied_by] if implied_by else None,
            }
        )


def _further_segments(alias: str, ids: Sequence[UUID]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for annotation, start, end, surface in _driven(alias, *_SEGMENTS.sql(*ids, using=alias)):
        found[annotation].append((start, end, surface))
    return found


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
