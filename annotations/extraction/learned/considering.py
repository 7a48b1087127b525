"""What a learned pipeline thought of: every reading of each stretch, with its sources and cues by rank."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from annotations.extraction.clauses import trim
from annotations.extraction.learned.arbiter import Arbiter, readings
from annotations.extraction.learned.drafting import Rankers, linked_pages, settled_pages
from annotations.extraction.learned.linker import Candidate, Linker
from annotations.extraction.learned.ranker import Ranker
from annotations.extraction.learned.reading import Page, Reading
from annotations.extraction.learned.tagger import Stretch, Tagged
from annotations.extraction.opinions import Kind, Linkable, Option, Ordered, Thought
from annotations.extraction.tokens import Token
from corpus.text.spans import Span

#: a run of tokens each of which is part of a quote with such a probability may be one
_LEVELS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9)
#: how much surer a reading is of which rules and tagger know more than that its tokens are said
_RUN = 0.5

Orders = Callable[[Kind, tuple[Span, ...], Sequence[Option]], Sequence[Ordered]]


@dataclass(frozen=True, kw_only=True)
class Considered:
    """What a learned pipeline thinks of an article beside what it proposes (`Opinion`)."""

    thoughts: Sequence[Thought]
    shares: Mapping[int, float]
    orders: Orders

    def inside(self, token: Token) -> float:
        return self.shares.get(token.start, 0.0)

    def order(self, kind: Kind, quote: tuple[Span, ...], options: Sequence[Option]) -> Sequence[Ordered]:
        return self.orders(kind, quote, options)


def by_ranker(rankers: Mapping[Kind, Ranker]) -> Orders:
    """Return what orders by what reviewers chose; of equals, the first stays the first.

    Where nobody's corrections have taught which is likely, there is no likeliest correction.
    """

    def order(kind: Kind, quote: tuple[Span, ...], options: Sequence[Option]) -> Sequence[Ordered]:  # noqa: ARG001
        if not options or (kind == "correction" and not rankers[kind].weights):
            return []
        chances = rankers[kind].probabilities([option.features for option in options])
        found = [Ordered(option, chance) for option, chance in zip(options, chances, strict=True)]
        return sorted(found, key=lambda one: -one.chance)

    return order


def consider(reading: Reading, tagged: Sequence[Tagged], rankers: Rankers, orders: Orders) -> Considered:
    """Return what is thought of an article. Cost: linear, some times that of linking its quotes."""
    arbiter = Arbiter(rankers.arbiter, rankers.caution)
    settled = settled_pages(reading, tagged, arbiter)
    noting = _Noting(Linker(cue=rankers.cue, source=rankers.source, caution=rankers.caution))
    every = [
        _every_quote(page, tags, one, arbiter)
        for page, tags, one in zip(reading.pages, tagged, settled, strict=True)
    ]
    thoughts = [
        Thought(
            one.span,
            one.piece.probability,
            noting.ranks["source", one.span],
            noting.ranks["cue", one.span],
            one.source.span,
            one.cue.span,
        )
        for _, pieces in linked_pages(reading, settled, noting, every)
        for one in pieces
    ]
    shares = {
        token.start: share
        for page, tags in zip(reading.pages, tagged, strict=True)
        for token, share in zip(page.passage.tokens, tags.inside, strict=True)
    }
    return Considered(thoughts=sorted(thoughts, key=lambda one: one.span), shares=shares, orders=orders)


@dataclass(frozen=True)
class _Noting:
    """Links as the linker does, and notes how likely it took each source and cue for."""

    linker: Linker
    ranks: dict[tuple[str, Span], Sequence[Linkable]] = field(default_factory=dict)

    def __call__(self, relation: str, span: Span, candidates: Sequence[Candidate]) -> tuple[Candidate, float]:
        chances = self.linker.chances(relation, candidates)
        found = [Linkable(one.span, chance) for one, chance in zip(candidates, chances, strict=True)]
        self.ranks[relation, span] = sorted(found, key=lambda one: -one.chance)
        return self.linker.choose(candidates, chances)


def _every_quote(page: Page, tagged: Tagged, settled: Tagged, arbiter: Arbiter) -> list[Stretch]:
    """Return all stretches of a page that may be quotes: those that are settled on, first of all."""
    tokens = page.passage.tokens
    found = {(one.first, one.last): one for one in settled.stretches if one.tag == "Q"}
    for one in (*readings(page, tagged, arbiter), *_runs(tagged)):
        first, last = trim(tokens, one.first, one.last)
        if first < last:
            found.setdefault((first, last), one._replace(first=first, last=last))
    return [found[key] for key in sorted(found)]


def _runs(tagged: Tagged) -> Iterator[Stretch]:
    """Yield the longest runs of tokens that are part of a quote with some probability."""
    for level in reversed(_LEVELS):
        first = None
        for index, share in enumerate((*tagged.inside, 0.0)):
            if share >= level:
                first = index if first is None else first
            elif first is not None:
                mean = sum(tagged.inside[first:index]) / (index - first)
                yield Stretch("Q", first, index, _RUN * mean)
                first = None
