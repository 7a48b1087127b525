"""W3C Web Annotations as JSON-LD: a list with an AnnotationPage for each article.

The model points at texts and holds none, so the page of an article carries it under `attest:article`; pages
of others without that are refused. A link between two annotations is an annotation itself, of motivation
`linking`. Offsets are code points.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Found, Layer, Relation, fields_of
from annotations.exchange.fields import ID, RecordRefused, mapping, objects, words
from annotations.exchange.format import Format
from annotations.exchange.json_items import json_items
from annotations.exchange.losses import EVERYTHING, Losses
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
from corpus.text.spans import SURFACE_JOINT, Span

#: What is of ours and no annotation is kept as it is by those who know JSON-LD, and not taken for terms.
_AS_IT_IS = {"@type": "@json"}
CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {"attest": "urn:attest:", "attest:article": _AS_IT_IS, "attest:attributes": _AS_IT_IS},
]
#: How many characters before and after its words a selector gives.
AROUND = 32


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".json", ".jsonld"):
        yield from read_each(json_items(source, name), _article)


def _article(place: str, page: Values) -> Article:
    about = mapping(page, "attest:article")
    if not about:
        raise RecordRefused("the page has no attest:article with the text that its annotations are on")
    text = text_of(about)
    said: dict[str, tuple[list[Annotation], list[Relation]]] = {name: ([], []) for name in _names(about)}
    for position, item in enumerate(objects(page, "items")):
        try:
            rows, links = said.setdefault(_creator(item), ([], []))
            if item.get("motivation") == "linking":
                links.append(_relation(item))
            else:
                rows.append(_annotation(position, item, text))
        except RecordRefused as refusal:
            raise RecordRefused(f"items[{position}]: {refusal}") from None
    return Article(
        place=place,
        text=text,
        external_id=words(about, "external_id"),
        metadata=rest_of(about, ("text", "external_id", "layers")),
        layers=tuple(
            Layer(name=name, annotations=tuple(rows), relations=tuple(links))
            for name, (rows, links) in said.items()
        ),
        **named_fields(about),
    )


def _names(about: Values) -> list[str]:
    names = about.get("layers") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise RecordRefused("layers must be a list of texts")
    return names


def _creator(item: Values) -> str:
    creator = item.get("creator")
    if isinstance(creator, dict):
        return words(creator, "name") or words(creator, "id")
    return words(item, "creator")


def _tag(item: Values) -> str:
    """Return the body that names the label."""
    bodies = item.get("body")
    for body in bodies if isinstance(bodies, list) else [bodies]:
        if (
            isinstance(body, dict)
            and body.get("purpose") in (None, "tagging", "classifying")
            and "value" in body
        ):
            return words(body, "value")
    raise RecordRefused("it has no body that tags it")


def _annotation(position: int, item: Values, text: str) -> Annotation:
    targets = item.get("target")
    found = [_selected(target, text) for target in (targets if isinstance(targets, list) else [targets])]
    exact = [words for _, words in found if words is not None]
    return Annotation(
        key=_key(item.get("id")) if item.get("id") else f"#{position}",
        label=_tag(item),
        segments=tuple(span for span, _ in found),
        words=SURFACE_JOINT.join(exact) if len(exact) == len(found) else None,
        attributes=texts_of(item, "attest:attributes"),
        score=score_of(item, "attest:score"),
        reason=words(item, "attest:reason"),
    )


def _selected(target: object, text: str) -> tuple[Span, str | None]:
    """Return the span that a target selects, and its exact words where it gives them."""
    if not isinstance(target, dict):
        raise RecordRefused("a target without a selector is a whole text, and no span of it")
    selectors = target.get("selector")
    every = selectors if isinstance(selectors, list) else [selectors]
    quote = next((one for one in every if _is(one, "TextQuoteSelector")), None)
    place = next((one for one in every if _is(one, "TextPositionSelector")), None)
    exact = words(quote, "exact") if quote else None
    if place:
        return span_of(place), exact
    if not quote or not exact:
        raise RecordRefused("it has neither a TextPositionSelector nor a TextQuoteSelector")
    return _found(text, exact, words(quote, "prefix"), words(quote, "suffix")), exact


def _is(selector: object, kind: str) -> bool:
    return isinstance(selector, dict) and selector.get("type") == kind


def _found(text: str, exact: str, prefix: str, suffix: str) -> Span:
    """Return the one place of some words between what stands around them."""
    whole = prefix + exact + suffix
    first = text.find(whole)
    if first < 0:
        raise RecordRefused(f"the words {exact[:80]!r} do not stand in the text as quoted")
    if text.find(whole, first + 1) >= 0:
        raise RecordRefused(f"the words {exact[:80]!r} stand in the text more than once; give their position")
    start = first + len(prefix)
    return Span(start, start + len(exact))


def _relation(item: Values) -> Relation:
    bodies = item.get("body")
    every = bodies if isinstance(bodies, list) else [bodies]
    linked = [body["id"] for body in every if isinstance(body, dict) and "id" in body]
    linked += [body for body in every if isinstance(body, str)]
    if len(linked) != 1:
        raise RecordRefused(f"it links to {len(linked)} annotations, and not to one")
    return Relation(
        label=_tag(item),
        head=_key(item.get("target")),
        child=_key(linked[0]),
        score=score_of(item, "attest:score"),
        reason=words(item, "attest:reason"),
    )


def _key(value: object) -> str:
    return key_of(value).removeprefix("urn:uuid:").removeprefix("urn:attest:")


def _name(key: str) -> str:
    return f"urn:uuid:{key}" if ID.match(key) else f"urn:attest:{key}"


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    joint = b"[\n"
    for article in articles:
        target.write(joint + orjson.dumps(_page(article)))
        joint = b",\n"
    target.write(b"[]\n" if joint == b"[\n" else b"\n]\n")


def _page(article: Article) -> dict[str, Any]:
    names = [layer.name for layer in article.layers]
    return {
        "@context": CONTEXT,
        "type": "AnnotationPage",
        "attest:article": {"text": article.text, **fields_of(article), "layers": names},
        "items": [item for layer in article.layers for item in _items(article, layer)],
    }


def _items(article: Article, layer: Layer) -> Iterator[dict[str, Any]]:
    creator = {"type": "Software" if layer.is_machine else "Person", "name": layer.name}
    for row in layer.annotations:
        yield {
            "id": _name(row.key),
            "type": "Annotation",
            "motivation": "classifying",
            "creator": creator,
            "body": [{"type": "TextualBody", "purpose": "tagging", "value": row.label}],
            "target": [_target(article, span) for span in row.segments],
            **_more(row),
        }
    for link in layer.relations:
        yield {
            "type": "Annotation",
            "motivation": "linking",
            "creator": creator,
            "body": [
                {"id": _name(link.child)},
                {"type": "TextualBody", "purpose": "tagging", "value": link.label},
            ],
            "target": _name(link.head),
            **_more(link),
        }


def _more(row: Annotation | Relation) -> Mapping[str, Any]:
    attributes = row.attributes if isinstance(row, Annotation) else {}
    return filled({"attest:attributes": attributes, "attest:score": row.score, "attest:reason": row.reason})


def _target(article: Article, span: Span) -> dict[str, Any]:
    text = article.text
    selectors: Sequence[dict[str, Any]] = (
        {
            "type": "TextQuoteSelector",
            "exact": span.of(text),
            "prefix": text[max(0, span.start - AROUND) : span.start],
            "suffix": text[span.end : span.end + AROUND],
        },
        {"type": "TextPositionSelector", "start": span.start, "end": span.end},
    )
    return {"source": article.url or f"urn:attest:{article.external_id}", "selector": selectors}


FORMAT = Format(
    name="web-annotation",
    title="W3C Web Annotations, a page for each article",
    suffix=".jsonld",
    media_type="application/ld+json",
    unit=Unit.CODE_POINT,
    carries=EVERYTHING,
    read=read,
    write=write,
)
