"""A sentence whose verb says that it is reported: Die Mole sei alt. No report stands in it."""

from collections.abc import Iterator

from annotations.extraction.clauses import count_words, trim
from annotations.extraction.reading import Reading
from annotations.extraction.said import IN_REPORTED_MOOD, Said, speech_of
from annotations.extraction.tokens import QUOTED, STOP

_SCORE = 0.6
_LEAST_WORDS = 4


def find(reading: Reading) -> Iterator[Said]:
    """Yield the sentences in the mood of reported speech in which nothing else was found."""
    tokens, language = reading.tokens, reading.language
    if not language.reported_mood:
        return
    found = sorted(piece for said in reading.found for piece in said.pieces)
    first = number = 0
    for stop, token in enumerate(tokens):
        if token.low != STOP:
            continue
        while number < len(found) and found[number][1] <= first:
            number += 1
        free = number == len(found) or found[number][0] >= stop
        mood = language.reported_mood | (language.doubtful_mood if number else frozenset())
        words = {token.text.lower() for token in tokens[first:stop] if token.low != QUOTED}
        if free and not words.isdisjoint(mood) and words.isdisjoint(language.first_person):
            piece = trim(tokens, first, stop)
            if count_words(tokens, *piece) >= _LEAST_WORDS:
                yield Said((piece,), speech_of(tokens, (piece,)), None, None, _SCORE, IN_REPORTED_MOOD)
        first = stop + 1
