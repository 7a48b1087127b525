"""The languages that articles are written in, and how the grammar reads them.

The grammar is written in English words. Another language is a folder in `lexicons/` with two files:
`glosses.txt` says which of its words take the place of which English ones, and `grammar.txt` in what its
word order and spelling differ. Its articles are read in glosses: each token keeps its place and its text,
and its lower-cased form is the English word. `docs/development.md` shows how to add one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from annotations.extraction.cues import LEXICON
from annotations.extraction.lexicon import LEXICONS, read_sections, read_table
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import (
    ADVERBS,
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    OBJECT_PRONOUNS,
    POSSESSIVES,
    PREPOSITIONS,
    SUBJECT_PRONOUNS,
)

#: what `grammar.txt` may say under the heading [traits]
VERB_SECOND = "verb-second"
CAPITAL_NOUNS = "capital-nouns"
COMMAS_BEFORE_CLAUSES = "commas-before-clauses"
TRAITS = frozenset({VERB_SECOND, CAPITAL_NOUNS, COMMAS_BEFORE_CLAUSES})
_HEADINGS = frozenset({"traits", "adjective endings", "reported mood", "doubtful mood", "first person"})

#: behind a word that no gloss explains, so that it is not taken for the English word of its letters
_FOREIGN = "°"
#: the gloss of an adjective before its noun, and of the particle of a verb
_MODIFIER = "former"
_PARTICLE = "already"
_KEPT = "-"
_ELLIPSIS = "…"
#: a primary subtag
_CODE = re.compile(r"[a-z]{2,8}")
_MOST_LANGUAGES = 100
_LINE = re.compile(r"(?P<gloss>[^()]+?)(?: \((?P<places>[^)]*)\))?")
#: a particle stands at most so many tokens behind its verb
_LONGEST_BRACKET = 20
_PAUSES = frozenset({",", "—", "–", "-", QUOTED})
_CLAUSE_ENDS = frozenset({",", ".", ":", ";", "!", "?", STOP, QUOTED, "and"})


class LanguageError(ValueError):
    """A file of a language cannot be read; the message says which line and why."""


class _Gloss(NamedTuple):
    """One way to read a word: with the words that must follow it, and where it must stand."""

    glosses: tuple[str, ...]
    following: tuple[str, ...]
    particle: str
    places: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Language:
    """How articles of one language are read.

    Attributes:
        code: the primary subtag of its BCP 47 tag.
        known: whether there is a lexicon; without one only quotation marks tell what is said.
        traits: in what it differs from English.
        adjective_endings: what adjectives before a noun end in, where all nouns have a capital.
        reported_mood: verb forms that mark a sentence as reported by themselves.
        doubtful_mood: verb forms that do so only behind a quote.
        first_person: words beside which such a form is none.
    """

    code: str
    known: bool = True
    traits: frozenset[str] = frozenset()
    adjective_endings: tuple[str, ...] = ()
    reported_mood: frozenset[str] = frozenset()
    doubtful_mood: frozenset[str] = frozenset()
    first_person: frozenset[str] = frozenset()
    _glosses: Mapping[str, Sequence[_Gloss]] = field(default_factory=dict, repr=False)

    def read(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """Return the tokens of a passage in glosses."""
        if not self._glosses:
            return tokens
        glossed = self._gloss(tokens)
        return self._modify(glossed) if CAPITAL_NOUNS in self.traits else glossed

    def _gloss(self, tokens: Sequence[Token]) -> list[Token]:
        found: dict[int, str] = {}
        for index, token in enumerate(tokens):
            if index in found or not token.word:
                continue
            for gloss in self._glosses.get(token.low, ()):
                places = self._places(tokens, index, gloss)
                if places:
                    found |= {
                        place: word
                        for place, word in zip(places, (*gloss.glosses, _PARTICLE), strict=False)
                        if word != _KEPT
                    }
                    break
        return [
            token._replace(low=found[index]) if index in found else self._unglossed(token)
            for index, token in enumerate(tokens)
        ]

    def _places(self, tokens: Sequence[Token], index: int, gloss: _Gloss) -> list[int]:
        """Return the places of the words that a gloss explains from `index` on; none if it does not fit."""
        last = index + 1 + len(gloss.following)
        if tuple(token.low for token in tokens[index + 1 : last]) != gloss.following:
            return []
        if not all(_PLACES[place](self, tokens, index) for place in gloss.places):
            return []
        if not gloss.particle:
            return list(range(index, last))
        particle = self._particle(tokens, index, gloss.particle)
        return [index, particle] if particle is not None else []

    def _particle(self, tokens: Sequence[Token], verb: int, particle: str) -> int | None:
        """Return where the particle of a verb closes its clause: teilte die Polizei mit."""
        for index in range(verb + 1, min(verb + _LONGEST_BRACKET, len(tokens))):
            low = tokens[index].low
            if low in _CLAUSE_ENDS:
                return None
            follows = tokens[index + 1].low if index + 1 < len(tokens) else STOP
            if low == particle and (follows in _CLAUSE_ENDS or self.means(follows, "and")):
                return index
        return None

    def means(self, word: str, gloss: str) -> bool:
        """Whether a lower-cased word has a gloss wherever it stands."""
        return any(entry.glosses == (gloss,) and not entry.places for entry in self._glosses.get(word, ()))

    def _unglossed(self, token: Token) -> Token:
        if not token.word or token.low in {QUOTED, STOP}:
            return token
        foreign = not token.capital or token.low in _ENGLISH
        return token._replace(low=token.low + _FOREIGN) if foreign else token

    def _modify(self, tokens: Sequence[Token]) -> list[Token]:
        """Gloss the adjectives before nouns: die alte Mole."""
        glossed = list(tokens)
        for index in range(len(tokens) - 2, -1, -1):
            token, after = glossed[index], glossed[index + 1]
            if self.is_adjective(token) and after.word and (after.capital or after.low == _MODIFIER):
                glossed[index] = token._replace(low=_MODIFIER)
        return glossed

    def is_adjective(self, token: Token) -> bool:
        """Whether a word that no gloss explains can be an adjective before its noun."""
        plain = token.low.removesuffix(_FOREIGN)
        return not token.capital and token.low != plain and plain.endswith(self.adjective_endings)


def _is_noun(language: Language, token: Token) -> bool:
    return token.capital or any(language.means(token.low, word) for word in ("the", "his", "her"))


def _after_noun(language: Language, tokens: Sequence[Token], index: int) -> bool:
    before = tokens[index - 1] if index else None
    noun = before is not None and before.capital and before.low not in language._glosses
    return noun and not tokens[index].capital


def _after_comma(_: Language, tokens: Sequence[Token], index: int) -> bool:
    return index > 0 and tokens[index - 1].low in _PAUSES


def _before_noun(language: Language, tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and _is_noun(language, tokens[index + 1])


def _opens_clause(language: Language, tokens: Sequence[Token], index: int) -> bool:
    """Whether a word behind a comma stands before no noun: a ship, which yesterday sank."""
    if not _after_comma(language, tokens, index) or index + 1 >= len(tokens):
        return False
    after = tokens[index + 1]
    if after.capital or not after.word:
        return False
    return after.low in language._glosses or not after.low.endswith(language.adjective_endings or (" ",))


_PLACES: Mapping[str, Callable[[Language, Sequence[Token], int], bool]] = {
    "after a noun": _after_noun,
    "after a comma": _after_comma,
    "before a noun": _before_noun,
    "opens a clause": _opens_clause,
}
_ENGLISH = (
    AUXILIARIES
    | CONJUNCTIONS
    | DETERMINERS
    | OBJECT_PRONOUNS
    | POSSESSIVES
    | PREPOSITIONS
    | ADVERBS
    | SUBJECT_PRONOUNS
    | LEXICON.keys()
)


def read_language(folder: Path) -> Language:
    """Return the language of a folder, whose name is its code.

    Raises:
        LanguageError: if a line of its files cannot be read.
    """
    sections = read_sections("grammar", folder) if (folder / "grammar.txt").exists() else {}
    if unknown := sections.keys() - _HEADINGS:
        raise LanguageError(f"{folder.name}/grammar.txt: no heading is called {', '.join(sorted(unknown))}")
    traits = frozenset(sections.get("traits", ()))
    if others := traits - TRAITS:
        raise LanguageError(f"{folder.name}/grammar.txt: no trait is called {', '.join(sorted(others))}")
    return Language(
        code=folder.name,
        traits=traits,
        adjective_endings=tuple(sections.get("adjective endings", ())),
        reported_mood=frozenset(sections.get("reported mood", ())),
        doubtful_mood=frozenset(sections.get("doubtful mood", ())),
        first_person=frozenset(sections.get("first person", ())),
        _glosses=_read_glosses(folder),
    )


def _read_glosses(folder: Path) -> Mapping[str, Sequence[_Gloss]]:
    """Return the ways to read each word, the most particular first."""
    found: dict[str, list[_Gloss]] = {}
    for head, words in read_table("glosses", folder):
        line = _LINE.fullmatch(head)
        places = tuple(part.strip() for part in (line["places"] or "").split(",")) if line else ()
        places = tuple(place for place in places if place)
        if line is None or not words or not set(places) <= _PLACES.keys():
            raise LanguageError(f"{folder.name}/glosses.txt: “{head}: {words}” cannot be read")
        glosses = tuple(line["gloss"].split())
        for phrase in words.split(","):
            first, *rest = phrase.split()
            verb, particle = (rest[:-2], rest[-1]) if _ELLIPSIS in rest else (rest, "")
            if len(glosses) != 1 + len(verb):
                raise LanguageError(f"{folder.name}/glosses.txt: {head!r} has another length than {phrase!r}")
            found.setdefault(first, []).append(_Gloss(glosses, tuple(verb), particle, places))
    for entries in found.values():
        entries.sort(key=lambda entry: (-len(entry.following), not entry.particle, -len(entry.places)))
    return found


ENGLISH = Language(code="en")


@lru_cache(maxsize=_MOST_LANGUAGES)
def language_of(tag: str, folder: Path = LEXICONS) -> Language:
    """Return the language of a BCP 47 tag; English for none, and an unknown one without a lexicon for it."""
    code = re.split(r"[-_]", tag.strip().lower())[0] or ENGLISH.code
    if code == ENGLISH.code:
        return ENGLISH
    if not (_CODE.fullmatch(code) and (folder / code / "glosses.txt").is_file()):
        return Language(code=code, known=False)
    return read_language(folder / code)
