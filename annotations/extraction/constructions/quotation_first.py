"""A quotation and the report behind it: “We go,” she said. “We,” she said, “will not.”"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_sentence, holds_quotation, skip_adjuncts, trim
from annotations.extraction.cues import OBJECTS, Takes
from annotations.extraction.reading import Reading
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, cue_words, inner, source_words, speech_of
from annotations.extraction.sources import Kind
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import DETERMINERS, PREPOSITIONS, RELATIVES

_ENDING = frozenset(",.?!…—–-")
#: what a verb takes that no quotation goes before: "…," she called for
_NO_SPEECH = OBJECTS | {Takes.NOUN}
#: what is left of the end of a quotation within another: “He said ‘no,’” ' she said
_STRAY_MARKS = frozenset("'’\"”")
_LONGEST_TITLE = 5


def find(reading: Reading) -> Iterator[Said]:
    """Yield each quotation that a report directly follows, with what goes on behind the report."""
    for quoted in reading.open_quotations():
        report = _report_behind(reading, quoted)
        if report is not None:
            yield _said(reading, report, quoted)


def _report_behind(reading: Reading, quoted: int) -> Report | None:
    tokens = reading.tokens
    index = quoted + 1
    while index < len(tokens) and tokens[index].low in _STRAY_MARKS:
        index += 1
    if index < len(tokens) and tokens[index].low in {",", "—", "–", "-"}:
        index += 1
    if index < len(tokens) and tokens[index].low == STOP:
        after_stop = reading.by_first.get(index + 1)
        if after_stop is None or after_stop.shared or index > quoted + 1 or _says_no_speech(after_stop):
            return None
        return after_stop if _says_nothing_itself(tokens, after_stop) else None
    report = reading.by_first.get(index)
    if report is None or report.shared or _says_no_speech(report):
        return None
    closing = inner(tokens[quoted])[-1:]
    if index == quoted + 1 and closing not in _ENDING and not _is_said_by(tokens, report):
        return None
    follows = tokens[report.last].low if report.last < len(tokens) else STOP
    if follows in {"that", ":"} and closing != ",":
        return None
    return None if _is_title(tokens, quoted) and not _says_nothing_itself(tokens, report) else report


def _says_no_speech(report: Report) -> bool:
    return report.cue.verb.takes <= _NO_SPEECH


def _is_said_by(tokens: Sequence[Token], report: Report) -> bool:
    """Whether a report speaks of a quotation before it that nothing sets off: “We go” she said."""
    named = report.source is not None and report.source.kind is not Kind.PHRASE
    return named and report.cue.verb.governs and tokens[report.first].low not in RELATIVES


def _is_title(tokens: Sequence[Token], quoted: int) -> bool:
    """Whether a quotation is rather the name of a show or a book: on "Late News," Lee said …"""
    before = tokens[quoted - 1].low if quoted else STOP
    tied = before in PREPOSITIONS or before in DETERMINERS or before.endswith(("'s", "’s"))
    words = inner(tokens[quoted]).split()
    return tied and len(words) <= _LONGEST_TITLE and 2 * sum(word[0].isupper() for word in words) > len(words)


def _says_nothing_itself(tokens: Sequence[Token], report: Report) -> bool:
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    if after >= end or tokens[after].low in {".", "!", "?"}:
        return True
    return tokens[after].low == "," and not holds_quotation(tokens, after, end)


def _said(reading: Reading, report: Report, quoted: int) -> Said:
    tokens = reading.tokens
    pieces = [(_start(reading, quoted), quoted + 1)]
    if (rest := _rest(reading, report)) is not None:
        pieces.append(rest)
    cue = (report.cue.first, report.cue.last)
    broken = ", broken by its attribution" if len(pieces) > 1 else ""
    reason = f"quotation marks + cue {cue_words(tokens, cue)}{broken}; {source_words(report.source)}"
    score = 0.96 * report.cue.verb.weight**0.25 if report.source else 0.6
    return Said(tuple(pieces), speech_of(tokens, pieces), cue, report.source, score, reason)


def _start(reading: Reading, quoted: int) -> int:
    """Return where what is said begins: before the quotation, when that only ends a clause."""
    before = reading.tokens[quoted - 1] if quoted else None
    goes_on = before is not None and before.low == "," and inner(reading.tokens[quoted])[:1].islower()
    if before is None or not (before.word or before.text[:1].isdigit() or goes_on):
        return quoted
    first, last = trim(reading.tokens, reading.start_of_content(quoted), quoted)
    return first if first < last else quoted


def _rest(reading: Reading, report: Report) -> tuple[int, int] | None:
    """Return the quotation that goes on behind the report, in its sentence or as the next one.

    One that has a report of its own does not go on.
    """
    tokens = reading.tokens
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    while after < end and tokens[after].low != QUOTED:
        if after in reading.by_first and after > report.last:
            return None
        after += 1
    if after < end:
        return (after, after + 1) if tokens[after - 1].low in {",", "—", "–", ":", ";", "."} else None
    alone = end + 2 < len(tokens) and tokens[end + 1].low == QUOTED and tokens[end + 2].low == STOP
    return (end + 1, end + 2) if alone and _report_behind(reading, end + 1) is None else None
