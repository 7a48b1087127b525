"""A verb that says what somebody is: Holm called the pier “a ruin”."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_quoted, trim
from annotations.extraction.cues import Form, Takes
from annotations.extraction.reading import Reading
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, governed
from annotations.extraction.sources import Kind
from annotations.extraction.tokens import QUOTED, Token
from annotations.extraction.words import SPEAKING_NOUNS, names_a_role


def find(reading: Reading) -> Iterator[Said]:
    """Yield the object of a describing verb together with the quoted words that describe it."""
    for report in reading.open_reports():
        if Takes.OBJECT not in report.cue.verb.takes or report.inverted:
            continue
        end = reading.end_of_report(report)
        if _names_a_thing(reading.tokens, report):
            continue
        quoted = next((i for i in range(report.last, end) if reading.tokens[i].low == QUOTED), None)
        if quoted is not None:
            pieces = (trim(reading.tokens, report.last, end_of_quoted(reading.tokens, quoted, end)),)
            yield governed(reading.tokens, report, pieces, "quoted words", 0.8)


def _names_a_thing(tokens: Sequence[Token], report: Report) -> bool:
    """Whether the cue belongs to a thing and tells its name: a band called “The Tides”."""
    if report.source is None or report.source.kind is not Kind.PHRASE or report.cue.form is not Form.PAST:
        return False
    head = tokens[report.source.last - 1].low
    return report.source.last == report.cue.first and not (names_a_role(head) or head in SPEAKING_NOUNS)
