"""Passages: what the rules read at a time, a paragraph or several that one quotation chains together."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from annotations.extraction.base import ArticleText
from annotations.extraction.languages import Language, language_of
from annotations.extraction.lexicon import LEXICONS
from annotations.extraction.quotation import Quotation, find_quotations
from annotations.extraction.tokens import Token, mask, tokenise
from corpus.text.blocks import Block, BlockKind
from corpus.text.opening import run_in_dateline
from corpus.text.sentences import sentences
from corpus.text.spans import Span
from corpus.text.view import plain_view

LONGEST_DATELINE = 120
_CLOSING = '”"»“'
#: a paragraph that may sign the quotation before it: — Ida Holm, Hull
_SIGNATURE = re.compile(r"(?:[―—–]|--?)\s*(\w)[^\n]{0,60}")
HEADINGS = frozenset({BlockKind.HEADLINE, BlockKind.SUBHEAD})
#: headlines are read for quotations alone: their clauses lack the articles and auxiliaries that rules go by
READ = frozenset(
    {
        BlockKind.HEADLINE,
        BlockKind.STANDFIRST,
        BlockKind.SUBHEAD,
        BlockKind.BODY,
        BlockKind.CAPTION,
        BlockKind.SPEAKER_TURN,
    }
)


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Blocks that are read together, with their sentences and tokens; a quotation is one token."""

    language: Language
    view: str
    blocks: tuple[Block, ...]
    sentences: tuple[Span, ...]
    tokens: tuple[Token, ...]
    leaps: tuple[Span, ...]

    @property
    def kind(self) -> BlockKind:
        """What its first block is."""
        return self.blocks[0].kind


def read_passages(article: ArticleText, lexicons: Path = LEXICONS) -> Iterator[Passage]:
    """Yield the passages of an article in order; its language is one of those in `lexicons`, or unknown."""
    language = language_of(article.language, lexicons)
    view = plain_view(article.text)
    blocks = [block for block in article.blocks if block.kind in READ]
    spans = [Span(_start_of_words(view, block), block.end) for block in blocks]
    quotations = find_quotations(view, spans)
    masked = mask(view, quotations)
    position = 0
    for first, last in _chains(view, blocks, spans, quotations):
        inside = []
        while position < len(quotations) and quotations[position].start < spans[last - 1].end:
            inside.append(quotations[position])
            position += 1
        found = [sentence for start, end in spans[first:last] for sentence in sentences(masked, start, end)]
        outer = [Span(quotation.start, quotation.end) for quotation in inside]
        yield Passage(
            language=language,
            view=view,
            blocks=tuple(blocks[first:last]),
            sentences=tuple(found),
            tokens=tuple(language.read(tokenise(view, found, outer))),
            leaps=tuple(_leaps(view, inside)),
        )


def _start_of_words(view: str, block: Block) -> int:
    """Return where the words of a block begin: behind a name and colon, or behind a dateline run in."""
    if block.name_end is None:
        opening = run_in_dateline(view[block.start : min(block.end, block.start + LONGEST_DATELINE)])
        return block.start + opening
    start = block.name_end
    while start < block.end and (view[start].isspace() or view[start] in ":,;"):
        start += 1
    colon = view.find(":", start, min(block.end, start + 80))
    role = view[block.name_end : block.name_end + 1] in {",", " ", "("}
    if role and colon >= 0 and "." not in view[start:colon]:
        start = colon + 1
    return min(start, block.end)


def _chains(
    view: str, blocks: Sequence[Block], spans: Sequence[Span], quotations: Sequence[Quotation]
) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of blocks, such that no quotation leaves its range, nor whoever signs it."""
    first = 0
    number = 0
    while first < len(spans):
        last = first + 1
        signed = False
        while True:
            end = spans[last - 1].end
            while number < len(quotations) and quotations[number].start < end:
                reach = quotations[number].end
                while last < len(spans) and spans[last].start < reach:
                    end = spans[last].end
                    last += 1
                number += 1
            # Whoever signs may quote, too, and that quotation go on.
            if signed or last == len(spans) or not _signs(view, blocks[last - 1], spans[last]):
                break
            last += 1
            signed = True
        yield first, last
        first = last


def _signs(view: str, before: Block, paragraph: Span) -> bool:
    """Whether a paragraph is a dash and a name behind a quotation that ends a paragraph of text."""
    if before.kind in HEADINGS or view[before.end - 1] not in _CLOSING:
        return False
    signature = _SIGNATURE.fullmatch(paragraph.of(view))
    return signature is not None and signature[1].isupper()


def pieces_of(passage: Passage, start: int, end: int) -> tuple[Span, ...]:
    """Return a stretch as segments: in one, or in parts where a quotation leaps over another block.

    The edges of the stretch never stand within a quotation.
    """
    segments = [Span(start, end)]
    number = bisect_left(passage.leaps, (start, start))
    while number < len(passage.leaps) and passage.leaps[number].end < end:
        before, after = passage.leaps[number]
        segments[-1:] = [Span(segments[-1].start, before), Span(after, end)]
        number += 1
    return tuple(segments)


def _leaps(view: str, quotations: Sequence[Quotation]) -> Iterator[Span]:
    """Yield what lies between the parts of the quotations, where that is more than white space."""
    for quotation in quotations:
        for before, after in pairwise(quotation.parts):
            if view[before.end : after.start].strip():
                yield Span(before.end, after.start)
