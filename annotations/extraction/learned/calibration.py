"""Calibration: from how sure the tagger is to how often such a suggestion is right.

Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny and Elkan 2002), on predictions
for articles that the tagger was not trained on.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

#: so many right and so many wrong suggestions are added to each pool, so that none is certain
_DOUBT = 1.0


@dataclass(frozen=True)
class Calibration:
    """A rising curve through points; straight between them and flat beyond. Without points, the identity."""

    points: tuple[tuple[float, float], ...] = ()

    def __call__(self, raw: float) -> float:
        """Return the calibrated score, in (0, 1)."""
        return round(min(max(self._read(raw), 0.01), 0.99), 4)

    def _read(self, raw: float) -> float:
        if not self.points:
            return raw
        index = bisect_left(self.points, (raw, 0.0))
        if index == 0:
            return self.points[0][1]
        if index == len(self.points):
            return self.points[-1][1]
        (low, bottom), (high, top) = self.points[index - 1], self.points[index]
        return bottom + (top - bottom) * (raw - low) / (high - low)


def calibrate(predictions: Sequence[tuple[float, bool]]) -> Calibration:
    """Return the curve that fits scores and whether each suggestion was right."""
    pools: list[tuple[float, float, float]] = []  # sum of scores, right ones, all
    for raw, alike in groupby(sorted(predictions), key=lambda judgement: judgement[0]):
        verdicts = [right for _, right in alike]
        pools.append((raw * len(verdicts), float(sum(verdicts)), float(len(verdicts))))
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            last = pools.pop()
            before = pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    points = {
        round(total / count, 6): round((right + _DOUBT) / (count + 2 * _DOUBT), 6)
        for total, right, count in pools
    }
    return Calibration(_rising(sorted(points.items())))


def _rising(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return the points with those left out that doubt has put below the one before."""
    rising: list[tuple[float, float]] = []
    for point in points:
        if not rising or point[1] > rising[-1][1]:
            rising.append(point)
    return tuple(rising)


def calibration_error(predictions: Sequence[tuple[float, bool]], *, bins: int = 10) -> float:
    """Return the expected calibration error: how far scores are from the share that is right.

    Bins of equal width, weighted by what is in them (Guo et al. 2017).
    """
    pools: dict[int, list[tuple[float, bool]]] = {}
    for score, right in predictions:
        pools.setdefault(min(int(score * bins), bins - 1), []).append((score, right))
    gaps = [abs(sum(score for score, _ in pool) - sum(right for _, right in pool)) for pool in pools.values()]
    return sum(gaps) / len(predictions) if predictions else 0.0
