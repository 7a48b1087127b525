"""Check-worthy claims: sentences that assert a fact which a reader could look up and find wrong."""

import re
from typing import NamedTuple

from annotations.extraction.words import DAYS, MONTHS, word_set


class Claim(NamedTuple):
    """How check-worthy a sentence is, in (0, 1), and what makes it so."""

    score: float
    reason: str


#: where suggesting a claim begins to pay
THRESHOLD = 0.5
_LEAST_WORDS = 5
#: no sentence is read further than this many characters
_LONGEST = 1000

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_QUANTITY = re.compile(r"[$€£¥] ?\d|\d ?%|\d (?:million|billion|trillion|bn|m)\b|\d,\d{3}\b|\bper ?cent\b")
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_DIGIT = re.compile(r"\d")

_NUMBERS = word_set(
    "two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy "
    "eighty ninety hundred hundreds thousand thousands million millions billion billions trillion dozen "
    "dozens half third quarter double doubled doubles triple tripled twice"
)
_COMPARATIVES = word_set(
    "more fewer less higher lower larger smaller greater better worse faster slower cheaper older younger "
    "bigger stronger weaker poorer richer earlier later compared"
)
_CHANGES = word_set(
    "increase increased increases increasing decrease decreased declined decline declining grow grew "
    "grown growing rose risen rising fell fallen falling dropped soared plunged surged shrank shrunk cut "
    "cuts lost gained raised lowered doubled tripled quadrupled slashed expanded"
)
_SUPERLATIVES = word_set(
    "most least largest biggest highest lowest worst best fastest first last oldest youngest longest only "
    "never ever record majority every none greatest smallest"
)
_LAW = word_set(
    "law laws bill act ban banned bans court ruled ruling illegal illegally constitution amendment treaty "
    "legislation tax taxes voted vote votes veto vetoed signed repeal repealed sanctions convicted "
    "indicted sentenced pleaded sued regulation regulations legal outlawed"
)
_CAUSES = word_set("because due caused cause causes led leads resulted result responsible linked")
_PUBLIC_LIFE = word_set(
    "jobs unemployment economy economic deficit debt budget spending trade wages wage income poverty "
    "crime murder murders deaths casualties troops nuclear weapons oil energy emissions healthcare "
    "insurance medicare medicaid education schools immigrants immigration refugees border population "
    "inflation exports imports election poll polls percent war military police manufacturing welfare "
    "veterans workers families children countries nation"
)
_EVENT_VERBS = word_set(
    "was were had did went came took made won lost died killed became began fell rose left sent met got "
    "gave has have spent paid built broke ran held"
)
_DATES = (
    DAYS
    | (MONTHS - {"may", "march"})
    | word_set("yesterday ago decade decades year years month months week since")
)

_OPINION_OPENERS = word_set("i we i'm i’m we're we’re")
_OPINION_VERBS = word_set("think believe hope feel want guess wish love like know mean")
_ADVICE = word_set("should must ought hopefully let's let’s please perhaps maybe gonna would")
_FUTURE = word_set("will could might may if i'll we'll i’ll we’ll can")
_TASTE = word_set(
    "beautiful wonderful terrible great awful amazing ridiculous shameful thank thanks welcome sorry glad "
    "happy proud"
)
_GREETINGS = word_set("good hello hi thank thanks welcome please yes no ok okay well")
_ORDERS = word_set(
    "read see watch listen click follow sign subscribe let's let’s look imagine remember here's here’s"
)


def weigh_claim(sentence: str) -> Claim | None:
    """Return how check-worthy a sentence is, or None for a question, a greeting, an order or a scrap.

    A sentence without any sign scores near 0.
    """
    passage = sentence[:_LONGEST].lower()
    words = _WORD.findall(passage)
    if len(words) < _LEAST_WORDS or sentence.rstrip(" \"'”’»)").endswith("?"):
        return None
    if words[0] in _ORDERS or (words[0] in _GREETINGS and len(words) < 2 * _LEAST_WORDS):
        return None
    present = frozenset(words)
    signs = _signs(passage, words, present)
    missing = 1.0
    for weight in signs.values():
        missing *= 1 - weight
    score = (1 - missing) * _doubt(words, present)
    return Claim(min(max(score, 0.01), 0.95), ", ".join(signs) or "no sign")


def _signs(passage: str, words: list[str], present: frozenset[str]) -> dict[str, float]:
    """Return what speaks for a check, each with its weight in (0, 1)."""
    signs: dict[str, float] = {}
    if _QUANTITY.search(passage):
        signs["quantity"] = 0.5
    if _DIGIT.search(passage) or present & _NUMBERS:
        signs["number"] = 0.3
    if (
        ("than" in present or "to" in present)
        and present & _COMPARATIVES
        and ("than" in present or "compared" in present)
    ):
        signs["comparison"] = 0.35
    if present & _CHANGES:
        signs["change"] = 0.3
    if present & _SUPERLATIVES:
        signs["superlative"] = 0.25
    if present & _LAW:
        signs["law or vote"] = 0.3
    if present & _CAUSES:
        signs["cause"] = 0.15
    if present & _PUBLIC_LIFE:
        signs["public life"] = 0.25
    event = bool(present & _EVENT_VERBS) or any(word.endswith("ed") and len(word) > 4 for word in words)
    if event and (present & _DATES or _YEAR.search(passage)):
        signs["event with a date"] = 0.35
    elif event:
        signs["event"] = 0.2
    return signs


def _doubt(words: list[str], present: frozenset[str]) -> float:
    """Return the factor in (0, 1] by which opinion, advice, guess and taste lower a score."""
    factor = 1.0
    if not _OPINION_OPENERS.isdisjoint(words[:3]) and not _OPINION_VERBS.isdisjoint(words[:8]):
        factor *= 0.55
    if present & _ADVICE:
        factor *= 0.65
    if present & _FUTURE:
        factor *= 0.75
    if present & _TASTE:
        factor *= 0.8
    return factor
