"""A trained network at work: from the pages of an article to tags, by onnxruntime in one thread."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime

from annotations.extraction.learned.reading import Page
from annotations.extraction.learned.tagger import NOWHERE, Stretch, Tagged
from annotations.extraction.neural.packing import unpack
from annotations.extraction.neural.targets import TAGS
from annotations.extraction.neural.windows import Place, Window, windows_of
from annotations.extraction.tokens import STOP

#: less likely sources, and sources of what is less likely part of a quote, are not told
_LEAST = 0.05
_INSIDE = [number for number, tag in enumerate(TAGS) if tag[-1] == "Q"]
#: what may follow what: an inner tag only its own kind
_FOLLOWS = np.array(
    [[0.0 if after[0] != "I" or before[1:] == after[1:] else -np.inf for after in TAGS] for before in TAGS]
)
_OPENS = np.array([-np.inf if tag[0] == "I" else 0.0 for tag in TAGS])


class NeuralTagger:
    """Tags the pages of an article; the same pages give the same tags."""

    def __init__(self, part: bytes) -> None:
        network, self._words = unpack(part)
        options = onnxruntime.SessionOptions()
        # what is proposed in the background leaves the other cores to people
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])

    def tag(self, pages: Sequence[Page]) -> list[Tagged]:
        """Return what the network makes of each page. Cost: linear."""
        found = [_Findings(page) for page in pages]
        for window in windows_of(pages, self._words):
            tags, sources = self._session.run(
                ["tag_scores", "source_scores"],
                {"pieces": np.array([window.pieces]), "marks": np.array([window.marks])},
            )
            _read(window, tags[0], sources[0], found)
        return [one.tagged() for one in found]


class _Findings:
    """What was found in one page, window by window."""

    def __init__(self, page: Page) -> None:
        self.tokens = page.passage.tokens
        self.stretches: list[Stretch] = []
        self.inside = [0.0] * len(self.tokens)
        self.sources: dict[int, Mapping[int, float]] = {}

    def tagged(self) -> Tagged:
        """Return all of it; a stop is as likely part of a quote as what stands before it."""
        for number, token in enumerate(self.tokens):
            if number and token.low == STOP:
                self.inside[number] = self.inside[number - 1]
        return Tagged(self.stretches, self.inside, self.sources)


def _read(window: Window, tags: Any, sources: Any, found: Sequence[_Findings]) -> None:
    """Note what the network says of one window."""
    positions = [place.position for place in window.places]
    chances = _shares(tags[positions])
    inside = chances[:, _INSIDE].sum(axis=1)
    offsets = [found[place.page].tokens[place.token].start for place in window.places]
    asked = np.flatnonzero(inside >= _LEAST)
    pointed = _shares(sources[np.ix_([positions[one] for one in asked], [0, *positions])])
    for place, share in zip(window.places, inside.tolist(), strict=True):
        found[place.page].inside[place.token] = share
    for row, one in enumerate(asked.tolist()):
        place = window.places[one]
        likely = np.flatnonzero(pointed[row] >= _LEAST).tolist()
        found[place.page].sources[place.token] = {
            offsets[number - 1] if number else NOWHERE: float(pointed[row, number]) for number in likely
        }
    for first, last in _of_one_page(window.places):
        page = found[window.places[first].page]
        page.stretches += _stretches(window.places[first:last], chances[first:last])


def _shares(scores: Any) -> Any:
    """Return scores as probabilities, row by row."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _of_one_page(places: Sequence[Place]) -> Iterator[tuple[int, int]]:
    """Yield the half-open ranges of places that stand in one page."""
    first = 0
    for number, place in enumerate(places):
        if place.page != places[first].page:
            yield first, number
            first = number
    if places:
        yield first, len(places)


def _stretches(places: Sequence[Place], chances: Any) -> Iterator[Stretch]:
    """Yield the stretches of tokens of the likeliest tags, each as likely as its least likely token."""
    best = _likeliest(chances)
    index = 0
    while index < len(best):
        first = index
        index += 1
        kind = TAGS[best[first]][1:]
        if not kind:
            continue
        inner = TAGS.index("I" + kind)
        while index < len(best) and best[index] == inner:
            index += 1
        chance = min(float(chances[number, best[number]]) for number in range(first, index))
        if index < len(best):
            chance = min(chance, 1 - float(chances[index, inner]))
        yield Stretch(kind, places[first].token, places[index - 1].token + 1, chance)


def _likeliest(chances: Any) -> list[int]:
    """Return the likeliest tags that may follow each other (Viterbi 1967)."""
    scores = np.log(np.maximum(chances, 1e-12))
    total = scores[0] + _OPENS
    came_from = []
    for row in scores[1:]:
        ways = total[:, None] + _FOLLOWS
        came_from.append(ways.argmax(axis=0))
        total = ways.max(axis=0) + row
    best = [int(total.argmax())]
    for before in reversed(came_from):
        best.append(int(before[best[-1]]))
    return best[::-1]
