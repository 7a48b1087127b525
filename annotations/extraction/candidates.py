"""What a pipeline thought of but did not propose, for a reviewer who corrects it or misses something.

For each suggestion: other boundaries, other sources, other cues. For the rest of the text: what else may have
been said. A list is ordered so that what a person would choose stands far in front.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from annotations.extraction.alternatives import other_boundaries
from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.candidate_pages import Page, QuotedTurn, read_pages
from annotations.extraction.clauses import trim
from annotations.extraction.keeping import kept
from annotations.extraction.linkable import Stretch
from annotations.extraction.missing import Guess, guesses
from annotations.extraction.opinions import AttributedQuote, Ground, Opinion
from annotations.extraction.ordering import Ordering
from annotations.extraction.other_links import other_cues, other_sources
from corpus.text.spans import Span

#: the score of the least likely thought, and how much more the likeliest has; beside thoughts, guesses are
#: worth but a share of their 0.3 to 0.6
_LEAST, _MORE = 0.35, 0.6
_GUESSED = 0.5
#: of what stands behind a name and a colon
_NAMED = 0.6


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What may be taken instead, the likeliest first: for the annotation, for its source, for its cue.

    `corrections` are the likeliest two of all, each in as many parts as are likely wrong, by a pipeline with
    an opinion.
    """

    alternatives: tuple["Candidate", ...] = ()
    sources: tuple[Span, ...] = ()
    cues: tuple[Span, ...] = ()
    corrections: tuple["Candidate", ...] = ()


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


def find_candidates(
    article: ArticleText, suggestions: Suggestions, opinion: Opinion | None = None
) -> Candidates:
    """Return what else an article offers beside what was suggested. Cost: linear in the article.

    Args:
        article: as the pipeline read it.
        suggestions: what stands, in the shape in which pipelines speak.
        opinion: of a pipeline that has one: its thoughts are offered too, and it orders the lists.
    """
    finder = _Finder(article, suggestions, opinion)
    return Candidates(missing=tuple(finder.missing()), choices=finder.choices())


def find_choices(
    article: ArticleText, suggestions: Suggestions, opinion: Opinion | None = None
) -> Mapping[int, Choices]:
    """Return what else each suggestion may be, by its key."""
    return _Finder(article, suggestions, opinion).choices()


