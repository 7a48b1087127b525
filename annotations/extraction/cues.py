"""The lexicon of reporting words: which verbs report speech and what each may take after it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from annotations.extraction.lexicon import read_table, read_words
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    ADVERBS,
    AUXILIARIES,
    BE_FORMS,
    DETERMINERS,
    OBJECT_PRONOUNS,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
    is_adverb,
    word_set,
)


class Takes(StrEnum):
    """What may follow a reporting verb; `lexicons/en/reporting_verbs.txt` has an example of each."""

    CLAUSE = "clause"
    THAT = "that"
    ONLY_THAT = "only-that"
    TO = "to"
    HEARER = "hearer"
    HEARER_TO = "hearer-to"
    NOUN = "noun"
    WHICH = "which"
    OBJECT = "object"  #: who or what is described: called the plan “a ruin”
    REGARDED = "regarded"  #: who or what is taken for something: regarded the plan as “a ruin”
    ACCUSED = "accused"  #: who is accused, and of what
    THOUGHT = "thought"  #: a clause that counts with quotation marks: thinks that it is “a ruin”
    QUOTATION = "quotation"  #: nothing but quotation marks


#: what constructions of their own read
OBJECTS = frozenset({Takes.OBJECT, Takes.REGARDED, Takes.ACCUSED})


class Form(StrEnum):
    """The form of a reporting verb."""

    BASE = "base"
    THIRD = "third person"
    PAST = "past"
    PARTICIPLE = "past participle"
    ING = "-ing"


class Verb(NamedTuple):
    """One entry of the lexicon: the verb, what it takes, the particles that belong to it."""

    lemma: str
    takes: frozenset[Takes]
    particles: tuple[str, ...]
    #: in (0, 1]: how surely the verb reports speech
    weight: float

    @property
    def governs(self) -> bool:
        """Whether words without quotation marks can be its content."""
        return not self.takes <= OBJECTS | {Takes.QUOTATION, Takes.THOUGHT}


class Cue(NamedTuple):
    """A reporting word in a passage: half-open indices of its tokens."""

    first: int
    last: int
    verb: Verb
    form: Form


_IRREGULAR = {
    "say": ("said", "said"),
    "tell": ("told", "told"),
    "write": ("wrote", "written"),
    "swear": ("swore", "sworn"),
    "begin": ("began", "begun"),
    "sing": ("sang", "sung"),
    "read": ("read", "read"),
    "go": ("went", "gone"),
    "make": ("made", "made"),
    "put": ("put", "put"),
    "shoot": ("shot", "shot"),
    "think": ("thought", "thought"),
    "feel": ("felt", "felt"),
    "know": ("knew", "known"),
    "find": ("found", "found"),
    "show": ("showed", "shown"),
    "see": ("saw", "seen"),
    "hear": ("heard", "heard"),
    "understand": ("understood", "understood"),
    "cast": ("cast", "cast"),
    "hit": ("hit", "hit"),
    "speak": ("spoke", "spoken"),
    "beseech": ("besought", "besought"),
}
#: verbs of more than one vowel whose last letter is doubled; short ones are told by their letters
_DOUBLED = word_set("quip admit rebut refer begin")
_SHORT = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
_VOWELS = "aeiou"


def third_person(verb: str) -> str:
    """Return the form with he or she: says, replies, stresses."""
    if verb.endswith(("s", "x", "z", "ch", "sh")) or verb == "go":
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ies"
    return verb + "s"


def past(verb: str) -> tuple[str, str]:
    """Return past tense and past participle: wrote and written, vowed and vowed."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d", verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied", verb[:-1] + "ied"
    stem = _doubled(verb)
    return stem + "ed", stem + "ed"


