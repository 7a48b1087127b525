"""A clause that a report closes or interrupts: The pier had sunk, she said. The pier, she said, had sunk."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import (
    count_words,
    end_of_report,
    end_of_sentence,
    has_verb,
    holds_quotation,
    skip_adjuncts,
    trim,
)
from annotations.extraction.cues import Takes
from annotations.extraction.reading import SUBORDINATORS, Reading
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, governed
from annotations.extraction.tokens import Token
from annotations.extraction.words import word_set

_BREAK_OFF = frozenset({",", "—", "–", "-", ";"})
_CLOSING = frozenset({".", "!", "?", ")", ",", "—"})
#: openings of words that the article adds in its own voice
_OWN_VOICE = word_set("who as while after when which")
_NO_PARTICIPLES = word_set("nothing something anything everything being")
_SCORE = 0.7
_CLAUSES = frozenset({Takes.CLAUSE, Takes.THAT, Takes.HEARER, Takes.WHICH})


def find(reading: Reading) -> Iterator[Said]:
    """Yield the clause before a report that stands at its sentence's end or between two commas."""
    for report in reading.open_reports():
        if report.shared or report.cue.verb.takes.isdisjoint(_CLAUSES) or report.source is None:
            continue
        said = _around(reading, report)
        if said is not None:
            yield said


def _around(reading: Reading, report: Report) -> Said | None:
    tokens = reading.tokens
    comma = report.first - (2 if report.first and tokens[report.first - 1].low == "as" else 1)
    if comma < 0 or tokens[comma].low not in _BREAK_OFF:
        return None
    first = reading.start_of_content(comma)
    if comma <= first:
        return None
    before = trim(tokens, first, comma)
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    goes_on = after < end and tokens[after].low in _BREAK_OFF and _says_more(tokens, after, end)
    if after < end and not goes_on and tokens[after].low not in _CLOSING:
        return None
    rest = _rest_of_clause(tokens, after + 1, end) if goes_on else None
    if rest is not None:
        opener = count_words(tokens, *before) < 2 and not holds_quotation(tokens, *before)
        return governed(tokens, report, (rest,) if opener else (before, rest), "clause around it", _SCORE)
    words = count_words(tokens, *before)
    if tokens[before[0]].low in SUBORDINATORS:
        return None
    if (words < 3 and not holds_quotation(tokens, *before)) or (
        words < 6 and not has_verb(tokens, *before) and not holds_quotation(tokens, *before)
    ):
        return None
    return governed(tokens, report, (before,), "clause before it", _SCORE)


def _says_more(tokens: Sequence[Token], first: int, last: int) -> bool:
    return count_words(tokens, first, last) > 1 or holds_quotation(tokens, first, last)


def _rest_of_clause(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    """Return what goes on behind an inserted "she said,", unless a participle adds to the report itself."""
    if start >= end:
        return None
    low = tokens[start].low
    if low in _OWN_VOICE or (low.endswith("ing") and low not in _NO_PARTICIPLES):
        return None
    first, last = trim(tokens, start, end_of_report(tokens, start, ()))
    return (first, last) if first < last else None
