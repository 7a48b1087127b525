"""A noun that holds what somebody said, with whose it is: Holm's warning that …"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import count_words, trim
from annotations.extraction.lexicon import read_words
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import Token
from annotations.extraction.words import POSSESSIVES

_NOUNS = frozenset(read_words("reporting_nouns"))
_SCORE = 0.5
_LEAST_WORDS = 4


def find(reading: Reading) -> Iterator[Said]:
    """Yield the that-clause behind each reporting noun that has an owner."""
    tokens = reading.tokens
    for noun in range(1, len(tokens) - 1):
        if tokens[noun].low not in _NOUNS or tokens[noun + 1].low != "that":
            continue
        source = _owner(tokens, noun - 1)
        if source is None:
            continue
        piece = trim(tokens, noun + 1, reading.end_of_content(noun + 1))
        if count_words(tokens, *piece) < _LEAST_WORDS:
            continue
        reason = f"noun “{tokens[noun].text}” + that-clause; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), (noun, noun + 1), source, _SCORE, reason)


def _owner(tokens: Sequence[Token], index: int) -> Source | None:
    owner = tokens[index]
    if owner.low in POSSESSIVES:
        return Source(index, index + 1, Kind.PHRASE)
    if owner.capital and owner.low.endswith(("'s", "’s", "s'", "s’")):
        return Source(index, index + 1, Kind.NAME)
    return None
