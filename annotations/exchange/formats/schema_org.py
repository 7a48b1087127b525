"""schema.org in JSON-LD: articles, what is quoted in them as Quotation, what they claim as Claim.

A source is written as the words that name it: whether these mean a person or a body is not known. A
ClaimReview rates a claim, and so is refused: no rating is kept here.
"""

from collections.abc import Iterable, Iterator
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Layer
from annotations.exchange.fields import ID
from annotations.exchange.format import Format, Unwritable
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.reading import filled
from annotations.exchange.units import Unit
from corpus.text.spans import joined_surface

QUOTE, CLAIM, SOURCE = "quote", "claim", "source"


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    target.write(b'{"@context":"https://schema.org","@graph":[\n')
    joint = b""
    for article in articles:
        for item in _items(article, losses):
            target.write(joint + orjson.dumps(item))
            joint = b",\n"
    target.write(b"\n]}\n")


def _items(article: Article, losses: Losses) -> Iterator[dict[str, Any]]:
    identity = article.url or f"urn:attest:{article.external_id}"
    yield {
        "@type": "NewsArticle",
        "@id": identity,
        **filled(
            {
                "identifier": article.external_id,
                "headline": article.title,
                "url": article.url,
                "publisher": {"@type": "Organization", "name": article.outlet} if article.outlet else None,
                "datePublished": article.published_at,
                "inLanguage": article.language,
                "license": article.licence,
            }
        ),
    }
    for layer in article.layers:
        yield from _said(article, layer, identity, losses)


def _said(article: Article, layer: Layer, identity: str, losses: Losses) -> Iterator[dict[str, Any]]:
    by_key = {row.key: row for row in layer.annotations}
    sources: dict[str, list[str]] = {}
    said = set()
    for link in layer.relations:
        head = by_key[link.head]
        if link.label == SOURCE and head.label in (QUOTE, CLAIM):
            sources.setdefault(head.key, []).append(_words(article, by_key[link.child]))
            said |= {link.child}
        else:
            losses.lose(article.external_id, "relations other than a source", 1)
    for row in layer.annotations:
        if row.label not in (QUOTE, CLAIM):
            continue
        said.add(row.key)
        named = sources.get(row.key, [])
        speaker: Any = named[0] if len(named) == 1 else named
        place = {"@id": identity}
        more = (
            {"@type": "Quotation", "isPartOf": place, "spokenByCharacter": speaker}
            if row.label == QUOTE
            else {"@type": "Claim", "appearance": place, "author": speaker}
        )
        own = {"@id": f"urn:uuid:{row.key}"} if ID.match(row.key) else {}
        yield {key: value for key, value in {**own, **more, "text": _words(article, row)}.items() if value}
    missed = len(by_key) - len(said)
    losses.lose(article.external_id, "annotations that are no quote, claim or source of one", missed)


def _words(article: Article, row: Annotation) -> str:
    return joined_surface(article.text, row.segments)


def refuse_reviews(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del articles, target, losses
    raise Unwritable("a ClaimReview states a rating, and no article here has one; export schema-org instead")


FORMAT = Format(
    name="schema-org",
    title="schema.org's Quotation and Claim in JSON-LD",
    suffix=".jsonld",
    media_type="application/ld+json",
    unit=Unit.CODE_POINT,
    carries=METADATA | {Part.OVERLAPS, Part.RELATIONS, Part.SEGMENTS},
    write=write,
)
REVIEWS = Format(
    name="claim-review",
    title="schema.org's ClaimReview, where there is a rating",
    suffix=".jsonld",
    media_type="application/ld+json",
    unit=Unit.CODE_POINT,
    carries=frozenset(),
    write=refuse_reviews,
    refused=True,
)
