"""How two lists of segments lie to one another."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from corpus.text.spans import Span

Segments: TypeAlias = tuple[Span, ...]


def overlap(one: Segments, other: Segments) -> float:
    """Return the characters that two share over all that either has, from 0 to 1."""
    shared = sum(
        max(0, min(own.end, their.end) - max(own.start, their.start)) for own in one for their in other
    )
    return shared / (length(one) + length(other) - shared)


def length(segments: Segments) -> int:
    return sum(span.end - span.start for span in segments)


def disjoint(segments: Iterable[Span]) -> Sequence[Span]:
    """Return segments in order, each cut back to what none before it covers; what is left empty is dropped.

    They stay apart where they touch.
    """
    found: list[Span] = []
    covered = 0
    for span in sorted(segments):
        start = max(span.start, covered)
        if start < span.end:
            found.append(Span(start, span.end))
            covered = span.end
    return found
