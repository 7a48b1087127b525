"""Layers as the parts of native records, read without a model instance a row.

An export reads a hundred rows for each article. Instances cost ten times what the database does, so these
rows come as the driver's tuples: one statement a table and page, ids as text, JSON as it is stored.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from django.db import connections, models
from django.db.backends.utils import CursorWrapper

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
    said = {str(layer.pk): Said() for layer in layers}
    if layers:
        names = {str(layer.pk): layer_name(layer) for layer in layers}
        annotators = {str(layer.pk): _annotator(layer) for layer in layers}
        _fill_annotations(alias, said, names, annotators)
        _fill_relations(alias, said, names)
    return {layer.pk: said[str(layer.pk)] for layer in layers}


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


def _fill_annotations(
    alias: str, said: dict[str, Said], names: dict[str, str], annotators: dict[str, str]
) -> None:
    names_of = (
        "id", "layer", "label", "start", "end", "surface", "attributes", "origin", "score", "reason",
        "derived_from", "root",
    )  # fmt: skip
    text = id_reader(alias)
    more = _further_segments(alias, said)
    for row in _rows(alias, Annotation, names_of, said, order=("layer", "start", "id")):
        identity, layer_id = text(row[0]), text(row[1])
        segments, surface = [[row[3], row[4]]], row[5]
        for further in more.get(identity, ()):
            segments.append([further[0], further[1]])
            surface += SURFACE_JOINT + further[2]
        said[layer_id].annotations.append(
            {
                "id": identity,
                "root": text(row[11]),
                "label": row[2],
                "segments": segments,
                "surface": surface,
                "attributes": {} if row[6] == "{}" else orjson.loads(row[6]),
                "layer": names[layer_id],
                "origin": row[7],
                "annotator": annotators[layer_id],
                "score": row[8],
                "reason": row[9],
                "derived_from": text(row[10]) if row[10] else None,
            }
        )


def _fill_relations(alias: str, said: dict[str, Said], names: dict[str, str]) -> None:
    names_of = ("id", "layer", "label", "head", "child", "origin", "score", "reason", "derived_from", "root")
    text = id_reader(alias)
    for row in _rows(alias, Relation, names_of, said, order=("layer", "id")):
        layer_id = text(row[1])
        said[layer_id].relations.append(
            {
                "id": text(row[0]),
                "root": text(row[9]),
                "label": row[2],
                "head": text(row[3]),
                "child": text(row[4]),
                "layer": names[layer_id],
                "origin": row[5],
                "score": row[6],
                "reason": row[7],
                "derived_from": text(row[8]) if row[8] else None,
            }
        )


def _further_segments(alias: str, said: dict[str, Said]) -> dict[str, list[tuple[int, int, str]]]:
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    rows = (
        Segment.objects.using(alias)
        .filter(annotation__layer__in=list(said))
        .order_by("annotation_id", "number")
        .values_list("annotation_id", "start", "end", "surface")
    )
    for annotation_id, start, end, surface in rows:
        found[str(annotation_id)].append((start, end, surface))
    return found


def _rows(
    alias: str,
    model: type[models.Model],
    names: Sequence[str],
    layers: dict[str, Said],
    *,
    order: Sequence[str],
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of `layers` as the driver gives them, a few hundred in memory at a time."""
    connection = connections[alias]
    column = {name: connection.ops.quote_name(column_of(model, name)) for name in (*names, *order)}
    ids: list[Any] = [UUID(pk) if connection.vendor == "postgresql" else pk.replace("-", "") for pk in layers]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(column[name] for name in names)} "  # noqa: S608 - names of our own models alone
            f"FROM {connection.ops.quote_name(model._meta.db_table)} "
            f"WHERE {column['layer']} IN ({', '.join(['%s'] * len(ids))}) "
            f"ORDER BY {', '.join(column[name] for name in order)}",
            ids,
        )
        yield from _fetched(cursor)


def _fetched(cursor: CursorWrapper) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(1_000):
        yield from rows


def id_reader(alias: str) -> Callable[[Any], str]:
    """Return what makes the driver's form of an id its public one."""
    return str if connections[alias].vendor == "postgresql" else _dashed


def _dashed(value: str) -> str:
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
