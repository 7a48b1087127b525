"""Indirect and mixed speech: a cue and the clause that it governs."""

from collections.abc import Container, Sequence

from annotations.extraction.clauses import (
    WH_WORDS,
    count_words,
    end_of_report,
    end_of_sentence,
    has_verb,
    opens_clause,
    skip_adjuncts,
    skip_hearer,
    start_of_sentence,
    trim,
)
from annotations.extraction.cues import Takes
from annotations.extraction.phrases import pronoun_of
from annotations.extraction.reports import According, NounCue, Report
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import Kind
from annotations.extraction.tokens import QUOTED, Token
from annotations.extraction.words import DETERMINERS

_SCORES = {
    "that-clause": 0.88,
    "clause without “that”": 0.78,
    "question clause": 0.66,
    "infinitive": 0.6,
    "noun phrase": 0.5,
    "accusation": 0.6,
    "quoted words": 0.8,
    "words after a colon": 0.6,
}
#: verbs whose whole object is what was said, with the word that tells it
_ACCUSING = {"accuse": "of", "blame": "for", "credit": "with"}
_BREAK_OFF = frozenset({",", "—", "–", "-", ";"})
_NEW_THOUGHT = frozenset({"which", "who", "a", "an", "but", "and", "while"})


def reported_after(tokens: Sequence[Token], report: Report, starts: Container[int]) -> Said | None:
    """Return what stands behind a cue as its content, or None if nothing does."""
    start = report.last
    if report.inverted and start < len(tokens) and tokens[start].low == ",":
        return None
    end = end_of_report(tokens, start, starts)
    found = _find_content(tokens, report, start, end)
    if found is None:
        return None
    first, kind = found
    first, last = trim(tokens, first, end)
    if (
        kind != "quoted words"
        and count_words(tokens, first, last) < 2
        and not _holds_quotation(tokens, first, last)
    ):
        return None
    if first >= last:
        return None
    return _said(tokens, report, ((first, last),), kind)


def _said(tokens: Sequence[Token], report: Report, pieces: tuple[tuple[int, int], ...], kind: str) -> Said:
    score = _SCORES.get(kind, 0.7) * report.cue.verb.weight
    if report.source is None:
        score *= 0.5
    elif report.shared or report.source.kind is Kind.PHRASE:
        score *= 0.94
    if report.negated:
        score *= 0.7
    cue = (report.cue.first, report.cue.last)
    words = " ".join(token.text for token in tokens[cue[0] : cue[1]])
    shared = ", shared with the verb before" if report.shared else ""
    reason = f"cue “{words}” + {kind}; {source_words(report.source)}{shared}"
    return Said(pieces, speech_of(tokens, pieces), cue, report.source, score, reason)


def _holds_quotation(tokens: Sequence[Token], first: int, last: int) -> bool:
    return any(token.low == QUOTED for token in tokens[first:last])


def _find_content(tokens: Sequence[Token], report: Report, start: int, end: int) -> tuple[int, str] | None:
    """Return where the content begins and of which kind it is."""
    takes = report.cue.verb.takes
    index = start
    if Takes.HEARER in takes or (Takes.HEARER_TO in takes and start < end and tokens[start].low != "for"):
        index = skip_hearer(tokens, start, end)
    if (link := _ACCUSING.get(report.cue.verb.lemma)) and any(
        token.low == link for token in tokens[start:end]
    ):
        return start, "accusation"
    if Takes.OF in takes:
        return (
            (start, "quoted words") if _holds_quotation(tokens, start, end) and not report.inverted else None
        )
    if Takes.NOUN in takes and not report.inverted and _opens_noun(tokens, index, end):
        return index, "noun phrase"
    after = skip_adjuncts(tokens, index, end) if not _is_infinitive(tokens, index, takes) else index
    if after >= end:
        return None
    return _content_at(tokens, report, after, end, hearer=index > start)


def _is_infinitive(tokens: Sequence[Token], index: int, takes: str) -> bool:
    opens = index + 1 < len(tokens) and tokens[index].low == "to" and not tokens[index + 1].capital
    return opens and (Takes.TO in takes or Takes.HEARER_TO in takes)


def _opens_noun(tokens: Sequence[Token], index: int, end: int) -> bool:
    return index < end and tokens[index].low != "that" and tokens[index].word and opens_clause(tokens, index)


def _content_at(
    tokens: Sequence[Token], report: Report, index: int, end: int, *, hearer: bool
) -> tuple[int, str] | None:
    low = tokens[index].low
    takes = report.cue.verb.takes
    if low == "," and index + 1 < end:
        return _content_behind_comma(tokens, report, index + 1, end)
    if low == ":" and index + 1 < end:
        return (
            (index + 1, "quoted words")
            if tokens[index + 1].low == QUOTED
            else (index + 1, "words after a colon")
        )
    if low == QUOTED:
        return index, "quoted words"
    if low == "that" and index + 1 < end:
        return index, "that-clause"
    if _is_infinitive(tokens, index, takes):
        negation = index - 1 if tokens[index - 1].low == "not" and index - 1 >= report.last else index
        return negation, "infinitive"
    if low in WH_WORDS and (low != "which" or "q" in takes) and takes:
        return index, "question clause"
    if report.inverted or not takes:
        return None
    if not opens_clause(tokens, index) or not _reads_as_clause(tokens, report, index, end, hearer=hearer):
        return None
    return index, "clause without “that”"


