"""Where reported words begin behind their cue, and where they end."""

from collections.abc import Container, Sequence

from annotations.extraction.cues import LEXICON, Form, Takes
from annotations.extraction.phrases import REACH, pronoun_of
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    NOUN_TIES,
    OBJECT_PRONOUNS,
    PAST_TENSES,
    PREPOSITIONS,
    RELATIVES,
    SUBJECT_PRONOUNS,
    TIME_LEADS,
    TIME_NOUNS,
    TIMES,
    is_adverb,
    word_set,
)

WH_WORDS = word_set("whether if how why what who where when which")
_ENDS = frozenset({STOP, QUOTED, ",", ":", ";", "that", "—", "–", "("})
#: finite verbs of the present that are plain and common
_FINITE = (
    AUXILIARIES
    | PAST_TENSES
    | word_set(
        "want wants need needs think believe know feel plan plans see support supports make makes take takes "
        "come comes go goes get gets give gives help helps show shows remain remains work works"
        "there's that's there’s that’s"
    )
)
_OPENING_CONJUNCTIONS = word_set("if when although while because since though once")
_HANGING = frozenset({"and", "but", "or"})
_TURNS = word_set("touting referring citing pointing apparently a which while who compared")


#: what turns away behind a quotation that closes with a comma: “a ruin,” though others …
_CONTRASTS = word_set("though although as while referring pointing touting apparently")
DASHES = frozenset({"—", "–", "-"})
#: what explains quoted words behind a dash: — a word that they had not used before
_EXPLAINING = word_set("a an the although though except which having referring")
#: how a phrase with quoted words goes on: “a ruin” of a pier, “a threat” to all
_TIES = word_set(
    "of for to about against as than among with on in between over from toward towards during at"
)
#: where words are said, so near behind a preposition: “a ruin” in a long interview
_OCCASIONS = (
    TIMES
    | TIME_NOUNS
    | word_set(
        "interview interviews speech speeches tweet tweets twitter facebook statement email e-mail letter "
        "memo appearance appearances rally debate hearing trial conference call video op-ed article book "
        "report filing show radio television tv remarks testimony"
    )
)
_OCCASION_REACH = 5
#: what tells a deed of the speaker behind the content: … before leaving the stage
_BEFORE_DEEDS = frozenset({"before", "after", "while"})
#: so near behind a judging verb its quoted words stand
_NEAR = 10
#: what sets the report of somebody who is named beside another: Holm said so, and Lee says …
_SIDE_BY_SIDE = word_set("and while whereas though with")
_LONGEST_ASIDE = 10
#: adverbs that belong to what was said: told them not to go, said both had gone
_NO_ADJUNCTS = DETERMINERS | {"not"}
_ASIDES = frozenset({",", "-", "–", "—"})
#: so near a list or a relative clause goes on with another quotation
_LISTED = 5
_LISTING = frozenset({",", "and", "or", "but"})
_MARKS = "\"'”’»"
_SENTENCE_ENDS = frozenset(",.?!")
_BREAKS = word_set("; : — – - ( ) who which when while where although though if after before that") | {STOP}


