"""Who said it: the noun phrase, pronoun or role around a reporting word."""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from annotations.extraction.cues import LEXICON, Form
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
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
from corpus.text.spans import Span

#: no phrase is followed further than this many tokens, which keeps hostile text linear
REACH = 30
_MODIFIERS = word_set(
    "former then-president presidential vice-presidential campaign senior deputy vice longtime fellow "
    "retired chief acting interim political legal state national republican democratic independent top"
    "executive"
)
_OPENERS = word_set("there then here now even instead however asked speaking late early earlier later")
_BREAKS = CONJUNCTIONS | AUXILIARIES | RELATIVES | {STOP, QUOTED}


class Kind(StrEnum):
    """What the words that name a source are."""

    NAME = "name"
    PRONOUN = "pronoun"
    PHRASE = "phrase"


class Source(NamedTuple):
    """The words that name a source: half-open token indices."""

    first: int
    last: int
    kind: Kind


def span_of(tokens: Sequence[Token], source: Source) -> Span:
    """Return where a source stands, without a contracted verb: he in "he's said"."""
    last = tokens[source.last - 1]
    end = last.end
    if source.kind is Kind.PRONOUN:
        end = last.start + len(pronoun_of(last))
    return Span(tokens[source.first].start, end)


def pronoun_of(token: Token) -> str:
    """Return the subject pronoun that a token is or begins with (he's, they've), or an empty string."""
    word = token.low.replace("’", "'").partition("'")[0]
    return word if word in SUBJECT_PRONOUNS else ""


def _source(tokens: Sequence[Token], first: int, last: int) -> Source:
    named = any(
        token.capital and (i or token.low not in DETERMINERS) for i, token in enumerate(tokens[first:last])
    )
    return Source(first, last, Kind.NAME if named else Kind.PHRASE)


def source_before(tokens: Sequence[Token], end: int) -> Source | None:
    """Return the subject whose last token stands just before `end`, the start of the verb group."""
    if end <= 0:
        return None
    last = tokens[end - 1]
    if pronoun_of(last):
        if end > 1 and tokens[end - 2].low in DETERMINERS | {"of"} and last.low in DETERMINERS:
            return _phrase_before(tokens, end)
        return Source(end - 1, end, Kind.PRONOUN)
    if last.low == "," and end > 1:
        return _source_before_apposition(tokens, end - 1)
    if last.low in {"that", "which"}:
        first = first_of_phrase(tokens, end - 2 if end > 1 and tokens[end - 2].low == "," else end - 1)
        spoken = first is not None and end > 1 and tokens[end - 2].low in SPEAKING_NOUNS
        return _source(tokens, first, end - 1) if first is not None and spoken else None
    return _phrase_before(tokens, end)


def _phrase_before(tokens: Sequence[Token], end: int) -> Source | None:
    first = first_of_phrase(tokens, end)
    if first is None or (first == end - 1 and not _stands_alone(tokens[first])):
        return None
    return _source(tokens, _back_to_quotation(tokens, first), end)


def _back_to_quotation(tokens: Sequence[Token], first: int) -> int:
    """Return the start of a phrase with the few plain words that part it from a quotation before it."""
    index = first - 1
    while index >= max(first - 4, 0) and _belongs(tokens[index], None, role=False):
        index -= 1
    return index + 1 if index >= 0 and tokens[index].low == QUOTED else first


def _stands_alone(token: Token) -> bool:
    """Whether one word can be a subject by itself: a name, a plural, an office."""
    low = token.low
    return token.capital or low.endswith("s") or low in SPEAKING_NOUNS or low.isdigit() or names_a_role(low)


def _source_before_apposition(tokens: Sequence[Token], comma: int) -> Source | None:
    """Return the subject before `comma`, which closes an apposition: Smith, a baker from Hull, …"""
    limit = max(comma - REACH, 0)
    inner = comma
    for index in range(comma - 1, limit, -1):
        low = tokens[index].low
        if low in {STOP, QUOTED, ":", ";"}:
            return None
        if low != ",":
            continue
        short = inner == comma and comma - index <= 3 and tokens[index + 1].capital
        if short and _comma_within(tokens, index, limit):
            inner = index
            continue
        if tokens[index - 1].text.isdigit():
            continue
        first = first_of_phrase(tokens, index)
        if first is None or not opens_apposition(tokens, index + 1):
            return None
        relative = tokens[index + 1].low in RELATIVES
        return _source(tokens, first, index if relative else comma)
    return None


def _comma_within(tokens: Sequence[Token], index: int, limit: int) -> bool:
    """Whether another comma opens an apposition before `index` in the same clause."""
    for earlier in range(index - 1, limit, -1):
        if tokens[earlier].low in {STOP, QUOTED}:
            return False
        if tokens[earlier].low == ",":
            return opens_apposition(tokens, earlier + 1)
    return False


