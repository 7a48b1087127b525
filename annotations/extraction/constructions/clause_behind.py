"""A cue and what it governs: Holm said (that) …; asked whether …; vowed to …; warned: “…”"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import (
    WH_WORDS,
    count_words,
    end_of_quoted,
    has_verb,
    holds_quotation,
    is_finite,
    opens_clause,
    skip_adjuncts,
    skip_hearer,
    skip_times,
    start_of_sentence,
    trim,
)
from annotations.extraction.cues import OBJECTS, Takes
from annotations.extraction.languages import COMMAS_BEFORE_CLAUSES
from annotations.extraction.phrases import pronoun_of
from annotations.extraction.reading import Reading
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, Speech, governed, inner
from annotations.extraction.sources import Kind
from annotations.extraction.tokens import QUOTED, Token
from annotations.extraction.words import DETERMINERS, PAST_TENSES, POSSESSIVES, RELATIVES

#: the kinds of content, as reasons name them, with how surely each is reported speech
SCORES = {
    "that-clause": 0.88,
    "quoted words": 0.8,
    "clause without “that”": 0.78,
    "clause behind it": 0.7,
    "question clause": 0.66,
    "infinitive": 0.6,
    "words after a colon": 0.6,
    "noun phrase": 0.5,
}
_SENTENCE_ENDS = frozenset(",.?!")
_CLAUSES = frozenset({Takes.THAT, Takes.HEARER, Takes.THOUGHT})
_PAUSES = frozenset({",", ":", QUOTED})
_HANGING = frozenset({"and", "but", "or", "as"})
_SET_OFF = {QUOTED: "quoted words", "that": "that-clause"}
#: a "that" stands at most so many tokens behind a hearer's phrase
_LONGEST_HEARER = 10


def find(reading: Reading) -> Iterator[Said]:
    """Yield what stands behind each cue as its content."""
    for report in reading.open_reports():
        said = _content(reading, report)
        if said is not None:
            yield said


def _content(reading: Reading, report: Report) -> Said | None:
    tokens, start = reading.tokens, report.last
    if report.cue.verb.takes <= OBJECTS or (report.inverted and _at(tokens, start) == ","):
        return None
    end = reading.end_of_report(report)
    found = _opening(reading, report, start, end)
    if found is None:
        return None
    first, kind = found
    if kind == "quoted words" and not (report.cue.verb.governs and _goes_on(tokens[first])):
        end = end_of_quoted(tokens, first, end)
    if kind == "infinitive":
        end = _end_of_infinitive(tokens, first, end)
    first, last = trim(tokens, first, end)
    scanty = count_words(tokens, first, last) < 2 and not holds_quotation(tokens, first, last)
    if first >= last or (scanty and kind != "quoted words"):
        return None
    said = governed(tokens, report, ((first, last),), kind, SCORES[kind])
    needs_quotation = report.infinitive or not report.cue.verb.governs
    return None if needs_quotation and said.speech is Speech.INDIRECT else said


def _end_of_infinitive(tokens: Sequence[Token], first: int, end: int) -> int:
    """Return where an infinitive ends: before an "and" that a past tense follows: to stay and cursed them."""
    for index in range(first + 1, end - 1):
        after = tokens[index + 1].low
        if tokens[index].low == "and" and (after in PAST_TENSES or after.endswith("ed")):
            return index
        if tokens[index].low == "," and after.endswith("ing") and tokens[index - 1].low == QUOTED:
            return index
    return end


def _goes_on(token: Token) -> bool:
    """Whether a quotation does not close like a sentence, so that it may be the start of one."""
    return inner(token)[-1:] not in _SENTENCE_ENDS


def _at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].low if index < len(tokens) else ""


def _opening(reading: Reading, report: Report, start: int, end: int) -> tuple[int, str] | None:
    """Return where the content begins and of which kind it is."""
    tokens, takes = reading.tokens, report.cue.verb.takes
    index = start
    if Takes.HEARER in takes or (Takes.HEARER_TO in takes and start < end and tokens[start].low != "for"):
        index = skip_hearer(tokens, start, end)
    if Takes.NOUN in takes and not report.inverted and _opens_noun(tokens, index, end):
        return index, "noun phrase"
    after = skip_times(tokens, index, end)
    if not _is_infinitive(tokens, after, takes):
        after = skip_adjuncts(tokens, after, end)
    if after >= end:
        return None
    hearer = index > start and Takes.HEARER in takes
    if hearer and tokens[after].low != "that" and (that := _late_that(tokens, after, end)) is not None:
        return that, "that-clause"
    if COMMAS_BEFORE_CLAUSES in reading.language.traits:
        return _set_off(tokens, report, after, end)
    return _content_at(tokens, report, after, end, hearer=hearer)


def _set_off(tokens: Sequence[Token], report: Report, index: int, end: int) -> tuple[int, str] | None:
    """Return the content where a comma parts every clause from its verb: sagte am Montag, er sei alt."""
    if report.cue.verb.governs:
        while index < end and tokens[index].low not in _PAUSES:
            index += 1
    if index + 1 >= end:
        return None
    low = tokens[index].low
    if low != ",":
        return _content_at(tokens, report, index, end, hearer=False) if low in _PAUSES else None
    following = tokens[index + 1].low
    if following in {QUOTED, "that"} or following in WH_WORDS - RELATIVES:
        return index + 1, _SET_OFF.get(following, "question clause")
    governs = report.cue.verb.governs and following not in RELATIVES | _HANGING
    return (index + 1, "clause without “that”") if governs else None


def _late_that(tokens: Sequence[Token], index: int, end: int) -> int | None:
    """Return a "that" behind more than the hearer: told a crowd in Hull, Ohio on Monday that …"""
    for number in range(index, min(index + _LONGEST_HEARER, end)):
        token = tokens[number]
        if token.low == "that":
            return number
        if not (token.word or token.low == "," or token.text[:1].isdigit()) or is_finite(token):
            return None
    return None


def _opens_told(tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether what somebody is told begins behind a comma: told Hull Radio, he would “stay”."""
    if pronoun_of(tokens[index]):
        return True
    return tokens[index].low in POSSESSIVES and holds_quotation(tokens, index, end)


