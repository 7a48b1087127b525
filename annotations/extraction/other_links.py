"""What a quote may be linked to instead, as the rules see it: other sources and other cues."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from annotations.extraction.alternatives import Pieces
from annotations.extraction.candidate_pages import LENGTHS, Page, quoted_turn_at, turn_of
from annotations.extraction.linkable import Stretch, Surroundings
from corpus.text.spans import Span

#: so many of the nearest phrases are offered in two lengths
_NEAR = 5
#: what stands for an auxiliary behind a word, or makes it possessive
_CONTRACTION = re.compile(r"['’](?:s|re|ve|d|ll|m)$")


def other_sources(
    page: Page,
    named: Sequence[Span],
    begin: int,
    pieces: Pieces,
    source: Stretch | None,
    cue: Stretch | None,
) -> Iterator[Span]:
    """Yield other lengths of the source, then who else is named near the cue, and who spoke before."""
    around = page.surroundings
    before = bisect_left(named, Span(begin, begin))
    earlier = [*reversed(named[max(before - 3, 0) : before]), *named[before : before + 2]]
    lengths = around.lengths_of_source(source) if source else ()
    if source is None and (signed := around.signature(pieces[-1])) is not None:
        yield page.span(signed[1])
    turn = turn_of(page)
    if source is None:
        yield from turn[:1]
    if source is None and page.before is not None and not pieces[0].first:
        yield from page.before.last_sources
    if source is None:
        yield from earlier[:2]
    yield from map(page.span, lengths[:LENGTHS])
    if source is not None:
        yield from _before_contraction(page, source)
    near = around.near(around.sources, cue or pieces[0], pieces)
    for one in near[:_NEAR]:
        yield page.span(one)
        yield from _before_contraction(page, one)
        yield from map(page.span, around.lengths_of_source(one)[:1])
    yield from map(page.span, lengths[LENGTHS:])
    yield from turn[:1]
    yield from quoted_turn_at(page, begin)[:1]
    yield from earlier
    if page.before is not None:
        yield from page.before.last_sources
    if page.behind is not None:
        yield from page.behind.first_sources
    yield from map(page.span, near[_NEAR:])
    if source is not None:
        tokens = page.passage.tokens
        for one in (source, *lengths):
            if one.last < len(tokens) and tokens[one.last].low == ",":
                yield page.span(Stretch(one.first, one.last + 1))


def other_cues(
    page: Page, begin: int, pieces: Pieces, source: Stretch | None, cue: Stretch | None
) -> Iterator[Span]:
    """Yield other lengths of the cue, then other reporting words near the source, then any word near."""
    around = page.surroundings
    before = page.before if not pieces[0].first else None
    marks = _marks(around, pieces)
    if cue is None:
        yield from map(page.span, marks)
    if cue is None and before is not None:
        yield from before.last_cues
    if cue is not None:
        yield from map(page.span, around.lengths_of_cue(cue)[: LENGTHS + 1])
        yield from _from_contraction(page, cue)
    if source is not None and (between := around.between(source, pieces[0], pieces[-1])) is not None:
        yield page.span(between)
    for one in around.near(around.cues, source or pieces[0], pieces):
        yield page.span(one)
        yield from map(page.span, around.lengths_of_cue(one)[:2])
    yield from map(page.span, marks)
    yield from turn_of(page)[1:]
    yield from quoted_turn_at(page, begin)[1:]
    yield from map(page.span, around.words_beside(pieces))
    if before is not None:
        yield from before.last_cues


def _before_contraction(page: Page, source: Stretch) -> Iterator[Span]:
    """Yield a source without what is contracted into its last word."""
    place = _contracted(page, source.last - 1)
    if place is not None:
        yield Span(page.span(source).start, place)


def _from_contraction(page: Page, cue: Stretch) -> Iterator[Span]:
    """Yield a cue with what is contracted into the word before it, and without what is so into its own."""
    for index in (cue.first - 1, cue.first):
        place = _contracted(page, index) if index >= 0 else None
        if place is not None:
            yield Span(place, page.span(cue).end)


def _contracted(page: Page, index: int) -> int | None:
    """Return where a word ends that another is contracted into: he’s claiming, the alliance’s pledge."""
    token = page.passage.tokens[index]
    found = _CONTRACTION.search(token.text)
    return token.start + found.start() if found and found.start() else None


def _marks(around: Surroundings, pieces: Pieces) -> list[Stretch]:
    """Return the marks that stand for a reporting word: a colon before what was said, a dash behind it."""
    signed = around.signature(pieces[-1])
    colon = around.colon_before(pieces[0])
    return [mark for mark in (signed and signed[0], colon) if mark is not None]