def _reads_as_clause(tokens: Sequence[Token], report: Report, index: int, end: int, *, hearer: bool) -> bool:
    """Whether what follows is said, and no plain object: said they would; but not: maintained contacts."""
    takes = report.cue.verb.takes
    if _holds_quotation(tokens, index, end) and (Takes.CLAUSE in takes or hearer):
        return True
    if Takes.CLAUSE in takes or hearer:
        return end - index > 4 or has_verb(tokens, index + 1, end)
    if Takes.THAT not in takes and Takes.HEARER not in takes:
        return False
    token = tokens[index]
    marked = token.capital or token.low in DETERMINERS or bool(pronoun_of(token))
    if marked and _holds_quotation(tokens, index, end):
        return True
    return has_verb(tokens, index + 1, end if marked else min(index + 5, end))


def _content_behind_comma(
    tokens: Sequence[Token], report: Report, index: int, end: int
) -> tuple[int, str] | None:
    """Return the content behind a comma: a quotation, or a clause that itself is set off."""
    low = tokens[index].low
    if low == QUOTED:
        return index, "quoted words"
    if (
        report.first
        and tokens[report.first - 1].low == "as"
        and start_of_sentence(tokens, index) >= report.first - 2
    ):
        return index, "clause behind it"
    if low == "that":
        return index, "that-clause"
    after = skip_adjuncts(tokens, index, end)
    if after < end and tokens[after].low == "," and after + 1 < end and tokens[after + 1].low == QUOTED:
        return after + 1, "quoted words"
    if low == "“":
        return index, "clause without “that”"
    return None


def reported_before(tokens: Sequence[Token], report: Report, floor: int) -> Said | None:
    """Return the clause before a report that stands at its sentence's end or between two commas.

    `floor` is the first token that no earlier report of the sentence has taken.
    """
    if report.shared or not report.cue.verb.takes or report.source is None:
        return None
    first = max(start_of_sentence(tokens, report.first), floor)
    comma = report.first - (2 if report.first and tokens[report.first - 1].low == "as" else 1)
    if comma <= first or tokens[comma].low not in _BREAK_OFF:
        return None
    before = trim(tokens, first, comma)
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    goes_on = after < end and tokens[after].low in _BREAK_OFF and count_words(tokens, after, end) > 1
    if after < end and not goes_on and tokens[after].low not in {".", "!", "?", ")", ",", "—"}:
        return None
    rest = _rest_of_clause(tokens, after + 1, end) if goes_on else None
    if rest is not None:
        opener = count_words(tokens, *before) < 2 and not _holds_quotation(tokens, *before)
        return _said(tokens, report, (rest,) if opener else (before, rest), "clause around it")
    words = count_words(tokens, *before)
    if words < 3 or (words < 6 and not has_verb(tokens, *before)):
        return None
    return _said(tokens, report, (before,), "clause before it")


def _rest_of_clause(tokens: Sequence[Token], start: int, end: int) -> tuple[int, int] | None:
    """Return what goes on behind an inserted "she said,", unless a participle adds to the report itself."""
    if (
        start < end
        and tokens[start].low.endswith("ing")
        and tokens[start].low not in {"nothing", "something", "anything", "everything", "being"}
    ):
        return None
    if start < end and tokens[start].low in {"who", "as", "while", "after", "when", "which"}:
        return None
    first, last = trim(tokens, start, end_of_report(tokens, start, ()))
    return (first, last) if first < last else None


def according_to(
    tokens: Sequence[Token], according: According, starts: Container[int], floor: int
) -> Said | None:
    """Return what is said according to somebody: the clause behind it, before it or on both sides."""
    first = max(start_of_sentence(tokens, according.first), floor)
    end = end_of_report(tokens, according.source.last, starts)
    pieces = []
    before = trim(tokens, first, according.first)
    inserted = before[0] < before[1] and tokens[before[1] - 1].low == "that"
    if not inserted and (count_words(tokens, *before) >= 3 or _holds_quotation(tokens, *before)):
        pieces.append(before)
    last = according.source.last
    if last < end and (tokens[last].low in {",", ":", "—", "–"} or not pieces):
        after = trim(tokens, last, end)
        if _goes_on(tokens, after) if pieces else _is_clause(tokens, after):
            pieces.append(after)
    if not pieces:
        return None
    reason = f"“according to”; {source_words(according.source)}"
    cue = (according.first, according.first + 2)
    return Said(tuple(pieces), speech_of(tokens, pieces), cue, according.source, 0.82, reason)


def _is_clause(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    return count_words(tokens, *piece) >= 2 or _holds_quotation(tokens, *piece)


def _goes_on(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    """Whether the words behind an inserted "according to …" go on with the clause before it."""
    return count_words(tokens, *piece) >= 2 and tokens[piece[0]].low not in _NEW_THOUGHT


def noun_content(tokens: Sequence[Token], cue: NounCue, starts: Container[int]) -> Said | None:
    """Return the that-clause behind a reporting noun."""
    first, last = trim(tokens, cue.noun + 1, end_of_report(tokens, cue.noun + 1, starts))
    if count_words(tokens, first, last) < 4:
        return None
    pieces = ((first, last),)
    reason = f"noun “{tokens[cue.noun].text}” + that-clause; {source_words(cue.source)}"
    return Said(pieces, speech_of(tokens, pieces), (cue.noun, cue.noun + 1), cue.source, 0.5, reason)