def _is_infinitive(tokens: Sequence[Token], index: int, takes: frozenset[Takes]) -> bool:
    if _at(tokens, index) == "not":
        index += 1
    opens = _at(tokens, index) == "to" and index + 1 < len(tokens) and not tokens[index + 1].capital
    return opens and (Takes.TO in takes or Takes.HEARER_TO in takes)


def _opens_noun(tokens: Sequence[Token], index: int, end: int) -> bool:
    return index < end and tokens[index].low != "that" and tokens[index].word and opens_clause(tokens, index)


def _content_at(
    tokens: Sequence[Token], report: Report, index: int, end: int, *, hearer: bool
) -> tuple[int, str] | None:
    low = tokens[index].low
    takes = report.cue.verb.takes
    if low == "," and index + 1 < end:
        if hearer and _opens_told(tokens, index + 1, end) and has_verb(tokens, index + 1, end):
            return index + 1, "clause without “that”"
        return _content_behind_comma(tokens, report, index + 1, end)
    if low == ":" and index + 1 < end:
        quoted = tokens[index + 1].low == QUOTED
        return index + 1, "quoted words" if quoted else "words after a colon"
    if low == QUOTED:
        return index, "quoted words"
    if low == "that" and index + 1 < end and tokens[index + 1].low != ",":
        if Takes.ONLY_THAT in takes and report.source and report.source.kind is Kind.PRONOUN:
            return None
        return index, "that-clause"
    if _is_infinitive(tokens, index, takes):
        return index, "infinitive"
    governs = report.cue.verb.governs or Takes.THOUGHT in takes
    if low in WH_WORDS and (low != "which" or Takes.WHICH in takes) and governs:
        return index, "question clause"
    if report.inverted or not governs:
        return None
    if not opens_clause(tokens, index) or not _reads_as_clause(tokens, report, index, end, hearer=hearer):
        return None
    return index, "clause without “that”"


def _reads_as_clause(tokens: Sequence[Token], report: Report, index: int, end: int, *, hearer: bool) -> bool:
    """Whether what follows is said, and no plain object: said they would; but not: maintained contacts."""
    takes = report.cue.verb.takes
    if holds_quotation(tokens, index, end) and (Takes.CLAUSE in takes or hearer):
        return True
    if Takes.CLAUSE in takes or hearer:
        return end - index > 4 or has_verb(tokens, index + 1, end)
    if takes.isdisjoint(_CLAUSES):
        return False
    token = tokens[index]
    marked = token.capital or token.low in DETERMINERS or bool(pronoun_of(token))
    if marked and holds_quotation(tokens, index, end):
        return True
    return has_verb(tokens, index + 1, end if marked else min(index + 5, end))


def _content_behind_comma(
    tokens: Sequence[Token], report: Report, index: int, end: int
) -> tuple[int, str] | None:
    """Return the content behind a comma: a quotation, or a clause that itself is set off."""
    low = tokens[index].low
    if low == QUOTED:
        return index, "quoted words"
    as_clause = report.first > 0 and tokens[report.first - 1].low == "as"
    if as_clause and start_of_sentence(tokens, index) >= report.first - 2:
        return index, "clause behind it"
    if low == "that":
        return index, "that-clause"
    after = skip_adjuncts(tokens, index, end)
    if after + 1 < end and tokens[after].low == "," and tokens[after + 1].low == QUOTED:
        return after + 1, "quoted words"
    return None
