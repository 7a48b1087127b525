"""schema.org in JSON-LD: articles, what is quoted in them as Quotation, what they claim as Claim.

A source is written as the words that name it: whether these mean a person or a body is not known.

A ClaimReview is written of each claim that has an attribute `rating`, entered or imported, in the words of
the scheme. Who publishes it adds their own `author` and `url`, which are not those of the article.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import orjson

from annotations.exchange.articles import Annotation, Article, Layer
from annotations.exchange.fields import ID
from annotations.exchange.format import Format, Unwritable
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.reading import filled
from annotations.exchange.units import Unit
from corpus.text.spans import joined_surface

QUOTE, CLAIM, SOURCE, RATING = "quote", "claim", "source", "rating"


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    _write_graph((item for article in articles for item in _items(article, losses)), target)


def write_reviews(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    """Write a ClaimReview of each claim with a rating.

    Raises:
        Unwritable: no claim has one.
    """
    if not _write_graph((item for article in articles for item in _reviews(article, losses)), target):
        raise Unwritable(
            "a ClaimReview states a rating, and no claim here has one: give the label claim an attribute "
            "rating in the scheme and say it in the review or in an import, or export schema-org instead"
        )


def _write_graph(items: Iterable[dict[str, Any]], target: IO[bytes]) -> int:
    """Write a graph of items and return how many there were."""
    target.write(b'{"@context":"https://schema.org","@graph":[\n')
    count = 0
    for item in items:
        target.write((b",\n" if count else b"") + orjson.dumps(item))
        count += 1
    target.write(b"\n]}\n")
    return count


def _items(article: Article, losses: Losses) -> Iterator[dict[str, Any]]:
    yield _page(article)
    for layer in article.layers:
        yield from _said(article, layer, losses)


def _identity(article: Article) -> str:
    return article.url or f"urn:attest:{article.external_id}"


def _page(article: Article) -> dict[str, Any]:
    return {
        "@type": "NewsArticle",
        "@id": _identity(article),
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


def _said(article: Article, layer: Layer, losses: Losses) -> Iterator[dict[str, Any]]:
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
        place = {"@id": _identity(article)}
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


def _reviews(article: Article, losses: Losses) -> Iterator[dict[str, Any]]:
    for layer in article.layers:
        by_key = {row.key: row for row in layer.annotations}
        rated = [row for row in layer.annotations if row.label == CLAIM and RATING in row.attributes]
        sources: dict[str, list[Annotation]] = {row.key: [] for row in rated}
        for link in layer.relations:
            if link.label == SOURCE and link.head in sources:
                sources[link.head].append(by_key[link.child])
        yield from (_review(article, row, sources[row.key]) for row in rated)
        said = sources.keys() | {row.key for rows in sources.values() for row in rows}
        place = article.external_id
        losses.lose(place, "annotations that are no rated claim or source of one", len(by_key.keys() - said))
        links = len(layer.relations) - sum(map(len, sources.values()))
        losses.lose(place, "relations other than the source of a rated claim", links)
        others = sum(len(row.attributes) for row in layer.annotations) - len(rated)
        losses.lose(place, "attributes other than a claim's rating", others)


def _review(article: Article, claim: Annotation, sources: Sequence[Annotation]) -> dict[str, Any]:
    named = [_words(article, row) for row in sources]
    words = _words(article, claim)
    author = {"author": named[0] if len(named) == 1 else named} if named else {}
    return {
        "@type": "ClaimReview",
        **({"@id": f"urn:uuid:{claim.key}"} if ID.match(claim.key) else {}),
        "claimReviewed": words,
        "reviewRating": {"@type": "Rating", "alternateName": claim.attributes[RATING]},
        "itemReviewed": {"@type": "Claim", **author, "appearance": _page(article), "text": words},
    }


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
    carries=METADATA | {Part.ATTRIBUTES, Part.OVERLAPS, Part.RELATIONS, Part.SEGMENTS},
    write=write_reviews,
)
