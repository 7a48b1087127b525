"""What many voices say, behind a noun: the crowd broke into chants of “Shame!”; cries of “Go home!”"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_quoted, end_of_sentence, start_of_sentence, trim
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, cue_words, source_words, speech_of
from annotations.extraction.sources import Source, leading_source
from annotations.extraction.tokens import Token
from annotations.extraction.words import word_set

_SCORE = 0.6
_NOUNS = word_set("chant chants cry cries shout shouts cheer cheers chorus choruses call calls yell yells")
#: what makes the subject of the sentence the one who chants
_JOINING = word_set("broke broken breaks joined joins erupted erupts burst started starts began led leads")
#: the subject's verb stands at most so many tokens before the noun: joined in a thunderous chant
_REACH = 5


def find(reading: Reading) -> Iterator[Said]:
    """Yield the quotations behind "chants of"; their source is whoever the sentence says broke into them."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        noun = quoted - 2
        if noun < 0 or tokens[noun].low not in _NOUNS or tokens[noun + 1].low != "of":
            continue
        piece = trim(tokens, quoted, end_of_quoted(tokens, quoted, end_of_sentence(tokens, quoted)))
        source = _chanting(tokens, noun)
        reason = f"noun {cue_words(tokens, (noun, noun + 1))} + quoted words; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), (noun, noun + 1), source, _SCORE, reason)


def _chanting(tokens: Sequence[Token], noun: int) -> Source | None:
    first = start_of_sentence(tokens, noun)
    verb = next((i for i in range(max(noun - _REACH, first), noun) if tokens[i].low in _JOINING), None)
    return leading_source(tokens, first, verb) if verb is not None else None
