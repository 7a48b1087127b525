"""What is said according to somebody, before or behind it, or on both sides."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from annotations.extraction.clauses import count_words, holds_quotation, trim
from annotations.extraction.languages import ENGLISH, VERB_SECOND
from annotations.extraction.phrases import end_of_phrase, first_of_phrase
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import AUXILIARIES, word_set

_SCORE = 0.82
_LONGEST_SOURCE = 25
#: the gloss of a word that follows its source: Zeugen zufolge
BEHIND_SOURCE = "by-account"
_NEW_THOUGHT = word_set("which who a an but and while")


class _According(NamedTuple):
    """The words that name an account with whose it is, and where both together begin and end."""

    first: int
    last: int
    cue: tuple[int, int]
    source: Source


def find(reading: Reading) -> Iterator[Said]:
    """Yield what is said according to each source."""
    for according in _find_according(reading):
        said = _said(reading, according)
        if said is not None:
            yield said


def _find_according(reading: Reading) -> Iterator[_According]:
    tokens = reading.tokens
    for index, token in enumerate(tokens):
        if token.low == "according":
            start = index + 1
            if start < len(tokens) and tokens[start].low == "to":
                start += 1
            elif reading.language is ENGLISH:
                continue
            end = _end_of_source(reading, start) if start < len(tokens) else start
            if end > start:
                yield _According(index, end, (index, start), _source(tokens, start, end))
        elif token.low == BEHIND_SOURCE:
            first = first_of_phrase(tokens, index)
            if first is not None:
                yield _According(first, index + 1, (index, index + 1), _source(tokens, first, index))


def _source(tokens: Sequence[Token], first: int, last: int) -> Source:
    named = any(token.capital for token in tokens[first:last])
    return Source(first, last, Kind.NAME if named else Kind.PHRASE)


def _end_of_source(reading: Reading, start: int) -> int:
    """Return the end of the phrase behind "according to": up to a comma, a quotation or a new clause."""
    tokens = reading.tokens
    if VERB_SECOND in reading.language.traits:
        return end_of_phrase(tokens, start) or start
    end = min(start + _LONGEST_SOURCE, len(tokens))
    for index in range(start, end):
        token = tokens[index]
        if token.low in {",", ";", ":", "(", "-", "—", "–", STOP, QUOTED} or (
            token.low == "." and index + 1 < len(tokens) and tokens[index + 1].low == STOP
        ):
            return index
        if index > start and token.low in AUXILIARIES:
            break
    return end_of_phrase(tokens, start) or start


def _said(reading: Reading, according: _According) -> Said | None:
    tokens, last = reading.tokens, according.last
    pieces = []
    before = trim(tokens, reading.start_of_content(according.first), according.first)
    inserted = before[0] < before[1] and tokens[before[1] - 1].low == "that"
    if not inserted and (count_words(tokens, *before) >= 3 or holds_quotation(tokens, *before)):
        pieces.append(before)
    end = reading.end_of_content(last)
    set_off = VERB_SECOND in reading.language.traits or (
        last < end and tokens[last].low in {",", ":", "—", "–"}
    )
    if last < end and (set_off or not pieces):
        after = trim(tokens, last, end)
        if _goes_on(tokens, after) if pieces else _is_clause(tokens, after):
            pieces.append(after)
    if not pieces:
        return None
    words = " ".join(token.text for token in tokens[according.cue[0] : according.cue[1]])
    reason = f"“{words.lower()}”; {source_words(according.source)}"
    return Said(tuple(pieces), speech_of(tokens, pieces), according.cue, according.source, _SCORE, reason)


def _is_clause(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    return count_words(tokens, *piece) >= 2 or holds_quotation(tokens, *piece)


def _goes_on(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    """Whether the words behind an inserted "according to …" go on with the clause before it."""
    return count_words(tokens, *piece) >= 2 and tokens[piece[0]].low not in _NEW_THOUGHT
