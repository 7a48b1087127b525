"""Layers as the parts of native records, read without a model instance a row.

An export reads a hundred rows for each article. Instances cost ten times what the database does, so these
rows come as the driver's tuples: one statement a table and page, ids as text, JSON as it is stored.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from annotations.models import Annotation, Layer, LayerKind, Relation, Review, Segment
from annotations.services.reading import LayerView, layer_name, read_layers
from corpus.bulk import column_of
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
        into = {
            _stored_id(alias, layer.pk): _Target(said[layer.pk], layer_name(layer), _annotator(layer))
            for layer in layers
        }
        public = _PublicIds()
        _fill_annotations(alias, into, public)
        _fill_relations(alias, into, public)
    return said


def standing_rows(alias: str, layers: Sequence[Layer]) -> dict[UUID, Said]:
    """Return what stands in the layers, by layer; of people's also every review."""
    people = [layer for layer in layers if layer.kind == LayerKind.REVIEWER]
    said = stored_rows(alias, [layer for layer in layers if layer.kind != LayerKind.REVIEWER])
    said |= {view.layer.pk: _standing(view) for view in read_layers(people, using=alias)}
    return said


def add_reviews(alias: str, said: dict[UUID, Said], layers: Sequence[Layer]) -> None:
    """Add every review of the layers to what they contribute."""
    people = {layer.pk: layer for layer in layers if layer.kind == LayerKind.REVIEWER}
    for review in Review.objects.using(alias).filter(layer__in=people).order_by("line", "version"):
        said[review.layer_id].reviews.append(review_part(review, people[review.layer_id]))


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
    return Said(
        annotations=[annotation_part(view, row) for row in sorted(view.standing.values(), key=_place)],
        relations=[relation_part(view, row) for row in sorted(view.links.values(), key=lambda row: row.pk)],
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
    """Public ids by the database's own: a row names up to four of them, most of them more than once."""

    def __missing__(self, stored: str) -> str:
        dashed = "-" in stored
        self[stored] = public = (
            stored if dashed else f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"
        )
        return public


def _fill_annotations(alias: str, into: Mapping[str, _Target], public: _PublicIds) -> None:
    names = (
        "id", "layer", "label", "start", "end", "surface", "attributes", "origin", "score", "reason",
        "derived_from", "root",
    )  # fmt: skip
    more = _further_segments(alias, into)
    for pk, layer, label, start, end, surface, attributes, origin, score, reason, source, root in _rows(
        alias, Annotation, names, into, order=("layer", "start", "id")
    ):
        target, segments = into[layer], [[start, end]]
        for further_start, further_end, further_surface in more.get(pk, ()):
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


def _fill_relations(alias: str, into: Mapping[str, _Target], public: _PublicIds) -> None:
    names = ("id", "layer", "label", "head", "child", "origin", "score", "reason", "derived_from", "root")
    for pk, layer, label, head, child, origin, score, reason, source, root in _rows(
        alias, Relation, names, into, order=("layer", "id")
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


def _further_segments(alias: str, layers: Iterable[str]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    rows = (
        Segment.objects.using(alias)
        .filter(annotation__layer__in=list(layers))
        .order_by("annotation_id", "number")
        .values_list("annotation_id", "start", "end", "surface")
    )
    for annotation_id, start, end, surface in rows:
        found[_stored_id(alias, annotation_id)].append((start, end, surface))
    return found


def _rows(
    alias: str,
    model: type[models.Model],
    names: Sequence[str],
    layers: Collection[str],
    *,
    order: Sequence[str],
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `layers` as the driver gives them, a thousand in memory at a time; ids are text."""
    connection = connections[alias]
    column = {name: connection.ops.quote_name(column_of(model, name)) for name in (*names, *order)}
    chosen = [_as_text(connection, model._meta.get_field(name), column[name]) for name in names]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(chosen)} "  # noqa: S608 - names of our own models alone
            f"FROM {connection.ops.quote_name(model._meta.db_table)} "
            f"WHERE {column['layer']} IN ({', '.join(['%s'] * len(layers))}) "
            f"ORDER BY {', '.join(column[name] for name in order)}",
            list(layers),
        )
        while rows := cursor.fetchmany(1_000):
            yield from rows


def _as_text(connection: BaseDatabaseWrapper, field: object, column: str) -> str:
    """Return what selects a column, an id as text: PostgreSQL writes one quicker than Python does."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    is_id = isinstance(target, models.UUIDField)
    return f"{column}::text" if is_id and connection.vendor == "postgresql" else column


def _stored_id(alias: str, pk: UUID) -> str:
    """Return an id as `_rows` has it."""
    return str(pk) if connections[alias].vendor == "postgresql" else pk.hex


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
