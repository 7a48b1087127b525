"""Whom a pronoun or a short name means: the fuller name that stands before it in the article."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from annotations.extraction.phrases import first_of_phrase
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import STOP, Token
from annotations.extraction.words import PREPOSITIONS, TIMES, TITLES, word_set

_PERSONAL = word_set("he she")
#: a pronoun means nobody who was named longer ago, in sentences
_REACH = 3
#: last words of names that no "he" or "she" stands for
_NO_PERSONS = word_set(
    "house senate congress council court party department ministry university college school company bank "
    "street county city state states kingdom union nations office agency committee commission association "
    "foundation institute center centre group post times news press church league campaign republic"
)


class _Mention(NamedTuple):
    """A name of two words or more: where it begins, which sentence it stands in, its tokens."""

    start: int
    sentence: int
    tokens: Sequence[Token]
    first: int
    last: int

    def words(self, text: str) -> str:
        """Return how it reads in the article, with the office before it."""
        whole = first_of_phrase(self.tokens, self.last)
        first = self.first if whole is None else min(whole, self.first)
        return " ".join(token_words(text, token) for token in self.tokens[first : self.last])


@dataclass
class Mentions:
    """The names of one article as far as it has been read; `text` is that of the article."""

    text: str
    _sentence: int = 0
    _starts: list[int] = field(default_factory=list)
    #: the first name of each sentence that no preposition governs
    _subjects: list[_Mention] = field(default_factory=list)
    _by_last_word: dict[str, list[_Mention]] = field(default_factory=dict)

    def read(self, tokens: Sequence[Token]) -> None:
        """Note the names of one passage; passages come in their order."""
        first = 0
        for stop, token in enumerate(tokens):
            if token.low == STOP:
                self._read_sentence(tokens, first, stop)
                first = stop + 1

    def _read_sentence(self, tokens: Sequence[Token], first: int, stop: int) -> None:
        if first == stop:
            return
        self._sentence += 1
        self._starts.append(tokens[first].start)
        named = False
        for begin, end in _names(tokens, first, stop):
            mention = _Mention(tokens[begin].start, self._sentence, tokens, begin, end)
            last = tokens[end - 1].low
            self._by_last_word.setdefault(last, []).append(mention)
            governed = begin > first and tokens[begin - 1].low in PREPOSITIONS
            if not named and not governed and last not in _NO_PERSONS:
                self._subjects.append(mention)
                named = True

    def meaning(self, tokens: Sequence[Token], source: Source) -> str:
        """Return who a source is, for a reason, or an empty string where its own words tell all."""
        words = [token for token in tokens[source.first : source.last] if token.low.rstrip(".") not in TITLES]
        if len(words) != 1:
            return ""
        token = words[0]
        if source.kind is Kind.PRONOUN and token.low in _PERSONAL:
            found = _last_before(self._subjects, token.start)
        elif source.kind is Kind.NAME:
            found = _last_before(self._by_last_word.get(token.low, []), token.start)
        else:
            return ""
        distance = bisect_left(self._starts, token.start + 1) - found.sentence if found else 0
        if found is None or (source.kind is Kind.PRONOUN and distance > _REACH):
            return ""
        return f"; “{token_words(self.text, token)}”: {found.words(self.text)}, {_how_far(distance)}"


def token_words(text: str, token: Token) -> str:
    """Return a token as it stands in the article; what pipelines read has other marks in places."""
    return text[token.start : token.end]


def _names(tokens: Sequence[Token], first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of two or more capitalised words, titles not counted."""
    begin = first
    for index in range(first, stop + 1):
        if index < stop and tokens[index].capital and tokens[index].low not in TIMES:
            continue
        while begin < index and tokens[begin].low.rstrip(".") in TITLES:
            begin += 1
        if index - begin > 1:
            yield begin, index
        begin = index + 1


def _last_before(mentions: Sequence[_Mention], start: int) -> _Mention | None:
    index = bisect_left(mentions, start, key=lambda mention: mention.start)
    return mentions[index - 1] if index else None


def _how_far(distance: int) -> str:
    if distance == 0:
        return "in the same sentence"
    return "one sentence before" if distance == 1 else f"{distance} sentences before"
