"""From tags to suggestions: quotes with their segments, type, cue and source, and the rules' claims."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from annotations.extraction.base import Suggestions
from annotations.extraction.draft import Draft, Key
from annotations.extraction.learned.arbiter import Arbiter, Judges, settle
from annotations.extraction.learned.examples import joined
from annotations.extraction.learned.linker import (
    Decides,
    Linked,
    Linker,
    advice_by_quote,
    link,
    scene_of,
    span_of,
)
from annotations.extraction.learned.ranker import Ranker
from annotations.extraction.learned.reading import Page, Reading
from annotations.extraction.learned.tagger import Stretch, Tagged
from annotations.extraction.opinions import Kind
from annotations.extraction.passages import Passage, pieces_of
from annotations.extraction.said import speech_of
from corpus.text.spans import Span


class Rankers(NamedTuple):
    """All that decides once the tagger has spoken, and with how much caution.

    The last four put what may be taken instead in order, for a reviewer who corrects.
    """

    arbiter: Ranker = Ranker()
    cue: Ranker = Ranker()
    source: Ranker = Ranker()
    caution: float = 1.0
    other_boundaries: Ranker = Ranker()
    other_sources: Ranker = Ranker()
    other_cues: Ranker = Ranker()
    correction: Ranker = Ranker()

    def lists(self) -> dict[Kind, Ranker]:
        """Return what orders each list."""
        return {
            "segments": self.other_boundaries,
            "source": self.other_sources,
            "cue": self.other_cues,
            "correction": self.correction,
        }


def suggestions_of(
    reading: Reading, tagged: Sequence[Tagged], rankers: Rankers, calibrate: Callable[[float], float]
) -> Suggestions:
    """Return the suggestions for an article; `tagged` has what the tagger makes of each of its pages."""
    settled = settled_pages(reading, tagged, Arbiter(rankers.arbiter, rankers.caution))
    linker = Linker(cue=rankers.cue, source=rankers.source, caution=rankers.caution)
    pages = linked_pages(reading, settled, linker)
    return draft_quotes(reading, pages, calibrate)


def settled_pages(reading: Reading, tagged: Sequence[Tagged], judge: Judges) -> list[Tagged]:
    """Return what was tagged in each page, with the quotes that rules and tagger together give."""
    return [settle(page, tags, judge) for page, tags in zip(reading.pages, tagged, strict=True)]


def linked_pages(
    reading: Reading,
    settled: Sequence[Tagged],
    decide: Decides,
    quotes: Sequence[Sequence[Stretch]] | None = None,
) -> list[tuple[Page, list[Linked]]]:
    """Return the pieces of quotes of an article, page by page, each with its cue and its source.

    Args:
        reading: of the article.
        settled: what was tagged in each page, with the quotes that it has.
        decide: picks cues and sources.
        quotes: of each page, what is to be linked in place of its settled quotes.
    """
    advices = advice_by_quote(reading.rules)
    scenes = [scene_of(page, tagged) for page, tagged in zip(reading.pages, settled, strict=True)]
    mentions = [
        span_of(scene.passage.tokens, source.first, source.last)
        for scene in scenes
        for source in scene.by_tag["S"]
    ]
    carried: Span | None = None
    pages = []
    for number, (page, scene) in enumerate(zip(reading.pages, scenes, strict=True)):
        pieces = quotes[number] if quotes else scene.by_tag["Q"]
        found = link(scene, pieces, advices, decide, carried, mentions)
        carried = next((linked.source.span for linked in reversed(found) if linked.source.span), None)
        pages.append((page, found))
    return pages


def draft_quotes(
    reading: Reading,
    pages: Sequence[tuple[Page, list[Linked]]],
    calibrate: Callable[[float], float],
) -> Suggestions:
    """Return all suggestions for an article: the pieces that share a cue are one quote."""
    draft = Draft()
    heads: list[tuple[Span, Key | None]] = []
    for page, pieces in pages:
        for _, group in groupby(pieces, key=_attribution):
            heads += _draft_quote(draft, page.passage, list(group), calibrate)
    _draft_claims(draft, reading, sorted(heads, key=lambda head: head[0]))
    return draft.suggestions()


def _attribution(linked: Linked) -> object:
    """Return what pieces of one quote share; a piece without a cue stands for itself."""
    return (linked.cue.span, linked.source.span) if linked.cue.span else linked.span


def _draft_quote(
    draft: Draft, passage: Passage, pieces: Sequence[Linked], calibrate: Callable[[float], float]
) -> list[tuple[Span, Key | None]]:
    """Draft one quote; return its segments with its source."""
    first = pieces[0]
    speech = speech_of(passage.tokens, [(linked.piece.first, linked.piece.last) for linked in pieces])
    score = calibrate(min(linked.piece.probability for linked in pieces))
    reason = _reason(first, _cue_words(passage, first))
    segments = joined(
        segment for linked in pieces for segment in pieces_of(passage, linked.span.start, linked.span.end)
    )
    quote = draft.add("quote", segments, score, reason, {"type": speech.value})
    source: Key | None = None
    if first.source.span is not None:
        chance = _score(score * first.source_chance)
        source = draft.add("attribution", (first.source.span,), chance, f"source of: {reason}")
        draft.link("source", quote, source, _score(first.source_chance), reason)
    if first.cue.span is not None:
        chance = _score(score * first.cue_chance)
        cue = draft.add("cue", (first.cue.span,), chance, f"reporting word of: {reason}")
        draft.link("cue", quote, cue, _score(first.cue_chance), reason)
    return [(segment, source) for segment in segments]


def _cue_words(passage: Passage, linked: Linked) -> str:
    """Return the words of the cue of a quote."""
    return linked.cue.span.of(passage.view) if linked.cue.span else ""


def _reason(linked: Linked, cue: str) -> str:
    """Return why a quote was suggested, for a person to read."""
    if linked.advice.span == linked.span:
        return f"learned; rules agree: {linked.advice.rule}"
    if linked.advice.known:
        return f"learned; rules bound it otherwise: {linked.advice.rule}"
    return f"learned; cue “{cue}”, no rule fires" if cue else "learned; no cue found, no rule fires"


def _score(chance: float) -> float:
    return round(min(max(chance, 0.01), 0.99), 4)


def _draft_claims(draft: Draft, reading: Reading, heads: Sequence[tuple[Span, Key | None]]) -> None:
    """Draft the claims that the rules find; their source is that of the quote or turn around them."""
    by_key = {annotation.key: annotation for annotation in reading.rules.annotations}
    sources = {link.head: link for link in reading.rules.relations if link.label == "source"}
    turns = {(block.name_start, block.name_end) for block in reading.article.blocks}
    for claim in reading.rules.annotations:
        if claim.label != "claim":
            continue
        key = draft.add(claim.label, claim.segments, claim.score, claim.reason)
        source = _source_around(claim.segments[0], heads)
        if source is not None:
            draft.link("source", key, source, round(claim.score * 0.9, 4), "claim within a quote")
        elif claim.key in sources and by_key[sources[claim.key].child].segments[0] in turns:
            link = sources[claim.key]
            name = by_key[link.child]
            child = draft.add(name.label, name.segments, name.score, name.reason)
            draft.link("source", key, child, link.score, link.reason)


def _source_around(span: Span, heads: Sequence[tuple[Span, Key | None]]) -> Key | None:
    index = bisect_right(heads, span.start, key=lambda head: head[0].start)
    if index and heads[index - 1][0].contains(span):
        return heads[index - 1][1]
    return None
