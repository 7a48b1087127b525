"""Protected sources: names that must not leave, blacked out in a record with every offset kept.

What is protected is named in a list, or marked in the article itself: an annotation whose attribute
`protected` is `yes`. See docs/release-contents.md for what is found, and what cannot be.
"""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from corpus.text.spans import joined_surface

Record = Mapping[str, Any]

#: What stands in the place of each code point of a protected name.
BLACK = "█"
#: The attribute that marks an annotation as naming a protected source, and its value.
PROTECTED, YES = "protected", "yes"

#: Fields that hold ids, numbers, times or words of the scheme; text and surfaces are dealt with apart.
_PLAIN = frozenset(
    {
        *("schema", "id", "root", "corpus", "text_sha256", "published_at", "language", "status", "layer"),
        *("label", "attributes", "origin", "annotator", "derived_from", "head", "child", "on", "line"),
        *("verdict", "reviewer", "at", "result", "retracts", "implied_by"),
        *("text", "surface", "segments", "blocks"),
    }
)
#: Words that name nobody by themselves: particles, articles, titles, pronouns.
_NO_NAMES = frozenset([
    "a", "af", "al", "an", "and", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "des", "di",
    "die", "dos", "du", "ein", "eine", "el", "er", "es", "for", "from", "he", "her", "his", "ibn", "in", "it",
    "la", "las", "le", "les", "los", "of", "on", "or", "she", "sie", "st", "that", "the", "they", "this",
    "to", "und", "van", "vel", "vom", "von", "we", "who", "with", "you", "zu", "zum", "zur",
    "dame", "dr", "frau", "herr", "lady", "lord", "madame", "miss", "mister", "mlle", "mme", "mr", "mrs",
    "ms", "mx", "prof", "professor", "rev", "sir",
])  # fmt: skip
#: Scripts that write no spaces between words, or join endings to a name: nothing parts the name from them.
_JOINED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(r"[\p{L}\p{M}]+")
#: Words that signs join: O'Neill, Holm-Larsen.
_COMPOUND = regex.compile(r"[\p{L}\p{M}]+(?:\p{P}[\p{L}\p{M}]+)+")
_CAPITAL = regex.compile(r"\p{Lu}(?<=\p{Ll}[\p{M}\p{Cf}]*\p{Lu})")
#: A letter of the other scripts: next to one, a name is part of a longer word.
_LETTER = rf"[\p{{L}}\p{{M}}--[{_JOINED}]]"
_PARTED = regex.compile(_LETTER, regex.V1)
#: A name may be a number that somebody can be called by, in whatever groups its digits are written.
_WORD_OR_DIGIT = regex.compile(r"[\p{L}\p{M}]+|\p{N}")
#: By how many first signs of its first word a name is looked up among others.
_HEAD = 3
#: Between the words of a name; nothing where they are run together, as in an address.
_GAP = r"[^\p{L}\p{M}\p{N}]{0,4}"
#: A genitive's s may follow without an apostrophe; with one it is a word of its own.
_BEFORE, _AFTER = rf"(?<!{_LETTER})", rf"(?!(?!s(?!{_LETTER})){_LETTER})"


@dataclass(frozen=True)
class Names:
    """Protected names, ready to be looked for; `protected_names` makes them."""

    patterns: tuple["regex.Pattern[str]", ...] = ()

    def __add__(self, others: "Names") -> "Names":
        return Names((*self.patterns, *others.patterns))


def protected_names(names: Iterable[str]) -> Names:
    """Return the names of a list, each as a whole and each part of it that names somebody: the surname alone.

    Particles, titles and single letters are looked for only within a name. Make them once for many records.
    """
    listed = list(names)
    return _names([*listed, *(word for name in listed for word in _parts(name))])


def marked_names(record: Record) -> Names:
    """Return the names that are marked in a record, to be looked for in others that print the same."""
    text = record["text"]
    return _marked_names([text[start:end] for start, end in _marked(record)])


def redact(record: Record, names: Names) -> dict[str, Any]:
    """Return a record without its protected names; where it has none, only `redacted` comes to it, empty.

    Every occurrence is blacked out, code point by code point, in the text, in what was written about it and
    in the fields of the article; `redacted` says where in the text. What would undo it goes: the address
    leads to the article itself, so it is emptied, and the sha256 becomes that of the redacted text, since
    names could be tried against the other. An external id that holds a name gives way to the article's id.

    Raises:
        ValueError: the record has no text; put it back first.
    """
    text = record["text"]
    if not text and record.get("length"):
        raise ValueError("A record without its text cannot be redacted: put the text back first.")
    patterns = (names + marked_names(record)).patterns
    spans = _united([*_marked(record), *_found(text, patterns)])
    redacted: dict[str, Any] = _redacted(record, patterns)
    if not spans and redacted == record:
        return {**redacted, "redacted": []}
    text = blacked_out(text, spans)
    rows = [{**row, "surface": joined_surface(text, row["segments"])} for row in redacted["annotations"]]
    same_name = redacted["external_id"] == record["external_id"]
    return {
        **redacted,
        "external_id": record["external_id"] if same_name else record["id"],
        "text": text,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "url": "",
        "annotations": rows,
        "redacted": spans,
    }


def redact_words(words: str, names: Names) -> str:
    """Return words that stand beside the records with the protected names black in them, too."""
    return blacked_out(words, _united(_found(words, names.patterns)))


def blacked_out(text: str, spans: Iterable[Sequence[int]]) -> str:
    """Return a text of the same length with every code point of these spans black."""
    pieces, done = [], 0
    for start, end in spans:
        pieces += [text[done:start], BLACK * (end - start)]
        done = end
    return "".join((*pieces, text[done:]))


