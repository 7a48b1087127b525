"""Annotations, relations and reviews of a record as rows of the new layers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations.exchange.decided import Reviewed
from annotations.exchange.fields import moment
from annotations.exchange.native import Record
from annotations.services.identities import RecordIdentities
from annotations.services.importing.batch import Batch
from corpus.bulk import json_text


def add_layer_rows(
    batch: Batch, record: Record, names: Mapping[str, UUID], ids: RecordIdentities, now: datetime
) -> None:
    """Turn the annotations, relations and reviews of the new layers `names` into rows."""
    layer_of = {name: pk.hex for name, pk in names.items()}
    annotations = [item for item in record.annotations if item.layer in layer_of]
    relations = [item for item in record.relations if item.layer in layer_of]
    kept = ids.annotations.keep_all([item.id for item in annotations])
    text, known = record.text, ids.annotations.known
    for item, identity in zip(annotations, kept, strict=True):
        (start, end), *further = item.segments
        batch.annotations.append(
            (
                identity, layer_of[item.layer], item.label, start, end, text[start:end],
                json_text(item.attributes), item.origin, item.score, item.reason,
                known(item.derived_from),
                (known(item.root) or item.root) if item.root else identity,
            )
        )  # fmt: skip
        for place, (start, end) in enumerate(further, 1):
            batch.segments.append((identity, place, start, end, text[start:end]))
    kept, line = ids.relations.keep_all([link.id for link in relations]), ids.relations.known
    for link, identity in zip(relations, kept, strict=True):
        batch.relations.append(
            (
                identity, layer_of[link.layer], link.label, known(link.head), known(link.child),
                link.origin, link.score, link.reason, line(link.derived_from),
                (line(link.root) or link.root) if link.root else identity,
            )
        )  # fmt: skip
    _add_reviews(batch, record, layer_of, ids, now)


def _add_reviews(
    batch: Batch, record: Record, layer_of: Mapping[str, str], ids: RecordIdentities, now: datetime
) -> None:
    """Keep the reviews of the new layers; what stands in a view was added by its reviewer."""
    people = {name: layer for name, layer in layer_of.items() if name.startswith("reviewer:")}
    reviews = [review for review in record.reviews if review.layer in people]
    # All of their ids first: a review may name one that comes after it.
    ids.reviews.keep_all([review.id for review in reviews])
    batch.reviews += [_review(review, people[review.layer], ids, now) for review in reviews]
    if record.whole or not people:
        return
    for kind, rows in (("annotation", record.annotations), ("relation", record.relations)):
        for row in rows:
            layer = people.get(row.layer)
            if layer is not None:
                batch.reviews.append(_added(kind, row.id, row.root, layer, ids, now))


def _review(review: Reviewed, layer: str, ids: RecordIdentities, now: datetime) -> dict[str, Any]:
    linked, values = review.kind == "relation", review.values
    things = ids.relations if linked else ids.annotations
    on, result = things.known(review.on), things.known(review.result)
    return {
        "id": ids.reviews.known(review.id),
        "layer": layer,
        "line": things.known(review.line) or review.line,
        "version": review.version,
        "verdict": review.verdict,
        "reason": values.get("reason") or "",
        "note": values.get("note") or "",
        "annotation": None if linked else on,
        "relation": on if linked else None,
        "result": None if linked else result,
        "result_relation": result if linked else None,
        "retracts": ids.reviews.known(review.retracts),
        "implied_by": ids.reviews.known(review.implied_by),
        "guideline": values.get("guideline") or 0,
        "suggestions_shown": values.get("suggestions_shown") is not False,
        "at": moment(values.get("at"), "at") or now,
    }


def _added(
    kind: str, identity: str, root: str, layer: str, ids: RecordIdentities, now: datetime
) -> dict[str, Any]:
    things = ids.annotations if kind == "annotation" else ids.relations
    own = things.known(identity)
    return {
        "id": ids.reviews.keep(""),
        "layer": layer,
        "line": (things.known(root) or root) if root else own,
        "version": 1,
        "verdict": "add",
        "reason": "",
        "note": "",
        "annotation": own if kind == "annotation" else None,
        "relation": own if kind == "relation" else None,
        "result": own if kind == "annotation" else None,
        "result_relation": own if kind == "relation" else None,
        "retracts": None,
        "implied_by": None,
        "guideline": 0,
        "suggestions_shown": False,
        "at": now,
    }
