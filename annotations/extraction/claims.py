"""Check-worthy claims: sentences that assert a fact which a reader could look up and find wrong."""

import math
import re
from typing import NamedTuple

from annotations.extraction import claim_words as known


class Claim(NamedTuple):
    """How check-worthy a sentence is, in (0, 1), what speaks for it and what against."""

    score: float
    signs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The signs and doubts, for a person to read."""
        signs = ", ".join(self.signs) or "no sign"
        return f"{signs}; doubtful: {', '.join(self.doubts)}" if self.doubts else signs


#: where suggesting a claim begins to pay
THRESHOLD = 0.3
_LEAST_WORDS = 4
#: an order or a greeting of so many words says something besides
_MANY_WORDS = 12
#: a sentence of fewer words is thin, unless it measures something
_FEW_WORDS = 8
_MEASURES = frozenset({"quantity", "comparison"})
#: no sentence is read further than this many characters
_LONGEST = 1000
#: within so many words from its beginning a sentence shows who speaks of whom
_OPENING = 6
_OPENING_LENGTH = 50
_OPENERS = known.ORDERS | known.GREETINGS

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_QUANTITY = re.compile(
    r"[$€£¥] ?\d|\d ?%|\d (?:million|billion|trillion|bn|m)\b|\d[,. ]\d{3}\b|\bper ?cent\b|\d\.\d"
)
_SHARE = re.compile(
    r"\b(?:half|third|quarter|fifth|tenth|twice|times) (?:of|as|the)\b"
    r"|\b\w+ (?:in|out of) (?:ten|five|four)\b"
)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_DIGIT = re.compile(r"\d")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w’'-]+|\b[A-Z][\w’'-]+ [A-Z][\w’'-]+")
_MY_OPINION = re.compile(r"\bin (?:my|our) (?:opinion|view|judgment|judgement)\b")
_NOTICE = re.compile(r":(?: |$)|\d ?[ap]\.? ?m\b")
_INTENT = re.compile(r"\b(?:going|have|has|had|got|want|wants|like|try|ready|willing|able) to\b")


def weigh_claim(sentence: str) -> Claim | None:
    """Return how check-worthy a sentence is, or None for a question, a greeting, an order or a scrap.

    A sentence without any sign scores near 0.
    """
    passage = sentence[:_LONGEST]
    lower = passage.lower()
    words = _WORD.findall(lower)
    while words and words[0] in known.CONNECTIVES:
        del words[0]
    if len(words) < _LEAST_WORDS or sentence.rstrip(" \"'”’»)").endswith("?"):
        return None
    if words[0] in _OPENERS and len(words) < _MANY_WORDS:
        return None
    present = frozenset(words)
    signs = _signs(passage, lower, words, present)
    doubts = _doubts(lower, words, present)
    if len(words) < _FEW_WORDS and signs.keys().isdisjoint(_MEASURES):
        doubts["thin"] = 0.6
    missing = math.prod(1 - weight for weight in signs.values())
    score = (1 - missing) * math.prod(doubts.values())
    return Claim(min(max(score, 0.01), 0.95), tuple(signs), tuple(doubts))


def _signs(passage: str, lower: str, words: list[str], present: frozenset[str]) -> dict[str, float]:
    """Return what speaks for a check, each with its weight in (0, 1)."""
    signs: dict[str, float] = {}
    if _QUANTITY.search(lower) or _SHARE.search(lower):
        signs["quantity"] = 0.5
    if _DIGIT.search(lower) or present & known.NUMBERS:
        signs["number"] = 0.3
    if present & known.MULTIPLES or ({"than", "compared"} & present and present & known.COMPARATIVES):
        signs["comparison"] = 0.35
    if present & known.CHANGES:
        signs["change"] = 0.3
    if present & known.SUPERLATIVES:
        signs["superlative"] = 0.25
    if present & known.UNIVERSALS:
        signs["all or none"] = 0.1
    if present & known.LAW:
        signs["law or vote"] = 0.3
    if present & known.CAUSES:
        signs["cause"] = 0.15
    if present & known.PUBLIC_LIFE:
        signs["public life"] = 0.25
    if present & known.EVIDENCE:
        signs["evidence"] = 0.15
    event = _tells_event(words, present)
    if event and (present & known.DATES or _YEAR.search(lower)):
        signs["event with a date"] = 0.35
    elif event:
        signs["event"] = 0.2
    opening = frozenset(words[:_OPENING])
    if opening & known.OTHERS or opening & known.BODIES or _NAME.search(passage, 0, _OPENING_LENGTH):
        signs["somebody's doing"] = 0.2
    if not event and present & known.STATES:
        signs["state"] = 0.1
    return signs


def _tells_event(words: list[str], present: frozenset[str]) -> bool:
    if present & known.EVENT_VERBS or present & known.AUXILIARIES:
        return True
    return any(word.endswith("ed") and len(word) > 4 and word not in known.NO_EVENTS for word in words)


def _doubts(lower: str, words: list[str], present: frozenset[str]) -> dict[str, float]:
    """Return what speaks against a check, each with the factor in (0, 1) by which it lowers a score."""
    doubts: dict[str, float] = {}
    speaker = not known.SPEAKER.isdisjoint(words[:3])
    if (speaker and not known.OPINION_VERBS.isdisjoint(words[:8])) or _MY_OPINION.search(lower):
        doubts["opinion"] = 0.5
    if present & known.ADVICE:
        doubts["advice"] = 0.6
    if present & known.FUTURE or _INTENT.search(lower):
        doubts["not yet so"] = 0.7
    if present & known.DENIALS:
        doubts["denied"] = 0.7
    if present & known.SUPPOSED:
        doubts["supposed"] = 0.8
    if present & known.PLANS and present & known.SPEAKER:
        doubts["plan"] = 0.8
    if present & known.TASTE:
        doubts["judgement"] = 0.75
    if "you" in present or "your" in present:
        doubts["addressed"] = 0.8
    if words[0].endswith("ing") or words[0] == "to":
        doubts["no subject"] = 0.7
    if words[0] in _OPENERS:
        doubts["order or greeting"] = 0.5
    if _NOTICE.search(lower) and present & known.NOTICES:
        doubts["notice"] = 0.4
    return doubts
