"""One passage as the constructions read it, with what they have found in it so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from annotations.extraction import reports as subject_first
from annotations.extraction import verb_second
from annotations.extraction.clauses import DASHES, end_of_relative, end_of_report
from annotations.extraction.cues import find_cues
from annotations.extraction.languages import ENGLISH, VERB_SECOND, Language
from annotations.extraction.reports import Report
from annotations.extraction.said import Said
from annotations.extraction.sources import main_subject
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import RELATIVES, word_set

#: openings of a clause that a comma and the main clause follow: When Holm said it, the crowd left
SUBORDINATORS = word_set("when while although though as after before because since if despite whereas once")


@dataclass(frozen=True)
class Reading:
    """The tokens of a passage, its reports (a cue with its source), and what has been found.

    A quotation belongs to one quote at most, and so does a cue: the first construction that
    explains it has it.
    """

    tokens: Sequence[Token]
    reports: Sequence[Report]
    by_first: Mapping[int, Report]
    language: Language = ENGLISH
    found: list[Said] = field(default_factory=list)
    _quotations: set[int] = field(default_factory=set)
    _cues: set[tuple[int, int]] = field(default_factory=set)
    _ends: set[int] = field(default_factory=set)

    def keep(self, said: Said) -> None:
        """Note a quote, unless one of its quotations belongs to another."""
        quotations = {
            index
            for first, last in said.pieces
            for index in range(first, last)
            if self.tokens[index].low == QUOTED
        }
        if not self._quotations.isdisjoint(quotations):
            return
        self.found.append(said)
        self._quotations.update(quotations)
        if said.cue is not None:
            self._cues.add(said.cue)
            self._ends.add(_end_of_report(said.cue, said))

    def open_reports(self) -> Iterator[Report]:
        """Yield the reports whose content has not been found; it is asked again before each."""
        for report in self.reports:
            if (report.cue.first, report.cue.last) not in self._cues:
                yield report

    def open_quotations(self) -> Iterator[int]:
        """Yield the quotations that belong to no quote; it is asked again before each."""
        for index, token in enumerate(self.tokens):
            if token.low == QUOTED and index not in self._quotations:
                yield index

    def end_of_content(self, start: int) -> int:
        """Return where reported words end that begin at `start`."""
        return end_of_report(self.tokens, start, self.by_first)

    def end_of_report(self, report: Report) -> int:
        """Return where the content of a report ends that stands behind its cue."""
        end = self._end_within_dashes(report, self.end_of_content(report.last))
        if report.source is not None and report.source.first >= report.last:
            return min(end, report.source.first)
        if report.first > 0 and not RELATIVES.isdisjoint(
            (self.tokens[report.first].low, self.tokens[report.first - 1].low)
        ):
            return end_of_relative(self.tokens, report.last, end)
        opening = self.tokens[self.start_of_content(report.first)].low
        return self.end_of_opening(report.last) if opening in SUBORDINATORS else end

    def _end_within_dashes(self, report: Report, end: int) -> int:
        """Return where a report ends that stands between two dashes: Holm - who said it sank - left."""
        dash = self.tokens[report.first - 1].low if report.first else ""
        if dash not in DASHES:
            return end
        return next((index for index in range(report.last, end) if self.tokens[index].low == dash), end)

    def end_of_opening(self, start: int) -> int:
        """Return where reported words end at the latest if a main clause follows: When he said so, she …"""
        end = self.end_of_content(start)
        main = main_subject(self.tokens, start, end)
        return end if main is None else main.first

    def start_of_content(self, index: int) -> int:
        """Return the start of the sentence that holds `index`, or the end of the last report in it."""
        while index > 0 and self.tokens[index - 1].low != STOP and index not in self._ends:
            index -= 1
        return index


def _end_of_report(cue: tuple[int, int], said: Said) -> int:
    inverted = said.source is not None and said.source.first == cue[1]
    return said.source.last if said.source and inverted else cue[1]


def read(tokens: Sequence[Token], language: Language = ENGLISH) -> Reading:
    """Return a passage ready for the constructions."""
    order = verb_second if VERB_SECOND in language.traits else subject_first
    reports = order.find_reports(tokens, find_cues(tokens))
    by_first: dict[int, Report] = {}
    for report in reports:
        by_first.setdefault(report.first, report)
    return Reading(tokens, reports, by_first, language)
