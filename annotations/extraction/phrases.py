"""Noun phrases, without a parser: where one begins and where it ends."""

from collections.abc import Sequence
from itertools import pairwise

from annotations.extraction.cues import LEXICON, Form
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    NAME_PARTICLES,
    NOUN_TIES,
    OBJECT_PRONOUNS,
    PREPOSITIONS,
    RELATIVES,
    SPEAKING_NOUNS,
    SUBJECT_PRONOUNS,
    TIME_NOUNS,
    TIMES,
    is_adverb,
    names_a_role,
    word_set,
)

#: no phrase is followed further than this many tokens, which keeps hostile text linear
REACH = 30
MODIFIERS = word_set(
    "former then-president presidential vice-presidential campaign senior deputy vice longtime fellow "
    "retired chief acting interim political legal state national republican democratic independent top "
    "executive"
)
_BREAKS = CONJUNCTIONS | AUXILIARIES | RELATIVES | {STOP, QUOTED}


def pronoun_of(token: Token) -> str:
    """Return the subject pronoun that a token is or begins with (he's, they've), or an empty string."""
    word = token.low.replace("’", "'").partition("'")[0]
    return word if word in SUBJECT_PRONOUNS else ""


def first_of_phrase(tokens: Sequence[Token], end: int) -> int | None:
    """Return where the noun phrase that ends before `end` begins, or None if there is none."""
    if end > 1 and tokens[end - 1].low == ")":
        end = _before_bracket(tokens, end)
    first: int | None = None
    index = end - 1
    role = False
    while index >= max(end - REACH, 0):
        token = tokens[index]
        after = tokens[index + 1] if first is not None else None
        if token.low == "that" and after is not None and after.capital:
            break
        if token.low in DETERMINERS and after is not None:
            first = index - 1 if index and tokens[index - 1].low in {"all", "both"} else index
            if first < index or not _tied(tokens, index - 1):
                break
            index -= 2
            continue
        if first is not None and _tied(tokens, index):
            index -= 1
            continue
        if first is not None and tokens[index + 1].capital and _joins_names(tokens, index, first):
            index -= 1
            continue
        if not belongs(token, after, role=role):
            break
        role = role or (not token.capital and names_a_role(token.low))
        first = index
        index -= 1
    return first


def _before_bracket(tokens: Sequence[Token], end: int) -> int:
    for index in range(end - 2, max(end - 8, -1), -1):
        if tokens[index].low == "(":
            return index
    return end


def _tied(tokens: Sequence[Token], index: int) -> bool:
    """Whether the preposition at `index` hangs on a noun before it."""
    if index < 1:
        return False
    noun = tokens[index - 1]
    if tokens[index].low == "by":
        return noun.low in SPEAKING_NOUNS
    return (
        tokens[index].low in NOUN_TIES
        and noun.word
        and noun.low not in _BREAKS
        and noun.low not in PREPOSITIONS
        and noun.low not in TIMES
        and not is_adverb(noun.low)
        and noun.low not in LEXICON
        and (not noun.low.endswith("ed") or noun.capital)
    )


def _joins_names(tokens: Sequence[Token], index: int, first: int) -> bool:
    """Whether an "and", or a comma in a list that has one, joins a name to the phrase from `first` on."""
    if index == 0 or tokens[index].low not in {"and", "&", ","}:
        return False
    before = tokens[index - 1]
    if not before.capital or before.low in TIMES or before.low in _BREAKS or before.low in DETERMINERS:
        return False
    if tokens[index].low != ",":
        return True
    listed = first + 1 < len(tokens) and tokens[first + 1].low in {"and", ","}
    return listed and (index < 2 or tokens[index - 2].low in {STOP, ","})


def belongs(token: Token, after: Token | None, *, role: bool) -> bool:
    """Whether a token can stand in a noun phrase left of `after` (None for the phrase's last token)."""
    low = token.low
    if low in NAME_PARTICLES and after is not None and after.capital:
        return True
    if low in _BREAKS or low in PREPOSITIONS or low in TIMES or low in DETERMINERS or pronoun_of(token):
        return False
    if token.capital or low in {"%", "$"} or low[0].isdigit():
        return True
    if not token.word or is_adverb(low):
        return False
    if after is None or not after.capital:
        return not (low in OBJECT_PRONOUNS or _reads_as_verb(low))
    return names_a_role(low) or low in MODIFIERS or (role and low not in LEXICON and low not in TIME_NOUNS)


def _reads_as_verb(low: str) -> bool:
    return any(form is Form.PAST or form is Form.PARTICIPLE for form, _ in LEXICON.get(low, ()))


def end_of_phrase(tokens: Sequence[Token], start: int) -> int | None:
    """Return where the noun phrase that begins at `start` ends, or None if none begins there."""
    opening = tokens[start]
    if opening.low in _BREAKS - DETERMINERS or opening.low in TIMES or opening.low in PREPOSITIONS:
        return None
    if not (
        opening.capital
        or opening.low in DETERMINERS | SPEAKING_NOUNS | MODIFIERS
        or _is_office(tokens, start)
    ):
        return None
    index = start + 1
    while index < min(start + REACH, len(tokens)):
        token, before = tokens[index], tokens[index - 1]
        if token.low in NOUN_TIES:
            if not _tie_goes_on(tokens, index, start):
                break
        elif token.low in {"and", "&"}:
            if not (before.capital and index + 1 < len(tokens) and tokens[index + 1].capital):
                break
        elif token.low in DETERMINERS:
            if before.low not in NOUN_TIES:
                break
        elif not _continues(token, before):
            break
        index += 1
    return index


def _is_office(tokens: Sequence[Token], start: int) -> bool:
    """Whether lower-case words from `start` on are an office: officials; harbour master Olaf Brandt."""
    if names_a_role(tokens[start].low):
        return True
    for token, after in pairwise(tokens[start : start + 4]):
        if not token.word or token.low in _BREAKS or token.low in PREPOSITIONS or is_adverb(token.low):
            return False
        if names_a_role(after.low):
            return True
    return False


def _continues(token: Token, before: Token) -> bool:
    low = token.low
    if low in NAME_PARTICLES and before.capital:
        return True
    if (
        low in _BREAKS
        or low in PREPOSITIONS
        or low in TIMES
        or pronoun_of(token)
        or not (token.word or low[0].isdigit())
    ):
        return False
    if token.capital:
        return (
            before.capital
            or before.low in NOUN_TIES | NAME_PARTICLES
            or before.low in DETERMINERS
            or names_a_role(before.low)
            or before.low in MODIFIERS
            or before.low in {"&", "and"}
        )
    if is_adverb(low) or (low in LEXICON and before.low not in DETERMINERS):
        return False
    return (
        not before.capital
        or before.low in DETERMINERS
        or before.low.endswith(("'s", "’s"))
        or names_a_role(low)
    )


def _tie_goes_on(tokens: Sequence[Token], index: int, start: int) -> bool:
    """Whether the preposition at `index` belongs to the phrase: the head of …; but not: Lee in a note."""
    if index + 1 >= len(tokens):
        return False
    tie, following = tokens[index].low, tokens[index + 1]
    if tie == "of":
        return following.word
    if tie not in {"for", "at", "in", "from", "with"} or following.low in TIMES:
        return False
    name = all(token.capital for token in tokens[start:index])
    after = tokens[index + 2] if index + 2 < len(tokens) else following
    return not name and (following.capital or (following.low == "the" and after.low not in SPEAKING_NOUNS))
