"""The learners: each makes a tagger of reviewed articles; all that is built on its tags is the same."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Protocol

from annotations.extraction.learned.examples import Example
from annotations.extraction.learned.features import FEATURES
from annotations.extraction.learned.reading import Reading
from annotations.extraction.learned.tagger import Tagged, Tagger, Tags, encode, train_tagger

#: the articles are split into so many parts; each is judged by what the others teach
PARTS = 6
#: so many articles are enough to learn from two thirds of them, which saves time
MANY_ARTICLES = 200
PARTS_OF_MANY = 3


@dataclass
class Lesson:
    """One example, read once, and what a tagger said of it that did not know it."""

    example: Example
    reading: Reading
    tagged: Sequence[Tagged] = field(default=())


class Learner(Protocol):
    """Makes taggers.

    `steps` is how often one fit says that it has come further; `cautions` is with how much caution its tags
    may be believed: the one that does best on articles held out is taken, of equals the first.
    """

    @property
    def name(self) -> str: ...

    @property
    def steps(self) -> int: ...

    @property
    def cautions(self) -> tuple[float, ...]: ...

    def parts(self, count: int, seed: int) -> list[frozenset[int]]:
        """Return the parts of so many articles that are held out in turn.

        One part alone is held out once, and the tagger that was measured on it is the one that is kept.
        """
        ...

    def fit(self, lessons: Sequence[Lesson], seed: int, on_step: Callable[[], None]) -> bytes:
        """Return a tagger as a part of a model."""
        ...

    def load(self, tagger: bytes) -> Tags:
        """Return what tags by it."""
        ...

    def versions(self) -> Mapping[str, str]:
        """Return what a card says that the tagger depends on."""
        ...


def split(count: int, parts: int, seed: int) -> list[frozenset[int]]:
    """Return the numbers below `count` in parts of nearly the same size."""
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 - a split, no secret
    return [frozenset(order[first::parts]) for first in range(parts)]


class Light:
    """A conditional random field over words and the rules' hints: small, quick, and the same everywhere."""

    name = "light"
    steps = 1
    cautions: tuple[float, ...] = (1.0,)

    def parts(self, count: int, seed: int) -> list[frozenset[int]]:
        return split(count, PARTS_OF_MANY if count >= MANY_ARTICLES else PARTS, seed)

    def fit(self, lessons: Sequence[Lesson], seed: int, on_step: Callable[[], None]) -> bytes:  # noqa: ARG002
        tagger = train_tagger(
            (page.rows, encode(page.passage.tokens, lesson.example.gold))
            for lesson in lessons
            for page in lesson.reading.pages
        )
        on_step()
        return tagger

    def load(self, tagger: bytes) -> Tags:
        return Tagger(tagger)

    def versions(self) -> Mapping[str, str]:
        return {"features": FEATURES, "python-crfsuite": version("python-crfsuite")}


LIGHT = Light()
