"""How far a figure may be off by the choice of articles: a percentile bootstrap over articles.

Bradley Efron and Robert J. Tibshirani (1993): An Introduction to the Bootstrap, chapter 13. Articles are
drawn, not annotations, because those of one article resemble each other.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from annotations.agreement.statistic import Counts, Statistic

RESAMPLES = 1_000
LEVEL = 0.95
#: Fewer articles than this give no interval: it would look surer than it is.
LEAST_ARTICLES = 10
#: More articles than this are dealt to as many groups, and groups are drawn.
GROUPS = 200
#: The share of draws in which the figure may be undefined.
MOST_UNDEFINED = 0.05


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What a statistic comes to over so many articles; `low` and `high` are the ends of its interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    articles: int = 0


class Tally:
    """What a statistic has counted in the articles so far, dealt in turn to so many groups."""

    def __init__(self, statistic: Statistic, *, groups: int | None = None) -> None:
        self.statistic = statistic
        self.articles = 0
        self._most = groups or GROUPS
        self._groups: list[defaultdict[tuple[Hashable, ...], float]] = []

    def add(self, counts: Sequence[Counts]) -> None:
        """Add what one article counts, in one or more parts."""
        if self.articles < self._most:
            self._groups.append(defaultdict(float))
        group = self._groups[self.articles % self._most]
        self.articles += 1
        for part in counts:
            for key, count in part.items():
                group[key] += count

    def value(self) -> float | None:
        return self.statistic.figure({key: sum(column) for key, column in self._columns().items()})

    def figure(self, *, seed: int = 0) -> Figure:
        """Return the figure with its interval, the same for the same seed."""
        value, columns = self.value(), self._columns()
        if value is None or self.articles < LEAST_ARTICLES:
            return Figure(value=value, articles=self.articles)
        drawn = []
        for draw in draws(len(self._groups), seed):
            sums = {key: sum(map(column.__getitem__, draw)) for key, column in columns.items()}
            drawn.append(self.statistic.figure(sums))
        low, high = percentiles([found for found in drawn if found is not None])
        return Figure(value=value, low=low, high=high, articles=self.articles)

    def _columns(self) -> Mapping[tuple[Hashable, ...], list[float]]:
        keys = {key for group in self._groups for key in group}
        return {key: [group.get(key, 0) for group in self._groups] for key in keys}


@lru_cache(maxsize=8)
def draws(size: int, seed: int) -> list[list[int]]:
    """Return `RESAMPLES` times `size` numbers below it, the same for everything that is as large."""
    chance = Random(seed)  # noqa: S311 - not for secrets
    return [chance.choices(range(size), k=size) for _ in range(RESAMPLES)]


def percentiles(found: Sequence[float]) -> tuple[float | None, float | None]:
    """Return the ends between which the middle `LEVEL` of the draws lie; None where too few are defined."""
    if len(found) < RESAMPLES * (1 - MOST_UNDEFINED):
        return None, None
    ordered, tail = sorted(found), (1 - LEVEL) / 2
    return ordered[round(tail * (len(found) - 1))], ordered[round((1 - tail) * (len(found) - 1))]