def _redacted(value: Any, patterns: tuple["regex.Pattern[str]", ...]) -> Any:
    """Return a value of a record with the protected names black in every string that may hold one."""
    if isinstance(value, str):
        return redact_words(value, Names(patterns))
    if isinstance(value, Mapping):
        return {key: inner if key in _PLAIN else _redacted(inner, patterns) for key, inner in value.items()}
    if isinstance(value, list):
        return [_redacted(inner, patterns) for inner in value]
    return value


def _found(text: str, patterns: Sequence["regex.Pattern[str]"]) -> list[list[int]]:
    """Return where names stand in a text."""
    return [span for signs in _foldings(text) for span in _found_in(signs, patterns)]


def _found_in(signs: Sequence[str], patterns: Sequence["regex.Pattern[str]"]) -> list[list[int]]:
    """Return where names stand in a text, of which each character is given as it is compared."""
    folded = "".join(signs)
    found = [hit.span() for pattern in patterns for hit in pattern.finditer(folded, overlapped=True)]
    if not found:
        return []
    # Of each folded character the place in the text that it comes from.
    places = [place for place, sign in enumerate(signs) for _ in sign]
    spans = []
    for start, end in found:
        first, last = places[start], places[end - 1] + 1
        # What folds to nothing behind the name belongs to it: a combining accent.
        while last < len(signs) and not signs[last]:
            last += 1
        spans.append([first, last])
    return spans


def _united(spans: Iterable[Sequence[int]]) -> list[list[int]]:
    """Return spans sorted, those that touch as one."""
    united: list[list[int]] = []
    for start, end in sorted(map(tuple, spans)):
        if united and start <= united[-1][1]:
            united[-1][1] = max(united[-1][1], end)
        else:
            united.append([start, end])
    return united


def _marked(record: Record) -> list[Sequence[int]]:
    """Return the stretches of a record that are marked as naming a protected source."""
    marked = (row for row in record["annotations"] if row["attributes"].get(PROTECTED) == YES)
    return [span for row in marked for span in row["segments"]]


def _marked_names(surfaces: Sequence[str]) -> Names:
    """Return the names in marked stretches: each as a whole, and its words with a capital or without case."""
    words = [word for surface in surfaces for word in _parts(surface) if not word[0].islower()]
    whole = [surface for surface in surfaces if not set(_WORD.findall(_fold(surface))) <= _NO_NAMES]
    return _names([*whole, *words])


def _parts(name: str) -> list[str]:
    """Return the words of a name that name somebody by themselves; O'Neill is one, and Neill too."""
    name = unicodedata.normalize("NFC", name)
    words = {*_WORD.findall(name), *_COMPOUND.findall(name)}
    return sorted(word for word in words if len(word) > 1 and _fold(word) not in _NO_NAMES)


def _names(forms: Iterable[str]) -> Names:
    """Return patterns over folded text of these words in a row, as a whole and not within a longer word."""
    kinds: dict[tuple[str, str, bool], set[tuple[str, ...]]] = defaultdict(set)
    for words in (_WORD_OR_DIGIT.findall("".join(signs)) for form in forms for signs in _foldings(form)):
        if words:
            before, after = (
                _edge(words[0][0], _BEFORE, r"(?<!\p{N})"),
                _edge(words[-1][-1], _AFTER, r"(?!\p{N})"),
            )
            kinds[before, after, len(words[0]) >= _HEAD].add(tuple(words))
    return Names(
        tuple(
            regex.compile(f"{before}{_any_of(some) if headed else _either(some)}{after}", regex.V1)
            for (before, after, headed), some in sorted(kinds.items())
        )
    )


def _either(names: Iterable[tuple[str, ...]]) -> str:
    forms = {_GAP.join(map(regex.escape, words)) for words in names}
    return f"(?:{'|'.join(sorted(forms, key=_longest_first))})"


def _any_of(names: Iterable[tuple[str, ...]], depth: int = 0) -> str:
    """Return what matches any of many names by their first signs, one after the other.

    So the time of a place in a text does not grow with the number of names. Which is the longest of two that
    begin alike does not depend on it, since all have these signs in their first word.
    """
    if depth == _HEAD:
        return _either(names)
    branches: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for first, *rest in names:
        branches[first[0]].append((first[1:], *rest))
    under = (regex.escape(sign) + _any_of(some, depth + 1) for sign, some in sorted(branches.items()))
    return f"(?:{'|'.join(under)})"


def _edge(sign: str, of_letters: str, of_numbers: str) -> str:
    """Return what must not stand beside a name that begins or ends with this sign."""
    if _PARTED.match(sign):
        return of_letters
    return of_numbers if sign.isnumeric() else ""


def _longest_first(form: str) -> tuple[int, str]:
    return -len(form), form


class _Fold(dict[str, str]):
    """Each character as names are compared: without case, accents, and what is not seen."""

    def __missing__(self, character: str) -> str:
        plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        # Mn and Me: accents and enclosing marks; Cf: soft hyphens, joiners, marks of direction.
        seen = [sign for sign in plain if unicodedata.category(sign) not in {"Mn", "Me", "Cf"}]
        self[character] = folded = "".join(seen).replace("ı", "i")
        return folded


_FOLD = _Fold()


def _foldings(text: str) -> list[list[str]]:
    """Return each character as names are compared; once more where a capital may begin a word: #TeamHolm."""
    signs = list(map(_FOLD.__getitem__, text))
    capitals = {capital.start() for capital in _CAPITAL.finditer(text)}
    if not capitals:
        return [signs]
    return [signs, [f"_{sign}" if place in capitals else sign for place, sign in enumerate(signs)]]


def _fold(text: str) -> str:
    return "".join(map(_FOLD.__getitem__, text))
