"""A question that is put to somebody: Asked (by a reporter) whether …, she said …; when asked about …"""

from collections.abc import Iterator

from annotations.extraction.clauses import WH_WORDS, count_words, end_of_sentence, skip_times, trim
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, source_words, speech_of
from annotations.extraction.sources import agent_at, main_subject
from annotations.extraction.tokens import STOP
from annotations.extraction.words import BE_FORMS, is_adverb, word_set

_SCORE = 0.6
_LEAST_WORDS = 3
_ASKED = word_set("asked pressed questioned")
#: what stands before a participle that has no subject of its own
_BEFORE = BE_FORMS | word_set("when if once after") | {STOP, ","}
_OPENINGS = WH_WORDS | {"about"}


def find(reading: Reading) -> Iterator[Said]:
    """Yield the question behind "asked" in the passive; its source is whom "by" names, if anybody."""
    tokens = reading.tokens
    for index, token in enumerate(tokens):
        if token.low not in _ASKED:
            continue
        before = index - 1
        while before >= 0 and is_adverb(tokens[before].low):
            before -= 1
        if before >= 0 and tokens[before].low not in _BEFORE:
            continue
        end = end_of_sentence(tokens, index)
        source, behind = agent_at(tokens, index + 1)
        first = _opening(reading, behind, end)
        if first is None:
            continue
        main = main_subject(tokens, first, end)
        piece = trim(tokens, first, end if main is None else main.first)
        if count_words(tokens, *piece) >= _LEAST_WORDS:
            reason = f"“{token.text}” + question; {source_words(source)}"
            yield Said((piece,), speech_of(tokens, (piece,)), (index, index + 1), source, _SCORE, reason)


def _opening(reading: Reading, start: int, end: int) -> int | None:
    """Return where the question begins, behind a time or a place; "about" is not part of it."""
    tokens = reading.tokens
    for index in range(skip_times(tokens, start, end), min(start + 8, end)):
        low = tokens[index].low
        if low in _OPENINGS:
            return index + (low == "about")
        if not tokens[index].word:
            return None
    return None
