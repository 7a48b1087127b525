"""What may have been said and was not suggested, as the rules see it."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from annotations.extraction.candidate_pages import Page, within_quotations
from annotations.extraction.clauses import skip_adjuncts, skip_times
from annotations.extraction.linkable import Stretch
from annotations.extraction.reports import Report
from annotations.extraction.sources import source_before
from annotations.extraction.tokens import QUOTED, STOP


class Guess(NamedTuple):
    """What may have been said, in tokens, with its source and its cue."""

    piece: Stretch
    source: Stretch | None
    cue: Stretch | None
    score: float
    reason: str


def guesses(page: Page) -> Iterator[tuple[Page, Guess]]:
    """Yield what may have been said in a passage, and in the passages that its longer quotations are."""
    yield from ((page, guess) for guess in _guesses(page))
    for inner in within_quotations(page):
        yield from ((inner, guess) for guess in _reported(inner))


def _reported(page: Page) -> Iterator[Guess]:
    """Yield what stands on either side of each reporting word."""
    tokens, reading = page.passage.tokens, page.reading
    for report in reading.reports:
        source, cue = _ends_of(report)
        end = reading.end_of_report(report)
        behind = Stretch(skip_adjuncts(tokens, report.last, end), end)
        yield Guess(behind, source, cue, 0.6, "what stands behind a reporting word")
        before = Stretch(reading.start_of_content(report.first), report.first)
        yield Guess(before, source, cue, 0.5, "what stands before a reporting word")


def _guesses(page: Page) -> Iterator[Guess]:
    """Yield what may have been said; of two guesses of the same words the first counts."""
    tokens, reading = page.passage.tokens, page.reading
    yield from _reported(page)
    for index, token in enumerate(tokens):
        if token.low == QUOTED:
            source, cue = _ends_of(_nearest(page, index))
            yield Guess(Stretch(index, index + 1), source, cue, 0.55, "words in quotation marks")
        elif token.low == "that" and index and tokens[index - 1].word:
            cue = Stretch(index - 1, index)
            that = Stretch(index, reading.end_of_content(index))
            yield Guess(that, _subject(page, cue), cue, 0.45, "a clause with “that”")
    for cue in page.surroundings.cues:
        if cue not in page.surroundings.reporting:
            end = reading.end_of_content(cue.last)
            behind = Stretch(skip_times(tokens, cue.last, end), end)
            yield Guess(behind, _subject(page, cue), cue, 0.35, "what stands behind a verb")
    first = 0
    for index, token in enumerate(tokens):
        if token.low == STOP:
            source, cue = _ends_of(_nearest(page, first))
            yield Guess(Stretch(first, index), source, cue, 0.3, "the sentence")
            first = index + 1


def _ends_of(report: Report | None) -> tuple[Stretch | None, Stretch | None]:
    if report is None:
        return None, None
    source = Stretch(report.source.first, report.source.last) if report.source else None
    return source, Stretch(report.cue.first, report.cue.last)


def _subject(page: Page, cue: Stretch) -> Stretch | None:
    """Return the phrase before a verb and its auxiliaries."""
    source = source_before(page.passage.tokens, page.surroundings.start_of_group(cue))
    return Stretch(source.first, source.last) if source else None


def _nearest(page: Page, index: int) -> Report | None:
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
