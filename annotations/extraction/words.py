"""Closed classes of English words, and the few open ones that delimit a noun phrase.

The grammar is written in English words. Other languages are read in glosses, the English words whose
places theirs take (`languages.py`), so what holds of a class here holds of their words too.
"""

from annotations.extraction.lexicon import read_sections


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is separated by white space."""
    return frozenset(text.split())


_CLASSES = {name: frozenset(words) for name, words in read_sections("word_classes").items()}

SUBJECT_PRONOUNS = _CLASSES["subject pronouns"]
OBJECT_PRONOUNS = _CLASSES["object pronouns"]
RELATIVES = _CLASSES["relatives"]
DETERMINERS = _CLASSES["determiners"]
POSSESSIVES = _CLASSES["possessives"]
PREPOSITIONS = _CLASSES["prepositions"]
#: prepositions that tie a phrase to the noun before it within a name of office
NOUN_TIES = _CLASSES["noun ties"]
CONJUNCTIONS = _CLASSES["conjunctions"]
AUXILIARIES = _CLASSES["auxiliaries"]
BE_FORMS = _CLASSES["be forms"]
NEGATED = _CLASSES["negated"]
ADVERBS = _CLASSES["adverbs"]
#: past tenses that end in no -ed
PAST_TENSES = _CLASSES["past tenses"]
DAYS = _CLASSES["days"]
MONTHS = _CLASSES["months"]
TIMES = DAYS | MONTHS | _CLASSES["relative days"]
TIME_NOUNS = _CLASSES["time nouns"]
TIME_LEADS = _CLASSES["time leads"]
#: nouns of persons and bodies, beside what ends like one (see `names_a_role`)
ROLES = _CLASSES["roles"]
_ROLE_ENDINGS = tuple(sorted(_CLASSES["role endings"]))
_NO_ROLES = _CLASSES["no roles"]
#: small words within a name: Ludwig van Beethoven
NAME_PARTICLES = _CLASSES["name particles"]
TITLES = _CLASSES["titles"]
#: nouns that speak for whoever wrote them
SPEAKING_NOUNS = _CLASSES["speaking nouns"]


def names_a_role(word: str) -> bool:
    """Whether a lower-case noun can stand before a name as its office or trade."""
    return word in ROLES or (len(word) > 4 and word.endswith(_ROLE_ENDINGS) and word not in _NO_ROLES)


def is_adverb(word: str) -> bool:
    """Whether a word may stand between a subject and its verb."""
    return word in ADVERBS or (
        len(word) > 4 and word.endswith("ly") and word not in {"family", "ally", "reply", "italy"}
    )