def has_verb(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a stretch reads like a clause: it holds a verb that the lexicon or its ending gives away."""
    return any(
        token.low in _FINITE
        or pronoun_of(token) not in {"", token.low}
        or _is_regular_past(tokens[index - 1], token)
        or (
            index > first
            and token.low in LEXICON
            and not token.capital
            and tokens[index - 1].low not in DETERMINERS
        )
        for index, token in enumerate(tokens[first : min(last, first + REACH)], first)
    )


def _is_regular_past(before: Token, token: Token) -> bool:
    """Whether a word reads like a verb in the past tense, and no adjective: voted; but not: the united."""
    past = token.low.endswith("ed") and len(token.low) > 3 and not token.capital
    return past and (before.low not in DETERMINERS or before.low in SUBJECT_PRONOUNS)


def count_words(tokens: Sequence[Token], first: int, last: int) -> int:
    """Return how many words and numbers a stretch has outside of quotations."""
    return sum(token.text[:1].isalnum() for token in tokens[first:last])


def holds_quotation(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a stretch holds anything in quotation marks."""
    return any(token.low == QUOTED for token in tokens[first:last])


def end_of_sentence(tokens: Sequence[Token], start: int) -> int:
    """Return the index of the stop that ends the sentence at `start`."""
    index = start
    while index < len(tokens) and tokens[index].low != STOP:
        index += 1
    return index


def start_of_sentence(tokens: Sequence[Token], index: int) -> int:
    """Return the index of the first token of the sentence that holds `index`."""
    while index > 0 and tokens[index - 1].low != STOP:
        index -= 1
    return index


def trim(tokens: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """Return the stretch without punctuation at its ends; a bracket stays with its partner."""
    if first < last and tokens[first].low in _HANGING and (first == 0 or tokens[first - 1].low == STOP):
        first += 1
    while first < last and not _is_content(tokens[first]) and tokens[first].low not in _HANGING:
        first += 1
    while first < last and not _is_content(tokens[last - 1]):
        low = tokens[last - 1].low
        if (low == ")" and any(token.low == "(" for token in tokens[first:last])) or low == "%":
            break
        last -= 1
    return first, last


def _is_content(token: Token) -> bool:
    if token.low in _HANGING:
        return False
    return token.low == QUOTED or token.text[:1].isalnum() or token.text in {"$", "€", "£", "#", "@"}


def skip_adjuncts(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return where the words behind a verb begin that tell neither time, place nor manner of speaking."""
    while (index := skip_times(tokens, index, end)) < end:
        low = tokens[index].low
        if low in PREPOSITIONS and low != "than":
            index = _after_prepositional(tokens, index, end)
        elif low in _ASIDES and (after := _behind_aside(tokens, index, end)) is not None:
            index = after
        else:
            break
    return index


def skip_times(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return where words other than adverbs and times begin: said again on Monday, said last week."""
    while index < end:
        low = tokens[index].low
        if low in TIMES:
            index += 1
            if index < end and (tokens[index].text[:1].isdigit() or tokens[index].low in TIME_NOUNS):
                index += 1
        elif is_adverb(low) and low not in _NO_ADJUNCTS and not tokens[index].capital:
            index += 1
        elif low in TIME_LEADS and index + 1 < end and tokens[index + 1].low in TIME_NOUNS | TIMES:
            if low == "that":
                break
            index += 2
        else:
            break
    return index


def _behind_aside(tokens: Sequence[Token], comma: int, end: int) -> int | None:
    """Return where a "that" stands behind an aside between two commas: said, however, that …"""
    for index in range(comma + 1, min(comma + _LONGEST_ASIDE, end - 1)):
        if tokens[index].low == QUOTED or tokens[index].low == "that":
            return None
        if tokens[index].low == tokens[comma].low:
            return index + 1 if tokens[index + 1].low == "that" else None
    return None


def _after_prepositional(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return the end of a prepositional phrase: where a comma, "that" or a new subject stands."""
    needs_noun = True
    index += 1
    while index < end:
        token, before = tokens[index], tokens[index - 1]
        low = token.low
        if low in _ENDS:
            break
        if low in PREPOSITIONS or low == "and":
            needs_noun = True
        elif low in TIMES:
            needs_noun = False
        elif pronoun_of(token) and low not in DETERMINERS:
            if not needs_noun:
                break
            needs_noun = False
        elif low in DETERMINERS:
            if not needs_noun:
                break
        elif low in AUXILIARIES or (token.capital and not needs_noun and _begins_anew(before)):
            break
        else:
            needs_noun = False
        index += 1
    return index


def _begins_anew(before: Token) -> bool:
    """Whether a name behind `before` is no part of the phrase that `before` ends."""
    return not before.capital and before.low not in DETERMINERS


def skip_hearer(tokens: Sequence[Token], index: int, end: int) -> int:
    """Return the end of the hearer's phrase behind a verb such as told; `index` if there is none."""
    if index >= end or tokens[index].low in _ENDS | WH_WORDS | {"to"}:
        return index
    if tokens[index].low in OBJECT_PRONOUNS and not _owns(tokens, index, end):
        return index + 1
    start = index
    while index < min(end, start + REACH):
        token, before = tokens[index], tokens[index - 1]
        low = token.low
        fresh = index == start or before.low in NOUN_TIES | {"and"}
        if low in _ENDS or low in WH_WORDS or low in {"to", "not"} or low in AUXILIARIES or low in TIMES:
            break
        if pronoun_of(token) and low not in DETERMINERS:
            break
        if low in DETERMINERS and not fresh:
            break
        if low in PREPOSITIONS and low not in NOUN_TIES - {"with", "on"}:
            break
        if token.capital and not fresh and _begins_anew(before):
            break
        index += 1
    return index


def _owns(tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether "her" stands before what is hers."""
    after = tokens[index + 1] if index + 1 < end else None
    if tokens[index].low != "her" or after is None or not after.word:
        return False
    return not (pronoun_of(after) or after.low in _ENDS | WH_WORDS | DETERMINERS | PREPOSITIONS | TIMES)


def end_of_report(tokens: Sequence[Token], start: int, starts: Container[int]) -> int:
    """Return where reported words end that begin at `start`.

    That is at the end of the sentence, or where another report begins. `starts` holds the first
    tokens of the passage's other reports.
    """
    index = start
    while index < len(tokens) and tokens[index].low != STOP:
        low = tokens[index].low
        if index > start and (index in starts or low == "according") and _stands_apart(tokens, index, low):
            return index - (tokens[index - 1].low in _SIDE_BY_SIDE)
        if low in _BEFORE_DEEDS and index + 1 < len(tokens) and tokens[index + 1].low.endswith("ing"):
            return index
        if low == ";" or (low == "," and _turns_away(tokens, start, index + 1)):
            return index
        if low == QUOTED and _turns_away_behind(tokens, index):
            return index + 1
        index += 1
    return index


def end_of_relative(tokens: Sequence[Token], start: int, end: int) -> int:
    """Return where a relative clause ends: at a comma that the verb of the main clause follows."""
    for index in range(start + 1, end - 1):
        if tokens[index].low == "," and is_finite(tokens[index + 1]):
            return index
    return end


def is_finite(token: Token) -> bool:
    """Whether a word can be the verb of a clause that is told: had, said, voted."""
    told = any(form in (Form.PAST, Form.THIRD) for form, _ in LEXICON.get(token.low, ()))
    return not token.capital and (told or token.low in AUXILIARIES | PAST_TENSES or token.low.endswith("ed"))


def _stands_apart(tokens: Sequence[Token], index: int, low: str) -> bool:
    """Whether a report that begins at `index` ends the one before it, and is not a part of it."""
    before = tokens[index - 1].low
    if low == "according":
        return index < 2 or tokens[index - 2].low != "that"
    if before in {"but", "-", "—", "–"}:
        return True
    if before in _SIDE_BY_SIDE and tokens[index].capital:
        return True
    if before == QUOTED and tokens[index - 1].text.rstrip(_MARKS)[-1:] not in _SENTENCE_ENDS:
        return False
    if before not in {",", "and", "then", QUOTED}:
        return False
    entries = [verb for form, verb in LEXICON.get(low, ()) if form is not Form.BASE]
    reporting = any(verb.governs for verb in entries)
    judging = before == "and" or (before == "," and low.endswith("ing"))
    if not reporting and judging and any(Takes.OBJECT in verb.takes for verb in entries):
        reporting = any(token.low == QUOTED for token in tokens[index : index + _NEAR])
    return reporting or is_adverb(low) or low in AUXILIARIES


def _turns_away(tokens: Sequence[Token], start: int, index: int) -> bool:
    """Whether a comma ends what was said, and the article's own voice goes on: …, while others …

    Behind a mere subject it does not: the pier, which is old, will sink.
    """
    if index + 1 >= len(tokens) or tokens[index].low not in _TURNS:
        return False
    return has_verb(tokens, start + 1, index) or holds_quotation(tokens, start, index)


def _turns_away_behind(tokens: Sequence[Token], quoted: int) -> bool:
    """Whether the article itself goes on behind a quotation: “a ruin,” though …; “a ruin” — a word that …"""
    after = quoted + 1
    if after + 1 >= len(tokens):
        return False
    low, following = tokens[after].low, tokens[after + 1]
    if low in DASHES:
        return following.low in _EXPLAINING
    pronoun = bool(pronoun_of(following))
    closed = tokens[quoted].text.rstrip(_MARKS)[-1:] == ","
    return (low == "as" and pronoun) or (closed and (low in _CONTRASTS or (low == "but" and pronoun)))


def end_of_quoted(tokens: Sequence[Token], quoted: int, end: int) -> int:
    """Return where the phrase ends that the quotation at `quoted` belongs to.

    A quotation that closes like a sentence ends it; else it goes on to the next break: “a ruin” of a
    pier, but not: “a ruin” on Monday. What leads to a further quotation in a list is part of it.
    """
    index = quoted
    while index < end:
        low = tokens[index].low
        if low == QUOTED:
            if tokens[index].text.rstrip(_MARKS)[-1:] in _SENTENCE_ENDS:
                quoted = index + 1
                if not _lists_on(tokens, quoted, end) and not _stands_beside(tokens, quoted, end):
                    return quoted
        elif low in _LISTING:
            if not _lists_on(tokens, index, end):
                return index
        elif low in RELATIVES:
            if index != quoted + 1 and not holds_quotation(tokens, index, min(index + _LISTED, end)):
                return index
        elif low in _BREAKS or (low in PREPOSITIONS and not _ties(tokens, index, end)):
            return index
        index += 1
    return index


def _stands_beside(tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether another quotation follows one that closes with a comma: “wrong,” “dull” and false."""
    return index < end and tokens[index].low == QUOTED and tokens[index - 1].text.rstrip(_MARKS)[-1:] == ","


def _ties(tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether the preposition at `index` ties more to the quoted words, and tells no time or occasion."""
    low = tokens[index].low
    if low in {"of", "for", "to", "as", "than"}:
        return True
    near = tokens[index + 1 : min(index + 1 + _OCCASION_REACH, end)]
    return low in _TIES and not any(token.low in _OCCASIONS for token in near)


def _lists_on(tokens: Sequence[Token], index: int, end: int) -> bool:
    """Whether "and" or a comma at `index` leads to a further quotation within a few words."""
    if index >= end or tokens[index].low not in _LISTING:
        return False
    for token in tokens[index + 1 : min(index + _LISTED, end)]:
        if token.low == QUOTED:
            return True
        if token.low in _BREAKS or token.low in LEXICON:
            return False
    return False


def opens_clause(tokens: Sequence[Token], index: int) -> bool:
    """Whether a clause without "that" may begin here."""
    token = tokens[index]
    low = token.low
    if pronoun_of(token) or low in DETERMINERS or token.capital or low == QUOTED:
        return True
    if token.text[:1].isdigit():
        return True
    if not token.word or low in PREPOSITIONS or low in AUXILIARIES:
        return False
    return low not in CONJUNCTIONS or low in _OPENING_CONJUNCTIONS
