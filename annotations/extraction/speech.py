"""Puts the rules for speech together: everything that is said in one passage."""

from bisect import bisect_right
from collections.abc import Container, Sequence

from annotations.extraction.cues import find_cues
from annotations.extraction.direct import direct_before, report_behind, without_report
from annotations.extraction.indirect import according_to, noun_content, reported_after, reported_before
from annotations.extraction.reports import Report, find_according, find_noun_cues, find_reports
from annotations.extraction.said import Said
from annotations.extraction.tokens import QUOTED, Token


def find_speech(view: str, tokens: Sequence[Token]) -> list[Said]:
    """Return the quotes of one passage; a quotation belongs to one direct quote at most."""
    reports = find_reports(tokens, find_cues(tokens))
    by_first: dict[int, Report] = {}
    for report in reports:
        by_first.setdefault(report.first, report)
    found, taken = _answered_before(view, tokens, by_first)
    used = {said.cue for said in found}
    floor = 0
    starts = by_first.keys()
    for report in reports:
        cue = (report.cue.first, report.cue.last)
        if cue in used:
            floor = max(floor, report.last)
            continue
        said = reported_after(tokens, report, starts) or reported_before(tokens, report, floor)
        if said is not None and not _meets(said, taken):
            found.append(said)
            taken |= _quotations_of(tokens, said)
            floor = max(floor, report.last)
    found += _by_other_words(tokens, starts, taken, found)
    for index, token in enumerate(tokens):
        if token.low == QUOTED and index not in taken and (said := without_report(view, tokens, index)):
            found.append(said)
    return found


def _answered_before(
    view: str, tokens: Sequence[Token], by_first: dict[int, Report]
) -> tuple[list[Said], set[int]]:
    """Return the quotations that their report follows, and the tokens of all quotations so used."""
    found: list[Said] = []
    taken: set[int] = set()
    for index, token in enumerate(tokens):
        if token.low != QUOTED or index in taken:
            continue
        report = report_behind(view, tokens, index, by_first)
        if report is not None:
            said = direct_before(tokens, report, index)
            found.append(said)
            taken |= _quotations_of(tokens, said)
    return found, taken


def _by_other_words(
    tokens: Sequence[Token], starts: Container[int], taken: set[int], found: Sequence[Said]
) -> list[Said]:
    """Return what is said "according to" somebody, and what reporting nouns hold."""
    more: list[Said] = []
    ends = sorted(said.cue[1] for said in found if said.cue)
    for according in find_according(tokens):
        reported = bisect_right(ends, according.first)
        said = according_to(tokens, according, starts, ends[reported - 1] if reported else 0)
        if said is not None and not _meets(said, taken):
            more.append(said)
            taken |= _quotations_of(tokens, said)
    for noun in find_noun_cues(tokens):
        said = noun_content(tokens, noun, starts)
        if said is not None and not _meets(said, taken):
            more.append(said)
            taken |= _quotations_of(tokens, said)
    return more


def _quotations_of(tokens: Sequence[Token], said: Said) -> set[int]:
    return {
        index for first, last in said.pieces for index in range(first, last) if tokens[index].low == QUOTED
    }


def _meets(said: Said, taken: set[int]) -> bool:
    return any(index in taken for first, last in said.pieces for index in range(first, last))
