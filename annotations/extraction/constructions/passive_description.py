"""What is said of something in the passive: was described (by Holm) as “a ruin”; were dubbed “the deaf”."""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import end_of_quoted, end_of_sentence, trim
from annotations.extraction.cues import LEXICON, Form, Takes
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, cue_words, source_words, speech_of
from annotations.extraction.sources import agent_at
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
        source, first = agent_at(tokens, verb + 1)
        last = end_of_quoted(tokens, quoted, end_of_sentence(tokens, quoted))
        if source is None:
            source, _ = agent_at(tokens, last)
        piece = trim(tokens, first, last)
        reason = f"passive cue {cue_words(tokens, (verb, verb + 1))}; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), (verb, verb + 1), source, _SCORE, reason)


def _passive_verb(tokens: Sequence[Token], quoted: int) -> int | None:
    """Return the describing participle before a quotation that has a form of "be" before it."""
    for index in range(quoted - 1, max(quoted - _REACH, 0), -1):
        token = tokens[index]
        if not (token.word or token.low == ","):
            return None
        if _describes(token, regarded="as" in {word.low for word in tokens[index + 1 : quoted]}):
            before = index - 1
            while before > 0 and is_adverb(tokens[before].low):
                before -= 1
            return index if tokens[before].low in BE_FORMS else None
    return None


def _describes(token: Token, *, regarded: bool) -> bool:
    """Whether a participle says what something is; `regarded` tells that an "as" stands behind it."""
    takes = {Takes.OBJECT, Takes.REGARDED} if regarded else {Takes.OBJECT}
    return any(
        form in (Form.PAST, Form.PARTICIPLE) and not verb.takes.isdisjoint(takes)
        for form, verb in LEXICON.get(token.low, ())
    )
