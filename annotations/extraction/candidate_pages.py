"""An article as candidates are looked for in it: passages with what links can lead to, side by side."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from annotations.extraction.alternatives import Pieces
from annotations.extraction.base import ArticleText
from annotations.extraction.keeping import kept
from annotations.extraction.linkable import Stretch, Surroundings
from annotations.extraction.passages import Passage, pieces_of, read_passages
from annotations.extraction.reading import Reading, read
from annotations.extraction.said import Speech, Speeches
from annotations.extraction.tokens import QUOTED, STOP, tokenise
from corpus.text.sentences import sentences
from corpus.text.spans import Span

#: so many other lengths of what is there come before other words
LENGTHS = 3
#: a quotation of more characters may hold another quote
_LONG_QUOTATION = 40
#: within quotation marks, a name in up to four words and a colon
_QUOTED_TURN = re.compile(r"""["“]\s*([A-Z][\w.'’-]{0,60}+(?:\s[A-Z][\w.'’-]{0,60}+){0,3}+)\s?(:)\s""")
#: so many passages are looked back for the name of a turn
_LONGEST_TURN = 4
_CLOSING = ' \n\r\t"”'


class QuotedTurn(NamedTuple):
    """A turn of an interview that an article quotes as a whole: its name is that of who said it."""

    start: int
    name: Span
    colon: Span
    said: Span


@dataclass(eq=False)
class Page:
    """One passage with what links can lead to in it, and the passages beside it.

    The lists of neighbouring quotes are made of the same stretches; what is worked out of one is kept.
    """

    passage: Passage
    reading: Reading
    surroundings: Surroundings
    starts: Sequence[int]
    before: "Page | None" = None
    behind: "Page | None" = None

    @kept
    def stretch(self, span: Span) -> Stretch | None:
        """Return the tokens that a span touches, or None where it lies outside of the passage."""
        tokens = self.passage.tokens
        first = bisect_right(self.starts, span.start) - 1
        while 0 <= first < len(tokens) and (tokens[first].low == STOP or tokens[first].end <= span.start):
            first += 1
        first = max(first, 0)
        last = bisect_left(self.starts, span.end, first)
        while last > first and tokens[last - 1].low == STOP:
            last -= 1
        return Stretch(first, last) if first < last else None

    @cached_property
    def speeches(self) -> Speeches:
        return Speeches(self.passage.tokens)

    @kept
    def speech(self, segments: tuple[Span, ...]) -> Speech:
        """Return how it is said."""
        return self.speeches.of([piece for one in segments if (piece := self.stretch(one)) is not None])

    @cached_property
    def quoted_turns(self) -> Sequence[QuotedTurn]:
        """The paragraphs that open with a mark, a name and a colon, in order."""
        return tuple(_quoted_turns(self.passage))

    @kept
    def span(self, stretch: Stretch) -> Span:
        tokens = self.passage.tokens
        return Span(tokens[stretch.first].start, tokens[stretch.last - 1].end)

    @cached_property
    def first_sources(self) -> Sequence[Span]:
        """Who is named in the first sentence."""
        return tuple(map(self.span, self.surroundings.opening(self.surroundings.sources)))

    @cached_property
    def last_sources(self) -> Sequence[Span]:
        """Who is named in the last sentence, first whoever a report in it names."""
        return tuple(map(self.span, self.surroundings.last(self.surroundings.sources)))

    @cached_property
    def last_cues(self) -> Sequence[Span]:
        """The reporting words of the last sentence, each in its lengths; a colon may end it."""
        cues = self.surroundings.last(self.surroundings.cues)[:2]
        return tuple(
            self.span(length)
            for one in cues
            for length in (one, *self.surroundings.lengths_of_cue(one)[:LENGTHS])
        )

    @kept
    def segments(self, pieces: Pieces) -> tuple[Span, ...]:
        tokens = self.passage.tokens
        spans: list[Span] = []
        for first, last in pieces:
            spans += pieces_of(self.passage, tokens[first].start, tokens[last - 1].end)
        return tuple(spans)


def read_pages(article: ArticleText) -> list[Page]:
    pages = [_page(passage) for passage in read_passages(article) if passage.tokens]
    for one, other in pairwise(pages):
        one.behind, other.before = other, one
    return pages


def _page(passage: Passage) -> Page:
    reading = read(passage.tokens)
    around = Surroundings(passage.tokens, reading.reports)
    return Page(passage, reading, around, [token.start for token in passage.tokens])


def within_quotations(page: Page) -> Iterator[Page]:
    """Yield what stands in each longer quotation as a passage of its own: people quote others, too."""
    passage = page.passage
    for token in passage.tokens:
        if token.low == QUOTED and token.end - token.start > _LONG_QUOTATION:
            found = sentences(passage.view, token.start + 1, token.end - 1)
            tokens = tuple(tokenise(passage.view, found, ()))
            if tokens:
                inner = _page(replace(passage, sentences=tuple(found), tokens=tokens))
                inner.before = page
                yield inner


def turn_of(page: Page) -> tuple[Span, ...]:
    """Return the name of the speaker turn that a passage is, and the colon behind it; nothing for others."""
    start, end = page.passage.blocks[0].name_start, page.passage.blocks[0].name_end
    if start is None or end is None:
        return ()
    colon = page.passage.view[end : end + 1] == ":"
    return (Span(start, end), Span(end, end + 1)) if colon else (Span(start, end),)


def _quoted_turns(passage: Passage) -> Iterator[QuotedTurn]:
    view = passage.view
    for block in passage.blocks:
        found = _QUOTED_TURN.match(view, block.start, block.end)
        said = view[found.end() : block.end].rstrip(_CLOSING) if found else ""
        if found and said:
            begin = found.end()
            yield QuotedTurn(
                block.start, Span(*found.span(1)), Span(*found.span(2)), Span(begin, begin + len(said))
            )


def quoted_turn_at(page: Page, offset: int) -> tuple[Span, ...]:
    """Return the name and the colon of the quoted turn that goes on at an offset, some passages later."""
    where: Page | None = page
    for _ in range(_LONGEST_TURN):
        if where is None:
            break
        number = bisect_right(where.quoted_turns, offset, key=lambda turn: turn.start) - 1
        if number >= 0:
            return where.quoted_turns[number].name, where.quoted_turns[number].colon
        where = where.before
    return ()
