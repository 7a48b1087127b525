"""One article as the learner reads it: the rules' findings and the passages worth tagging."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from annotations.extraction import reading as grammar
from annotations.extraction.base import ArticleText, Suggestion, Suggestions
from annotations.extraction.cues import find_cues
from annotations.extraction.learned.features import (
    features_of,
    hints_of,
    is_worth_tagging,
    rule_of,
    sentence_ranges,
    token_range,
)
from annotations.extraction.passages import Passage, read_passages
from annotations.extraction.reports import Report
from annotations.extraction.rules import Rules
from annotations.extraction.sources import leading_source


class Found(NamedTuple):
    """A segment of a quote that the rules found, as a range of tokens, with the rule."""

    first: int
    last: int
    rule: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """A passage as the learner sees it.

    Attributes:
        passage: with its tokens.
        hints: what the rules say of each token.
        reports: what could be a cue with its source, whether or not the rules made a quote of it.
        quotes: what the rules take for quotes, segment by segment, sorted.
        verbs: what the lexicon proposes as cues, as ranges of tokens, sorted and disjoint.
        subjects: what the grammar proposes as sources, likewise.
    """

    passage: Passage
    hints: Sequence[Sequence[str]]
    reports: Sequence[Report]
    quotes: Sequence[Found]
    verbs: Sequence[tuple[int, int]]
    subjects: Sequence[tuple[int, int]]

    @cached_property
    def rows(self) -> list[list[str]]:
        """The features of each token."""
        return features_of(self.passage, self.hints, self.reports)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An article with what the rules find in it and its passages as the tagger sees them."""

    article: ArticleText
    rules: Suggestions
    pages: tuple[Page, ...]


def read(article: ArticleText) -> Reading:
    """Return an article as the learner reads it. Cost: linear."""
    rules = Rules().suggest(article)
    return Reading(article=article, rules=rules, pages=tuple(_pages(article, rules.annotations)))


def _pages(article: ArticleText, found: Sequence[Suggestion]) -> Iterator[Page]:
    position = 0
    for passage in read_passages(article):
        first = position
        while position < len(found) and found[position].segments[0].start < passage.blocks[-1].end:
            position += 1
        if passage.tokens and is_worth_tagging(passage):
            hints = hints_of(passage, found[first:position])
            reports = grammar.read(passage.tokens, passage.language).reports
            yield Page(
                passage=passage,
                hints=hints,
                reports=reports,
                quotes=_quotes(passage, found[first:position]),
                verbs=[(cue.first, cue.last) for cue in find_cues(passage.tokens)],
                subjects=_subjects(passage, reports),
            )


def _quotes(passage: Passage, suggestions: Sequence[Suggestion]) -> list[Found]:
    """Return the segments of the rules' quotes, sorted."""
    starts = [token.start for token in passage.tokens]
    found = []
    for quote in suggestions:
        for segment in quote.segments if quote.label == "quote" else ():
            first, last = token_range(starts, passage.tokens, segment)
            if first < last:
                found.append(Found(first, last, rule_of(quote)))
    return sorted(found)


def _subjects(passage: Passage, reports: Sequence[Report]) -> list[tuple[int, int]]:
    """Return what the grammar of a passage proposes as sources, sorted, the first of those that overlap."""
    tokens = passage.tokens
    sources = [report.source for report in reports]
    sources += [leading_source(tokens, start, end) for start, end in sentence_ranges(tokens)]
    subjects: list[tuple[int, int]] = []
    for first, last in sorted((source.first, source.last) for source in sources if source is not None):
        if not subjects or first >= subjects[-1][1]:
            subjects.append((first, last))
    return subjects
