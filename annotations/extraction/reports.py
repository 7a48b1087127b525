"""Reports: a cue with its source, wherever the source stands."""

from collections.abc import Sequence
from typing import NamedTuple

from annotations.extraction.clauses import end_of_sentence
from annotations.extraction.cues import OBJECTS, Cue, Form, Takes
from annotations.extraction.phrases import REACH, end_of_phrase
from annotations.extraction.sources import (
    Kind,
    Source,
    leading_source,
    main_subject,
    source_after,
    source_at,
    source_before,
)
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    BE_FORMS,
    NEGATED,
    PREPOSITIONS,
    TIME_LEADS,
    TIME_NOUNS,
    TIMES,
    is_adverb,
    word_set,
)

_THOUGHT = frozenset({Takes.THOUGHT, Takes.QUOTATION})
_CLAUSES = frozenset({Takes.CLAUSE, Takes.THAT})
#: what somebody issues, saying something in it: she wrote a letter saying …
_DOCUMENTS = word_set("statement letter tweet email e-mail note memo message")
_KEEPING = word_set("keep keeps kept started starts")
_MODALS = word_set("would could might can may will should")
_BEFORE_TO = word_set("continued continues continue continuing quick proceeded used began begins came")
_SHARING = frozenset({",", "and", "but", "then", "or", STOP, QUOTED, "—", "–", ";"}) | PREPOSITIONS


class Report(NamedTuple):
    """A cue and its source; `first` to `last` are the tokens of both together, half-open.

    `shared` marks a source that another verb of the sentence already has (…, adding that …),
    `infinitive` a cue that tells an aim (… to call it “a ruin”), which counts only with a quotation.
    """

    cue: Cue
    source: Source | None
    first: int
    last: int
    inverted: bool = False
    shared: bool = False
    negated: bool = False
    infinitive: bool = False


def find_reports(tokens: Sequence[Token], cues: Sequence[Cue]) -> list[Report]:
    """Return what the cues report, in order; cues that turn out to report nothing are left out."""
    reports: list[Report] = []
    sentence = 0
    position = 0
    for cue in cues:
        while position < cue.first:
            if tokens[position].low == STOP:
                sentence = position + 1
            position += 1
        earlier = reports[-1] if reports and reports[-1].first >= sentence else None
        report = _read_report(tokens, cue, sentence, earlier)
        if report is not None:
            reports.append(report)
    return reports


def _read_report(tokens: Sequence[Token], cue: Cue, sentence: int, earlier: Report | None) -> Report | None:
    start = _verb_group_start(tokens, cue, sentence)
    group = [token.low for token in tokens[start : cue.first]]
    before = tokens[start - 1].low if start else STOP
    negated = not NEGATED.isdisjoint(group)
    if cue.form in (Form.PAST, Form.PARTICIPLE) and not BE_FORMS.isdisjoint(group):
        return None
    if before in {"let", "let's", "let’s"} and cue.form is Form.BASE:
        return None
    if before == "to" and cue.form is Form.BASE:
        source = _shared_source(tokens, cue, sentence, earlier)
        return source and Report(cue, source, cue.first, cue.last, shared=True, infinitive=True)
    inverted = _inverted(tokens, cue, start)
    if inverted is not None:
        return Report(cue, inverted, start, inverted.last, inverted=True, negated=negated)
    plain_ing = cue.form is Form.ING and BE_FORMS.isdisjoint(group)
    if before in _SHARING and (
        plain_ing or before in {"and", "but", "then", "or"} or (before == "," and cue.form is not Form.ING)
    ):
        source = source_before(tokens, start) if before == "," and not plain_ing else None
        if source is None:
            source = _shared_source(tokens, cue, sentence, earlier)
            return source and Report(cue, source, start, cue.last, shared=True, negated=negated)
        return Report(cue, source, source.first, cue.last, negated=negated)
    source = source_before(tokens, start)
    if source is not None and plain_ing and tokens[source.last - 1].low in _DOCUMENTS:
        source = leading_source(tokens, sentence, source.first) or source
    if source is None:
        if cue.verb.takes <= _THOUGHT:
            return None
        if not plain_ing and (cue.form not in (Form.PAST, Form.THIRD) or cue.verb.takes.isdisjoint(_CLAUSES)):
            return None
        if not plain_ing and (behind := _subject_behind_quotation(tokens, sentence, start)) is not None:
            return Report(cue, behind, behind.first, cue.last, negated=negated)
        source = _shared_source(tokens, cue, sentence, earlier)
        return source and Report(cue, source, start, cue.last, shared=True, negated=negated)
    if source.kind is Kind.PRONOUN and _is_manner_of_speaking(tokens, source, group):
        return None
    return Report(cue, source, source.first, cue.last, negated=negated)


