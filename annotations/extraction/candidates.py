"""What a pipeline thought of but did not propose, for a reviewer who corrects it or misses something.

For each suggestion: other boundaries, other sources, other cues. For the rest of the text: what else may have
been said. A list is ordered so that what a person would choose stands far in front.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice, pairwise
from typing import NamedTuple

from annotations.extraction.alternatives import Pieces, other_boundaries
from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.clauses import skip_adjuncts, skip_times, trim
from annotations.extraction.linkable import Stretch, Surroundings
from annotations.extraction.passages import Passage, pieces_of, read_passages
from annotations.extraction.reading import Reading, read
from annotations.extraction.reports import Report
from annotations.extraction.said import speech_of
from annotations.extraction.sources import source_before
from annotations.extraction.tokens import QUOTED, STOP, tokenise
from corpus.text.sentences import sentences
from corpus.text.spans import Span

#: as many as there are digits to choose by
MOST = 9
#: so many other lengths of what is there come before other words
_LENGTHS = 3
#: a quotation of more characters may hold another quote
_LONG_QUOTATION = 40
#: so many of the nearest phrases are offered in two lengths
_NEAR = 5


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What may be taken instead, the likeliest first: for the annotation, for its source, for its cue."""

    alternatives: tuple["Candidate", ...] = ()
    sources: tuple[Span, ...] = ()
    cues: tuple[Span, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An annotation that may be meant.

    Attributes:
        score: in (0, 1); a rank among the candidates of one article.
        reason: what it is, for a person to read.
    """

    label: str
    segments: tuple[Span, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    source: Span | None = None
    cue: Span | None = None
    score: float = 0.5
    reason: str
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """What an article offers: `missing` in the order of the text, `choices` by the keys of suggestions."""

    missing: tuple[Candidate, ...]
    choices: Mapping[int, Choices]


@dataclass(eq=False)
class _Page:
    """One passage with what links can lead to in it, and the passages beside it."""

    passage: Passage
    reading: Reading
    surroundings: Surroundings
    starts: Sequence[int]
    before: "_Page | None" = None
    behind: "_Page | None" = None

    def stretch(self, span: Span) -> Stretch | None:
        """Return the tokens that a span touches, or None where it lies outside of the passage."""
        tokens = self.passage.tokens
        first = bisect_right(self.starts, span.start) - 1
        while 0 <= first < len(tokens) and (tokens[first].low == STOP or tokens[first].end <= span.start):
            first += 1
        first = max(first, 0)
        last = first
        while last < len(tokens) and tokens[last].start < span.end:
            last += 1
        while last > first and tokens[last - 1].low == STOP:
            last -= 1
        return Stretch(first, last) if first < last else None

    def span(self, stretch: Stretch) -> Span:
        tokens = self.passage.tokens
        return Span(tokens[stretch.first].start, tokens[stretch.last - 1].end)

    def last_sources(self) -> Iterator[Span]:
        """Yield who is named in the last sentence, first whoever a report in it names."""
        yield from map(self.span, self.surroundings.last(self.surroundings.sources))

    def last_cues(self) -> Iterator[Span]:
        """Yield the reporting words of the last sentence, each in its lengths; a colon may end it."""
        for one in self.surroundings.last(self.surroundings.cues)[:2]:
            yield self.span(one)
            yield from map(self.span, islice(self.surroundings.lengths_of_cue(one), _LENGTHS))

    def segments(self, pieces: Pieces) -> tuple[Span, ...]:
        tokens = self.passage.tokens
        spans: list[Span] = []
        for first, last in pieces:
            spans += pieces_of(self.passage, tokens[first].start, tokens[last - 1].end)
        return tuple(spans)


def find_candidates(article: ArticleText, suggestions: Suggestions) -> Candidates:
    """Return what else an article offers beside what was suggested. Cost: linear in the article."""
    pages = _pages(article)
    begins = [page.starts[0] for page in pages]
    links = _links(suggestions)
    named = sorted({source for source, _ in links.values() if source})
    choices = {}
    for one in suggestions.annotations:
        number = bisect_right(begins, one.segments[0].start) - 1
        page = pages[number] if number >= 0 else None
        if page is None:
            continue
        source, cue = links.get(one.key, (None, None))
        there = Candidate(label=one.label, segments=one.segments, source=source, cue=cue, reason=one.reason)
        choices[one.key] = _choices(page, named, there)
    taken = {one.segments for one in suggestions.annotations if one.label == "quote"}
    missing = [candidate for page in pages for candidate in _missing(page, named, taken)]
    return Candidates(missing=tuple(missing), choices=choices)


def _pages(article: ArticleText) -> list[_Page]:
    pages = [_page(passage) for passage in read_passages(article) if passage.tokens]
    for one, other in pairwise(pages):
        one.behind, other.before = other, one
    return pages


def _page(passage: Passage) -> _Page:
    reading = read(passage.tokens)
    around = Surroundings(passage.tokens, reading.reports)
    return _Page(passage, reading, around, [token.start for token in passage.tokens])


def _within_quotations(page: _Page) -> Iterator[_Page]:
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


def _links(suggestions: Suggestions) -> dict[int, tuple[Span | None, Span | None]]:
    spans = {one.key: one.segments[0] for one in suggestions.annotations}
    found: dict[int, tuple[Span | None, Span | None]] = {}
    for link in suggestions.relations:
        source, cue = found.get(link.head, (None, None))
        if link.label == "source":
            found[link.head] = (spans[link.child], cue)
        elif link.label == "cue":
            found[link.head] = (source, spans[link.child])
    return found


def _choices(page: _Page, named: Sequence[Span], quote: Candidate) -> Choices:
    pieces = tuple(piece for one in quote.segments if (piece := page.stretch(one)) is not None)
    if not pieces:
        return Choices()
    source = page.stretch(quote.source) if quote.source else None
    cue = page.stretch(quote.cue) if quote.cue else None
    begin = quote.segments[0].start
    sources = _sources(page, named, begin, pieces, source, cue)
    return Choices(
        alternatives=_alternatives(page, quote, pieces, [one for one in (source, cue) if one is not None]),
        sources=_first(sources, quote.source),
        cues=_first(_cues(page, pieces, source, cue), quote.cue),
    )


def _alternatives(
    page: _Page, quote: Candidate, pieces: Pieces, reporting: Sequence[Stretch]
) -> tuple[Candidate, ...]:
    tokens = page.passage.tokens
    found: dict[tuple[Span, ...], Candidate] = {}
    for other, reason in other_boundaries(tokens, pieces, reporting):
        if any(first >= last for first, last in other):
            continue
        spans = page.segments(other)
        if spans == quote.segments or spans in found or not _stand_apart(spans):
            continue
        attributes = {"type": speech_of(tokens, other).value} if quote.label == "quote" else {}
        found[spans] = Candidate(label=quote.label, segments=spans, attributes=attributes, reason=reason)
        if len(found) == MOST:
            break
    return tuple(found.values())


def _stand_apart(spans: Sequence[Span]) -> bool:
    return all(one.end < other.start for one, other in pairwise(spans))


def _sources(
    page: _Page,
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
    lengths = around.lengths_of_source(source) if source else iter(())
    if source is None and (signed := around.signature(pieces[-1])) is not None:
        yield page.span(signed[1])
    turn = _turn_of(page)
    if source is None:
        yield from turn[:1]
    if source is None and page.before is not None and not pieces[0].first:
        yield from page.before.last_sources()
    if source is None:
        yield from earlier[:2]
    yield from map(page.span, islice(lengths, _LENGTHS))
    near = around.near(around.sources, cue or pieces[0], pieces)
    for one in near[:_NEAR]:
        yield page.span(one)
        yield from map(page.span, islice(around.lengths_of_source(one), 1))
    yield from map(page.span, lengths)
    yield from turn[:1]
    yield from earlier
    if page.before is not None:
        yield from page.before.last_sources()
    if page.behind is not None:
        yield from map(page.behind.span, page.behind.surroundings.opening(page.behind.surroundings.sources))
    yield from map(page.span, near[_NEAR:])


def _cues(page: _Page, pieces: Pieces, source: Stretch | None, cue: Stretch | None) -> Iterator[Span]:
    """Yield other lengths of the cue, then other reporting words near the source, then any word near."""
    around = page.surroundings
    before = page.before if not pieces[0].first else None
    marks = _marks(around, pieces)
    if cue is None:
        yield from map(page.span, marks)
    if cue is None and before is not None:
        yield from before.last_cues()
    if cue is not None:
        yield from map(page.span, islice(around.lengths_of_cue(cue), _LENGTHS + 1))
    if source is not None and (between := around.between(source, pieces[0], pieces[-1])) is not None:
        yield page.span(between)
    for one in around.near(around.cues, source or pieces[0], pieces):
        yield page.span(one)
        yield from map(page.span, islice(around.lengths_of_cue(one), 2))
    yield from map(page.span, marks)
    yield from _turn_of(page)[1:]
    yield from map(page.span, around.words_beside(pieces))
    if before is not None:
        yield from before.last_cues()


def _turn_of(page: _Page) -> tuple[Span, ...]:
    """Return the name of the speaker turn that a passage is, and the colon behind it; nothing for others."""
    start, end = page.passage.blocks[0].name_start, page.passage.blocks[0].name_end
    if start is None or end is None:
        return ()
    colon = page.passage.view[end : end + 1] == ":"
    return (Span(start, end), Span(end, end + 1)) if colon else (Span(start, end),)


def _marks(around: Surroundings, pieces: Pieces) -> list[Stretch]:
    """Return the marks that stand for a reporting word: a colon before what was said, a dash behind it."""
    signed = around.signature(pieces[-1])
    colon = around.colon_before(pieces[0])
    return [mark for mark in (signed and signed[0], colon) if mark is not None]


def _first(spans: Iterable[Span], present: Span | None) -> tuple[Span, ...]:
    """Return the first different ones, as many as there are digits; a stop alone is none."""
    found: dict[Span, None] = {}
    for span in spans:
        if span != present and span.start < span.end:
            found.setdefault(span)
        if len(found) == MOST:
            break
    return tuple(found)


# --- what may be missing ---------------------------------------------------------------------------------


class _Thought(NamedTuple):
    """What may have been said, in tokens, with its source and its cue."""

    piece: Stretch
    source: Stretch | None
    cue: Stretch | None
    score: float
    reason: str


def _missing(page: _Page, named: Sequence[Span], taken: Container[tuple[Span, ...]]) -> Iterator[Candidate]:
    found: dict[tuple[Span, ...], tuple[_Page, Candidate]] = {}
    inner = ((one, thought) for one in _within_quotations(page) for thought in _reported(one))
    for where, thought in chain(((page, thought) for thought in _thought_of(page)), inner):
        candidate = _drafted(where, thought)
        if candidate is not None and candidate.segments not in taken:
            found.setdefault(candidate.segments, (where, candidate))
    for segments in sorted(found):
        where, candidate = found[segments]
        yield replace(candidate, choices=_choices(where, named, candidate))


def _drafted(page: _Page, thought: _Thought) -> Candidate | None:
    tokens = page.passage.tokens
    piece = Stretch(*trim(tokens, *thought.piece))
    if piece.first >= piece.last:
        return None
    return Candidate(
        label="quote",
        segments=page.segments((piece,)),
        attributes={"type": speech_of(tokens, (piece,)).value},
        source=page.span(thought.source) if thought.source else None,
        cue=page.span(thought.cue) if thought.cue else None,
        score=thought.score,
        reason=thought.reason,
    )


def _reported(page: _Page) -> Iterator[_Thought]:
    """Yield what stands on either side of each reporting word."""
    tokens, reading = page.passage.tokens, page.reading
    for report in reading.reports:
        source, cue = _ends_of(report)
        end = reading.end_of_report(report)
        behind = Stretch(skip_adjuncts(tokens, report.last, end), end)
        yield _Thought(behind, source, cue, 0.6, "what stands behind a reporting word")
        before = Stretch(reading.start_of_content(report.first), report.first)
        yield _Thought(before, source, cue, 0.5, "what stands before a reporting word")


def _thought_of(page: _Page) -> Iterator[_Thought]:
    """Yield what may have been said; of two thoughts of the same words the first counts."""
    tokens, reading = page.passage.tokens, page.reading
    yield from _reported(page)
    for index, token in enumerate(tokens):
        if token.low == QUOTED:
            source, cue = _ends_of(_nearest(page, index))
            yield _Thought(Stretch(index, index + 1), source, cue, 0.55, "words in quotation marks")
        elif token.low == "that" and index and tokens[index - 1].word:
            cue = Stretch(index - 1, index)
            that = Stretch(index, reading.end_of_content(index))
            yield _Thought(that, _subject(page, cue), cue, 0.45, "a clause with “that”")
    for cue in page.surroundings.cues:
        if cue not in page.surroundings.reporting:
            end = reading.end_of_content(cue.last)
            behind = Stretch(skip_times(tokens, cue.last, end), end)
            yield _Thought(behind, _subject(page, cue), cue, 0.35, "what stands behind a verb")
    first = 0
    for index, token in enumerate(tokens):
        if token.low == STOP:
            source, cue = _ends_of(_nearest(page, first))
            yield _Thought(Stretch(first, index), source, cue, 0.3, "the sentence")
            first = index + 1


def _ends_of(report: Report | None) -> tuple[Stretch | None, Stretch | None]:
    if report is None:
        return None, None
    source = Stretch(report.source.first, report.source.last) if report.source else None
    return source, Stretch(report.cue.first, report.cue.last)


def _subject(page: _Page, cue: Stretch) -> Stretch | None:
    """Return the phrase before a verb and its auxiliaries."""
    source = source_before(page.passage.tokens, page.surroundings.start_of_group(cue))
    return Stretch(source.first, source.last) if source else None


def _nearest(page: _Page, index: int) -> Report | None:
    """Return the report of a token's sentence that is nearest to it."""
    reports = page.reading.reports
    number = bisect_left(reports, index, key=lambda one: one.cue.first)
    sentences = page.surroundings.sentences
    beside = [
        one
        for one in reports[max(number - 1, 0) : number + 1]
        if sentences[one.cue.first] == sentences[index]
    ]
    return min(beside, key=lambda one: abs(one.cue.first - index), default=None)
