"""Windows: what the network reads at a time, whole passages as far as they fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from annotations.extraction.learned.features import sentence_ranges
from annotations.extraction.learned.reading import Page
from annotations.extraction.neural.wordpiece import WordPieces
from annotations.extraction.tokens import QUOTED, STOP

#: Name and version of what the network is told of each piece; a model of another version is refused.
MARKS = "marks@1"
#: pieces of a window at most, its first included
LENGTH = 256
#: of a long quotation only the beginning and the end are read: that somebody speaks shows there
_HEAD, _TAIL = 24, 8
#: characters of a quotation from which so many pieces surely follow
_CHARACTERS = 400
#: channels of marks, each with its own numbers: where in a quotation, what the rules say of the token (quote,
#: cue, source), what the lexicon takes for a cue and the grammar for a subject
_CHANNELS = {"quotation": 4, "q": 3, "c": 3, "s": 3, "verb": 3, "subject": 3}
MARK_COUNT = sum(_CHANNELS.values())
_FIRSTS = dict(
    zip(_CHANNELS, (sum(list(_CHANNELS.values())[:n]) for n in range(len(_CHANNELS))), strict=True)
)
CHANNEL_COUNT = len(_CHANNELS)
_BEGINS, _INSIDE = 1, 2
_ENDS = 3

Marks = tuple[int, ...]
NO_MARKS: Marks = tuple(_FIRSTS.values())


class Place(NamedTuple):
    """A token of a page, and the position of its first piece in the window."""

    page: int
    token: int
    position: int


@dataclass(frozen=True, kw_only=True)
class Window:
    """Pieces with their marks, and which of them tokens begin with."""

    pieces: list[int] = field(default_factory=list)
    marks: list[Marks] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


class _Token(NamedTuple):
    number: int
    pieces: Sequence[int]
    marks: Sequence[Marks]


def windows_of(pages: Sequence[Page], words: WordPieces) -> list[Window]:
    """Return the windows of an article: each token but the stops has its place in one of them."""
    windows: list[Window] = []
    for number, page in enumerate(pages):
        sentences = list(_sentences(page, words))
        whole = sum(len(token.pieces) for sentence in sentences for token in sentence)
        if not windows or _room(windows[-1]) < min(whole, LENGTH - 2):
            windows.append(_opened(words))
        elif windows[-1].places:
            _add(windows[-1], words.end, NO_MARKS)
        for sentence in sentences:
            length = sum(len(token.pieces) for token in sentence)
            if _room(windows[-1]) < min(length, LENGTH - 2):
                windows.append(_opened(words))
            for token in sentence:
                if _room(windows[-1]) < len(token.pieces):
                    windows.append(_opened(words))
                windows[-1].places.append(Place(number, token.number, len(windows[-1].pieces)))
                windows[-1].pieces.extend(token.pieces)
                windows[-1].marks.extend(token.marks)
    for window in windows:
        _add(window, words.end, NO_MARKS)
    return [window for window in windows if window.places]


def _opened(words: WordPieces) -> Window:
    return Window(pieces=[words.start], marks=[NO_MARKS])


def _add(window: Window, piece: int, marks: Marks) -> None:
    window.pieces.append(piece)
    window.marks.append(marks)


def _room(window: Window) -> int:
    """Return how many pieces fit besides one that parts and one that ends."""
    return LENGTH - 2 - len(window.pieces)


def _sentences(page: Page, words: WordPieces) -> Iterator[list[_Token]]:
    """Yield the tokens of each sentence."""
    tokens = page.passage.tokens
    marks = _marks(page)
    for start, end in sentence_ranges(tokens):
        sentence = []
        for index in range(start, end):
            token = tokens[index]
            if token.low == STOP:
                continue
            if token.low == QUOTED:
                pieces = _pieces_of_quotation(token.text, words)
                sentence.append(_Token(index, pieces, _marks_within(marks[index], len(pieces))))
            else:
                pieces = words.of_word(token.text)[: LENGTH // 4]
                sentence.append(_Token(index, pieces, [marks[index]] * len(pieces)))
        yield sentence


def _pieces_of_quotation(text: str, words: WordPieces) -> Sequence[int]:
    """Return the pieces of a quotation, without the middle of a long one."""
    if len(text) > 2 * _CHARACTERS:
        text = f"{text[:_CHARACTERS]} {text[-_CHARACTERS:]}"
    pieces = [piece for word in text.split() for piece in words.of_word(word)]
    if len(pieces) > _HEAD + _TAIL:
        pieces = pieces[:_HEAD] + pieces[-_TAIL:]
    return pieces


def _marks_within(marks: Marks, count: int) -> list[Marks]:
    """Return the marks of the pieces of a quotation: its first, those within, its last."""
    first = _FIRSTS["quotation"]
    return [
        (first + (_BEGINS if number == 0 else _ENDS if number == count - 1 else _INSIDE), *marks[1:])
        for number in range(count)
    ]


def _marks(page: Page) -> list[Marks]:
    """Return the marks of each token, as if it stood outside quotations."""
    rows = [list(NO_MARKS) for _ in page.passage.tokens]
    channels = {name: number for number, name in enumerate(_CHANNELS)}
    for row, hints in zip(rows, page.hints, strict=True):
        for letter in "qcs":
            if f"r{letter}B" in hints:
                row[channels[letter]] += _BEGINS
            elif f"r{letter}I" in hints:
                row[channels[letter]] += _INSIDE
    for name, ranges in (("verb", page.verbs), ("subject", page.subjects)):
        for first, last in ranges:
            for index in range(first, last):
                rows[index][channels[name]] = _FIRSTS[name] + (_BEGINS if index == first else _INSIDE)
    return [tuple(row) for row in rows]
