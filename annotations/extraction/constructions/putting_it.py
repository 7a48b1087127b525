"""Words that somebody is credited with putting: As Holm puts it, the pier is a ruin."""

from collections.abc import Iterator

from annotations.extraction.clauses import trim
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, cue_words, source_words, speech_of
from annotations.extraction.sources import source_before

_SCORE = 0.7


def find(reading: Reading) -> Iterator[Said]:
    """Yield what stands behind "as … puts it"."""
    tokens = reading.tokens
    for index in range(2, len(tokens) - 2):
        puts = tokens[index].low in {"put", "puts"}
        if not puts or tokens[index + 1].low != "it" or tokens[index + 2].low != ",":
            continue
        source = source_before(tokens, index)
        if source is None or source.first == 0 or tokens[source.first - 1].low != "as":
            continue
        piece = trim(tokens, index + 3, reading.end_of_content(index + 3))
        cue = (index, index + 2)
        reason = f"cue {cue_words(tokens, cue)}; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), cue, source, _SCORE, reason)
