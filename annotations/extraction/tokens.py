"""Tokens of a passage, in which each quotation is one token."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from annotations.extraction.quotation import Quotation
from corpus.text.spans import Span

#: stands for a whole quotation; no word of a text equals it
QUOTED = "<quoted>"
#: stands between two sentences
STOP = "<stop>"
#: a sentence is cut after so many tokens, so that a rule may walk through its whole sentence
LONGEST_SENTENCE = 250


class Token(NamedTuple):
    """One word, number, mark or whole quotation: where it stands and its lower-cased form."""

    start: int
    end: int
    text: str
    low: str

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital (a quotation is not)."""
        return self.text[:1].isupper()

    @property
    def word(self) -> bool:
        """Whether it begins with a letter (a quotation does not)."""
        return self.text[:1].isalpha()


# the first alternative matches most words and none that another would match longer; it halves the time
_TOKEN = re.compile(
    r"[a-z]+(?![^\W_]|['’‑.-])"
    r"|(?:Mr|Mrs|Ms|Dr|Sen|Sens|Rep|Reps|Gov|Gen|Col|Lt|Prof|Rev|St|Jr|Sr|Capt|Sgt|Adm|Hon|Inc|Corp|Co)\."
    r"|(?:[^\W\d_]\.)+(?:[^\W\d_]\b)?"
    r"|[^\W\d_]+(?:['’‑-][^\W_]+)*"
    r"|\d+(?:[.,:]\d+)*(?:[^\W_]+)?"
    r"|[^\s]"
)


def tokenise(view: str, sentences: Sequence[Span], quotations: Sequence[Span]) -> list[Token]:
    """Return the tokens of consecutive sentences with a stop after each.

    `quotations` are sorted and disjoint; each that begins in a sentence is one token there. What a
    quotation covers yields no other token, also where it reaches over the end of a sentence.
    """
    tokens: list[Token] = []
    number = 0
    position = 0
    for sentence in sentences:
        if sentence.end <= position:
            continue
        first = len(tokens)
        position = max(position, sentence.start)
        while number < len(quotations) and quotations[number].start < sentence.end:
            quoted = quotations[number]
            _read(view, position, quoted.start, tokens)
            tokens.append(Token(quoted.start, quoted.end, view[quoted.start : quoted.end], QUOTED))
            position = quoted.end
            number += 1
        _read(view, position, sentence.end, tokens)
        _close(tokens, first)
    return tokens


def _read(view: str, start: int, end: int, tokens: list[Token]) -> None:
    make = Token._make
    tokens += [
        make((match.start(), match.end(), word := match.group(), word.lower()))
        for match in _TOKEN.finditer(view, start, end)
    ]


def _close(tokens: list[Token], first: int) -> None:
    """Put a stop behind the sentence that begins at `first`, and into it where it is too long."""
    sentence = tokens[first:]
    if len(sentence) > LONGEST_SENTENCE:
        del tokens[first:]
        for number, token in enumerate(sentence):
            if number and number % LONGEST_SENTENCE == 0:
                tokens.append(_stop(token.start))
            tokens.append(token)
    if sentence:
        tokens.append(_stop(sentence[-1].end))


def _stop(offset: int) -> Token:
    return Token(offset, offset, STOP, STOP)


def mask(view: str, quotations: Sequence[Quotation]) -> str:
    """Return a view of equal length in which no quotation holds the end of a sentence.

    Its first and last characters stay, for they tell whether a sentence may begin or end there;
    three of them, since a mark may be two characters long.
    """
    pieces: list[str] = []
    position = 0
    for quotation in quotations:
        for part in quotation.parts:
            start, end = part.start + 3, part.end - 3
            if start < end:
                pieces += [view[position:start], "x" * (end - start)]
                position = end
    pieces.append(view[position:])
    return "".join(pieces)
