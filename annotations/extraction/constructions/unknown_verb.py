"""A quotation that leads to a subject and a verb that no lexicon has: “We go,” he drawled."""

from collections.abc import Iterator, Sequence

from annotations.extraction.phrases import end_of_phrase, pronoun_of
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, inner, quotation, source_words
from annotations.extraction.sources import Kind, Source
from annotations.extraction.tokens import Token
from annotations.extraction.words import AUXILIARIES, SUBJECT_PRONOUNS, is_adverb

_SCORE = 0.62
_ENDING = frozenset(",?!—")


def find(reading: Reading) -> Iterator[Said]:
    """Yield each quotation that ends like speech before a subject and any verb."""
    tokens = reading.tokens
    for quoted in reading.open_quotations():
        if inner(tokens[quoted])[-1:] not in _ENDING or quoted + 2 >= len(tokens):
            continue
        source = _subject(tokens, quoted + 1)
        if source is None:
            continue
        verb = source.last
        while verb < len(tokens) and is_adverb(tokens[verb].low):
            verb += 1
        if verb < len(tokens) and _reads_as_verb(tokens[verb]):
            word = tokens[verb].low
            reason = f"quotation marks + unknown verb “{word}” behind a comma; {source_words(source)}"
            yield quotation(quoted, (verb, verb + 1), source, _SCORE, reason)


def _subject(tokens: Sequence[Token], index: int) -> Source | None:
    token = tokens[index]
    if token.low in SUBJECT_PRONOUNS and pronoun_of(token):
        return Source(index, index + 1, Kind.PRONOUN)
    last = end_of_phrase(tokens, index)
    return Source(index, last, Kind.NAME) if last is not None and token.capital else None


def _reads_as_verb(token: Token) -> bool:
    return (
        token.word and not token.capital and token.low not in AUXILIARIES and token.low.endswith(("ed", "s"))
    )