def opens_apposition(tokens: Sequence[Token], index: int) -> bool:
    """Whether the tokens from `index` can describe the name before them: a baker, 45, who runs …"""
    if index >= len(tokens):
        return False
    token = tokens[index]
    if token.low in {"who", "whose", "which"} or token.text[:1].isdigit() or token.text in {"R-", "D-"}:
        return True
    if token.low in {"a", "an", "the", "one", "his", "her", "their", "its", "himself", "herself"}:
        return True
    if token.low in _MODIFIERS or names_a_role(token.low):
        return True
    after = tokens[index + 1] if index + 1 < len(tokens) else token
    return token.capital and (
        after.low == "," or after.low in NOUN_TIES or names_a_role(after.low) or after.capital
    )


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
        if token.low in DETERMINERS and after is not None:
            first = index
            if not _tied(tokens, index - 1):
                break
            index -= 2
            continue
        if token.low in NOUN_TIES and first is not None and _tied(tokens, index):
            index -= 1
            continue
        if first is not None and tokens[index + 1].capital and _joins_names(tokens, index, first):
            index -= 1
            continue
        if not _belongs(token, after, role=role):
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
    if index < 1 or tokens[index].low not in NOUN_TIES:
        return False
    noun = tokens[index - 1]
    return (
        noun.word
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


def _belongs(token: Token, after: Token | None, *, role: bool) -> bool:
    """Whether a token can stand in a noun phrase left of `after` (None for the phrase's last token)."""
    low = token.low
    if low in _BREAKS or low in PREPOSITIONS or low in TIMES or low in DETERMINERS or pronoun_of(token):
        return False
    if token.capital or low in {"%", "$"} or low[0].isdigit():
        return True
    if not token.word or is_adverb(low):
        return False
    if after is None or not after.capital:
        return not (low in OBJECT_PRONOUNS or _reads_as_verb(low))
    return names_a_role(low) or low in _MODIFIERS or (role and low not in LEXICON and low not in TIME_NOUNS)


def _reads_as_verb(low: str) -> bool:
    return any(form is Form.PAST or form is Form.PARTICIPLE for form, _ in LEXICON.get(low, ()))


def source_after(tokens: Sequence[Token], start: int) -> Source | None:
    """Return the source that begins at `start`, behind its verb: said Ann Lee, a baker from Hull."""
    if start >= len(tokens):
        return None
    token = tokens[start]
    if pronoun_of(token) and token.low not in DETERMINERS:
        ends = start + 1 >= len(tokens) or not tokens[start + 1].word
        return Source(start, start + 1, Kind.PRONOUN) if ends and token.low in SUBJECT_PRONOUNS else None
    end = end_of_phrase(tokens, start)
    if end is None:
        return None
    return _source(tokens, start, _end_of_apposition(tokens, end))


def end_of_phrase(tokens: Sequence[Token], start: int) -> int | None:
    """Return where the noun phrase that begins at `start` ends, or None if none begins there."""
    opening = tokens[start]
    if opening.low in _BREAKS - DETERMINERS or opening.low in TIMES or opening.low in PREPOSITIONS:
        return None
    if not (
        opening.capital
        or opening.low in DETERMINERS | SPEAKING_NOUNS | _MODIFIERS
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
            or before.low in NOUN_TIES
            or before.low in DETERMINERS
            or names_a_role(before.low)
            or before.low in _MODIFIERS
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


def _end_of_apposition(tokens: Sequence[Token], end: int) -> int:
    """Return the end of the description after a name, or `end` if none follows."""
    if end < len(tokens) and tokens[end].low == "(":
        for index in range(end + 1, min(end + 8, len(tokens))):
            if tokens[index].low == ")":
                end = index + 1
                break
    if end + 1 >= len(tokens) or tokens[end].low != "," or not opens_apposition(tokens, end + 1):
        return end
    if tokens[end + 1].low in RELATIVES:
        return end
    for index in range(end + 1, min(end + REACH, len(tokens))):
        low = tokens[index].low
        if low == STOP or low in {",", ";", ":", "—", "–", QUOTED} | RELATIVES:
            last = index - 1
            return index if tokens[last].low not in {".", "!", "?"} else last
        if low in AUXILIARIES:
            return end
    return end


def leading_source(tokens: Sequence[Token], start: int, end: int) -> Source | None:
    """Return the subject of the sentence that begins at `start`: its first pronoun, name or noun phrase."""
    index = start
    while index < min(end, start + REACH):
        token = tokens[index]
        opens = (
            token.capital
            or index == start
            or tokens[index - 1].low == ","
            or tokens[index - 1].low in CONJUNCTIONS
        )
        if token.low in PREPOSITIONS or (token.low in CONJUNCTIONS and token.low not in DETERMINERS):
            index = _after_comma(tokens, index, end) if token.low in PREPOSITIONS else index + 1
            continue
        if opens and pronoun_of(token) and token.low not in DETERMINERS:
            return Source(index, index + 1, Kind.PRONOUN)
        if opens and (last := end_of_phrase(tokens, index)) and _leads(tokens, index, last):
            return _source(tokens, index, min(last, end))
        index += 1
    return None


def _leads(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a phrase that opens a sentence is its subject, and no adverbial."""
    opening = tokens[first].low
    if opening in _OPENERS or is_adverb(opening):
        return False
    if last == first + 1 and (opening in DETERMINERS or opening.endswith("ing")):
        return False
    adverbial = last + 1 < len(tokens) and tokens[last].low == "," and bool(pronoun_of(tokens[last + 1]))
    return not adverbial and tokens[last - 1].low not in TIME_NOUNS | {"years", "months", "days", "ago"}


def _after_comma(tokens: Sequence[Token], start: int, end: int) -> int:
    for index in range(start, min(end, start + REACH)):
        if tokens[index].low == ",":
            return index + 1
    return end
