"""The constructions that report speech, one file each.

A construction reads a passage and yields what it finds. They are asked in this order, and what one
has explained is no longer open to those behind it. `docs/development.md` shows how to add one.
"""

from collections.abc import Callable, Iterator, Sequence

from annotations.extraction.constructions import (
    according_to,
    accusation,
    announced_by_colon,
    carried_over,
    carried_sentence,
    chant,
    clause_around,
    clause_behind,
    description,
    loose_quotation,
    passive_description,
    passive_report,
    putting_it,
    question_put,
    quotation_alone,
    quotation_first,
    raised,
    regarded_as,
    reported_mood,
    reporting_noun,
    signed,
    unknown_verb,
)
from annotations.extraction.languages import ENGLISH, Language
from annotations.extraction.reading import Reading, read
from annotations.extraction.said import Said
from annotations.extraction.tokens import Token

CONSTRUCTIONS: tuple[Callable[[Reading], Iterator[Said]], ...] = (
    chant.find,
    quotation_first.find,
    clause_behind.find,
    raised.find,
    accusation.find,
    description.find,
    regarded_as.find,
    passive_description.find,
    clause_around.find,
    passive_report.find,
    question_put.find,
    according_to.find,
    putting_it.find,
    reporting_noun.find,
    announced_by_colon.find,
    signed.find,
    unknown_verb.find,
    carried_over.find,
    carried_sentence.find,
    reported_mood.find,
    loose_quotation.find,
)


#: all that can be told without a lexicon
WITHOUT_LEXICON = (quotation_alone.find,)


def find_speech(tokens: Sequence[Token], language: Language = ENGLISH) -> list[Said]:
    """Return all that is said in one passage, whose tokens the language has read."""
    reading = read(tokens, language)
    for find in CONSTRUCTIONS if language.known else WITHOUT_LEXICON:
        for said in find(reading):
            reading.keep(said)
    return reading.found
