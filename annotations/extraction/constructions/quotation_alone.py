"""Quotations of an article in a language without a lexicon: „Hier ist nichts“, and no word of who said so."""

from collections.abc import Iterator

from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, inner, is_quoted_name, quotation

_SCORE = 0.3
_LEAST_WORDS = 2


def find(reading: Reading) -> Iterator[Said]:
    """Yield the quotations of two words or more that are no names."""
    reason = f"quotation marks alone; there is no lexicon for the language “{reading.language.code}”"
    for quoted in reading.open_quotations():
        token = reading.tokens[quoted]
        if len(inner(token).split()) >= _LEAST_WORDS and not is_quoted_name(token):
            yield quotation(quoted, None, None, _SCORE, reason)
