"""Direct speech: a quotation and who said it."""

from collections.abc import Mapping, Sequence

from annotations.extraction.clauses import end_of_sentence, skip_adjuncts, start_of_sentence
from annotations.extraction.cues import Takes
from annotations.extraction.phrases import end_of_phrase, pronoun_of
from annotations.extraction.reports import Report
from annotations.extraction.said import Said, Speech, source_words, speech_of
from annotations.extraction.sources import Kind, Source, leading_source
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import AUXILIARIES, DETERMINERS, PREPOSITIONS, SUBJECT_PRONOUNS, is_adverb

_MARK_CHARACTERS = " \n\"'“”„‟«»‹›‘’‚‛`´<>「」『』＂"
#: a quotation that nobody is named for is speech from this many words on
_ENOUGH_WORDS = 8
_ENDING = frozenset(",.?!…—–-")
CARRIED = "whole sentences in quotation marks; source carried over from the quote before"


def inner(view: str, token: Token) -> str:
    """Return what stands within the quotation marks."""
    return view[token.start : token.end].strip(_MARK_CHARACTERS)


def report_behind(
    view: str, tokens: Sequence[Token], quoted: int, by_first: Mapping[int, Report]
) -> Report | None:
    """Return the report that directly follows the quotation at `quoted`: "…," she said."""
    index = quoted + 1
    if index < len(tokens) and tokens[index].low in {",", "—", "–", "-"}:
        index += 1
    if index < len(tokens) and tokens[index].low == STOP:
        after_stop = by_first.get(index + 1)
        if after_stop is None or after_stop.shared or index > quoted + 1:
            return None
        return after_stop if _says_nothing_itself(tokens, after_stop) else None
    report = by_first.get(index)
    if report is None or report.shared or report.cue.verb.takes in {Takes.OF, Takes.NOUN}:
        return None
    if index == quoted + 1 and inner(view, tokens[quoted])[-1:] not in _ENDING and not report.cue.verb.takes:
        return None
    follows = tokens[report.last].low if report.last < len(tokens) else STOP
    if follows in {"that", ":"} and inner(view, tokens[quoted])[-1:] != ",":
        return None
    return None if _is_title(view, tokens, quoted) and not _says_nothing_itself(tokens, report) else report


def _is_title(view: str, tokens: Sequence[Token], quoted: int) -> bool:
    """Whether a quotation is rather the name of a show or a book: on "Late News," Lee said …"""
    before = tokens[quoted - 1].low if quoted else STOP
    tied = before in PREPOSITIONS or before in DETERMINERS or before.endswith(("'s", "’s"))
    return tied and len(inner(view, tokens[quoted]).split()) <= 5


def _says_nothing_itself(tokens: Sequence[Token], report: Report) -> bool:
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    return (
        after >= end
        or tokens[after].low in {".", "!", "?"}
        or (tokens[after].low == "," and not _quotation_in(tokens, after, end))
    )


def _quotation_in(tokens: Sequence[Token], first: int, last: int) -> bool:
    return any(token.low == QUOTED for token in tokens[first:last])


def direct_before(tokens: Sequence[Token], report: Report, quoted: int) -> Said:
    """Return the quote before its report, with what goes on behind it: "We," she said, "will not." """
    pieces = [(quoted, quoted + 1)]
    end = end_of_sentence(tokens, report.last)
    after = skip_adjuncts(tokens, report.last, end)
    while after < end and tokens[after].low != QUOTED:
        after += 1
    if after < end and tokens[after - 1].low in {",", "—", "–", ":", ";", "."}:
        pieces.append((after, after + 1))
    elif (
        after == end
        and end + 1 < len(tokens)
        and tokens[end + 1].low == QUOTED
        and tokens[end + 2].low == STOP
    ):
        pieces.append((end + 1, end + 2))
    cue = (report.cue.first, report.cue.last)
    words = " ".join(token.text for token in tokens[cue[0] : cue[1]])
    broken = ", broken by its attribution" if len(pieces) > 1 else ""
    reason = f"quotation marks + cue “{words}”{broken}; {source_words(report.source)}"
    score = 0.96 * report.cue.verb.weight**0.25 if report.source else 0.6
    return Said(tuple(pieces), speech_of(tokens, pieces), cue, report.source, score, reason)


def without_report(view: str, tokens: Sequence[Token], quoted: int) -> Said | None:
    """Return a quotation without a known cue as speech, or None for a title, nickname or scare quote."""
    return (
        _behind_colon(tokens, quoted)
        or _before_any_verb(view, tokens, quoted)
        or _standing_alone(view, tokens, quoted)
    )


def _behind_colon(tokens: Sequence[Token], quoted: int) -> Said | None:
    """Return the quotation that a colon announces: Ann Lee on the plan: "…"."""
    if quoted == 0 or tokens[quoted - 1].low != ":":
        return None
    start = start_of_sentence(tokens, quoted)
    source = leading_source(tokens, start, quoted - 1)
    if source is None:
        return None
    return _quotation(quoted, None, source, 0.6, f"quotation marks behind a colon; {source_words(source)}")


def _before_any_verb(view: str, tokens: Sequence[Token], quoted: int) -> Said | None:
    """Return the quotation that leads to a subject and a verb no lexicon has: "…," he drawled."""
    index = quoted + 1
    if inner(view, tokens[quoted])[-1:] not in {",", "?", "!", "—"} or index + 1 >= len(tokens):
        return None
    token = tokens[index]
    if token.low in SUBJECT_PRONOUNS and pronoun_of(token):
        source: Source | None = Source(index, index + 1, Kind.PRONOUN)
        last = index + 1
    else:
        last = end_of_phrase(tokens, index) or index
        source = Source(index, last, Kind.NAME) if token.capital and last > index else None
    while last < len(tokens) and is_adverb(tokens[last].low):
        last += 1
    if source is None or last >= len(tokens) or not tokens[last].word or tokens[last].capital:
        return None
    verb = tokens[last].low
    if verb in AUXILIARIES or not verb.endswith(("ed", "s")):
        return None
    reason = f"quotation marks + unknown verb “{verb}” behind a comma; {source_words(source)}"
    return _quotation(quoted, (last, last + 1), source, 0.62, reason)


def _standing_alone(view: str, tokens: Sequence[Token], quoted: int) -> Said | None:
    """Return a quotation that is a sentence of its own; its source is that of the quote before, if any."""
    words = inner(view, tokens[quoted])
    begins = quoted == 0 or tokens[quoted - 1].low == STOP
    ends = quoted + 1 >= len(tokens) or tokens[quoted + 1].low == STOP
    if not begins or not words[:1].isupper() or len(words.split()) < 3:
        return None
    if not ends or words[-1:] not in ".?!…,—":
        return None
    return _quotation(quoted, None, None, 0.7 if len(words.split()) >= _ENOUGH_WORDS else 0.55, CARRIED)


def _quotation(
    quoted: int, cue: tuple[int, int] | None, source: Source | None, score: float, reason: str
) -> Said:
    return Said(((quoted, quoted + 1),), Speech.DIRECT, cue, source, score, reason)
