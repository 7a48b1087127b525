"""A noun that holds what somebody said: Holm's warning that …; the claim by Holm that …; the claim that …"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import (
    count_words,
    end_of_sentence,
    holds_quotation,
    is_finite,
    skip_adjuncts,
    trim,
)
from annotations.extraction.lexicon import read_words
from annotations.extraction.phrases import end_of_phrase
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import Kind, Source, source_at
from annotations.extraction.tokens import QUOTED, Token
from annotations.extraction.words import (
    AUXILIARIES,
    BE_FORMS,
    CONJUNCTIONS,
    DETERMINERS,
    PAST_TENSES,
    POSSESSIVES,
    RELATIVES,
)

_NOUNS = frozenset(read_words("reporting_nouns"))
#: what these hold counts with words in quotation marks
_THOUGHTS = frozenset(read_words("thinking_nouns"))
#: a "that" stands at most so many tokens behind its noun: her claim in the debate on Monday that …
_LONGEST_ADJUNCT = 10
_SCORE = 0.5
_LEAST_WORDS = 4
#: words behind which another verb may belong to the clause itself
_LINKS = RELATIVES | CONJUNCTIONS | {",", "—", "–", "-"}
#: between whose it is and the noun stand no more words than this: Holm's recent, ill-founded claim
_REACH = 4


def find(reading: Reading) -> Iterator[Said]:
    """Yield the that-clause behind each reporting noun, with the owner or maker of the noun as source."""
    tokens = reading.tokens
    for noun in range(1, len(tokens) - 1):
        if tokens[noun].low not in _NOUNS and tokens[noun].low not in _THOUGHTS:
            continue
        source, behind = _maker(tokens, noun) or (_owner(tokens, noun), noun + 1)
        opening = _opening(tokens, noun, behind)
        if opening is None:
            continue
        first, kind = opening
        last = _end_of_infinitive(reading, first) if kind == "infinitive" else _end(reading, first)
        piece = trim(tokens, first, last)
        quoted = holds_quotation(tokens, *piece)
        if not quoted and (kind == "infinitive" or tokens[noun].low in _THOUGHTS):
            continue
        if count_words(tokens, *piece) < _LEAST_WORDS and not quoted:
            continue
        reason = f"noun “{tokens[noun].text}” + {kind}; {source_words(source)}"
        score = _SCORE if source is not None else 0.5 * _SCORE
        yield Said((piece,), speech_of(tokens, (piece,)), (noun, noun + 1), source, score, reason)


def _opening(tokens: Sequence[Token], noun: int, start: int) -> tuple[int, str] | None:
    """Return where the clause or the infinitive behind a noun begins: the claim (on Monday) that …"""
    end = min(end_of_sentence(tokens, start), start + _LONGEST_ADJUNCT) - 1
    if start < end and tokens[start].low in BE_FORMS:
        start += 1  # her claim is that …
    if start < end and start == noun + 1 and tokens[start].low == "to":
        return None if _opens_phrase(tokens[start + 1]) else (start, "infinitive")
    that = skip_adjuncts(tokens, start, end)
    if that >= end or tokens[that].low != "that" or is_finite(tokens[that + 1]):
        return None
    return that, "that-clause"


def _opens_phrase(token: Token) -> bool:
    return token.capital or token.low in DETERMINERS or not token.word


def _end(reading: Reading, that: int) -> int:
    """Return where the clause ends: before the verb of the main clause, if the noun is its subject."""
    end = reading.end_of_opening(that)
    found = False
    for index in range(that + 2, end):
        low = reading.tokens[index].low
        if low in _LINKS:
            return end
        if low in AUXILIARIES and reading.tokens[index - 1].low not in AUXILIARIES:
            if found:
                return index
            found = True
    return end


def _end_of_infinitive(reading: Reading, first: int) -> int:
    """Return where an infinitive ends: before the verb whose subject the noun is, behind the quoted words."""
    tokens, end = reading.tokens, reading.end_of_opening(first)
    quoted = next((index for index in range(first, end) if tokens[index].low == QUOTED), end)
    for index in range(quoted + 1, end):
        low = tokens[index].low
        if low in RELATIVES:
            return end
        if low in AUXILIARIES | PAST_TENSES or low.endswith("ed"):
            return index
    return end


def _owner(tokens: Sequence[Token], noun: int) -> Source | None:
    for index in range(noun - 1, max(noun - 1 - _REACH, -1), -1):
        owner = tokens[index]
        if owner.low in POSSESSIVES:
            return Source(index, index + 1, Kind.PHRASE)
        if owner.capital and owner.low.endswith(("'s", "’s", "s'", "s’")):
            return Source(index, index + 1, Kind.NAME)
        if not (owner.word or owner.low == ",") or owner.capital:
            return None
    return None


def _maker(tokens: Sequence[Token], noun: int) -> tuple[Source, int] | None:
    """Return who made it and where that phrase ends: a claim by Holm, a statement from the ministry."""
    if tokens[noun + 1].low not in {"by", "from", "of"}:
        return None
    last = end_of_phrase(tokens, noun + 2) if noun + 2 < len(tokens) else None
    return (source_at(tokens, noun + 2, last), last) if last is not None else None
