"""Words and marks of a text, for formats that know spans as rows of tokens."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import regex

from corpus.text.spans import Span

#: A word with its accents, or else what a reader sees as one mark.
_TOKEN = regex.compile(r"(?:\w\p{M}*)+|(?!\s)\X")


class Tokens:
    """The tokens of a text, cut where spans begin and end, so that none reaches over a border."""

    def __init__(self, text: str, spans: Iterable[Span] = ()) -> None:
        borders = sorted({border for span in spans for border in span})
        self.spans: list[Span] = []
        for found in _TOKEN.finditer(text):
            start, end = found.span()
            for border in borders[bisect_right(borders, start) : bisect_left(borders, end)]:
                self.spans.append(Span(start, border))
                start = border
            self.spans.append(Span(start, end))
        self._starts = [span.start for span in self.spans]

    def within(self, span: Span) -> range:
        """Return the numbers of the tokens of a span; none for white space."""
        return range(bisect_left(self._starts, span.start), bisect_left(self._starts, span.end))