def _is_manner_of_speaking(tokens: Sequence[Token], source: Source, group: Sequence[str]) -> bool:
    """Whether nobody speaks: you could say, I would argue."""
    low = tokens[source.first].low
    if low in {"you", "one", "let"}:
        return True
    return low in {"i", "we", "i'd", "i’d", "we'd", "we’d"} and (
        not _MODALS.isdisjoint(group) or low.endswith("d")
    )


def _verb_group_start(tokens: Sequence[Token], cue: Cue, sentence: int) -> int:
    start = cue.first
    if start - 2 > sentence and tokens[start - 1].low == "as" and tokens[start - 2].low == "quoted":
        start -= 2
    while start > sentence:
        before = tokens[start - 1]
        if (
            before.low in AUXILIARIES
            or before.low in TIMES
            or (is_adverb(before.low) and not before.capital)
            or (before.low == "on" and tokens[start].low in TIMES)
        ):
            start -= 1
        elif before.low == "but" and start - 2 >= sentence and tokens[start - 2].low == "all":
            start -= 2
        elif (time := _start_of_time(tokens, start)) is not None and time > sentence:
            start = time
        elif before.low == "to" and start - 2 > sentence and tokens[start - 2].low in _BEFORE_TO:
            start -= 2
        elif before.low in _KEEPING and start == cue.first and cue.form is Form.ING:
            start -= 1
        else:
            break
    return start


def _start_of_time(tokens: Sequence[Token], end: int) -> int | None:
    """Return where the words of time that end before `end` begin: this week, two weeks ago."""
    if end > 3 and tokens[end - 1].low == "ago":
        return end - 3
    if end > 2 and tokens[end - 1].low in TIME_NOUNS and tokens[end - 2].low in TIME_LEADS:
        return end - 2
    return None


def _inverted(tokens: Sequence[Token], cue: Cue, start: int) -> Source | None:
    """Return a source that follows its verb: "…," said Ann Lee."""
    before = tokens[start - 1].low if start else STOP
    quoted = before == QUOTED or (before in {",", "—", "–"} and start > 1 and tokens[start - 2].low == QUOTED)
    after_stop = before == STOP and start > 1 and tokens[start - 2].low == QUOTED
    if not (quoted or after_stop or before in {",", "—", "–"}) or cue.form is Form.ING:
        return None
    if cue.verb.takes <= OBJECTS:
        return None
    source = source_after(tokens, cue.last)
    if source is None or quoted or after_stop:
        return source
    if Takes.HEARER in cue.verb.takes or Takes.HEARER_TO in cue.verb.takes:
        return None
    closing = tokens[source.last].low if source.last < len(tokens) else STOP
    if closing == "who" or closing in PREPOSITIONS:
        return source if source_before(tokens, start) is None else None
    return source if closing in {".", ",", ";", ":", STOP} else None


def _subject_behind_quotation(tokens: Sequence[Token], sentence: int, end: int) -> Source | None:
    """Return the phrase between a quotation and the verb group at `end`: “…,” Ida Holm, a pilot, then …"""
    index = end - 1
    while index >= max(sentence, end - REACH) and tokens[index].low != QUOTED:
        index -= 1
    if index < 0 or tokens[index].low != QUOTED:
        return None
    last = end_of_phrase(tokens, index + 1) if index + 1 < end else None
    return source_at(tokens, index + 1, min(last, end)) if last is not None else None


def _shared_source(tokens: Sequence[Token], cue: Cue, sentence: int, earlier: Report | None) -> Source | None:
    if earlier is not None and earlier.source is not None:
        return earlier.source
    if cue.form is Form.ING and cue.first - sentence <= 3:
        return main_subject(tokens, cue.last, end_of_sentence(tokens, cue.last))
    return leading_source(tokens, sentence, cue.first)
