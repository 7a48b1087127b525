"""From the native record of a view to an article that the exchange formats write."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from annotations.exchange.articles import FIELDS, Annotation, Article, Layer, Relation
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses, count_losses
from corpus.text.spans import Span

#: What a view has on how it came about, and no exchange format but the native one.
NATIVE_ONLY = ("blocks", "reviews")


def outgoing(records: Iterable[Mapping[str, Any]], format: Format, losses: Losses) -> Iterator[Article]:
    """Yield the records of a view as articles; count what the format cannot carry of each."""
    for record in records:
        article = article_of(record)
        for name in NATIVE_ONLY:
            losses.leave(name, len(record.get(name) or ()))
        derived = sum(bool(row.get("derived_from")) for row in record["annotations"])
        losses.leave("derived_from", derived)
        losses.lose(article.external_id, "text_withheld", bool(record.get("text_withheld")))
        count_losses(article, format.carries, losses)
        yield article


def article_of(record: Mapping[str, Any]) -> Article:
    """Return the record of a view as an article, its layers in the order of their names."""
    names = {row["layer"] for key in ("annotations", "relations") for row in record[key]}
    names |= set(record.get("layers") or ())
    fields: dict[str, Any] = {name: record.get(name) or "" for name in FIELDS}
    return Article(
        external_id=record["external_id"],
        text=record["text"],
        layers=tuple(_layer(record, name) for name in sorted(names)),
        **fields,
    )


def _layer(record: Mapping[str, Any], name: str) -> Layer:
    return Layer(
        name=name,
        annotations=tuple(
            Annotation(
                key=row["id"],
                label=row["label"],
                segments=tuple(Span(start, end) for start, end in row["segments"]),
                words=row["surface"],
                attributes=row["attributes"],
                score=row["score"],
                reason=row["reason"],
            )
            for row in record["annotations"]
            if row["layer"] == name
        ),
        relations=tuple(
            Relation(
                label=row["label"],
                head=row["head"],
                child=row["child"],
                score=row["score"],
                reason=row["reason"],
            )
            for row in record["relations"]
            if row["layer"] == name
        ),
    )
