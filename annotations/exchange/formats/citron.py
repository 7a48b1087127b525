"""Citron's JSON: quotes with their contents, sources and cue, a line for each annotator of an article.

It knows quotes alone: what is neither a quote nor linked to one is left out. Offsets are code points.
"""

from collections.abc import Iterable, Iterator
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Found, Layer, Relation, fields_of
from annotations.exchange.fields import objects, words
from annotations.exchange.format import Format
from annotations.exchange.json_items import json_lines
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.reading import (
    Values,
    named_fields,
    read_each,
    rest_of,
    score_of,
    span_of,
    text_of,
)
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from corpus.text.spans import SURFACE_JOINT, Span

QUOTE, ATTRIBUTION, CUE = "quote", "attribution", "cue"
SOURCE = "source"
KEYS = ("text", "external_id", "annotator", "quotes", "coreference_groups")


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".jsonl", ".json"):
        yield from read_each(json_lines(source, name), _article)


def _article(place: str, values: Values) -> Article:
    parts: dict[tuple[str, Span], Annotation] = {}
    quotes, links = [], []
    for number, item in enumerate(objects(values, "quotes")):
        quote = _annotation(f"q{number}", QUOTE, objects(item, "contents"), score_of(item, "confidence"))
        quotes.append(quote)
        cue = [item["cue"]] if isinstance(item.get("cue"), dict) else []
        for label, link, spans in ((ATTRIBUTION, SOURCE, objects(item, "sources")), (CUE, CUE, cue)):
            for span in spans:
                # Quotes of one source name it by the same place.
                part = parts.setdefault((label, span_of(span)), _annotation(f"p{len(parts)}", label, [span]))
                links.append(Relation(label=link, head=quote.key, child=part.key))
    name, groups = words(values, "annotator"), values.get("coreference_groups")
    layer = Layer(name=name, annotations=(*quotes, *parts.values()), relations=tuple(links))
    return Article(
        place=place,
        text=text_of(values),
        external_id=words(values, "external_id"),
        metadata=rest_of(values, KEYS),
        layers=(layer,) if quotes or name else (),
        left_out={"coreference groups": len(groups) if isinstance(groups, list) else 0},
        **named_fields(values),
    )


def _annotation(key: str, label: str, spans: list[dict[str, Any]], score: float | None = None) -> Annotation:
    texts = [words(span, "text") for span in spans]
    return Annotation(
        key=key,
        label=label,
        segments=tuple(span_of(span) for span in spans),
        words=SURFACE_JOINT.join(texts) if spans and all(texts) else None,
        score=score,
    )


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    for article in articles:
        for layer in article.said():
            row = {"text": article.text, "quotes": _quotes(article, layer, losses), "coreference_groups": []}
            row |= fields_of(article) | ({"annotator": layer.name} if layer.name else {})
            target.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def _quotes(article: Article, layer: Layer, losses: Losses) -> list[dict[str, Any]]:
    by_key = {row.key: row for row in layer.annotations}
    found: dict[str, dict[str, Any]] = {}
    for row in layer.annotations:
        if row.label == QUOTE:
            found[row.key] = {
                "id": len(found) + 1,
                "cue": None,
                "sources": [],
                "contents": [_span(article, span) for span in row.segments],
                "coreferences": [],
                "confidence": row.score,
            }
    said = set(found)
    for link in layer.relations:
        quote, part = found.get(link.head), by_key[link.child]
        whole = len(part.segments) == 1 and link.score is None and part.score is None
        if quote and link.label == SOURCE and part.label == ATTRIBUTION and whole:
            quote["sources"].append(_span(article, part.segments[0]))
        elif quote and link.label == CUE and part.label == CUE and whole and quote["cue"] is None:
            quote["cue"] = _span(article, part.segments[0])
        else:
            losses.lose(article.external_id, "relations other than a plain source or cue of a quote", 1)
            continue
        said.add(part.key)
    missed = len(by_key) - len(said)
    losses.lose(article.external_id, "annotations that are no quote and belong to none", missed)
    return list(found.values())


def _span(article: Article, span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "text": span.of(article.text)}


FORMAT = Format(
    name="citron",
    title="Citron's quotes, one object a line",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    unit=Unit.CODE_POINT,
    carries=METADATA | {Part.ANNOTATORS, Part.OVERLAPS, Part.SEGMENTS, Part.RELATIONS, Part.SCORES},
    read=read,
    write=write,
)
