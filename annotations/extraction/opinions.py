"""What a pipeline that has learned thinks beside what it proposes: other quotes, other links, and an order.

The rules list what else may be meant in an order of their own (`candidates`). A pipeline with an opinion adds
what it took into account, and orders the whole list by what reviewers chose before.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple, Protocol

from annotations.extraction.keeping import kept
from annotations.extraction.linkable import Stretch
from annotations.extraction.tokens import STOP, Token
from corpus.text.spans import Span

Part = Literal["segments", "source", "cue"]
Kind = Part | Literal["correction"]
PARTS: tuple[Part, ...] = ("segments", "source", "cue")
#: what the weights are before anything was learned: the order of the rules, and what a pipeline ranks first
PRIOR = {
    "place=0": 2.0,
    "place=1": 1.5,
    "place=2": 1.2,
    "place=3": 1.0,
    "place=4": 0.8,
    "place=5": 0.6,
    "place=6": 0.4,
    "place=7": 0.2,
    "rank=0": 1.0,
}
_PLACES = 9
_RANKS = 3
_LONG = 6
#: steps of a distance in tokens, and of a probability
_GAPS = (0, 1, 2, 3, 5, 8, 15, 30)
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.98)


class Linkable(NamedTuple):
    """What may be linked to a quote, with how likely it was taken for; None stands for nothing."""

    span: Span | None
    chance: float


class Thought(NamedTuple):
    """One stretch that may be a quote, proposed or not, with its sources and cues, the likeliest first.

    `source` and `cue` are those that it would have been proposed with.
    """

    span: Span
    chance: float
    sources: Sequence[Linkable]
    cues: Sequence[Linkable]
    source: Span | None
    cue: Span | None


class AttributedQuote(NamedTuple):
    """The whole of what a quote is, or may be after a correction."""

    segments: tuple[Span, ...]
    source: Span | None
    cue: Span | None


class Option(NamedTuple):
    """One entry of a list: what the quote is once it is taken, and what speaks for it."""

    then: AttributedQuote
    features: Sequence[str]


class Ordered(NamedTuple):
    """An option with how likely it is, of those in its list."""

    option: Option
    chance: float


class Opinion(Protocol):
    """Thinks of stretches of one article, and orders lists for its quotes."""

    @property
    def thoughts(self) -> Sequence[Thought]:
        """All of them, sorted."""
        ...

    def inside(self, token: Token) -> float:
        """Return how likely a token is part of a quote."""
        ...

    def order(self, kind: Kind, quote: tuple[Span, ...], options: Sequence[Option]) -> Sequence[Ordered]:
        """Return the options for a quote that has these segments, the likeliest first."""
        ...


class Ranked(NamedTuple):
    """Where an option stands in the rules' list, and where the pipeline ranks it, if it does."""

    place: int
    rank: int | None = None
    chance: float = 0.0

    def features(self) -> Sequence[str]:
        rank = None if self.rank is None else min(self.rank, _RANKS)
        return _features_of_rank(min(self.place, _PLACES), rank, _step(self.chance, _SHARES))


@cache
def _features_of_rank(place: int, rank: int | None, chance: int) -> Sequence[str]:
    if rank is None:
        return f"place={place}", "unranked"
    return f"place={place}", f"rank={rank}", f"rank={rank} chance={chance}"


