"""What the network should say of a window: the tags of its tokens, and the sources of its quotes."""

from collections.abc import Sequence
from dataclasses import dataclass

from annotations.extraction.base import Suggestions
from annotations.extraction.evaluation import pieces_of
from annotations.extraction.learned.features import token_range
from annotations.extraction.learned.reading import Page
from annotations.extraction.learned.tagger import encode
from annotations.extraction.neural.windows import Window
from corpus.text.spans import Span

#: what the network may say of a token
TAGS = ("O", "BQ", "IQ", "BC", "IC", "BS", "IS")
#: stands where nothing is learned
NOT_ASKED = -100
#: the position to which a quote points whose source is not in its window
ELSEWHERE = 0


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A window with a number for each of its pieces: the tag, and where the source of a quote begins."""

    window: Window
    tags: Sequence[int]
    sources: Sequence[int]


def lessons_of(pages: Sequence[Page], windows: Sequence[Window], gold: Suggestions) -> list[Lesson]:
    """Return what people say of an article, window by window."""
    tags = [encode(page.passage.tokens, gold) for page in pages]
    sources = [_sources(page, gold) for page in pages]
    return [_lesson(window, pages, tags, sources) for window in windows]


def _sources(page: Page, gold: Suggestions) -> dict[int, Span | None]:
    """Return the source of each quote in gold by its first token."""
    tokens = page.passage.tokens
    starts = [token.start for token in tokens]
    found: dict[int, Span | None] = {}
    for piece in pieces_of(gold):
        first, last = token_range(starts, tokens, piece.span)
        if first < last:
            found[first] = piece.source
    return found


def _lesson(
    window: Window,
    pages: Sequence[Page],
    tags: Sequence[Sequence[str]],
    sources: Sequence[dict[int, Span | None]],
) -> Lesson:
    wanted = [NOT_ASKED] * len(window.pieces)
    pointed = [NOT_ASKED] * len(window.pieces)
    for place in window.places:
        wanted[place.position] = TAGS.index(tags[place.page][place.token])
        if place.token in sources[place.page]:
            pointed[place.position] = _position(window, pages, sources[place.page][place.token])
    return Lesson(window=window, tags=wanted, sources=pointed)


def _position(window: Window, pages: Sequence[Page], source: Span | None) -> int:
    """Return at which piece of the window a source begins."""
    if source is not None:
        for place in window.places:
            token = pages[place.page].passage.tokens[place.token]
            if token.start <= source.start < token.end:
                return place.position
    return ELSEWHERE
