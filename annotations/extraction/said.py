"""What one rule found: a stretch that reports speech, in tokens of its passage."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import QUOTED, Token

_LONGEST_NAME = 4


class Speech(StrEnum):
    """The type of a quote."""

    DIRECT = "direct"
    INDIRECT = "indirect"
    MIXED = "mixed"


class Said(NamedTuple):
    """One quote: its pieces and its cue are half-open token indices."""

    pieces: tuple[tuple[int, int], ...]
    speech: Speech
    cue: tuple[int, int] | None
    source: Source | None
    score: float
    reason: str


def speech_of(tokens: Sequence[Token], pieces: Sequence[tuple[int, int]]) -> Speech:
    """Return direct when all of it stands in quotation marks, mixed when a part does.

    A name in quotation marks ("Islamic State") within other words does not make them mixed.
    """
    inside = [token for first, last in pieces for token in tokens[first:last]]
    quoted = [token for token in inside if token.low == QUOTED]
    rest = any(token.low != QUOTED and token.text[:1].isalnum() for token in inside)
    if not rest:
        return Speech.DIRECT if quoted else Speech.INDIRECT
    return Speech.INDIRECT if all(is_quoted_name(token) for token in quoted) else Speech.MIXED


def is_quoted_name(token: Token) -> bool:
    """Whether a quotation holds a name and no more: up to four words, each with a capital."""
    words = token.text[1:-1].split(maxsplit=_LONGEST_NAME)
    return 0 < len(words) <= _LONGEST_NAME and all(word[0].isupper() and word[-1].isalnum() for word in words)


def source_words(source: Source | None) -> str:
    """Return how a reason speaks of the source."""
    if source is None:
        return "no source found"
    return {
        Kind.NAME: "named source",
        Kind.PRONOUN: "source is a pronoun",
        Kind.PHRASE: "source is a phrase",
    }[source.kind]
