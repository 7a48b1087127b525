"""What one rule found: a stretch that reports speech, in tokens of its passage."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import QUOTED, Token


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
    """Return direct when all of it stands in quotation marks, mixed when a part does."""
    inside = [token for first, last in pieces for token in tokens[first:last]]
    quoted = [token for token in inside if token.low == QUOTED]
    if not quoted:
        return Speech.INDIRECT
    rest = any(token.low != QUOTED and token.text[:1].isalnum() for token in inside)
    return Speech.MIXED if rest else Speech.DIRECT


def source_words(source: Source | None) -> str:
    """Return how a reason speaks of the source."""
    if source is None:
        return "no source found"
    return {
        Kind.NAME: "named source",
        Kind.PRONOUN: "source is a pronoun",
        Kind.PHRASE: "source is a phrase",
    }[source.kind]
