"""The lexicon of reporting words: which verbs report speech and what each may take after it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    ADVERBS,
    AUXILIARIES,
    BE_FORMS,
    DETERMINERS,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
    is_adverb,
    word_set,
)


class Takes(StrEnum):
    """What may follow a reporting verb."""

    CLAUSE = "c"  #: a clause without "that": said he would go
    THAT = "t"  #: a clause with "that", "whether", "how"
    TO = "i"  #: what the speaker will do: vowed to stay
    HEARER_TO = "o"  #: what a hearer should do: urged voters to stay
    HEARER = "r"  #: a hearer, then what was said: told reporters (that) …
    NOUN = "n"  #: a noun phrase that says the content: proposed a ban
    OF = "f"  #: a target, then what is said of it: called him a liar


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
    takes: str
    particles: tuple[str, ...]
    #: in (0, 1]: how surely the verb reports speech
    weight: float


class Cue(NamedTuple):
    """A reporting word in a passage: half-open indices of its tokens."""

    first: int
    last: int
    verb: Verb
    form: Form


# verb[+particle]:what it takes (no code: only quotation marks follow it)
_STRONG = """
say:ct tell:ro claim:ct argue:ct insist:ct contend:ct maintain:t allege:ct assert:ct declare:ct state:ct
acknowledge:ct admit:ct concede:ct warn:ctr explain:t note:ct add:ct reiterate:t tweet:ct predict:ct
complain:t suggest:ct caution:t assure:r inform:r remind:r testify:t conclude:ct emphasize:t emphasise:t
stress:t deny:tn promise:ctir pledge:ti vow:ti swear:ct report:ct reveal:ct announce:ctn boast:t remark:t
recount:t recall:ct write:ct ask:qo urge:o respond:t reply:t quip:t joke:t lament:t estimate:ct proclaim:t
confirm:ct disclose:t observe:t mention:t repeat:t speculate:t opine:t posit:t confess:t affirm:t
underscore:t underline:t protest:t counter:t retort:t imply:t hint:t propose:tn recommend:tn demand:tin
agree:ti threaten:i offer:i advise:ro accuse:f blame:f call+for:n call+on:o call+upon:o point+out:t
go+on+to+say:ct make+clear:t describe:f call:f dub:f label:f denounce:f brand:f refer+to:f characterize:f
characterise:f portray:f warn+of:n warn+against:n implore:o beseech:o beg:o instruct:o caution+against:n
complain+about:n boast+about:n boast+of:n
"""
_QUOTING = """
continue begin exclaim shout yell scream whisper mutter chant cry laugh shrug interject interrupt muse snap
sigh plead read quote sing intone deadpan thunder fire+back shoot+back answer relate venture crack scoff
bemoan marvel post email text blog elaborate put+it chime+in sum+up enthuse gush rage fume growl sneer bark
roar murmur mumble stammer bellow taunt tease chide scold mock rail slam blast rip attack decry deride
dismiss praise criticize criticise condemn hail tout thank congratulate comment agree wonder think start
open finish end close conclude concur chuckle grin smile nod advise argue counsel dictate echo object offer
pronounce rebut reflect reason reassure summarize volunteer wail preach
"""
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
    "beseech": ("besought", "besought"),
}
_DOUBLED = frozenset(
    {
        "rip",
        "quip",
        "beg",
        "chat",
        "admit",
        "snap",
        "dub",
        "rebut",
        "nod",
        "hug",
        "grin",
        "blog",
        "put",
        "begin",
    }
)
_VOWELS = "aeiou"
#: forms that are as often a noun or an adjective
_AMBIGUOUS = word_set(
    "claim claims report reports state states note notes comment comments call calls estimate estimates "
    "promise promises demand demands warning offer offers order orders tweet tweets post posts read reads "
    "reply replies answer answers cry cries laugh laughs text texts email emails blog blogs attack "
    "attacks mock open close start end finish blast slam quote quotes echo echoes brand brands label "
    "labels object objects reason reasons volunteer taunt cracks crack rage recall caution stress blame "
    "joke jokes swear remark remarks pledge pledges vow vows boast boasts protest protests counter "
    "counters address calling writing warning reporting rip ripped sum bark shrug shrugs smile smiles nod "
    "nods sigh chant chants record finding posting opening closing ending counsel object wonder wonders "
    "complaint guess tease respond"
)


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
    stem = verb + verb[-1] if verb in _DOUBLED else verb
    return stem + "ed", stem + "ed"


def ing(verb: str) -> str:
    """Return the -ing form: writing, begging, agreeing."""
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return (verb + verb[-1] if verb in _DOUBLED else verb) + "ing"


def _forms(verb: str) -> dict[str, Form]:
    preterite, participle = past(verb)
    return {
        participle: Form.PARTICIPLE,
        verb: Form.BASE,
        third_person(verb): Form.THIRD,
        preterite: Form.PAST,
        ing(verb): Form.ING,
    }


def _lexicon() -> Mapping[str, tuple[tuple[Form, Verb], ...]]:
    """Return the entries for each written form, those with the most particles first."""
    entries: dict[str, list[tuple[Form, Verb]]] = {}
    known: set[tuple[str, ...]] = set()
    for source, weight in ((_STRONG, 1.0), (_QUOTING, 0.8)):
        for entry in source.split():
            words, _, takes = entry.partition(":")
            lemma, *particles = words.split("+")
            if (lemma, *particles) in known:
                continue
            known.add((lemma, *particles))
            verb = Verb(words.replace("+", " "), takes, tuple(particles), weight)
            for written, form in _forms(lemma).items():
                entries.setdefault(written, []).append((form, verb))
    return {
        written: tuple(sorted(found, key=lambda entry: -len(entry[1].particles)))
        for written, found in entries.items()
    }


LEXICON = _lexicon()
#: nouns that hold what somebody said: his claim that …
CUE_NOUNS = word_set(
    "claim claims statement warning promise assertion allegation accusation announcement admission "
    "suggestion argument prediction complaint insistence contention remark remarks assurance pledge vow "
    "acknowledgment declaration"
)


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
    if before.low in POSSESSIVES or (before.low in DETERMINERS and before.low not in SUBJECT_PRONOUNS):
        return True
    if before.low in {"-", "‑", "$"} or (before.low in PREPOSITIONS and cue.form is not Form.ING):
        return True
    if token.low in _AMBIGUOUS and cue.form is not Form.PAST:
        return not _fits_a_verb(tokens, cue)
    return False


def _fits_a_verb(tokens: Sequence[Token], cue: Cue) -> bool:
    """Whether the neighbours of a form that may be a noun speak for the verb."""
    before, after = tokens[cue.first - 1], tokens[cue.last] if cue.last < len(tokens) else None
    if (
        before.low in SUBJECT_PRONOUNS
        or before.low in AUXILIARIES
        or before.low in ADVERBS
        or is_adverb(before.low)
    ):
        return True
    if after is None or before.low.endswith(("'s", "’s")):
        return False
    if before.low in BE_FORMS:
        return True
    agrees = before.low.endswith("s") != (cue.form is Form.THIRD)
    plausible = before.low == "," or (before.word and (before.capital or agrees))
    content = (
        after.low in {"that", ",", ":", QUOTED} | SUBJECT_PRONOUNS | DETERMINERS
        or after.capital
        or bool(cue.verb.particles)
    )
    return bool(plausible and content)
