"""Who said it: the noun phrase, pronoun or role around a reporting word."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from annotations.extraction.clauses import is_finite
from annotations.extraction.phrases import (
    MODIFIERS,
    REACH,
    belongs,
    end_of_phrase,
    first_of_phrase,
    pronoun_of,
)
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    NOUN_TIES,
    PREPOSITIONS,
    RELATIVES,
    SPEAKING_NOUNS,
    SUBJECT_PRONOUNS,
    TIME_NOUNS,
    is_adverb,
    names_a_role,
    word_set,
)
from corpus.text.spans import Span

#: how a party and a seat begin: Holm, D-Hull, …
_PARTIES = frozenset({"R-", "D-", "I-"})
#: no opening clause is followed further than this many tokens
_LONGEST_OPENING = 50
_LONGEST_RELATIVE = 15
#: the verb of a main clause stands within so many tokens behind the name of its subject
_SUBJECT_REACH = 6
_OPENERS = word_set("there then here now even instead however asked speaking late early earlier later")


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


def source_at(tokens: Sequence[Token], first: int, last: int) -> Source:
    """Return the words from `first` to `last` as a source: a name if one of them is capitalised."""
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
        return source_at(tokens, first, end - 1) if first is not None and spoken else None
    return _phrase_before(tokens, end)


def _phrase_before(tokens: Sequence[Token], end: int) -> Source | None:
    first = first_of_phrase(tokens, end)
    if first is None or (first == end - 1 and not _stands_alone(tokens[first])):
        return None
    if (whose := _before_relative(tokens, first) or _before_participle(tokens, first)) is not None:
        return whose
    return source_at(tokens, _back_to_quotation(tokens, first), end)


def _before_relative(tokens: Sequence[Token], first: int) -> Source | None:
    """Return who a clause is about that ends with the phrase from `first` on: voters who like her said …"""
    for index in range(first - 1, max(first - _LONGEST_RELATIVE, 0), -1):
        token = tokens[index]
        if token.low == "who":
            start = first_of_phrase(tokens, index) if index < first - 1 else None
            return source_at(tokens, start, index) if start is not None else None
        if not token.word or token.low in CONJUNCTIONS:
            return None
    return None


def _before_participle(tokens: Sequence[Token], first: int) -> Source | None:
    """Return whom a participle and the phrase from `first` on describe: a witness heard by Lee said …"""
    if first < 3 or tokens[first - 1].low not in PREPOSITIONS or not _is_participle(tokens[first - 2]):
        return None
    start = first_of_phrase(tokens, first - 2)
    return source_at(tokens, start, first - 2) if start is not None else None


def _back_to_quotation(tokens: Sequence[Token], first: int) -> int:
    """Return the start of a phrase with the few plain words that part it from a quotation before it."""
    index = first - 1
    while index >= max(first - 4, 0) and belongs(tokens[index], None, role=False):
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
        aside = tokens[index + 1].low in PREPOSITIONS
        if first is None or not (aside or opens_apposition(tokens, index + 1)):
            return None
        relative = aside or tokens[index + 1].low in RELATIVES or _is_participle(tokens[index + 1])
        return source_at(tokens, first, index if relative else comma)
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
    if (
        token.low in {"who", "whose", "which"}
        or token.text[:1].isdigit()
        or token.text[:2] in {"R-", "D-", "I-"}
    ):
        return True
    if token.low in {"a", "an", "the", "one", "his", "her", "their", "its", "himself", "herself"}:
        return True
    if token.low in MODIFIERS or names_a_role(token.low) or _is_participle(token):
        return True
    after = tokens[index + 1] if index + 1 < len(tokens) else token
    return token.capital and (
        after.low == "," or after.low in NOUN_TIES or names_a_role(after.low) or after.capital
    )


def _is_participle(token: Token) -> bool:
    return not token.capital and len(token.low) > 4 and token.low.endswith(("ing", "ed"))


def source_after(tokens: Sequence[Token], start: int) -> Source | None:
    """Return the source that begins at `start`, behind its verb: said Ann Lee, a baker from Hull."""
    if start >= len(tokens):
        return None
    token = tokens[start]
    if pronoun_of(token) and token.low not in DETERMINERS:
        ends = start + 1 >= len(tokens) or not tokens[start + 1].word
        return Source(start, start + 1, Kind.PRONOUN) if ends and token.low in SUBJECT_PRONOUNS else None
    end = end_of_phrase(tokens, start) if token.low != "that" else None
    if end is None:
        return None
    return source_at(tokens, start, _end_of_apposition(tokens, end))


def _end_of_apposition(tokens: Sequence[Token], end: int) -> int:
    """Return the end of the description after a name, or `end` if none follows."""
    if end < len(tokens) and tokens[end].low == "(":
        for index in range(end + 1, min(end + 8, len(tokens))):
            if tokens[index].low == ")":
                end = index + 1
                break
    if end + 1 >= len(tokens) or tokens[end].low != "," or not opens_apposition(tokens, end + 1):
        return end
    if tokens[end + 1].low in RELATIVES or _is_participle(tokens[end + 1]):
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
            or (index == start + 1 and _opens_sentence(tokens[start]))
        )
        if token.low in PREPOSITIONS or (token.low in CONJUNCTIONS and token.low not in DETERMINERS):
            index = _after_comma(tokens, index, end) if token.low in PREPOSITIONS else index + 1
            continue
        if opens and pronoun_of(token) and token.low not in DETERMINERS:
            return Source(index, index + 1, Kind.PRONOUN)
        if opens and (last := end_of_phrase(tokens, index)) and _leads(tokens, index, last):
            return source_at(tokens, index, min(last, end))
        index += 1
    return None


def _opens_sentence(token: Token) -> bool:
    """Whether a word may stand before the subject: then, instead, quickly."""
    return token.low in _OPENERS or is_adverb(token.low)


def _leads(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a phrase that opens a sentence is its subject, and no adverbial."""
    opening = tokens[first].low
    if opening in _OPENERS or is_adverb(opening):
        return False
    if last == first + 1 and (opening in DETERMINERS or opening.endswith("ing")):
        return False
    adverbial = (
        last + 1 < len(tokens)
        and tokens[last].low == ","
        and (bool(pronoun_of(tokens[last + 1])) or _tells_a_place(tokens, first, last))
    )
    return not adverbial and tokens[last - 1].low not in TIME_NOUNS | {"years", "months", "days", "ago"}


