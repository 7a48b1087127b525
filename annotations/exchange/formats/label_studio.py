"""Label Studio's JSON: a list of tasks with the annotations of people and the predictions of models.

Offsets are code points; older exports have UTF-16 units, which the words of each region tell. `value.text`
has each newline as a backslash and an n. `meta.layers` of a task names who made the annotation of which `id`:
Label Studio keeps the first as it is, and the second as `import_id`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Found, Layer, Relation, fields_of
from annotations.exchange.fields import RecordRefused, mapping, objects, words
from annotations.exchange.format import Format
from annotations.exchange.incoming import machine_layer
from annotations.exchange.json_items import json_items
from annotations.exchange.losses import EVERYTHING, Losses
from annotations.exchange.pieces import Piece, gathered, spread
from annotations.exchange.reading import (
    Values,
    filled,
    key_of,
    named_fields,
    read_each,
    rest_of,
    score_of,
    span_of,
    text_of,
    texts_of,
)
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from corpus.text.spans import SURFACE_JOINT

GOLD = "gold"
DIRECTIONS = frozenset({"right", "left", "bi"})


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".json"):
        yield from read_each(json_items(source, name), _article)


def _article(place: str, task: Values) -> Article:
    data = mapping(task, "data")
    text_key = _text_key(data)
    named = texts_of(mapping(task, "meta"), "layers")
    left_out: Counter[str] = Counter({"drafts": len(objects(task, "drafts"))})
    layers = []
    for prediction in _suggested(task, left_out):
        layers.append(_machine(prediction, left_out))
    for position, annotation in enumerate(objects(task, "annotations")):
        if annotation.get("was_cancelled"):
            left_out["cancelled annotations"] += 1
            continue
        try:
            layers.append(_layer(_annotator(annotation, named), annotation, left_out))
        except RecordRefused as refusal:
            raise RecordRefused(f"annotations[{position}]: {refusal}") from None
    return Article(
        place=place,
        text=text_of(data, text_key),
        external_id=_external_id(task, data),
        metadata=rest_of(data, (text_key, "external_id")),
        layers=tuple(layers),
        left_out=+left_out,
        **named_fields(data),
    )


def _text_key(data: Values) -> str:
    """Return which field of the data is the text: `text`, or the only one that is a text at all."""
    if isinstance(data.get("text"), str):
        return "text"
    texts = [name for name, value in data.items() if isinstance(value, str)]
    if len(texts) != 1:
        raise RecordRefused(f"data.text is no text, and {len(texts)} other fields of data are")
    return texts[0]


def _external_id(task: Values, data: Values) -> str:
    own = data.get("external_id")
    if own is not None:
        return key_of(own)
    return f"label-studio-{key_of(task['id'])}" if task.get("id") is not None else ""


def _suggested(task: Values, left_out: Counter[str]) -> list[dict[str, Any]]:
    """Return the predictions of a task; a plain export of Label Studio has their ids and nothing more."""
    found = task.get("predictions")
    if isinstance(found, list) and found and all(type(item) is int for item in found):
        left_out["predictions of which the file has the id alone"] += len(found)
        return []
    return objects(task, "predictions")


def _machine(prediction: Values, left_out: Counter[str]) -> Layer:
    name = machine_layer(*_model(words(prediction, "model_version")))
    return _layer(name, prediction, left_out, score=score_of(prediction))


def _model(version: str) -> tuple[str, str]:
    name, found, rest = version.partition("@")
    return (name, rest) if found else ("label-studio", version)


def _annotator(annotation: Values, named: Mapping[str, str]) -> str:
    """Return whose an annotation is: as the task's meta has it, or Label Studio's own user."""
    own = annotation["import_id"] if "import_id" in annotation else annotation.get("id")
    if str(own) in named:
        return named[str(own)]
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    return "" if by is None else key_of(by)


def _layer(name: str, values: Values, left_out: Counter[str], score: float | None = None) -> Layer:
    regions: dict[str, Values] = {}
    attributes: dict[str, dict[str, str]] = {}
    relations = []
    for item in objects(values, "result"):
        kind = words(item, "type")
        if kind == "relation":
            relations.append(_relation(item))
        elif kind == "labels":
            key = key_of(item.get("id"))
            if key in regions:
                raise RecordRefused(f"two regions have the id {key!r}")
            regions[key] = item
        elif kind == "choices" and "start" in mapping(item, "value"):
            for choice in _texts(mapping(item, "value"), "choices")[:1]:
                attributes.setdefault(key_of(item.get("id")), {})[words(item, "from_name")] = choice
        elif kind in ("hypertextlabels", "paragraphlabels"):
            raise RecordRefused(f"regions of type {kind} count in a page or a dialogue, not in the text")
        else:
            left_out[f"results of type {kind or 'none'}"] += 1
    annotations = [
        _annotation(key, item, attributes.get(key, {}), score, left_out) for key, item in regions.items()
    ]
    return gathered(name, annotations, relations)


def _annotation(
    key: str, item: Values, attributes: Mapping[str, str], score: float | None, left_out: Counter[str]
) -> Annotation:
    value = mapping(item, "value")
    labels = _texts(value, "labels")
    if not labels:
        raise RecordRefused(f"the region {key!r} has no label")
    left_out["further labels of a region"] += len(labels) - 1
    own = score_of(item)
    return Annotation(
        key=key,
        label=labels[0],
        segments=(span_of(value),),
        words=words(value, "text") or None,
        attributes=attributes,
        score=score if own is None else own,
        reason="\n".join(_texts(mapping(item, "meta"), "text")),
    )


def _relation(item: Values) -> Relation:
    head, child = key_of(item.get("from_id")), key_of(item.get("to_id"))
    direction = words(item, "direction") or "right"
    if direction not in DIRECTIONS:
        raise RecordRefused(f"the direction of a relation is {direction!r}")
    labels = _texts(item, "labels")
    if direction == "left":
        head, child = child, head
    reason = "\n".join(_texts(mapping(item, "meta"), "text"))
    return Relation(
        label=labels[0] if labels else "", head=head, child=child, score=score_of(item), reason=reason
    )


def _texts(values: Values, key: str) -> list[str]:
    found = values.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise RecordRefused(f"{key} must be a list of texts")
    return found


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    joint = b"[\n"
    for number, article in enumerate(articles, 1):
        target.write(joint + orjson.dumps({"id": number} | _task(article)))
        joint = b",\n"
    target.write(b"[]\n" if joint == b"[\n" else b"\n]\n")


def _task(article: Article) -> dict[str, Any]:
    people = [layer for layer in article.layers if not layer.is_machine]
    return {
        "data": {"text": article.text, **fields_of(article)},
        "meta": {"layers": {str(number): layer.name for number, layer in enumerate(people, 1)}},
        "annotations": [
            {"id": number, "ground_truth": layer.name == GOLD, "result": _result(article, layer)}
            for number, layer in enumerate(people, 1)
        ],
        "predictions": [
            {"model_version": layer.name.removeprefix("machine:"), "result": _result(article, layer)}
            for layer in article.layers
            if layer.is_machine
        ],
    }


def _result(article: Article, layer: Layer) -> list[dict[str, Any]]:
    pieces, relations = spread(layer)
    found = [item for piece in pieces for item in _region(article, piece)]
    for link in relations:
        found.append(
            {
                "type": "relation",
                "from_id": link.head,
                "to_id": link.child,
                "direction": "right",
                "labels": [link.label],
                **filled({"score": link.score, "meta": {"text": [link.reason]} if link.reason else None}),
            }
        )
    return found


def _region(article: Article, piece: Piece) -> Iterator[dict[str, Any]]:
    """Yield a region, and after the first piece of an annotation a choice for each of its attributes."""
    row, (start, end) = piece.annotation, piece.span
    place = {"start": start, "end": end, "text": spelling([article.text[start:end]])}
    same = {"id": piece.key, "to_name": "text"}
    first = piece.key == row.key
    yield {
        **same,
        "from_name": "label",
        "type": "labels",
        "value": {**place, "labels": [row.label]},
        **filled(
            {
                "score": row.score if first else None,
                "meta": {"text": [row.reason]} if first and row.reason else None,
            }
        ),
    }
    if first:
        for name, value in row.attributes.items():
            yield {**same, "from_name": name, "type": "choices", "value": {**place, "choices": [value]}}


def spelling(pieces: Sequence[str]) -> str:
    return SURFACE_JOINT.join(pieces).replace("\n", "\\n")


FORMAT = Format(
    name="label-studio",
    title="Label Studio's JSON, tasks with annotations and predictions",
    suffix=".json",
    media_type="application/json",
    unit=Unit.CODE_POINT,
    carries=EVERYTHING,
    read=read,
    write=write,
    spelling=spelling,
)
