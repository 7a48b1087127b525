"""What is said according to somebody, before or behind it, or on both sides."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from annotations.extraction.clauses import count_words, holds_quotation, trim
from annotations.extraction.phrases import end_of_phrase
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import AUXILIARIES, word_set

_SCORE = 0.82
_LONGEST_SOURCE = 25
_NEW_THOUGHT = word_set("which who a an but and while")


class _According(NamedTuple):
    """The words "according to" with the source that follows them."""

    first: int
    source: Source


def find(reading: Reading) -> Iterator[Said]:
    """Yield what is said according to each source."""
    for according in _find_according(reading.tokens):
        said = _said(reading, according)
        if said is not None:
            yield said


def _find_according(tokens: Sequence[Token]) -> Iterator[_According]:
    for index, token in enumerate(tokens):
        if token.low != "according" or index + 2 >= len(tokens) or tokens[index + 1].low != "to":
            continue
        start = index + 2
        end = _end_of_source(tokens, start)
        if end > start:
            named = any(word.capital for word in tokens[start:end])
            yield _According(index, Source(start, end, Kind.NAME if named else Kind.PHRASE))


def _end_of_source(tokens: Sequence[Token], start: int) -> int:
    """Return the end of the phrase behind "according to": up to a comma, a quotation or a new clause."""
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
    tokens, last = reading.tokens, according.source.last
    pieces = []
    before = trim(tokens, reading.start_of_content(according.first), according.first)
    inserted = before[0] < before[1] and tokens[before[1] - 1].low == "that"
    if not inserted and (count_words(tokens, *before) >= 3 or holds_quotation(tokens, *before)):
        pieces.append(before)
    end = reading.end_of_content(last)
    if last < end and (tokens[last].low in {",", ":", "—", "–"} or not pieces):
        after = trim(tokens, last, end)
        if _goes_on(tokens, after) if pieces else _is_clause(tokens, after):
            pieces.append(after)
    if not pieces:
        return None
    reason = f"“according to”; {source_words(according.source)}"
    cue = (according.first, according.first + 2)
    return Said(tuple(pieces), speech_of(tokens, pieces), cue, according.source, _SCORE, reason)


def _is_clause(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    return count_words(tokens, *piece) >= 2 or holds_quotation(tokens, *piece)


def _goes_on(tokens: Sequence[Token], piece: tuple[int, int]) -> bool:
    """Whether the words behind an inserted "according to …" go on with the clause before it."""
    return count_words(tokens, *piece) >= 2 and tokens[piece[0]].low not in _NEW_THOUGHT
