"""Whole quotes of an article, with the words of their sources and cues, and which of two sets are meant."""

from collections.abc import Sequence
from typing import NamedTuple

from annotations.extraction.base import Suggestion, Suggestions
from corpus.text.spans import Span


class Quote(NamedTuple):
    """A quote as it is suggested or wanted."""

    key: int
    segments: tuple[Span, ...]
    type: str
    source: Span | None
    cue: Span | None


def quotes_of(suggestions: Suggestions) -> list[Quote]:
    spans = {one.key: one.segments[0] for one in suggestions.annotations}
    links = {(link.label, link.head): spans[link.child] for link in suggestions.relations}

    def quote(one: Suggestion) -> Quote:
        source, cue = links.get(("source", one.key)), links.get(("cue", one.key))
        return Quote(one.key, one.segments, one.attributes.get("type", "indirect"), source, cue)

    return [quote(one) for one in suggestions.annotations if one.label == "quote"]


def pairs(suggested: Sequence[Quote], wanted: Sequence[Quote]) -> dict[int, Quote]:
    """Return which suggestion is to become which wanted quote: one to one, those that share most first."""
    shares = sorted(
        (-share, one.segments, other.segments, one.key, number)
        for number, other in enumerate(wanted)
        for one in suggested
        if (share := overlap(one, other)) > 0
    )
    meant: dict[int, Quote] = {}
    taken: set[int] = set()
    for *_, key, number in shares:
        if key not in meant and number not in taken:
            meant[key] = wanted[number]
            taken.add(number)
    return meant


def overlap(one: Quote, other: Quote) -> float:
    """Return what two quotes share of the characters that either has."""
    shared = sum(
        max(0, min(a.end, b.end) - max(a.start, b.start)) for a in one.segments for b in other.segments
    )
    both = sum(span.end - span.start for quote in (one, other) for span in quote.segments)
    return shared / (both - shared)
