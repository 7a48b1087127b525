"""The teacher: what people say of an article, turned into choices to learn from."""

from collections import defaultdict
from collections.abc import Sequence

from annotations.extraction.base import Suggestions
from annotations.extraction.evaluation import HALF, Piece, overlap, pieces_of
from annotations.extraction.learned.arbiter import Option, settle
from annotations.extraction.learned.considering import Orders
from annotations.extraction.learned.features import token_range
from annotations.extraction.learned.linker import Candidate
from annotations.extraction.learned.ranker import Case
from annotations.extraction.learned.reading import Reading
from annotations.extraction.learned.tagger import Tagged
from annotations.extraction.opinions import PARTS, Kind, Ordered
from annotations.extraction.opinions import Option as OtherChoice
from annotations.extraction.quotes import Quote, pairs, quotes_of
from corpus.text.spans import Span


def arbiter_cases(reading: Reading, tagged: Sequence[Tagged], gold: Suggestions) -> list[Case]:
    """Return every choice between rules and tagger in an article, with the one that suits gold best."""
    pieces = sorted(pieces_of(gold))
    cases: list[Case] = []
    for page, tags in zip(reading.pages, tagged, strict=True):
        starts = [token.start for token in page.passage.tokens]
        ranges = [token_range(starts, page.passage.tokens, piece.span) for piece in pieces]

        def judge(
            options: Sequence[Option], ranges: Sequence[tuple[int, int]] = ranges
        ) -> tuple[Option, float]:
            worth = [_worth(option, ranges) for option in options]
            right = max(range(len(options)), key=lambda number: worth[number])
            cases.append(Case(candidates=[option.features for option in options], right=right))
            return options[right], 1.0

        settle(page, tags, judge)
    return cases


def _worth(option: Option, gold: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Return how much better than nothing an option is; among equals, the closer one is worth more."""
    best = [
        max((overlap((quote.first, quote.last), span) for span in gold), default=0.0)
        for quote in option.quotes
    ]
    return sum(1.0 if share >= HALF else -1.0 for share in best), sum(best)


class LinkTeacher:
    """Picks what gold has, and notes each choice as a case to learn from.

    Where the tagger's quote matches none in gold, or no candidate is right, there is nothing to learn.
    """

    def __init__(self, gold: Suggestions) -> None:
        self._gold = sorted(pieces_of(gold))
        self.cases: dict[str, list[Case]] = {"cue": [], "source": []}

    def __call__(self, relation: str, span: Span, candidates: Sequence[Candidate]) -> tuple[Candidate, float]:
        """Return the candidate that gold has, or none where that cannot be said."""
        piece = closest(span, self._gold)
        if piece is None:
            return candidates[-1], 1.0
        right = _right(piece.cue if relation == "cue" else piece.source, candidates)
        if right is None:
            return candidates[-1], 1.0
        if len(candidates) > 1:
            features = [candidate.features for candidate in candidates]
            self.cases[relation].append(Case(candidates=features, right=right))
        return candidates[right], 1.0


class ListTeacher:
    """Notes which option of each list makes a suggestion what gold has, where it was not that before.

    It orders by `orders`, what was learned so far.
    """

    def __init__(self, suggestions: Suggestions, gold: Suggestions, orders: Orders) -> None:
        suggested = quotes_of(suggestions)
        meant = pairs(suggested, quotes_of(gold))
        self._orders = orders
        self._wanted: dict[tuple[Span, ...], tuple[Quote, Quote]] = {}
        for one in suggested:
            if one.key in meant:
                self._wanted[one.segments] = one, meant[one.key]
        self.cases: dict[Kind, list[Case]] = defaultdict(list)

    def __call__(
        self, kind: Kind, quote: tuple[Span, ...], options: Sequence[OtherChoice]
    ) -> Sequence[Ordered]:
        right = self._right(kind, quote, options)
        if right is not None:
            features = [option.features for option in options]
            self.cases[kind].append(Case(candidates=features, right=right))
        return self._orders(kind, quote, options)

    def _right(self, kind: Kind, quote: tuple[Span, ...], options: Sequence[OtherChoice]) -> int | None:
        """Return the number of the option that gold has; None where it has none of them, or nothing else."""
        if quote not in self._wanted:
            return None
        parts = PARTS if kind == "correction" else (kind,)
        now, gold = ([getattr(one, part) for part in parts] for one in self._wanted[quote])
        wanted = (
            number for number, one in enumerate(options) if [getattr(one.then, p) for p in parts] == gold
        )
        return next(wanted, None) if now != gold else None


def closest(span: Span, pieces: Sequence[Piece]) -> Piece | None:
    """Return the piece that shares at least half of its union with a span, in characters."""
    near = (piece for piece in pieces if piece.span.overlaps(span))
    best = max(near, key=lambda piece: overlap(piece.span, span), default=None)
    return best if best is not None and overlap(best.span, span) >= HALF else None


def _right(wanted: Span | None, candidates: Sequence[Candidate]) -> int | None:
    """Return the number of the candidate that comes closest to what is wanted."""
    if wanted is None:
        return len(candidates) - 1
    shares = [overlap(candidate.span, wanted) if candidate.span else 0.0 for candidate in candidates]
    best = max(range(len(candidates)), key=lambda number: shares[number])
    return best if shares[best] > 0 else None
