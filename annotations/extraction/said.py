"""What one rule found: a stretch that reports speech, in tokens of its passage."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

from annotations.extraction.reports import Report
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import QUOTED, Token

_LONGEST_NAME = 4
_MARKS = " \n\"'“”„‟«»‹›‘’‚‛`´<>「」『』＂"
#: the reasons of quotes that name no source of their own
CARRIED = "whole sentences in quotation marks; source carried over from the quote before"
IN_REPORTED_MOOD = "verb in the mood of reported speech; source carried over from the quote before"


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


class Speeches:
    """Tells of any pieces of a passage how they are said, in the same time for long ones and short ones."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._plain = _counted(token.low != QUOTED and token.text[:1].isalnum() for token in tokens)
        self._quoted = _counted(token.low == QUOTED for token in tokens)
        self._more = _counted(token.low == QUOTED and not is_quoted_name(token) for token in tokens)

    def of(self, pieces: Sequence[tuple[int, int]]) -> Speech:
        """Return direct when all of it stands in quotation marks, mixed when a part does.

        A name in quotation marks ("Islamic State") within other words does not make them mixed.
        """
        if not _holds(self._plain, pieces):
            return Speech.DIRECT if _holds(self._quoted, pieces) else Speech.INDIRECT
        return Speech.MIXED if _holds(self._more, pieces) else Speech.INDIRECT


def _counted(found: Iterable[bool]) -> Sequence[int]:
    """Return how many of the tokens before each place are meant."""
    return list(accumulate(found, initial=0))


def _holds(counted: Sequence[int], pieces: Sequence[tuple[int, int]]) -> bool:
    return any(counted[first] < counted[last] for first, last in pieces)


def speech_of(tokens: Sequence[Token], pieces: Sequence[tuple[int, int]]) -> Speech:
    """Return how the pieces of one quote are said."""
    inside = [token for first, last in pieces for token in tokens[first:last]]
    return Speeches(inside).of([(0, len(inside))])


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


def cue_words(tokens: Sequence[Token], cue: tuple[int, int]) -> str:
    """Return how a reason speaks of a cue."""
    return f"“{' '.join(token.text for token in tokens[cue[0] : cue[1]])}”"


def inner(token: Token) -> str:
    """Return what stands within the marks of a quotation."""
    return token.text.strip(_MARKS)


def quotation(
    quoted: int, cue: tuple[int, int] | None, source: Source | None, score: float, reason: str
) -> Said:
    """Return one quotation as direct speech."""
    return Said(((quoted, quoted + 1),), Speech.DIRECT, cue, source, score, reason)


def governed(
    tokens: Sequence[Token], report: Report, pieces: tuple[tuple[int, int], ...], kind: str, score: float
) -> Said:
    """Return what a cue governs.

    `kind` is how the reason speaks of it, `score` how sure that kind is with the surest verb and
    a source of its own.
    """
    score *= report.cue.verb.weight
    if report.source is None:
        score *= 0.5
    elif report.shared or report.source.kind is Kind.PHRASE:
        score *= 0.94
    if report.negated:
        score *= 0.7
    cue = (report.cue.first, report.cue.last)
    shared = ", shared with the verb before" if report.shared else ""
    reason = f"cue {cue_words(tokens, cue)} + {kind}; {source_words(report.source)}{shared}"
    return Said(pieces, speech_of(tokens, pieces), cue, report.source, score, reason)
