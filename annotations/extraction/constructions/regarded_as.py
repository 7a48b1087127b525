"""A verb that takes something for something: Holm saw the pier as “a ruin”."""

from collections.abc import Iterator

from annotations.extraction.clauses import end_of_quoted, trim
from annotations.extraction.cues import Takes
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, governed
from annotations.extraction.tokens import QUOTED

#: the quotation stands at most so many tokens behind "as": as having a merely “symbolic” use
_REACH = 5
_SCORE = 0.7


def find(reading: Reading) -> Iterator[Said]:
    """Yield the object of such a verb together with the quoted words behind its "as"."""
    tokens = reading.tokens
    for report in reading.open_reports():
        if Takes.REGARDED not in report.cue.verb.takes or report.inverted:
            continue
        end = reading.end_of_report(report)
        quoted = next((index for index in range(report.last, end) if tokens[index].low == QUOTED), None)
        if quoted is None or all(
            token.low != "as" for token in tokens[max(report.last, quoted - _REACH) : quoted]
        ):
            continue
        pieces = (trim(tokens, report.last, end_of_quoted(tokens, quoted, end)),)
        yield governed(tokens, report, pieces, "“as” and quoted words", _SCORE)
