"""Invented articles of several outlets: dispatches, what outlets make of them, and what only looks like it.

All words are drawn from one vocabulary, the common ones often, so that unrelated texts share runs of words as
those of one language do.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from bench.articles import PEOPLE, PLAIN

SYLLABLES = (
    "ba",
    "der",
    "fin",
    "gol",
    "hu",
    "kan",
    "lor",
    "mi",
    "nes",
    "pru",
    "ri",
    "sto",
    "ta",
    "ven",
    "wi",
)
WORDS = 6_000
PARAGRAPH = 40
QUOTE = 25
OUTLETS = 21
#: Paragraphs of a dispatch.
SHORTEST, LONGEST = 5, 12


@dataclass(frozen=True, kw_only=True)
class Told:
    """An article, its kind, and the number of the dispatch that it prints: its own where it prints none."""

    number: int
    kind: str
    dispatch: int
    outlet: str
    text: str


def unrelated(number: int, seed: int = 1) -> Told:
    """Return article `number`, which prints nothing that others print but stock phrases."""
    chance = random.Random(f"{seed}:{number}")
    return _told(number, "unrelated", number, _paragraphs(chance, chance.randint(SHORTEST, LONGEST)), chance)


def family(place: int, seed: int = 1) -> Iterator[Told]:
    """Yield a dispatch, a copy of it by another outlet (the kinds in turn), and articles that are none."""
    chance = random.Random(f"{seed}:family:{place}")
    number = FAMILY * place
    dispatch = _paragraphs(chance, chance.randint(SHORTEST, LONGEST))
    yield _told(number, "dispatch", number, dispatch, chance)
    kind = list(COPIES)[place % len(COPIES)]
    yield _told(number + 1, kind, number, COPIES[kind](dispatch, chance), chance)
    quotes = [f"“{_run(chance, QUOTE)},” {chance.choice(PEOPLE)} said." for _ in range(3)]
    for mine in (number + 2, number + 3):
        yield _told(mine, "shared quotes", mine, _with_quotes(quotes, chance), chance)
    mine = number + 4
    boilerplate = _boilerplate(_outlet(mine))
    yield _told(mine, "boilerplate", mine, [*_paragraphs(chance, 3), boilerplate], chance)


#: Articles that `family` yields.
FAMILY = 5


def edited(share: float) -> Callable[[list[str], random.Random], list[str]]:
    """Return what puts another word in the place of a share of the words."""

    def edit(dispatch: list[str], chance: random.Random) -> list[str]:
        return [
            " ".join(_word(chance) if chance.random() < share else word for word in paragraph.split())
            for paragraph in dispatch
        ]

    return edit


def shortened(dispatch: list[str], _: random.Random) -> list[str]:
    return dispatch[: max(2, 2 * len(dispatch) // 5)]


def lengthened(dispatch: list[str], chance: random.Random) -> list[str]:
    return [*dispatch, *_paragraphs(chance, 2 * len(dispatch))]


def reordered(dispatch: list[str], chance: random.Random) -> list[str]:
    return chance.sample(dispatch, len(dispatch))


def both_ways(dispatch: list[str], chance: random.Random) -> list[str]:
    """Shorten, edit one word in ten, and add as much of one's own."""
    short = edited(0.1)(shortened(dispatch, chance), chance)
    return chance.sample([*short, *_paragraphs(chance, len(short))], 2 * len(short))


COPIES: dict[str, Callable[[list[str], random.Random], list[str]]] = {
    "other headline": lambda dispatch, _: dispatch,
    "shortened": shortened,
    "lengthened": lengthened,
    "reordered": reordered,
    "shortened, edited, lengthened": both_ways,
    "5 % edited": edited(0.05),
    "10 % edited": edited(0.1),
    "15 % edited": edited(0.15),
    "20 % edited": edited(0.2),
    "25 % edited": edited(0.25),
    "30 % edited": edited(0.3),
}


def _told(number: int, kind: str, dispatch: int, paragraphs: list[str], chance: random.Random) -> Told:
    """Print paragraphs as an outlet does: a headline and byline of its own, and its furniture around."""
    text = "\n\n".join(
        [
            " ".join(_word(chance) for _ in range(8)).capitalize(),
            f"By {chance.choice(PEOPLE)}",
            *paragraphs,
            "Share this article",
            f"Follow {_outlet(number)} on Facebook",
        ]
    )
    return Told(number=number, kind=kind, dispatch=dispatch, outlet=_outlet(number), text=text + "\n")


def _outlet(number: int) -> str:
    """Return the outlet of an article; those of one family have others."""
    return f"Outlet {number % OUTLETS}"


def _paragraphs(chance: random.Random, count: int) -> list[str]:
    """Return paragraphs of which every fourth ends in a stock sentence."""
    return [
        f"{_run(chance, PARAGRAPH).capitalize()}.{f' {chance.choice(PLAIN)}' if place % 4 == 3 else ''}"
        for place in range(count)
    ]


def _with_quotes(quotes: list[str], chance: random.Random) -> list[str]:
    """Return an article of its own that has three quotes of the event, a fifth of it to a quarter."""
    return chance.sample([*quotes, *_paragraphs(chance, chance.randint(6, 9))], k=len(quotes) + 6)


@cache
def _boilerplate(outlet: str) -> str:
    """Return the sixty words that an outlet puts below everything, in no way marked as its own."""
    return f"{_run(random.Random(f'boilerplate:{outlet}'), 60).capitalize()}."


def _run(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_vocabulary()[0], cum_weights=_vocabulary()[1], k=words))


def _word(chance: random.Random) -> str:
    return _run(chance, 1)


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """Return words and their cumulated weights, which fall as 1 by rank (Zipf)."""
    chance = random.Random("vocabulary")
    words = {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(4 * WORDS)}
    ranked = sorted(words, key=lambda word: (len(word), word))[:WORDS]
    return ranked, list(accumulate(1 / rank for rank in range(1, len(ranked) + 1)))
