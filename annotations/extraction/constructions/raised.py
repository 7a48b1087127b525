"""A report inside a relative clause: fighters who Holm says have left; a strike that Holm said would end."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import skip_adjuncts, trim
from annotations.extraction.cues import Takes
from annotations.extraction.languages import VERB_SECOND
from annotations.extraction.reading import Reading
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, governed
from annotations.extraction.tokens import Token
from annotations.extraction.words import AUXILIARIES, PAST_TENSES, RELATIVES

_SCORE = 0.66
_CLAUSES = frozenset({Takes.CLAUSE, Takes.THAT})


def find(reading: Reading) -> Iterator[Said]:
    """Yield what stands behind a cue as the rest of a clause whose subject was named before the report."""
    tokens = reading.tokens
    if VERB_SECOND in reading.language.traits:
        return  # the verb stands at the end of such a clause, and no report is in it
    for report in reading.open_reports():
        if report.inverted or report.cue.verb.takes.isdisjoint(_CLAUSES):
            continue
        end = reading.end_of_report(report)
        first = skip_adjuncts(tokens, report.last, end)
        if first < end and _is_raised(tokens, report, first):
            piece = trim(tokens, first, end)
            if piece[1] - piece[0] > 1:
                yield governed(tokens, report, (piece,), "rest of the clause around it", _SCORE)


def _is_raised(tokens: Sequence[Token], report: Report, first: int) -> bool:
    """Whether a verb without a subject follows the cue."""
    verb = tokens[first].low
    if report.first > 0 and tokens[report.first - 1].low == "what":
        return False
    relative = report.first > 0 and tokens[report.first - 1].low in RELATIVES
    return verb in AUXILIARIES or (relative and (verb in PAST_TENSES or verb.endswith("ed")))
