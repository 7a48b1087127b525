"""What the tagger sees of each token: the word, its neighbours, and what the rules make of it."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache

from annotations.extraction.base import Suggestion
from annotations.extraction.cues import LEXICON, Takes
from annotations.extraction.lexicon import read_words
from annotations.extraction.passages import Passage
from annotations.extraction.reports import Report
from annotations.extraction.said import is_quoted_name
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    RELATIVES,
    SPEAKING_NOUNS,
    SUBJECT_PRONOUNS,
    TIMES,
    TITLES,
    is_adverb,
    names_a_role,
)
from corpus.text.spans import Span

#: Name and version of the features; a model of another version is refused.
FEATURES = "features@2"

_CUE_NOUNS = frozenset(read_words("reporting_nouns"))
_CLASSES = {
    "auxiliary": AUXILIARIES,
    "conjunction": CONJUNCTIONS,
    "determiner": DETERMINERS,
    "object pronoun": OBJECT_PRONOUNS,
    "preposition": PREPOSITIONS,
    "relative": RELATIVES,
    "speaking noun": SPEAKING_NOUNS,
    "subject pronoun": SUBJECT_PRONOUNS,
    "time": TIMES,
    "title": TITLES,
    "cue noun": _CUE_NOUNS,
}
_MARKS = "\"'“”„‟«»‹›‘’‚‛`´「」『』＂ "
_WORDS_IN_QUOTES = re.compile(r"\w+")
#: words in quotation marks are counted up to this many
_MANY = 12
#: longer words are cut
_LONGEST_WORD = 40
Described = tuple[tuple[str, ...], ...]
_LABELS = {"quote": "q", "cue": "c", "attribution": "s"}
_CITED = re.compile(r"“[^”]*” ?")


def is_worth_tagging(passage: Passage) -> bool:
    """Whether a passage holds anything that speech could hang on: a quotation or a reporting word."""
    return any(
        token.low == QUOTED or token.low in LEXICON or token.low in _CUE_NOUNS or token.low == "according"
        for token in passage.tokens
    )


def features_of(
    passage: Passage, hints: Sequence[Sequence[str]], reports: Sequence[Report]
) -> list[list[str]]:
    """Return the features of each token of a passage.

    Args:
        passage: what is tagged together.
        hints: what the rules say of each token.
        reports: what could be a cue with its source, whether or not the rules made a quote of it.
    """
    tokens = passage.tokens
    known = [_known(token) for token in tokens]
    around = _around_reports(tokens, reports)
    places = _places(tokens)
    kind = "block=" + passage.kind.value
    rows: list[list[str]] = []
    last = len(tokens) - 1
    for index in range(len(tokens)):
        row = [kind, *known[index][2], *around[index], *places[index]]
        row += hints[index]
        row += known[index - 1][1] if index else _EDGE_BEFORE
        row += known[index + 1][3] if index < last else _EDGE_AFTER
        if index > 1:
            row += known[index - 2][0]
        if index < last - 1:
            row += known[index + 2][4]
        if index:
            row += ["-" + hint for hint in hints[index - 1]]
            row.append(f"{known[index - 1][1][0]}|{known[index][2][0]}")
        if index < last:
            row += ["+" + hint for hint in hints[index + 1]]
            row.append(f"{known[index][2][0]}|{known[index + 1][3][0]}")
        rows.append(row)
    return rows


_EDGE_BEFORE = ("-1edge",)
_EDGE_AFTER = ("+1edge",)


def _known(token: Token) -> Described:
    """Return what tells a token from others; a word's is worked out once, a whole quotation is not kept."""
    if token.low == QUOTED:
        return _at_offsets(_describe_quotation(token.text), token.low)
    return _known_word(token.text[:_LONGEST_WORD], token.low[:_LONGEST_WORD])


@lru_cache(maxsize=20_000)
def _known_word(text: str, low: str) -> Described:
    return _at_offsets(_describe(text, low), low)


def _at_offsets(plain: tuple[str, ...], low: str) -> Described:
    """Return a description once for each offset from -2 to +2; farther away less of it counts."""
    near = plain if low in (QUOTED, STOP) else plain[:-1]
    far = plain[:1] + plain[2:4]
    return (
        tuple("-2" + feature for feature in far),
        tuple("-1" + feature for feature in near),
        plain,
        tuple("+1" + feature for feature in near),
        tuple("+2" + feature for feature in far),
    )


def _describe(text: str, low: str) -> tuple[str, ...]:
    if low == STOP:
        return ("w=" + STOP, "")
    classes = [name for name, words in _CLASSES.items() if low in words]
    if is_adverb(low):
        classes.append("adverb")
    if names_a_role(low):
        classes.append("role")
    verb = LEXICON.get(low)
    described = [
        "w=" + low,
        "s=" + _shape(text),
        "k=" + ",".join(classes),
        f"v={verb[0][0].value},{_named(verb[0][1].takes)}" if verb else "v=",
        "e=" + low[-3:],
    ]
    return tuple(described)


@lru_cache
def _named(takes: frozenset[Takes]) -> str:
    """Return what a verb takes, in an order that is the same in every process, as that of a set is not."""
    return "+".join(sorted(takes))


def _describe_quotation(text: str) -> tuple[str, ...]:
    words = _WORDS_IN_QUOTES.findall(text[:200])
    inner = text.strip(_MARKS)
    first = words[0] if words else ""
    count = min(len(words), _MANY)
    return (
        "w=" + QUOTED,
        f"s={'A' if first[:1].isupper() else 'a'}{inner[-1:] if not inner[-1:].isalnum() else ''}",
        f"k={count if count < 5 else 5 + (count >= 8) + (count >= _MANY)}",
        f"v={'name' if is_quoted_name(Token(0, 0, text, QUOTED)) else ''}",
        "f=" + first.lower(),
    )


