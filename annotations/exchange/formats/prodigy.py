"""Prodigy's JSON Lines: a task for each annotator of an article, with tokens, spans and relations.

Offsets are code points; `token_end` is the last token of the span. Prodigy keeps keys that it does not know,
and so spans carry their id, words, attributes, score and reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Found, Layer, Relation, fields_of
from annotations.exchange.fields import RecordRefused, mapping, number, objects, words
from annotations.exchange.format import Format
from annotations.exchange.incoming import machine_layer
from annotations.exchange.json_items import json_lines
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
from annotations.exchange.tokens import Tokens
from annotations.exchange.units import Unit
from corpus.text.spans import Span

ANSWERS = frozenset({"accept", "reject", "ignore"})


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".jsonl"):
        yield from read_each(json_lines(source, name), _article)


def _article(place: str, task: Values) -> Article:
    meta = mapping(task, "meta")
    answer = words(task, "answer") or "accept"
    if answer not in ANSWERS:
        raise RecordRefused(f"answer is {answer!r}; it is one of {', '.join(sorted(ANSWERS))}")
    left_out = {name: len(task[name]) for name in ("options", "versions") if isinstance(task.get(name), list)}
    layers: tuple[Layer, ...] = ()
    # Spans of a task that nobody has answered are suggestions.
    asked = "" if "answer" in task else machine_layer("prodigy")
    name = words(task, "_annotator_id") or words(task, "_session_id") or (asked if task.get("spans") else "")
    if answer != "accept":
        # What was rejected is wrong, and what was ignored undecided: neither says what stands there.
        left_out[f"tasks answered {answer}"] = 1
    elif name or task.get("spans") or task.get("relations"):
        layers = (_layer(name, task),)
    own = meta.get("external_id")
    if own is None and task.get("_input_hash") is not None:
        own = f"prodigy-{key_of(task['_input_hash'])}"
    return Article(
        place=place,
        text=text_of(task),
        external_id="" if own is None else key_of(own),
        metadata=rest_of(meta, ("external_id",)),
        layers=layers,
        left_out=left_out,
        **named_fields(meta),
    )


def _layer(name: str, task: Values) -> Layer:
    spans = objects(task, "spans")
    keys = [key_of(span["id"]) if "id" in span else f"#{number}" for number, span in enumerate(spans)]
    annotations = [
        Annotation(
            key=key,
            label=words(span, "label"),
            segments=(span_of(span),),
            words=words(span, "text") or None,
            attributes=texts_of(span, "attributes"),
            score=score_of(span),
            reason=words(span, "reason"),
        )
        for key, span in zip(keys, spans, strict=True)
    ]
    ends = _Ends(spans, keys)
    relations = [
        Relation(
            label=words(link, "label"),
            head=ends.find(link, "head"),
            child=ends.find(link, "child"),
            score=score_of(link),
            reason=words(link, "reason"),
        )
        for link in objects(task, "relations")
    ]
    return gathered(name, annotations, relations)


class _Ends:
    """Which span an end of a relation is: by its id, by its place and label, or by its last token."""

    def __init__(self, spans: Sequence[Values], keys: Sequence[str]) -> None:
        self.keys = set(keys)
        self.places: dict[tuple[object, ...], str] = {}
        self.tokens: dict[object, list[str]] = {}
        for span, key in zip(spans, keys, strict=True):
            self.places.setdefault((span.get("start"), span.get("end"), span.get("label")), key)
            self.tokens.setdefault(number(span, "token_end", least=0), []).append(key)

    def find(self, link: Values, side: str) -> str:
        span = mapping(link, f"{side}_span")
        if span:
            own = str(span.get("id", ""))
            place = (number(span, "start", least=0), number(span, "end", least=0), words(span, "label"))
            found = own if own in self.keys else self.places.get(place)
            if found is None:
                raise RecordRefused(f"the {side}_span of a relation is none of the spans")
            return found
        token = number(link, side, least=0)
        several = [] if token is None else self.tokens.get(token, [])
        if len(several) != 1:
            raise RecordRefused(
                f"the {side} of a relation is token {token}, where {len(several)} spans end; "
                f"give its {side}_span"
            )
        return several[0]


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    for article in articles:
        for layer in article.said():
            target.write(orjson.dumps(_task(article, layer), option=orjson.OPT_APPEND_NEWLINE))


def _task(article: Article, layer: Layer) -> dict[str, Any]:
    text = article.text
    pieces, links = spread(layer)
    tokens = Tokens(text, (piece.span for piece in pieces))
    spans = {piece.key: _span(text, piece, tokens) for piece in pieces}
    task: dict[str, Any] = {
        "text": text,
        "meta": fields_of(article),
        "tokens": [_token(text, number, span) for number, span in enumerate(tokens.spans)],
        "spans": list(spans.values()),
        "relations": [_relation(link, spans) for link in links],
    }
    if not layer.is_machine:
        task["answer"] = "accept"
    return task | ({"_annotator_id": layer.name} if layer.name else {})


def _token(text: str, number: int, span: Span) -> dict[str, Any]:
    space = text[span.end : span.end + 1] == " "
    return {"text": span.of(text), "start": span.start, "end": span.end, "id": number, "ws": space}


def _span(text: str, piece: Piece, tokens: Tokens) -> dict[str, Any]:
    row, (start, end) = piece.annotation, piece.span
    first = piece.key == row.key
    own = tokens.within(piece.span)
    return {
        "id": piece.key,
        "start": start,
        "end": end,
        **({"token_start": own[0], "token_end": own[-1]} if own else {}),
        "label": row.label,
        "text": text[start:end],
        **filled({"attributes": row.attributes, "score": row.score, "reason": row.reason} if first else {}),
    }


def _relation(link: Relation, spans: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    head, child = spans[link.head], spans[link.child]
    return {
        "head": head.get("token_end", 0),
        "child": child.get("token_end", 0),
        "label": link.label,
        "head_span": _place(head),
        "child_span": _place(child),
        **filled({"score": link.score, "reason": link.reason}),
    }


def _place(span: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "start", "end", "token_start", "token_end", "label")
    return {name: span[name] for name in names if name in span}


FORMAT = Format(
    name="prodigy",
    title="Prodigy's JSON Lines with tokens, spans and relations",
    suffix=".jsonl",
    media_type="application/x-ndjson",
    unit=Unit.CODE_POINT,
    carries=EVERYTHING,
    read=read,
    write=write,
)
