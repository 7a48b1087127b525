"""What a format cannot hold: the parts of an article that it carries, and how many others there were."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from annotations.exchange.articles import FIELDS, Annotation, Article, Relation


class Part(StrEnum):
    """What a format may carry beside texts, labels and where they stand."""

    EXTERNAL_ID = "external_id"
    TITLE = "title"
    OUTLET = "outlet"
    URL = "url"
    PUBLISHED_AT = "published_at"
    LANGUAGE = "language"
    LICENCE = "licence"
    #: Whose labels they are.
    ANNOTATORS = "annotators"
    #: Annotations that share characters with another of their layer.
    OVERLAPS = "overlaps"
    #: Annotations of several segments.
    SEGMENTS = "segments"
    RELATIONS = "relations"
    ATTRIBUTES = "attributes"
    SCORES = "scores"
    REASONS = "reasons"


METADATA = frozenset({Part.EXTERNAL_ID, *map(Part, FIELDS)})
EVERYTHING = frozenset(Part)


class Lost(ValueError):
    """A strict export met something that its format cannot carry."""


class Losses:
    """Counts what is left out; with `strict` the first of it ends the export."""

    def __init__(self, *, strict: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self.strict = strict

    def lose(self, article: str, what: str, count: int) -> None:
        """Count something of an article that cannot be carried."""
        if not count:
            return
        if self.strict:
            raise Lost(f"{article}: {count} × {what} cannot be carried")
        self.counts[what] += count

    def leave(self, what: str, count: int) -> None:
        """Count what is left behind and is no part of what a layer says, so that strict exports go on."""
        if count:
            self.counts[what] += count


def count_losses(article: Article, carried: frozenset[Part], losses: Losses) -> None:
    """Count the parts of an article that a format does not carry."""
    place = article.external_id or article.place
    for part in sorted(METADATA - carried):
        losses.lose(place, part.value, bool(getattr(article, part.value)))
    for layer in article.layers:
        rows = layer.annotations
        every: list[Annotation | Relation] = [*rows, *layer.relations]
        here = {
            Part.ANNOTATORS: bool(layer.name),
            Part.RELATIONS: len(layer.relations),
            Part.SEGMENTS: sum(len(row.segments) > 1 for row in rows),
            Part.ATTRIBUTES: sum(len(row.attributes) for row in rows),
            Part.SCORES: sum(row.score is not None for row in every),
            Part.REASONS: sum(bool(row.reason) for row in every),
        }
        for part, count in here.items():
            if part not in carried:
                losses.lose(place, part.value, count)


def apart(annotations: Sequence[Annotation]) -> tuple[list[Annotation], int]:
    """Return annotations of which no two share a character, and how many had to go; longer ones stay."""
    kept: list[Annotation] = []
    taken: set[int] = set()
    for row in sorted(annotations, key=lambda row: (-_length(row), row.segments)):
        own = {place for start, end in row.segments for place in range(start, end)}
        if taken.isdisjoint(own):
            kept.append(row)
            taken |= own
    kept.sort(key=lambda row: row.segments)
    return kept, len(annotations) - len(kept)


def _length(annotation: Annotation) -> int:
    return sum(end - start for start, end in annotation.segments)
