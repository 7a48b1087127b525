"""spaCy's documents as JSON, one a line, as `Doc.to_json` gives them and `Doc.from_json` takes them.

Each layer is a group of spans by its name, so that spans may overlap; the entities of others are read as
well. Offsets are code points.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Found, Layer, fields_of
from annotations.exchange.fields import mapping, objects, words
from annotations.exchange.format import Format
from annotations.exchange.json_items import json_items, json_lines
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.reading import Values, named_fields, read_each, rest_of, span_of, text_of
from annotations.exchange.source import Source
from annotations.exchange.tokens import Tokens
from annotations.exchange.units import Unit

#: What a document has of its article. spaCy passes it over: `_` would need extensions to be there.
KEPT = "meta"
CARRIES = METADATA | {Part.ANNOTATORS, Part.OVERLAPS}


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".jsonl", ".json"):
        parts = json_items if name.lower().endswith(".json") else json_lines
        yield from read_each(parts(source, name), _article)


def _article(place: str, doc: Values) -> Article:
    about = mapping(doc, KEPT)
    layers = [_layer(name, group) for name, group in mapping(doc, "spans").items()]
    entities = objects(doc, "ents")
    if entities:
        layers.append(_layer("", entities))
    return Article(
        place=place,
        text=text_of(doc),
        external_id=words(about, "external_id"),
        metadata=rest_of(about, ("external_id",)),
        layers=tuple(layers),
        left_out={"categories": len(mapping(doc, "cats"))},
        **named_fields(about),
    )


def _layer(name: str, group: Any) -> Layer:
    rows = objects({"spans": group}, "spans")
    annotations = [
        Annotation(key=f"#{number}", label=words(row, "label"), segments=(span_of(row),))
        for number, row in enumerate(rows)
    ]
    return Layer(name=name, annotations=tuple(annotations))


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    for article in articles:
        target.write(orjson.dumps(_doc(article), option=orjson.OPT_APPEND_NEWLINE))


def tokens_of(article: Article) -> list[tuple[str, bool]]:
    """Return the words of a document with whether a space follows; spans end where words do."""
    return [(span.of(article.text), space) for span, space in _tokens(article).padded(article.text)]


def _tokens(article: Article) -> Tokens:
    rows = chain.from_iterable(layer.annotations for layer in article.layers)
    return Tokens(article.text, (span for row in rows for span in row.segments))


def _doc(article: Article) -> Mapping[str, Any]:
    padded = _tokens(article).padded(article.text)
    return {
        "text": article.text,
        "tokens": [
            {"id": number, "start": span.start, "end": span.end} for number, (span, _) in enumerate(padded)
        ],
        "spans": {
            layer.name: [
                {"start": start, "end": end, "label": row.label, "kb_id": ""}
                for row in layer.annotations
                for start, end in row.segments
            ]
            for layer in article.layers
        },
        KEPT: fields_of(article),
    }


FORMAT = Format(
    name="spacy-json",
    title="spaCy's documents as JSON, one a line",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    unit=Unit.CODE_POINT,
    carries=CARRIES,
    read=read,
    write=write,
)
