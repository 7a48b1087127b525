"""A quotation that a colon announces: Ida Holm on the plan: “…”"""

from collections.abc import Iterator

from annotations.extraction.clauses import start_of_sentence
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, quotation, source_words
from annotations.extraction.sources import leading_source

_SCORE = 0.6


def find(reading: Reading) -> Iterator[Said]:
    """Yield each quotation behind a colon whose sentence begins with somebody."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        if quoted == 0 or tokens[quoted - 1].low != ":":
            continue
        source = leading_source(tokens, start_of_sentence(tokens, quoted), quoted - 1)
        if source is not None:
            reason = f"quotation marks behind a colon; {source_words(source)}"
            yield quotation(quoted, None, source, _SCORE, reason)
