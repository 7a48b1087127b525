"""What stands in the layers of people, read in bulk: as `reading` says, without an instance a row.

Figures are worked out from every decision of a corpus, some hundred rows an article and person. Instances
cost several times what the rows do, so tuples with the same names stand in for them.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import orjson
from django.db import DEFAULT_DB_ALIAS

from annotations.models import Annotation, Layer, Relation, Review, Segment
from annotations.services.reading import LayerView
from annotations.services.rows import driver_rows, stored_id, text_id
from corpus.text.spans import Span


class _Annotation(NamedTuple):
    pk: str
    root: str
    label: str
    start: int
    end: int
    attributes: dict[str, str]


class _Relation(NamedTuple):
    pk: str
    root: str
    label: str
    head_id: str
    child_id: str


class _Review(NamedTuple):
    pk: str
    line: str
    version: int
    verdict: str
    retracts_id: str | None
    implied_by_id: str | None
    result_id: str | None
    result_relation_id: str | None
    suggestions_shown: bool


def read_standing(layers: Sequence[Layer], *, using: str = DEFAULT_DB_ALIAS) -> list[LayerView]:
    """Read layers of people, in the order given; four statements however many they are.

    The rows of the views have ids as text, and only what says what stands: no surfaces, reasons or scores.
    """
    views: dict[str, Any] = {stored_id(using, layer.pk): LayerView(layer=layer) for layer in layers}
    if views:
        ids = [layer.pk for layer in layers]
        _read_annotations(using, ids, views)
        _read_relations(using, ids, views)
        _read_reviews(using, ids, views)
    for view in views.values():
        view.settle()
    return list(views.values())


def _read_annotations(using: str, ids: Sequence[Any], views: dict[str, Any]) -> None:
    rows = Annotation.objects.using(using).filter(layer__in=ids).order_by("layer_id", "start", "id")
    holders = {}
    for layer, pk, root, label, start, end, attributes in driver_rows(
        rows.values_list(
            text_id("layer_id"), text_id("id"), text_id("root"), "label", "start", "end", "attributes"
        )
    ):
        view = holders[pk] = views[layer]
        view.annotations[pk] = _Annotation(pk, root, label, start, end, _parsed(attributes))
    segments = Segment.objects.using(using).filter(annotation__layer__in=ids)
    for pk, start, end in driver_rows(
        segments.order_by("annotation_id", "number").values_list(text_id("annotation_id"), "start", "end")
    ):
        if pk in holders:
            # Otherwise its layer has landed since the annotations were read.
            held = holders[pk].segments
            held[pk] = (*held.get(pk, ()), Span(start, end))


def _read_relations(using: str, ids: Sequence[Any], views: dict[str, Any]) -> None:
    rows = Relation.objects.using(using).filter(layer__in=ids).order_by()
    for row in driver_rows(
        rows.values_list(
            text_id("layer_id"), text_id("id"), text_id("root"), "label", text_id("head_id"),
            text_id("child_id"),
        )
    ):  # fmt: skip
        views[row[0]].relations[row[1]] = _Relation._make(row[1:])


def _read_reviews(using: str, ids: Sequence[Any], views: dict[str, Any]) -> None:
    rows = Review.objects.using(using).filter(layer__in=ids).order_by()
    for row in driver_rows(
        rows.values_list(
            text_id("layer_id"), text_id("id"), text_id("line"), "version", "verdict",
            text_id("retracts_id"), text_id("implied_by_id"), text_id("result_id"),
            text_id("result_relation_id"), "suggestions_shown",
        )
    ):  # fmt: skip
        views[row[0]].reviews.append(_Review._make(row[1:]))


@lru_cache(maxsize=1_000)
def _parsed(attributes: str) -> dict[str, str]:
    return cast(dict[str, str], orjson.loads(attributes))
