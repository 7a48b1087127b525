"""Words and marks of a text, for formats that know spans as rows of tokens."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

import regex

from corpus.text.spans import Span

#: A word with its accents, or else what a reader sees as one mark.
_TOKEN = regex.compile(r"(?:\w\p{M}*)+|(?!\s)\X")


class Tokens:
    """The tokens of a text, cut where spans begin and end, so that none reaches over a border."""

    def __init__(self, text: str, spans: Iterable[Span] = ()) -> None:
        given = set(spans)
        self._begins, self._ends = {span.start for span in given}, {span.end for span in given}
        self._borders = sorted(self._begins | self._ends)
        self.spans = list(self._pieces(text))
        self._starts = [span.start for span in self.spans]

    def within(self, span: Span) -> range:
        """Return the numbers of the tokens of a span; none for white space."""
        return range(bisect_left(self._starts, span.start), bisect_left(self._starts, span.end))

    def padded(self, text: str) -> list[tuple[Span, bool]]:
        """Return tokens that are the whole text, white space included, each with whether a space follows.

        The space that follows a token is part of none, as in spaCy.
        """
        found: list[tuple[Span, bool]] = []
        place = 0
        for span in [*self.spans, Span(len(text), len(text))]:
            gap = Span(place, span.start)
            apart = gap.start in self._begins or gap.start + 1 in self._ends
            if found and gap.of(text).startswith(" ") and not apart:
                found[-1] = (found[-1][0], True)
                gap = Span(gap.start + 1, gap.end)
            found += [(piece, False) for piece in self._cut(gap)]
            if span.start < span.end:
                found.append((span, False))
            place = span.end
        return found

    def _pieces(self, text: str) -> Iterator[Span]:
        """Yield the tokens of a text; few have a border in them, so that those alone are cut."""
        borders = iter([*self._borders, len(text)])
        border = next(borders)
        for start, end in (found.span() for found in _TOKEN.finditer(text)):
            while border <= start:
                border = next(borders)
            if border < end:
                yield from self._cut(Span(start, end))
            else:
                yield Span(start, end)

    def _cut(self, span: Span) -> list[Span]:
        """Return the pieces of a span between the borders in it."""
        inner = self._borders[bisect_right(self._borders, span.start) : bisect_left(self._borders, span.end)]
        cuts = [span.start, *inner, span.end]
        return [Span(start, end) for start, end in pairwise(cuts) if start < end]
