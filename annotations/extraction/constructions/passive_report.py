"""A report in the passive: is said to be closed; was told that …; it was reported (by Holm) that …"""

from collections.abc import Iterator, Sequence

from annotations.extraction.clauses import count_words, end_of_sentence, holds_quotation, skip_times, trim
from annotations.extraction.cues import LEXICON, Form, Takes
from annotations.extraction.reading import Reading
from annotations.extraction.said import Said, cue_words, source_words, speech_of
from annotations.extraction.sources import agent_at
from annotations.extraction.tokens import Token
from annotations.extraction.words import BE_FORMS, is_adverb

_SCORE = 0.5
_LEAST_WORDS = 3
_REPORTING = frozenset({Takes.CLAUSE, Takes.THAT, Takes.HEARER})
_RAISING = frozenset({"said", "reported", "alleged", "claimed", "rumored", "rumoured"})


def find(reading: Reading) -> Iterator[Said]:
    """Yield the "that" or "to" clause behind a reporting verb in the passive; "by" names its source."""
    tokens = reading.tokens
    for verb, token in enumerate(tokens):
        if token.low not in LEXICON or not _is_passive(tokens, verb):
            continue
        end = end_of_sentence(tokens, verb)
        source, first = agent_at(tokens, skip_times(tokens, verb + 1, end))
        if first + 1 >= end or not _opens(tokens, verb, first):
            continue
        piece = trim(tokens, first, reading.end_of_content(first))
        if count_words(tokens, *piece) < _LEAST_WORDS and not holds_quotation(tokens, *piece):
            continue
        reason = f"passive cue {cue_words(tokens, (verb, verb + 1))}; {source_words(source)}"
        yield Said((piece,), speech_of(tokens, (piece,)), (verb, verb + 1), source, _SCORE, reason)


def _is_passive(tokens: Sequence[Token], verb: int) -> bool:
    reports = any(
        form in (Form.PAST, Form.PARTICIPLE) and not entry.takes.isdisjoint(_REPORTING)
        for form, entry in LEXICON[tokens[verb].low]
    )
    before = verb - 1
    while before > 0 and is_adverb(tokens[before].low):
        before -= 1
    return reports and before >= 0 and tokens[before].low in BE_FORMS


def _opens(tokens: Sequence[Token], verb: int, first: int) -> bool:
    return tokens[first].low == "that" or (tokens[first].low == "to" and tokens[verb].low in _RAISING)
