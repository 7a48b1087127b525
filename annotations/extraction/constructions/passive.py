"""What is said of something in the passive: was described (by Holm) as “a ruin”; were dubbed “the deaf”."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_quoted, end_of_sentence, trim
from annotations.extraction.cues import LEXICON, Form, Takes
from annotations.extraction.phrases import end_of_phrase
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, cue_words, source_words, speech_of
from annotations.extraction.sources import Source, source_at
from annotations.extraction.tokens import Token
from annotations.extraction.words import BE_FORMS, is_adverb

_SCORE = 0.5
#: the words between the verb and the quotation are no more than this
_REACH = 12


def find(reading: Reading) -> Iterator[Said]:
    """Yield the quoted words behind a describing verb in the passive; its source is whom "by" names."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        verb = _passive_verb(tokens, quoted)
        if verb is None:
            continue
        end = end_of_sentence(tokens, quoted)
        source = _agent(tokens, verb + 1, end)
        first = verb + 1
        if source is not None and source.last <= quoted:
            first = source.last
        last = end_of_quoted(tokens, quoted, end)
        if source is not None and source.first > quoted:
            last = min(last, source.first - 1)
        piece = trim(tokens, first, last)
        reason = f"passive cue {cue_words(tokens, (verb, verb + 1))}; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), (verb, verb + 1), source, _SCORE, reason)


def _passive_verb(tokens: Sequence[Token], quoted: int) -> int | None:
    """Return the describing participle before a quotation that has a form of "be" before it."""
    for index in range(quoted - 1, max(quoted - _REACH, 0), -1):
        token = tokens[index]
        if not (token.word or token.low == ","):
            return None
        if _describes(token):
            before = index - 1
            while before > 0 and is_adverb(tokens[before].low):
                before -= 1
            return index if tokens[before].low in BE_FORMS else None
    return None


def _describes(token: Token) -> bool:
    return any(
        form is Form.PARTICIPLE and Takes.OBJECT in verb.takes for form, verb in LEXICON.get(token.low, ())
    )


def _agent(tokens: Sequence[Token], start: int, end: int) -> Source | None:
    """Return whom the first "by" from `start` on names."""
    for index in range(start, min(end, start + _REACH) - 1):
        if tokens[index].low == "by":
            last = end_of_phrase(tokens, index + 1)
            return source_at(tokens, index + 1, last) if last is not None else None
    return None
