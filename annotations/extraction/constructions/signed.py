"""A quotation that is signed: “We stay.” — Ida Holm"""

from collections.abc import Iterator, Sequence

from annotations.extraction.cues import LEXICON
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, quotation, source_words
from annotations.extraction.sources import Source, source_at
from annotations.extraction.tokens import STOP, Token
from annotations.extraction.words import NAME_PARTICLES

_SCORE = 0.7
#: the horizontal bar is made for this
_DASHES = frozenset({"―", "—", "–", "-"})
_LONGEST_NAME = 6
#: what may stand behind the name and a comma: where somebody lives, or what they are
_LONGEST_REST = 8


def find(reading: Reading) -> Iterator[Said]:
    """Yield each quotation that is a sentence of its own, with the name that a dash puts under it."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        source = _signature(tokens, quoted + 1) if quoted == 0 or tokens[quoted - 1].low == STOP else None
        if source is not None:
            yield quotation(quoted, None, source, _SCORE, f"signed quotation; {source_words(source)}")


def _signature(tokens: Sequence[Token], index: int) -> Source | None:
    """Return the name behind a dash, if it and what describes it are all that follows."""
    if index < len(tokens) and tokens[index].low == STOP:
        index += 1
    first = index
    while first < min(len(tokens), index + 2) and tokens[first].low in _DASHES:
        first += 1
    last = first
    while last < min(len(tokens), first + _LONGEST_NAME) and _is_of_name(tokens[last]):
        last += 1
    return source_at(tokens, first, last) if index < first < last and _ends(tokens, last) else None


def _is_of_name(token: Token) -> bool:
    return token.capital or token.low in NAME_PARTICLES


def _ends(tokens: Sequence[Token], index: int) -> bool:
    """Whether nothing but a description stands up to the end of the sentence."""
    rest = [token.low for token in tokens[index : index + _LONGEST_REST + 1]]
    if STOP in rest:
        rest = rest[: rest.index(STOP)]
    elif len(rest) > _LONGEST_REST:
        return False
    return rest in ([], ["."]) or (rest[0] == "," and LEXICON.keys().isdisjoint(rest))
