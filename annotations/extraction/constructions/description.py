"""A verb that says what somebody is: Holm called the pier “a ruin”."""

from collections.abc import Iterator

from annotations.extraction.clauses import holds_quotation, trim
from annotations.extraction.cues import Takes
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, governed


def find(reading: Reading) -> Iterator[Said]:
    """Yield the object of a describing verb together with the quoted words that describe it."""
    for report in reading.open_reports():
        if Takes.OBJECT not in report.cue.verb.takes or report.inverted:
            continue
        end = reading.end_of_content(report.last)
        if holds_quotation(reading.tokens, report.last, end):
            pieces = (trim(reading.tokens, report.last, end),)
            yield governed(reading.tokens, report, pieces, "quoted words", 0.8)
