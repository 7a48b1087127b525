"""Annotations of several segments in formats that have relations, and spans of one segment alone.

Each piece becomes a span of its own; those behind the first lead to it by a relation `continues`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from annotations.exchange.articles import Annotation, Layer, Relation
from annotations.exchange.fields import RecordRefused
from corpus.text.spans import SURFACE_JOINT, Span

CONTINUES = "continues"


class Piece(NamedTuple):
    """One segment of an annotation; `key` is the annotation's own for the first."""

    key: str
    annotation: Annotation
    span: Span


class Spread(NamedTuple):
    pieces: list[Piece]
    relations: list[Relation]


def spread(layer: Layer) -> Spread:
    """Return the segments of a layer as spans, and its relations with those between pieces."""
    pieces, links = [], list(layer.relations)
    for row in layer.annotations:
        for number, span in enumerate(row.segments):
            key = row.key if number == 0 else f"{row.key}+{number}"
            pieces.append(Piece(key, row, span))
            if number:
                links.append(Relation(label=CONTINUES, head=key, child=row.key))
    return Spread(pieces, links)


def gathered(name: str, annotations: Sequence[Annotation], relations: Sequence[Relation]) -> Layer:
    """Return a layer whose pieces are one annotation again.

    Raises:
        RecordRefused: pieces of one annotation have two labels, or lead in a circle.
    """
    continuing = {link.head: link.child for link in relations if link.label == CONTINUES}
    if not continuing:
        return Layer(name=name, annotations=tuple(annotations), relations=tuple(relations))
    by_key = {row.key: row for row in annotations}
    groups: dict[str, list[Annotation]] = {row.key: [row] for row in annotations if row.key not in continuing}
    for row in annotations:
        if row.key in continuing:
            first = continuing[row.key]
            if first not in groups:
                raise RecordRefused(f"{row.key!r} continues {first!r}, which is no first piece")
            if by_key[first].label != row.label:
                raise RecordRefused(f"{row.key!r} continues {first!r} and has another label")
            groups[first].append(row)
    return Layer(
        name=name,
        annotations=tuple(_one(rows) for rows in groups.values()),
        relations=tuple(link for link in relations if link.label != CONTINUES),
    )


def _one(rows: Sequence[Annotation]) -> Annotation:
    if len(rows) == 1:
        return rows[0]
    first, rows = rows[0], sorted(rows, key=lambda row: row.segments)
    words = [row.words for row in rows]
    spoken = [word for word in words if word is not None]
    return replace(
        first,
        segments=tuple(span for row in rows for span in row.segments),
        words=SURFACE_JOINT.join(spoken) if len(spoken) == len(words) else None,
    )
