"""A long quotation within a sentence that no report explains: Holm left with “not a word for anybody.”"""

from collections.abc import Iterator

from annotations.extraction.clauses import start_of_sentence
from annotations.extraction.reading import Reading
from annotations.extraction.said import CARRIED, Said, inner, quotation, source_words
from annotations.extraction.sources import leading_source

_SCORE = 0.4
#: a quotation of fewer words is more often a name or set apart by the article itself
_LEAST_WORDS = 5


def find(reading: Reading) -> Iterator[Said]:
    """Yield the long quotations that are no titles, with the subject of their sentence as source."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        words = inner(tokens[quoted]).split()
        capitals = sum(word[0].isupper() for word in words)
        if len(words) < _LEAST_WORDS or 2 * capitals > len(words) or _is_markup(reading, quoted):
            continue
        source = leading_source(tokens, start_of_sentence(tokens, quoted), quoted)
        explained = f"long quotation that no report explains; {source_words(source)}"
        reason = CARRIED if source is None else explained
        yield quotation(quoted, None, source, _SCORE, reason)


def _is_markup(reading: Reading, quoted: int) -> bool:
    return quoted > 0 and reading.tokens[quoted - 1].low == "="