def _tells_a_place(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a name between two commas goes on with the place before it: in Ames, Iowa, on Sunday …"""
    inserted = first > 1 and tokens[first - 1].low == "," and tokens[first - 2].capital
    return inserted and not opens_apposition(tokens, last + 1)


def _after_comma(tokens: Sequence[Token], start: int, end: int) -> int:
    for index in range(start, min(end, start + REACH)):
        if tokens[index].low == ",":
            return index + 1
    return end


def agent_at(tokens: Sequence[Token], start: int) -> tuple[Source | None, int]:
    """Return whom a "by" at `start` names, and where that phrase ends; `start` if there is none."""
    if start + 1 >= len(tokens) or tokens[start].low != "by":
        return None, start
    last = end_of_phrase(tokens, start + 1)
    return (source_at(tokens, start + 1, last), last) if last is not None else (None, start)


def main_subject(tokens: Sequence[Token], start: int, end: int) -> Source | None:
    """Return the subject of the main clause behind an opening one: Asked about it, she said …"""
    for comma in range(start, min(end, start + _LONGEST_OPENING) - 2):
        if tokens[comma].low != "," and not _closes_with_comma(tokens[comma]):
            continue
        token = tokens[comma + 1]
        if pronoun_of(token) and token.low not in DETERMINERS | RELATIVES:
            return Source(comma + 1, comma + 2, Kind.PRONOUN)
        last = end_of_phrase(tokens, comma + 1)
        if last is None or last >= end:
            continue
        if _verb_follows(tokens, comma + 2, min(end, last + _SUBJECT_REACH)):
            return source_at(tokens, comma + 1, last)
    return None


def _closes_with_comma(token: Token) -> bool:
    return token.low == QUOTED and token.text.rstrip("\"'”’»")[-1:] == ","


def _verb_follows(tokens: Sequence[Token], start: int, end: int) -> bool:
    for token in tokens[start:end]:
        if not (token.word or token.text[:1].isdigit()) or token.low in RELATIVES:
            return False
        if is_finite(token):
            return True
    return False
