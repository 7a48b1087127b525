"""Whether scores mean what they say, or differ from what is right by chance alone.

By David R. Cox (1958), Two Further Applications of a Model for Binary Regression, Biometrika 45(3/4),
562-565, they do where a logistic regression on their logits has no intercept and a slope of 1. The test looks
at how steep the likelihood is at that point, in both directions: the score test of C. R. Rao (1948), Large
Sample Tests of Statistical Hypotheses, Proceedings of the Cambridge Philosophical Society 44(1), 50-57.
Nothing has to be fitted for it.

Suggestions of one article hang together. So the statistic is divided by their mean design effect: J. N. K.
Rao and Alastair J. Scott (1981), The Analysis of Categorical Data from Complex Sample Surveys, Journal of the
American Statistical Association 76(374), 221-230; and held against F with one degree of freedom less than
there are articles, as in D. Roland Thomas and J. N. K. Rao (1987), Small-Sample Comparisons of Level and
Power, Journal of the American Statistical Association 82(398), 630-636.

Spiegelhalter's z (1986) takes suggestions to know nothing of each other, and is blind at a score of 0.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TypeAlias

#: A score, and whether what was scored is right.
Scored: TypeAlias = tuple[float, bool]
#: A symmetric matrix of two rows: its corners, and what stands between them.
Matrix: TypeAlias = tuple[float, float, float]

#: Scores are taken to be no surer than this, so that a single sure mistake does not decide everything.
SUREST = 0.99
#: Below this share of what it could be, the spread of logits is none.
_NONE = 1e-9


@dataclass(frozen=True, kw_only=True)
class ScoreTest:
    """How far scores are from meaning what they say.

    Attributes:
        statistic: chi-squared, which allows for articles.
        stretch: above 0 where high scores are too high or low ones too low, apart from a common gap.
        chance: the probability of as much or more where they do mean it.
    """

    statistic: float
    stretch: float
    chance: float


def score_test(articles: Sequence[Sequence[Scored]]) -> ScoreTest | None:
    """Return the test of what was scored in each article; None for fewer than two of them.

    Where all scores are the same there is no slope to look at; the chance is then rather too large.
    """
    if len(articles) < 2:
        return None
    logits = [[_logit(score) for score, _ in article] for article in articles]
    middle = sum(map(sum, logits)) / sum(map(len, logits))
    steps: list[tuple[float, float]] = []
    weight = skew = spread = 0.0
    for article, own in zip(articles, logits, strict=True):
        step = slope = 0.0
        for (score, right), logit in zip(article, own, strict=True):
            bounded = min(max(score, 1 - SUREST), SUREST)
            away, variance = logit - middle, bounded * (1 - bounded)
            step += right - bounded
            slope += (right - bounded) * away
            weight, skew, spread = weight + variance, skew + variance * away, spread + variance * away * away
        steps.append((step, slope))
    expected = (weight, skew, spread)
    step, slope = sum(step for step, _ in steps), sum(slope for _, slope in steps)
    statistic = _distance((step * step, step * slope, slope * slope), expected)
    effect = _distance(_found(steps), expected) / _rank(expected)
    statistic /= max(effect, 1.0)
    freedom = len(articles) - 1
    return ScoreTest(
        statistic=statistic,
        stretch=-slope,
        chance=float((1 + statistic / freedom) ** (-freedom / 2)),
    )


def _logit(score: float) -> float:
    bounded = min(max(score, 1 - SUREST), SUREST)
    return log(bounded / (1 - bounded))


def _found(steps: Sequence[tuple[float, float]]) -> Matrix:
    """Return how the sums of articles vary, as they do."""
    number = len(steps)
    first, second = sum(one for one, _ in steps) / number, sum(two for _, two in steps) / number
    scale = number / (number - 1)
    return (
        scale * sum((one - first) ** 2 for one, _ in steps),
        scale * sum((one - first) * (two - second) for one, two in steps),
        scale * sum((two - second) ** 2 for _, two in steps),
    )


def _rank(matrix: Matrix) -> int:
    weight, skew, spread = matrix
    return 2 if weight * spread - skew * skew > _NONE * weight * weight else 1


def _distance(one: Matrix, expected: Matrix) -> float:
    """Return the trace of one matrix by the inverse of what was expected, of its first corner if need be."""
    weight, skew, spread = expected
    if _rank(expected) == 1:
        return one[0] / weight
    return (spread * one[0] - 2 * skew * one[1] + weight * one[2]) / (weight * spread - skew * skew)