def ing(verb: str) -> str:
    """Return the -ing form: writing, begging, agreeing."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return _doubled(verb) + "ing"


def _doubled(verb: str) -> str:
    """Return a verb as it stands before -ed and -ing: slamm-ed, quipp-ed, warn-ed."""
    return verb + verb[-1] if verb in _DOUBLED or _SHORT.fullmatch(verb) else verb


def _forms(verb: str) -> dict[str, Form]:
    preterite, participle = past(verb)
    return {
        participle: Form.PARTICIPLE,
        verb: Form.BASE,
        third_person(verb): Form.THIRD,
        preterite: Form.PAST,
        ing(verb): Form.ING,
    }


#: a subject of so many words may stand between a quotation and its verb
_SHORT_SUBJECT = 6


def _entries() -> Mapping[tuple[str, ...], tuple[set[Takes], float]]:
    """Return what each verb of the lexicons takes, and its weight; a verb may stand in several."""
    found: dict[tuple[str, ...], tuple[set[Takes], float]] = {}

    def add(words: str, takes: Iterable[Takes], weight: float) -> None:
        known, heaviest = found.get(tuple(words.split()), (set(), 0.0))
        found[tuple(words.split())] = (known.union(takes), max(weight, heaviest))

    for words, takes in read_table("reporting_verbs"):
        add(words, map(Takes, takes.split()), 1.0)
    for words, _ in read_table("accusing_verbs"):
        add(words, [Takes.ACCUSED], 1.0)
    for words in read_words("describing_verbs"):
        add(words, [Takes.OBJECT], 0.9)
    for words in read_words("regarding_verbs"):
        add(words, [Takes.REGARDED], 0.8)
    for words in read_words("thinking_verbs"):
        add(words, [Takes.THOUGHT], 0.8)
    for words in read_words("manners_of_speaking"):
        add(words, [Takes.QUOTATION], 0.8)
    return found


def _lexicon() -> Mapping[str, tuple[tuple[Form, Verb], ...]]:
    """Return the entries for each written form, those with the most particles first."""
    by_form: dict[str, list[tuple[Form, Verb]]] = {}
    for (lemma, *particles), (takes, weight) in _entries().items():
        verb = Verb(" ".join([lemma, *particles]), frozenset(takes), tuple(particles), weight)
        for written, form in _forms(lemma).items():
            by_form.setdefault(written, []).append((form, verb))
    return {
        written: tuple(sorted(found, key=lambda entry: -len(entry[1].particles)))
        for written, found in by_form.items()
    }


LEXICON = _lexicon()
#: no subjects of a verb in -s: some states, many claims
_PLURALS = word_set("some many most several few both others all these those they we you i two three four")
_AMBIGUOUS = frozenset(read_words("ambiguous_forms"))


def find_cues(tokens: Sequence[Token]) -> list[Cue]:
    """Return the reporting verbs of a passage in order, without plain nouns and adjectives."""
    cues: list[Cue] = []
    taken = 0
    for index, token in enumerate(tokens):
        entries = LEXICON.get(token.low)
        if entries is None or index < taken:
            continue
        cue = _read_cue(tokens, index, entries)
        if cue and not _is_no_verb(tokens, cue):
            cues.append(cue)
            taken = cue.last
    return cues


def _read_cue(tokens: Sequence[Token], index: int, entries: Sequence[tuple[Form, Verb]]) -> Cue | None:
    for form, verb in entries:
        last = index + 1 + len(verb.particles)
        if tuple(token.low for token in tokens[index + 1 : last]) == verb.particles:
            return Cue(index, last, verb, form)
    return None


def _is_no_verb(tokens: Sequence[Token], cue: Cue) -> bool:
    token = tokens[cue.first]
    before = tokens[cue.first - 1] if cue.first else None
    if token.capital and before is not None and before.low != STOP:
        return True
    if before is None or before.low in {STOP, QUOTED}:
        return cue.form is Form.BASE and before is None
    if before.low == "that" and cue.form in (Form.PAST, Form.THIRD) and token.low not in _AMBIGUOUS:
        return False
    if before.low in POSSESSIVES or (before.low in DETERMINERS and before.low not in SUBJECT_PRONOUNS):
        return True
    if before.low == "to" and cue.form is Form.BASE:
        return False
    if before.low in {"-", "‑", "$"} or (before.low in PREPOSITIONS and cue.form is not Form.ING):
        return True
    if token.low in _AMBIGUOUS and cue.form is not Form.PAST:
        return not _fits_a_verb(tokens, cue)
    return False


def _ends_a_quotation(tokens: Sequence[Token], first: int) -> bool:
    """Whether a short subject parts a verb from a quotation that closes with a comma: “…,” the Danes state"""
    for token in reversed(tokens[max(first - _SHORT_SUBJECT, 0) : first]):
        if token.low == QUOTED:
            return "," in token.text[-3:]
        if not token.word:
            return False
    return False


def _fits_a_verb(tokens: Sequence[Token], cue: Cue) -> bool:
    """Whether the neighbours of a form that may be a noun speak for the verb."""
    before, last = tokens[cue.first - 1], cue.last
    while last < len(tokens) and is_adverb(tokens[last].low):
        last += 1
    after = tokens[last] if last < len(tokens) else None
    if cue.form is Form.THIRD and before.low in _PLURALS:
        return False
    if (
        before.low in SUBJECT_PRONOUNS
        or before.low in AUXILIARIES
        or before.low in ADVERBS
        or is_adverb(before.low)
    ):
        return True
    if after is None or before.low.endswith(("'s", "’s")):
        return False
    if before.low in BE_FORMS or _ends_a_quotation(tokens, cue.first):
        return True
    agrees = before.low.endswith("s") != (cue.form is Form.THIRD)
    plausible = before.low == "," or (before.word and (before.capital or agrees))
    content = (
        after.low in {"that", ",", ":", QUOTED} | SUBJECT_PRONOUNS | OBJECT_PRONOUNS | DETERMINERS
        or after.capital
        or bool(cue.verb.particles)
        or (after.low == "to" and Takes.TO in cue.verb.takes)
    )
    return content and (bool(plausible) or cue.form is Form.ING)
