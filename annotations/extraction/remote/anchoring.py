"""Finding where words stand that somebody claims to have read in a text."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from corpus.text.spans import Span

_RUNS = re.compile(r"\s+|\S+")
#: Marks that people and models write for each other, by the one that they are all seen as.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»＂〝〞", '"'),
        **dict.fromkeys("‘’‚‛‹›`´′＇", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
#: Joins two stretches with words between them that are not read: no words that are looked for hold it.
_GAP = "\n"
#: What stands in a text more often names no place in it.
_MOST_PLACES = 1_000
_MOST_SENTENCES = 20


@dataclass(frozen=True, kw_only=True)
class Anchored:
    """Where words stand.

    Attributes:
        exact: the text has the very same characters, not only other marks or white space.
        inside: they stand in the sentence that was given with them.
    """

    span: Span
    exact: bool
    inside: bool


class ReadText:
    """Stretches of a text, searched by their words.

    It is searched in a view that has one kind of each mark and one space for each white space, and that
    knows for each of its characters where that stands in the text. Cost: linear in text and words.
    """

    def __init__(self, text: str, stretches: Sequence[Span]) -> None:
        self._text = text
        self._view, self._offsets = _view_of(text, stretches)

    def anchor(self, words: str, sentence: str, taken: Collection[Span] = ()) -> Anchored | None:
        """Return the place of words that is in the sentence, or else the nearest to it.

        None if they do not stand in the text; or if the sentence does not, and the words do so twice.
        `taken` are places that equal words before had, so that a sentence that comes twice is found twice.
        """
        places, homes = self._places(words), self._homes(sentence)
        if len(places) > 1 and not homes:
            return None
        return self._nearest([place for place in places if place not in taken], words, homes, homes)

    def beside(self, words: str, segments: Sequence[Span], sentence: str) -> Span | None:
        """Return the place of words outside of segments: in their sentence if it can be, and the nearest."""
        whole = Span(segments[0].start, segments[-1].end)
        homes = [home for home in self._homes(sentence) if home.contains(whole)]
        free = [
            place for place in self._places(words) if not any(place.overlaps(segment) for segment in segments)
        ]
        found = self._nearest(free, words, homes, segments)
        return found.span if found else None

    def after(self, words: str, before: Span) -> Span | None:
        """Return the first place of words that begins where another ends, or later."""
        return next((place for place in self._places(words) if place.start >= before.end), None)

    def _nearest(
        self, places: Iterable[Span], words: str, homes: Sequence[Span], beside: Sequence[Span]
    ) -> Anchored | None:
        """Return the best place: in one of the homes, then with the very same characters, then nearest."""
        wanted = words.strip()
        found = [
            Anchored(
                span=place,
                exact=place.of(self._text) == wanted,
                inside=any(home.contains(place) for home in homes),
            )
            for place in places
        ]
        return min(
            found,
            key=lambda one: (not one.inside, not one.exact, _distance(one.span, beside)),
            default=None,
        )

    def _homes(self, sentence: str) -> list[Span]:
        return self._places(sentence)[:_MOST_SENTENCES]

    def _places(self, words: str) -> list[Span]:
        """Return where words stand: as whole words where there are any, else also as parts of words."""
        found = _occurrences(self._view, seen(words))
        whole = [place for place in found if not self._cuts_a_word(place)]
        return [Span(self._offsets[start], self._offsets[end - 1] + 1) for start, end in whole or found]

    def _cuts_a_word(self, place: Span) -> bool:
        return any(
            0 < at < len(self._view) and self._view[at - 1].isalnum() and self._view[at].isalnum()
            for at in place
        )


def seen(text: str) -> str:
    """Return words with one kind of each mark and one space for each white space."""
    return " ".join(text.translate(_MARKS).split())


def _view_of(text: str, stretches: Sequence[Span]) -> tuple[str, list[int]]:
    """Return the view of stretches and the offset in the text of each of its characters."""
    marked = text.translate(_MARKS)
    parts: list[str] = []
    offsets: list[int] = []
    last_end: int | None = None
    for stretch in stretches:
        if last_end is not None:
            parts.append(_GAP if text[last_end : stretch.start].strip() else " ")
            offsets.append(last_end)
        for run in _RUNS.finditer(marked, stretch.start, stretch.end):
            blank = run[0].isspace()
            parts.append(" " if blank else run[0])
            offsets.extend([run.start()] if blank else range(run.start(), run.end()))
        last_end = stretch.end
    return "".join(parts), offsets


def _occurrences(view: str, wanted: str) -> list[Span]:
    """Return where a wording stands; nowhere if it does so more often than `_MOST_PLACES`."""
    found: list[Span] = []
    at = view.find(wanted) if wanted else -1
    while at >= 0 and len(found) <= _MOST_PLACES:
        found.append(Span(at, at + len(wanted)))
        at = view.find(wanted, at + 1)
    return found if len(found) <= _MOST_PLACES else []


def _distance(place: Span, others: Sequence[Span]) -> int:
    """Return how far a place is from the nearest of others: 0 within or touching, and without others."""
    return min((max(other.start - place.end, place.start - other.end, 0) for other in others), default=0)
