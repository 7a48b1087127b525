"""A quotation that is a sentence of its own: its source is that of the quote before, if any."""

from collections.abc import Iterator

from annotations.extraction.reading import Reading
from annotations.extraction.said import CARRIED, Said, inner, quotation
from annotations.extraction.tokens import STOP

#: a quotation that nobody is named for is speech from this many words on
_ENOUGH_WORDS = 8
_LEAST_WORDS = 3


def find(reading: Reading) -> Iterator[Said]:
    """Yield the quotations that stand alone and read like sentences, and no title or scare quote."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        begins = quoted == 0 or tokens[quoted - 1].low == STOP
        ends = quoted + 1 >= len(tokens) or tokens[quoted + 1].low == STOP
        words = inner(tokens[quoted])
        count = len(words.split())
        if begins and ends and words[:1].isupper() and count >= _LEAST_WORDS and words[-1:] in ".?!…,—":
            yield quotation(quoted, None, None, 0.7 if count >= _ENOUGH_WORDS else 0.55, CARRIED)
