"""doccano's JSON Lines, a row for each annotator of an article, in both of its shapes.

Projects with relations have `entities` and `relations`, others `label` with triples. Offsets are what the
browser counted: UTF-16 units, or graphemes in projects of that mode; rows carry no words to tell. doccano
keeps all other keys of a row as metadata and gives them back, so that ours come back as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import IO, Any

import orjson

from annotations.exchange.articles import FIELDS, Annotation, Article, Found, Layer, Relation
from annotations.exchange.fields import RecordRefused, objects, words
from annotations.exchange.format import Format
from annotations.exchange.json_items import json_lines
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.pieces import gathered, spread
from annotations.exchange.reading import Values, key_of, named_fields, read_each, rest_of, span_of, text_of
from annotations.exchange.source import Source
from annotations.exchange.units import Unit, offsets_of
from corpus.text.offsets import OffsetError
from corpus.text.spans import Span

#: The file of a project in which all work on the same labels; others are named by the member.
SHARED = "all"
KEYS = ("id", "text", "external_id", "entities", "relations", "label", "labels", "cats", "Comments", "layer")


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".jsonl", ".json"):
        stem = PurePosixPath(name).stem
        member = "" if stem == SHARED or len(source.names) == 1 else stem
        yield from read_each(json_lines(source, name), partial(_article, member))


def _article(member: str, place: str, row: Values) -> Article:
    annotations = _entities(row)
    relations = tuple(
        Relation(label=words(item, "type"), head=key_of(item.get("from_id")), child=key_of(item.get("to_id")))
        for item in objects(row, "relations")
    )
    name = words(row, "layer")
    layer = gathered(name or member, annotations, relations)
    comments, categories = row.get("Comments"), row.get("cats")
    left_out = {
        "comments": len(comments) if isinstance(comments, list) else 0,
        "categories": len(categories) if isinstance(categories, list) else 0,
    }
    own = row.get("external_id") or None
    if own is None and row.get("id") is not None:
        own = f"doccano-{key_of(row['id'])}"
    return Article(
        place=place,
        text=text_of(row),
        external_id="" if own is None else key_of(own),
        metadata=rest_of(row, KEYS),
        layers=(layer,) if annotations or name else (),
        left_out=+Counter(left_out),
        **named_fields(row),
    )


def _entities(row: Values) -> list[Annotation]:
    """Return the spans of a row: `entities` as objects or triples, `label` as triples."""
    for key in ("entities", "label", "labels"):
        found = row.get(key)
        if found:
            if not isinstance(found, list):
                raise RecordRefused(f"{key} must be a list")
            return [_entity(f"{key}[{number}]", number, item) for number, item in enumerate(found)]
    return []


def _entity(place: str, number: int, item: object) -> Annotation:
    if isinstance(item, list) and len(item) == 3:
        item = {"start_offset": item[0], "end_offset": item[1], "label": item[2]}
    if not isinstance(item, dict):
        raise RecordRefused(f"{place} is no [start, end, label]; only spans are read")
    try:
        key = key_of(item["id"]) if "id" in item else f"#{number}"
        return Annotation(key=key, label=words(item, "label"), segments=(_span(item),))
    except RecordRefused as refusal:
        raise RecordRefused(f"{place}: {refusal}") from None


def _span(item: Values) -> Span:
    return span_of(item, "start_offset", "end_offset")


def write(
    articles: Iterable[Article], target: IO[bytes], losses: Losses, *, unit: Unit, relations: bool
) -> None:
    for article in articles:
        offsets = offsets_of(article.text, unit)
        for layer in article.said():
            entities, links, missed = _written(layer, offsets)
            losses.lose(article.external_id, f"spans that begin or end inside a {unit}", missed)
            row: dict[str, Any] = {"text": article.text}
            if relations:
                row |= {"entities": entities, "relations": links}
            else:
                triples = ([item["start_offset"], item["end_offset"], item["label"]] for item in entities)
                row["label"] = sorted(triples)
            # The same keys in each row: doccano reads a key that one has not as NaN, and then keeps none.
            row |= {name: getattr(article, name) for name in ("external_id", *FIELDS)} | {"layer": layer.name}
            target.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def _written(layer: Layer, offsets: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """Return entities and relations as rows have them, and how many spans the unit cannot say."""
    numbers: dict[str, int] = {}
    entities = []
    pieces, links = spread(layer)
    for key, row, (start, end) in pieces:
        try:
            place = {
                "start_offset": offsets.from_code_points(start),
                "end_offset": offsets.from_code_points(end),
            }
        except OffsetError:
            continue
        numbers[key] = len(numbers) + 1
        entities.append({"id": numbers[key], "label": row.label, **place})
    relations = [
        {
            "id": number,
            "from_id": numbers[link.head],
            "to_id": numbers[link.child],
            "type": link.label,
        }
        for number, link in enumerate(links, 1)
        if link.head in numbers and link.child in numbers
    ]
    return entities, relations, len(pieces) - len(entities)


FORMAT = Format(
    name="doccano",
    title="doccano's JSON Lines with entities and relations",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    unit=Unit.UTF16,
    carries=METADATA | {Part.ANNOTATORS, Part.OVERLAPS, Part.SEGMENTS, Part.RELATIONS},
    read=read,
    write=partial(write, unit=Unit.UTF16, relations=True),
)
GRAPHEMES = replace(
    FORMAT,
    name="doccano-graphemes",
    title="doccano's JSON Lines with entities and relations, for projects that count graphemes",
    unit=Unit.GRAPHEME,
    write=partial(write, unit=Unit.GRAPHEME, relations=True),
)
SPANS = replace(
    FORMAT,
    name="doccano-spans",
    title="doccano's JSON Lines for projects without relations",
    carries=METADATA | {Part.ANNOTATORS, Part.OVERLAPS},
    write=partial(write, unit=Unit.UTF16, relations=False),
)
