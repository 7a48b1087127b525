"""The pipeline "rules": quotes with their sources and cues, and check-worthy claims, by rules alone."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from annotations.extraction.base import JSON, ArticleText, Suggestions
from annotations.extraction.claims import THRESHOLD, Claim, weigh_claim
from annotations.extraction.constructions import find_speech
from annotations.extraction.draft import Draft, Key
from annotations.extraction.languages import ENGLISH
from annotations.extraction.lexicon import LEXICONS
from annotations.extraction.mentions import Mentions
from annotations.extraction.passages import HEADINGS, Passage, pieces_of, read_passages
from annotations.extraction.said import CARRIED, IN_REPORTED_MOOD, Said, Speech
from annotations.extraction.sources import span_of
from corpus.text.blocks import BlockKind
from corpus.text.sentences import sentences
from corpus.text.spans import Span

_QUOTATION_MARKS = " \n\"'“”„‟«»‹›‘’‚‛`´「」『』＂"
_LEAST_WORDS_WITHOUT_SOURCE = 8
#: what ties a sentence to the one before and is no part of what it claims
_LEAD = re.compile(r"(?:(?:[Bb]ut|[Aa]nd|that),? +)+")


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A quote that has been drafted: its key, its segments and the key of its source, if any."""

    key: Key
    segments: tuple[Span, ...]
    source: Key | None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Quotes, sources, cues and claims by lexicon and word order, without a parser.

    Headlines and subheads yield only direct quotes with a cue. Cost: linear, about a millisecond
    for a short article.
    """

    configuration: Mapping[str, JSON] = field(default_factory=dict)
    lexicons: Path = LEXICONS
    name: str = "rules"
    version: str = "4"

    def suggest(self, article: ArticleText) -> Suggestions:
        """Return the suggestions for one article; the same article gives the same result."""
        draft = Draft()
        mentions = Mentions(article.text)
        last: Key | None = None
        for passage in read_passages(article, self.lexicons):
            mentions.read(passage.tokens)
            last = _read(draft, article.text, passage, mentions, last)
        return draft.suggestions()


def _read(draft: Draft, text: str, passage: Passage, mentions: Mentions, carried: Key | None) -> Key | None:
    """Draft what one passage says; return the source that the next passage may carry over."""
    found = find_speech(passage.tokens, passage.language)
    if passage.kind in HEADINGS:
        found = [said for said in found if said.speech is Speech.DIRECT and said.cue]
    found.sort(key=lambda said: (said.pieces[0], said.pieces[-1][1]))
    quotes = []
    for said in found:
        quote = _add_quote(draft, text, passage, said, mentions, carried)
        if quote is not None:
            quotes.append(quote)
            carried = quote.source or carried
    if passage.kind not in HEADINGS and passage.language is ENGLISH:
        add_claims(draft, text, passage, quotes, weigh_claim)
    return carried if quotes else None


def _add_quote(
    draft: Draft, text: str, passage: Passage, said: Said, mentions: Mentions, carried: Key | None
) -> Quote | None:
    tokens = passage.tokens
    segments = _segments(passage, said)
    score, reason = said.score, said.reason
    source: Key | None = None
    if said.source is not None:
        reason += mentions.meaning(tokens, said.source)
        label_score = min(score + 0.02, 0.97)
        source = draft.add(
            "attribution", (span_of(tokens, said.source),), label_score, f"source of: {reason}"
        )
    elif reason in (CARRIED, IN_REPORTED_MOOD):
        source = carried
        if carried is None:
            if len(text[segments[0].start : segments[-1].end].split()) < _LEAST_WORDS_WITHOUT_SOURCE:
                return None
            score, reason = 0.35, reason.partition(";")[0] + "; no source found"
    quote = draft.add("quote", segments, score, reason, {"type": said.speech.value})
    if source is not None:
        draft.link("source", quote, source, round(score * 0.95, 4), reason)
    if said.cue is not None:
        span = Span(tokens[said.cue[0]].start, tokens[said.cue[1] - 1].end)
        cue = draft.add("cue", (span,), score, f"reporting word of: {reason}")
        draft.link("cue", quote, cue, score, reason)
    return Quote(key=quote, segments=segments, source=source)


def _segments(passage: Passage, said: Said) -> tuple[Span, ...]:
    """Return the segments of what was said, sorted, with touching ones joined."""
    spans: list[Span] = []
    for first, last in said.pieces:
        spans += pieces_of(passage, passage.tokens[first].start, passage.tokens[last - 1].end)
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def add_claims(
    draft: Draft, text: str, passage: Passage, quotes: Sequence[Quote], weigh: Callable[[str], Claim | None]
) -> None:
    """Draft the claims of a passage: in what is quoted, with its source, and in the article's own words."""
    for span, quote in candidates(text, passage, quotes):
        claim = weigh(passage.view[span.start : span.end])
        if claim is None or claim.score < THRESHOLD:
            continue
        source = quote.source if quote else _turn_source(draft, passage)
        key = draft.add("claim", (span,), round(claim.score, 4), f"check-worthy: {claim.reason}")
        if source is not None:
            where = "within a quote" if quote else "within a speaker turn"
            draft.link("source", key, source, round(claim.score * 0.9, 4), f"claim {where}")


def candidates(text: str, passage: Passage, quotes: Sequence[Quote]) -> Iterator[tuple[Span, Quote | None]]:
    """Yield each sentence that may be a claim, with the quote that it stands in."""
    covered = []
    for quote in quotes:
        for segment in quote.segments:
            covered.append(segment)
            for sentence in sentences(passage.view, segment.start, segment.end):
                if (span := _bare(passage.view, sentence)) is not None:
                    yield span, quote
    covered.sort()
    position = 0
    reach = 0
    for sentence in passage.sentences:
        while position < len(covered) and covered[position].start < sentence.end:
            reach = max(reach, covered[position].end)
            position += 1
        if reach <= sentence.start and (span := _bare(text, sentence)) is not None:
            yield span, None


def _bare(view: str, sentence: Span) -> Span | None:
    """Return a sentence without quotation marks, "but", "and" or "that" before it, and its full stop."""
    start, end = sentence
    while start < end and view[start] in _QUOTATION_MARKS:
        start += 1
    while start < end and view[end - 1] in _QUOTATION_MARKS + ".,;:!—–…":
        end -= 1
    if (lead := _LEAD.match(view, start, end)) is not None:
        start = lead.end()
    if view[start : start + 3].lower() == "to ":
        return None
    return Span(start, end) if start < end else None


def _turn_source(draft: Draft, passage: Passage) -> Key | None:
    block = passage.blocks[0]
    if block.kind is not BlockKind.SPEAKER_TURN or block.name_start is None or block.name_end is None:
        return None
    return draft.add(
        "attribution", (Span(block.name_start, block.name_end),), 0.95, "name of the speaker turn"
    )


def build(configuration: Mapping[str, JSON]) -> Rules:
    """Return the pipeline; it has nothing to configure yet, and keeps what it is given as its identity."""
    return Rules(configuration=dict(configuration))
