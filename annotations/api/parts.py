"""Parts of layers as they are sent: what stands, and on each line what the reader has decided."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from annotations.models import Annotation, Layer, LayerKind, Relation
from annotations.services.due import Demands, due_lines, outdated_gold
from annotations.services.reading import LayerView, layer_name, read_layers
from annotations.services.rows import Said, annotation_part, relation_part, stored_rows
from annotations.services.showing import Shown
from corpus.models import Revision
from corpus.services.errors import BadInput
from corpus.text.offsets import OffsetMap, OffsetUnit

Part = dict[str, Any]
Word = Mapping[str, Any]

UNDECIDED: Word = {"version": 0, "verdict": None, "guideline": None, "due": False}
NOT_YOURS: Word = {"version": None, "verdict": None, "guideline": None, "due": None}


def standing_parts(
    layers: Sequence[Layer], own: Layer | None, demands: Demands, shown: Shown | None = None
) -> Said:
    """Return what stands in the layers, in their order; `own` is the reader's layer of the same revision.

    `shown` has the machines' layers where the terms of the reader's pass alter them.
    """
    altered = [shown.own, *shown.machines] if shown else []
    views = {view.layer.pk: view for view in altered}
    settled = {layer.pk: layer for layer in (*layers, own) if layer and layer.kind != LayerKind.MACHINE}
    unread = [layer for pk, layer in settled.items() if pk not in views]
    views |= {view.layer.pk: view for view in read_layers(unread)}
    stored = stored_rows(DEFAULT_DB_ALIAS, [layer for layer in layers if layer.pk not in views])
    labels: dict[UUID, str] = {}
    if demands:
        labels = {UUID(part["id"]): part["label"] for said in stored.values() for part in said.annotations}
        labels |= {pk: row.label for view in altered for pk, row in view.annotations.items()}
    words = _own_words(views[own.pk] if own else None, labels, demands)
    standing = Said()
    for layer in layers:
        said = _standing(views[layer.pk]) if layer.pk in views else stored[layer.pk]
        of_layer = _settled_words(views[layer.pk], demands) if layer.kind == LayerKind.GOLD else words
        for part in (*said.annotations, *said.relations):
            part.update(_word(layer, part["root"], own, of_layer))
        standing.annotations += said.annotations
        standing.relations += said.relations
    return standing


def annotation_body(view: LayerView, annotation: Annotation, own: LayerView | None, demands: Demands) -> Part:
    return _with_word(annotation_part(view, annotation), view, own, demands)


def relation_body(view: LayerView, relation: Relation, own: LayerView | None, demands: Demands) -> Part:
    if all(line in view.standing for line in view.end_lines(relation)):
        part = relation_part(view, relation)
    else:
        # One that no longer stands leads between what it was written for.
        part = {
            "id": str(relation.pk),
            "root": str(relation.root),
            "label": relation.label,
            "head": str(relation.head_id),
            "child": str(relation.child_id),
            "layer": layer_name(view.layer),
            "origin": relation.origin,
            "score": relation.score,
            "reason": relation.reason,
            "derived_from": str(relation.derived_from_id) if relation.derived_from_id else None,
        }
    return _with_word(part, view, own, demands)


def offsets_in(revision: Revision, unit: OffsetUnit) -> OffsetMap | None:
    """Return what converts the offsets of a revision into a unit; None for code points."""
    if unit == OffsetUnit.CODE_POINT:
        return None
    if revision.article.erased_at:
        raise BadInput(
            "This article was erased; its offsets are known in code points only.", field="offset_unit"
        )
    return OffsetMap(revision.text, unit)


def convert_segments(bodies: Sequence[Part], offsets: OffsetMap | None) -> None:
    """Put the segments of what is about to be sent into another unit."""
    if offsets is None:
        return
    for body in bodies:
        body["segments"] = [
            [offsets.from_code_points(start), offsets.from_code_points(end)]
            for start, end in body["segments"]
        ]


def _standing(view: LayerView) -> Said:
    rows = sorted(view.standing.values(), key=lambda row: (row.start, row.pk))
    return Said(
        annotations=[annotation_part(view, row) for row in rows],
        relations=[relation_part(view, row) for row in view.links.values()],
    )


def _own_words(own: LayerView | None, shown: Mapping[UUID, str], demands: Demands) -> dict[str, Word]:
    """Return how often the reader has decided on each line, how, and whether that is due."""
    if own is None:
        return {}
    due = due_lines(own, shown, demands)
    words: dict[str, Word] = {}
    for line, version in own.versions.items():
        review = own.counting.get(line)
        words[str(line)] = {
            "version": version,
            "verdict": review.verdict if review else None,
            "guideline": review.guideline if review else None,
            "due": line in due,
        }
    return words


def _settled_words(gold: LayerView, demands: Demands) -> dict[str, Word]:
    """Return under which guideline each line of gold was decided, and whether a newer one is asked for."""
    outdated = outdated_gold(gold, demands)
    return {
        str(line): {
            **NOT_YOURS,
            "guideline": gold.held[line].guideline if line in gold.held else None,
            "due": line in outdated,
        }
        for line in (*gold.standing, *gold.links)
    }


def _word(layer: Layer, line: str, own: Layer | None, words: Mapping[str, Word]) -> Word:
    """Return the reader's word on a line, or what is settled of it; nothing of another person's."""
    if layer.kind == LayerKind.MACHINE or (own is not None and own.pk == layer.pk):
        return words.get(line, UNDECIDED)
    return words.get(line, NOT_YOURS) if layer.kind == LayerKind.GOLD else NOT_YOURS


def _with_word(part: Part, view: LayerView, own: LayerView | None, demands: Demands) -> Part:
    if view.layer.kind == LayerKind.GOLD:
        words = _settled_words(view, demands)
    else:
        shown = {pk: row.label for pk, row in view.annotations.items()}
        words = _own_words(own, shown, demands)
    return {**part, **_word(view.layer, part["root"], own.layer if own else None, words)}