class _Finder:
    """One article in which candidates are looked for."""

    def __init__(self, article: ArticleText, suggestions: Suggestions, opinion: Opinion | None) -> None:
        self._pages = read_pages(article)
        self._begins = [page.starts[0] for page in self._pages]
        self._suggestions = suggestions
        self._links = _links(suggestions)
        self._named = sorted({source for source, _ in self._links.values() if source})
        self._taken = {one.segments for one in suggestions.annotations if one.label == "quote"}
        self._opinion = opinion
        self._thoughts = list(opinion.thoughts) if opinion else []

    def choices(self) -> dict[int, Choices]:
        found = {}
        for one in self._suggestions.annotations:
            page = self._page_at(one.segments[0].start)
            if page is not None:
                source, cue = self._links.get(one.key, (None, None))
                there = Candidate(
                    label=one.label,
                    segments=one.segments,
                    attributes=one.attributes,
                    source=source,
                    cue=cue,
                    reason=one.reason,
                )
                found[one.key] = self._choices(page, there)
        return found

    def missing(self) -> Iterator[Candidate]:
        """Yield what may be missing, in the order of the text; a thought counts before a guess."""
        found: dict[tuple[Span, ...], tuple[Page, Candidate]] = {}
        for where, candidate in chain(self._thought_of(), self._guessed()):
            if candidate.segments not in self._taken:
                found.setdefault(candidate.segments, (where, candidate))
        for segments in sorted(found):
            where, candidate = found[segments]
            yield replace(candidate, choices=self._choices(where, candidate))

    def _thought_of(self) -> Iterator[tuple[Page, Candidate]]:
        for thought in self._thoughts:
            page = self._page_at(thought.span.start)
            stretch = page.stretch(thought.span) if page else None
            if page is not None and stretch is not None:
                yield (
                    page,
                    Candidate(
                        label="quote",
                        segments=page.segments((stretch,)),
                        attributes=_type_of(page, (thought.span,)),
                        source=thought.source,
                        cue=thought.cue,
                        score=_LEAST + _MORE * thought.chance,
                        reason="thought of, and not likely enough",
                    ),
                )

    def _guessed(self) -> Iterator[tuple[Page, Candidate]]:
        for page in self._pages:
            yield from ((page, _said_by_name(page, turn)) for turn in page.quoted_turns)
            for where, guess in guesses(page):
                candidate = _drafted(where, guess)
                if candidate is not None:
                    share = _GUESSED if self._opinion else 1.0
                    yield where, replace(candidate, score=share * candidate.score)

    @kept
    def _ground(self, page: Page) -> Ground | None:
        return Ground(self._opinion, page.passage.tokens) if self._opinion else None

    def _page_at(self, offset: int) -> Page | None:
        number = bisect_right(self._begins, offset) - 1
        return self._pages[number] if number >= 0 else None

    def _choices(self, page: Page, quote: Candidate) -> Choices:
        pieces = tuple(piece for one in quote.segments if (piece := page.stretch(one)) is not None)
        if not pieces:
            return Choices()
        source = page.stretch(quote.source) if quote.source else None
        cue = page.stretch(quote.cue) if quote.cue else None
        now = AttributedQuote(quote.segments, quote.source, quote.cue)
        ordering = Ordering(page, self._ground(page) if quote.label == "quote" else None, now, pieces)
        reporting = [one for one in (source, cue) if one is not None]
        others = chain(other_boundaries(page.passage.tokens, pieces, reporting), ordering.other_boundaries())
        begin = quote.segments[0].start
        sources = other_sources(page, self._named, begin, pieces, source, cue)
        return Choices(
            alternatives=self._alternatives(page, quote, ordering.boundaries(others)),
            sources=ordering.links("source", sources, beside=cue),
            cues=ordering.links("cue", other_cues(page, begin, pieces, source, cue), beside=source),
            # Last of all: they are made of the lists before.
            corrections=tuple(self._corrected(page, quote, then) for then in ordering.corrections()),
        )

    def _alternatives(
        self, page: Page, quote: Candidate, found: Iterable[tuple[tuple[Span, ...], str]]
    ) -> tuple[Candidate, ...]:
        return tuple(
            Candidate(
                label=quote.label,
                segments=segments,
                attributes=_type_of(page, segments) if quote.label == "quote" else {},
                reason=reason,
            )
            for segments, reason in found
        )

    def _corrected(self, page: Page, quote: Candidate, then: AttributedQuote) -> Candidate:
        """Return the quote as it most likely is if it is not right."""
        moved = then.segments != quote.segments
        return Candidate(
            label=quote.label,
            segments=then.segments,
            attributes=_type_of(page, then.segments) if moved else quote.attributes,
            source=then.source,
            cue=then.cue,
            reason="a likely correction",
        )


def _type_of(page: Page, segments: tuple[Span, ...]) -> Mapping[str, str]:
    return {"type": page.speech(segments).value}


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


def _said_by_name(page: Page, turn: QuotedTurn) -> Candidate:
    return Candidate(
        label="quote",
        segments=(turn.said,),
        attributes=_type_of(page, (turn.said,)),
        source=turn.name,
        cue=turn.colon,
        score=_NAMED,
        reason="what a name and a colon say within quotation marks",
    )


def _drafted(page: Page, guess: Guess) -> Candidate | None:
    tokens = page.passage.tokens
    piece = Stretch(*trim(tokens, *guess.piece))
    if piece.first >= piece.last:
        return None
    return Candidate(
        label="quote",
        segments=page.segments((piece,)),
        attributes={"type": page.speeches.of((piece,)).value},
        source=page.span(guess.source) if guess.source else None,
        cue=page.span(guess.cue) if guess.cue else None,
        score=guess.score,
        reason=guess.reason,
    )