class Ground:
    """A passage of which there is an opinion, as features tell of its tokens."""

    def __init__(self, opinion: Opinion, tokens: Sequence[Token]) -> None:
        self.opinion = opinion
        # Behind the last stands what holds outside of the passage; -1, before the first, leads there too.
        self._words = [*(_word(tokens, index) for index in range(len(tokens))), STOP]
        self._inside = [*(_step(opinion.inside(token), _SHARES) for token in tokens), -1]

    @kept
    def moved(self, move: tuple[str, int, int]) -> tuple[str, Sequence[str]]:
        """Return which way an edge ("start", "end") moves from token to token, and over which words."""
        edge, now, then = move
        if now == then:
            return "kept", (f"{edge} kept",)
        way = "later" if then > now else "earlier"
        return way, (
            f"{edge} {way}",
            f"{edge} {way} far={_step(abs(then - now), _GAPS)}",
            f"{edge} {way} behind {self._words[then - 1]}",
            f"{edge} {way} before {self._words[then]}",
            f"{edge} {way} from {self._words[now - 1]} {self._words[now]}",
        )

    def edges(self, now: Stretch, then: Stretch) -> Sequence[str]:
        """Return how the start and the end move."""
        start, over = self.moved(("start", now.first, then.first))
        end, and_over = self.moved(("end", now.last, then.last))
        return (f"start {start} end {end}", *over, *and_over)

    @kept
    def inside(self, stretch: Stretch) -> Sequence[str]:
        """Return how likely its first and last token, and those beside it, are part of a quote."""
        first, last = stretch
        return (
            f"start within={self._inside[first]} before={self._inside[first - 1]}",
            f"end within={self._inside[last - 1]} behind={self._inside[last]}",
        )

    @kept
    def words(self, stretch: Stretch) -> Sequence[str]:
        """Return how long it is, and the words at its edges."""
        first, last = stretch
        return (
            f"long={min(last - first, _LONG)}",
            f"begins={self._words[first]}",
            f"ends={self._words[last - 1]}",
            f"before={self._words[first - 1]}",
            f"behind={self._words[last]}",
        )


def features_of_boundaries(
    ground: Ground, before: Sequence[Stretch], after: Sequence[Stretch], why: str, ranked: Ranked
) -> list[str]:
    """Return what speaks for other segments of a quote, which has those of `before`."""
    now, then = Stretch(before[0].first, before[-1].last), Stretch(after[0].first, after[-1].last)
    return [
        *ranked.features(),
        f"why={why.partition('“')[0]}",
        f"why={why}",
        *ground.edges(now, then),
        f"pieces={min(len(before), 3)}>{min(len(after), 3)}",
        *ground.inside(then),
    ]


def features_of_correction(
    now: AttributedQuote,
    then: AttributedQuote,
    chances: Mapping[Part, float],
    doubts: Mapping[Part, float],
    thought: float,
) -> list[str]:
    """Return what speaks for correcting some parts of a quote at once.

    Args:
        now: what stands.
        then: what would stand.
        chances: how likely the option of each part is within its own list.
        doubts: how likely each part is wrong, as far as the pipeline knows.
        thought: how likely the pipeline took the whole for, 0 where it never thought of it.
    """
    changed = [part for part, one, other in zip(PARTS, now, then, strict=True) if one != other]
    which = "+".join(changed)
    features = [
        f"changes {which}",
        f"thought={_step(thought, _SHARES)}",
        f"changes {which} thought={thought > 0:d}",
    ]
    for part in changed:
        level, doubt = _step(chances[part], _SHARES), _step(doubts[part], _SHARES)
        features += [
            f"{part} chance={level}",
            f"{part} doubt={doubt}",
            f"{part} chance={level} doubt={doubt}",
        ]
        features.append(f"{part} of nothing={now[PARTS.index(part)] is None:d}")
    return features


def features_of_link(
    ground: Ground,
    stretch: Stretch | None,
    now: Stretch | None,
    pieces: Sequence[Stretch],
    other: Stretch | None,
    ranked: Ranked,
) -> list[str]:
    """Return what speaks for another source or cue of a quote.

    Args:
        ground: the passage of the quote.
        stretch: what would be linked; None where it stands in another passage.
        now: what is linked.
        pieces: of the quote.
        other: its cue where a source is looked for, and its source where a cue is.
        ranked: where the option stands.
    """
    features = [*ranked.features()]
    if stretch is None:
        return [*features, "elsewhere"]
    first, last = stretch
    features += ground.words(stretch)
    features.append(f"quote {_beside(stretch, pieces[0])}")
    if other is not None:
        features.append(f"other {_beside(stretch, other)}")
    if now is None:
        features.append("for nothing")
    elif last <= now.first or now.last <= first:
        features.append("other words")
    else:
        features += ground.edges(now, stretch)
    return features


def _beside(stretch: Stretch, anchor: Stretch) -> str:
    if stretch.first < anchor.first:
        return f"<{_step(anchor.first - stretch.last, _GAPS)}"
    return f">{_step(stretch.first - anchor.last, _GAPS)}"


def _word(tokens: Sequence[Token], index: int) -> str:
    """Return a word, or that it is a name."""
    token = tokens[index]
    return "Name" if token.capital and index and tokens[index - 1].low != STOP else token.low


def _step(number: float, steps: Sequence[float]) -> int:
    return bisect_right(steps, number)
