"""Whether the scores of a pipeline mean what they say: of what it scored 0.9, are nine in ten right?

The Brier score: Glenn W. Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly
Weather Review 78(1), 1-3. Its parts: Allan H. Murphy (1973), A New Vector Partition of the Probability Score,
Journal of Applied Meteorology 12(4), 595-600.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import TypeVar

from annotations.agreement.bootstrap import GROUPS, LEVEL, draws, percentiles
from annotations.agreement.design_effect import design_effect
from annotations.agreement.holm import holm
from annotations.agreement.score_test import Scored, score_test
from annotations.agreement.wilson import wilson

Pipeline = TypeVar("Pipeline", bound=Hashable)

BINS = 10
#: Fewer articles, or suggestions, tell nothing.
LEAST_ARTICLES, LEAST_SUGGESTIONS = 25, 100
#: Scores must be off by so much: less matters to nobody.
LEAST_ERROR = 0.05


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The suggestions scored from `start` up to `end`; `low` and `high` bound the share that is right."""

    start: float
    end: float
    suggestions: int
    score: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How scores and what is right go together.

    Attributes:
        brier: the mean squared difference of score and truth: 0 is best.
        reliability, resolution, uncertainty: its parts, of scores rounded to the means of their bins. The
            first is the mean squared difference of a bin's score and its share that is right; the second how
            far those shares lie apart, which is good; the third what the pipeline has no part in.
        gap: mean score less the share that is right, with the ends of its interval: above 0 they promise more
            than they keep.
        stretch: above 0 where high scores are too high or low ones too low, apart from the gap.
        chance: how probable it would be for scores that mean what they say to look as bad or worse, corrected
            for the number of pipelines; None where there is too little to tell.
    """

    suggestions: int
    articles: int
    bins: Sequence[Bin] = ()
    brier: float | None = None
    reliability: float | None = None
    resolution: float | None = None
    uncertainty: float | None = None
    gap: float | None = None
    low: float | None = None
    high: float | None = None
    stretch: float = 0.0
    chance: float | None = None

    @property
    def error(self) -> float | None:
        """By how much the scores are off: the root of `reliability`."""
        return None if self.reliability is None else sqrt(self.reliability)

    @property
    def miscalibrated(self) -> bool | None:
        """Whether the error is both too large for chance and large enough to matter; None for no telling."""
        if self.chance is None or self.error is None:
            return None
        return self.chance <= 1 - LEVEL and self.error >= LEAST_ERROR

    @property
    def direction(self) -> str:
        """Return how scores are off: too `high` or `low`, or neither as a whole, but `extreme` or `timid`."""
        if self.low is not None and self.low > 0:
            return "high"
        if self.high is not None and self.high < 0:
            return "low"
        return "extreme" if self.stretch > 0 else "timid"


def compare_pipelines(
    scored: Mapping[Pipeline, Sequence[Sequence[Scored]]],
) -> dict[Pipeline, Reliability]:
    """Return how reliable each pipeline's scores are, given what it scored in each article."""
    found = {pipeline: reliability_of(articles) for pipeline, articles in scored.items()}
    chances = {pipeline: each.chance for pipeline, each in found.items() if each.chance is not None}
    for pipeline, chance in holm(chances).items():
        found[pipeline] = replace(found[pipeline], chance=chance)
    return found


def reliability_of(articles: Sequence[Sequence[Scored]]) -> Reliability:
    """Return how reliable scores are, by article; nothing is corrected for other pipelines yet."""
    articles = [article for article in articles if article]
    every = [pair for article in articles for pair in article]
    if not every:
        return Reliability(suggestions=0, articles=0)
    bins = _bins(articles)
    count, share = len(every), sum(right for _, right in every) / len(every)
    low, high = _interval(articles)
    tested = score_test(articles)
    enough = len(articles) >= LEAST_ARTICLES and count >= LEAST_SUGGESTIONS
    return Reliability(
        suggestions=count,
        articles=len(articles),
        bins=bins,
        brier=sum((score - right) ** 2 for score, right in every) / count,
        reliability=sum(each.suggestions * (each.score - each.right) ** 2 for each in bins) / count,
        resolution=sum(each.suggestions * (each.right - share) ** 2 for each in bins) / count,
        uncertainty=share * (1 - share),
        gap=sum(score - right for score, right in every) / count,
        low=low,
        high=high,
        stretch=tested.stretch if tested else 0.0,
        chance=tested.chance if tested and enough else None,
    )


def _bins(articles: Sequence[Sequence[Scored]]) -> list[Bin]:
    """Return the bins of equal width that hold anything, from the lowest scores to the highest."""
    found = []
    for number in range(BINS):
        held = [[pair for pair in article if bin_of(pair[0]) == number] for article in articles]
        held = [own for own in held if own]
        if not held:
            continue
        clusters = [(sum(right for _, right in own), len(own)) for own in held]
        hits, count = sum(hit for hit, _ in clusters), sum(size for _, size in clusters)
        effect = design_effect([clusters])
        low, high = wilson(hits / effect, count / effect) or (0.0, 1.0)
        found.append(
            Bin(
                start=number / BINS,
                end=(number + 1) / BINS,
                suggestions=count,
                score=sum(score for own in held for score, _ in own) / count,
                right=hits / count,
                low=low,
                high=high,
            )
        )
    return found


def bin_of(score: float) -> int:
    return min(int(score * BINS), BINS - 1)


def _interval(articles: Sequence[Sequence[Scored]]) -> tuple[float | None, float | None]:
    """Return the ends of the interval of the gap, by a bootstrap over articles; none for too few of them."""
    if len(articles) < LEAST_ARTICLES:
        return None, None
    sums = [(sum(score - right for score, right in article), len(article)) for article in articles]
    groups = [
        (sum(gap for gap, _ in sums[number::GROUPS]), sum(count for _, count in sums[number::GROUPS]))
        for number in range(min(GROUPS, len(sums)))
    ]
    gaps, counts = zip(*groups, strict=True)
    drawn = draws(len(groups), 0)
    return percentiles(
        [sum(map(gaps.__getitem__, draw)) / sum(map(counts.__getitem__, draw)) for draw in drawn]
    )