def _shape(text: str) -> str:
    first = text[0]
    if first.isdigit():
        return "0"
    if not first.isalpha():
        return text[:1]
    if text.isupper():
        return "AA" if len(text) > 1 else "A"
    possessive = "'s" if text[-2:] in ("'s", "’s", "s'", "s’") else ""
    return ("Aa" if first.isupper() else "a") + possessive


def _places(tokens: Sequence[Token]) -> list[tuple[str, ...]]:
    """Return where each token stands: in its sentence, behind commas, near quotations."""
    places: list[tuple[str, ...]] = []
    count, commas, since = 0, 0, 9
    number = 0
    for token in tokens:
        places.append((f"p={min(count, 3)}", f"n={min(number, 2)}", f"q={since}", f"m={min(commas, 3)}"))
        count += 1
        since = min(since + 1, 9)
        if token.low == ",":
            commas += 1
        elif token.low == QUOTED:
            since = 0
        elif token.low == STOP:
            count = commas = 0
            number += 1
    return places


def _around_reports(tokens: Sequence[Token], reports: Sequence[Report]) -> list[list[str]]:
    """Return for each token how it stands to the reports of its sentence."""
    rows: list[list[str]] = [[] for _ in tokens]
    position = 0
    for start, end in sentence_ranges(tokens):
        first = position
        while position < len(reports) and reports[position].cue.first < end:
            position += 1
        inside = reports[first:position]
        if inside:
            _mark_before(tokens, rows, start, inside)
            _mark_after(tokens, rows, end, inside)
        for report in inside:
            _mark_report(rows, report)
    return rows


def sentence_ranges(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the half-open range of each sentence with its stop."""
    start = 0
    for index, token in enumerate(tokens):
        if token.low == STOP:
            yield start, index + 1
            start = index + 1
    if start < len(tokens):
        yield start, len(tokens)


def _mark_report(rows: list[list[str]], report: Report) -> None:
    how = f"{report.inverted:d}{report.shared:d}"
    for index in range(report.cue.first, report.cue.last):
        rows[index].append(f"rc{how}{report.cue.form.value}")
    if report.source is not None:
        for index in range(report.source.first, report.source.last):
            rows[index].append(f"rs{how}{report.source.kind.value}{index == report.source.first:d}")


def _mark_before(
    tokens: Sequence[Token], rows: list[list[str]], start: int, reports: Sequence[Report]
) -> None:
    """Mark the tokens that stand before a report of their sentence."""
    index = start
    for report in reports:
        comma = tokens[report.first - 1].low if report.first > start else "^"
        how = f"{comma}{_named(report.cue.verb.takes)}{report.inverted:d}{report.shared:d}"
        while index < report.cue.first:
            rows[index].append(f"b={_bucket(report.first - index)}{comma}")
            rows[index].append(f"bt={how}")
            index += 1
        index = max(index, report.cue.last)


def _mark_after(tokens: Sequence[Token], rows: list[list[str]], end: int, reports: Sequence[Report]) -> None:
    """Mark the tokens that stand behind a report of their sentence."""
    for number, report in enumerate(reports):
        until = reports[number + 1].first if number + 1 < len(reports) else end
        follows = tokens[report.last].low if report.last < len(tokens) else STOP
        if follows not in ("that", ",", ":", "to", "<quoted>", STOP):
            follows = "*"
        how = f"{_named(report.cue.verb.takes)}{report.inverted:d}{report.shared:d}{follows}"
        commas = 0
        for index in range(report.last, min(until, end)):
            rows[index].append(f"a={_bucket(index - report.last)}{follows}")
            rows[index].append(f"at={how}{min(commas, 2)}")
            if index < report.last + 3:
                rows[index].append(f"al={index - report.last}{report.cue.verb.lemma}")
            commas += tokens[index].low == ","


def _bucket(distance: int) -> int:
    return distance if distance < 4 else 4 + (distance >= 6) + (distance >= 10) + (distance >= 20)


def hints_of(passage: Passage, suggestions: Sequence[Suggestion]) -> list[list[str]]:
    """Return what the rules say of each token: label, first token or later, which rule and how sure."""
    hints: list[list[str]] = [[] for _ in passage.tokens]
    starts = [token.start for token in passage.tokens]
    for suggestion in suggestions:
        if suggestion.label not in _LABELS:
            continue
        letter = _LABELS[suggestion.label]
        kind = rule_of(suggestion)
        for segment in suggestion.segments:
            first, last = token_range(starts, passage.tokens, segment)
            for index in range(first, last):
                begins = "B" if index == first else "I"
                hints[index].append(f"r{letter}{begins}")
                if letter == "q":
                    hints[index].append(f"r{letter}{begins}{kind}")
            if letter == "q" and 0 < last < len(hints):
                hints[last].append("rqE")
    return hints


def rule_of(suggestion: Suggestion) -> str:
    """Return which rule fired and how sure it was, without the words of this article."""
    rule = _CITED.sub("", suggestion.reason.partition(";")[0])
    return f"{rule}/{round(suggestion.score * 10)}"


def token_range(starts: Sequence[int], tokens: Sequence[Token], span: Span) -> tuple[int, int]:
    """Return the half-open range of the tokens that a span covers, in whole or in part."""
    first = bisect_left(starts, span.start)
    if first > 0 and tokens[first - 1].end > span.start:
        first -= 1
    return first, max(first, bisect_left(starts, span.end))
