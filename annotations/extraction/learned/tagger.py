"""The tagger: a conditional random field that marks content, cue and source, token by token."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol

import pycrfsuite  # type: ignore[import-untyped]

from annotations.extraction.base import Suggestions
from annotations.extraction.learned.features import token_range
from annotations.extraction.learned.reading import Page
from annotations.extraction.tokens import STOP, Token

#: which tag stands for which label of the scheme
TAGS = {"quote": "Q", "cue": "C", "attribution": "S"}
OUTSIDE = "O"
#: stands for the offset of a source that is not to be found nearby
NOWHERE = -1
#: strength of the two penalties (absolute and squared weights), and when to stop
PARAMETERS = {"c1": 0.2, "c2": 0.05, "max_iterations": 80}


class Stretch(NamedTuple):
    """Tokens that the tagger takes for one quote, cue or source: half-open, with its probability."""

    tag: str
    first: int
    last: int
    probability: float


class Tagged(NamedTuple):
    """What a tagger makes of a passage.

    `inside` tells how likely each token is part of a quote; `sources`, for a tagger that knows, how likely
    the source of a quote that begins with a token begins at an offset of the text, or `NOWHERE`.
    """

    stretches: Sequence[Stretch]
    inside: Sequence[float]
    sources: Mapping[int, Mapping[int, float]] = MappingProxyType({})


class Tags(Protocol):
    """Tags the pages of one article, in order."""

    def tag(self, pages: Sequence[Page]) -> list[Tagged]: ...


def encode(tokens: Sequence[Token], gold: Suggestions) -> list[str]:
    """Return the tag of each token; where two annotations meet, a quote gives way to a cue or source."""
    starts = [token.start for token in tokens]
    tags = [OUTSIDE] * len(tokens)
    order = {"quote": 0, "attribution": 1, "cue": 2}
    for annotation in sorted(gold.annotations, key=lambda annotation: order.get(annotation.label, 3)):
        if annotation.label not in TAGS:
            continue
        tag = TAGS[annotation.label]
        for segment in annotation.segments:
            first, last = token_range(starts, tokens, segment)
            if first < last and (
                annotation.label == "quote" or not all(t[-1] == "Q" for t in tags[first:last])
            ):
                tags[first] = "B" + tag
                tags[first + 1 : last] = ["I" + tag] * (last - first - 1)
    return tags


def train_tagger(sequences: Iterable[tuple[list[list[str]], list[str]]]) -> bytes:
    """Return CRFsuite's model of tagged sequences; the same sequences give the same bytes."""
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    trainer.set_params(PARAMETERS)
    for rows, tags in sequences:
        trainer.append(rows, tags)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tagger"
        trainer.train(str(path))
        return path.read_bytes()


def _with_words(tokens: Sequence[Token], tagged: Tagged) -> Tagged:
    stretches = [
        stretch
        for stretch in tagged.stretches
        if any(token.low != STOP for token in tokens[stretch.first : stretch.last])
    ]
    return tagged._replace(stretches=stretches)


class Tagger:
    """Tags passages by a trained model."""

    def __init__(self, model: bytes) -> None:
        # CRFsuite reads the model where it lies: without this reference it would read freed memory
        self._model = model
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._model)
        self._labels = frozenset(self._tagger.labels())

    def tag(self, pages: Sequence[Page]) -> list[Tagged]:
        """Return what is found in each page; what holds nothing but the ends of sentences is none."""
        return [_with_words(page.passage.tokens, self._tag(page.rows)) for page in pages]

    def _tag(self, rows: list[list[str]]) -> Tagged:
        """Return the stretches of one passage, in order."""
        tagger = self._tagger
        tags = tagger.tag(rows)
        stretches = []
        index = 0
        while index < len(tags):
            first = index
            index += 1
            if tags[first] == OUTSIDE:
                continue
            kind = tags[first][1:]
            while index < len(tags) and tags[index] == "I" + kind:
                index += 1
            stretches.append(Stretch(kind, first, index, self._chance(tags, first, index)))
        quote = [tag for tag in ("BQ", "IQ") if tag in self._labels]
        inside = [sum(tagger.marginal(tag, number) for tag in quote) for number in range(len(tags))]
        return Tagged(stretches, inside)

    def _chance(self, tags: Sequence[str], first: int, last: int) -> float:
        """Return how likely a stretch is: as likely as the least likely of its tokens, its end included."""
        marginal = self._tagger.marginal
        chance = min(marginal(tags[number], number) for number in range(first, last))
        inner = "I" + tags[first][1:]
        if last < len(tags) and inner in self._labels:
            chance = min(chance, 1 - marginal(inner, last))
        return float(chance)
