"""Spans of a text and the check that a labelled stretch fits it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

#: Joins the surfaces of several segments into one string.
SURFACE_JOINT = " … "


class SpanError(ValueError):
    """Segments do not fit the text; the message names which one and why."""


class Span(NamedTuple):
    """A half-open stretch `[start, end)` of a text, in code points."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share at least one character; touching is not overlapping."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        """Tell whether every character of `other` is in this span; a span contains itself."""
        return self.start <= other.start and other.end <= self.end

    def of(self, text: str) -> str:
        """Return the surface: what the span covers in `text`."""
        return text[self.start : self.end]


def joined_surface(text: str, segments: Sequence[tuple[int, int]]) -> str:
    """Return the surfaces of the segments, joined with `SURFACE_JOINT`."""
    return SURFACE_JOINT.join(text[start:end] for start, end in segments)


def check_segments(
    text: str,
    segments: Sequence[tuple[int, int]],
    surface: str | None = None,
    surfaces: Sequence[str] | None = None,
) -> tuple[Span, ...]:
    """Return the segments as spans once they are known to fit the text.

    Segments are sorted and disjoint, with a gap of at least one character between two:
    touching ones are one segment.

    Args:
        text: the text, exactly as delivered.
        segments: half-open pairs in code points.
        surface: what the segments cover, joined with `SURFACE_JOINT`; None skips the check.
        surfaces: what each segment covers, one each; None skips the check.

    Raises:
        SpanError: if there is no segment, one is not a pair of integers, out of order, out of
            the text, or its surface is another.
    """
    if not segments:
        raise SpanError("an annotation needs at least one segment")
    spans = tuple(_span(number, segment) for number, segment in enumerate(segments, 1))
    for number, span in enumerate(spans, 1):
        _check_bounds(number, span, len(text))
    for number, (before, span) in enumerate(pairwise(spans), 2):
        if span.start <= before.end:
            raise SpanError(
                f"segment {number} [{span.start}, {span.end}) must start at least one character "
                f"after segment {number - 1} [{before.start}, {before.end}) ends"
            )
    if surfaces is not None:
        _check_surfaces(text, spans, surfaces)
    if surface is not None and joined_surface(text, spans) != surface:
        raise SpanError(f"the text has {joined_surface(text, spans)!r} there, not {surface!r}")
    return spans


def _span(number: int, segment: Sequence[int]) -> Span:
    """Return one pair as a span; strings, floats and booleans are not offsets."""
    if not isinstance(segment, list | tuple) or len(segment) != 2:
        raise SpanError(f"segment {number} is {segment!r}, not a pair [start, end]")
    start, end = segment
    # A bool is an int to isinstance; True as an offset is a client's mistake.
    if type(start) is not int or type(end) is not int:
        raise SpanError(f"segment {number} is {segment!r}: its offsets must be integers")
    return Span(start, end)


def _check_bounds(number: int, span: Span, length: int) -> None:
    """Refuse a span that is empty, turned round or not within the text."""
    where = f"segment {number} [{span.start}, {span.end})"
    if span.start < 0:
        raise SpanError(f"{where} starts before the text")
    if span.start >= span.end:
        raise SpanError(f"{where} is empty: start must be less than end")
    if span.end > length:
        raise SpanError(f"{where} ends after the text, which has {length} characters")


def _check_surfaces(text: str, spans: Sequence[Span], surfaces: Sequence[str]) -> None:
    """Refuse surfaces that are not one a segment, or differ from the text."""
    if len(surfaces) != len(spans):
        raise SpanError(f"{len(spans)} segments have {len(surfaces)} surfaces")
    for number, (span, surface) in enumerate(zip(spans, surfaces, strict=True), 1):
        if span.of(text) != surface:
            raise SpanError(f"segment {number} covers {span.of(text)!r} in the text, not {surface!r}")
