"""A ranker: which of several candidates is meant, as a conditional logistic model over named features.

McFadden (1974), "Conditional logit analysis of qualitative choice behavior". Trained with AdaGrad
(Duchi, Hazan and Singer 2011); floats are summed in a fixed order, so the same cases give the same weights.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

Features = Sequence[str]

EPOCHS = 6
RATE = 0.1
#: pulls each weight towards its prior, once for every case that holds it
DECAY = 0.01


@dataclass(frozen=True, kw_only=True)
class Case:
    """One choice: the features of each candidate and the number of the right one."""

    candidates: Sequence[Features]
    right: int


@dataclass(frozen=True)
class Ranker:
    """Gives each candidate its probability."""

    weights: Mapping[str, float] = field(default_factory=dict)

    def probabilities(self, candidates: Sequence[Features]) -> list[float]:
        """Return the probability of each candidate; they sum to 1."""
        return _softmax(self.scores(candidates))

    def scores(self, candidates: Sequence[Features]) -> list[float]:
        """Return what the weights of each candidate's features come to; a probability is its softmax."""
        get = self.weights.get
        return [sum(map(get, features, repeat(0.0))) for features in candidates]


def train_ranker(cases: Sequence[Case], prior: Mapping[str, float], *, seed: int) -> Ranker:
    """Return the ranker that explains the cases; `prior` has what the weights are before any is seen."""
    weights = dict(prior)
    squares: dict[str, float] = {}
    order = list(range(len(cases)))
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    for _ in range(EPOCHS):
        chance.shuffle(order)
        for number in order:
            _learn(weights, squares, cases[number], prior)
    return Ranker({name: round(weight, 4) for name, weight in sorted(weights.items())})


def _learn(
    weights: dict[str, float], squares: dict[str, float], case: Case, prior: Mapping[str, float]
) -> None:
    chances = Ranker(weights).probabilities(case.candidates)
    gradient: dict[str, float] = {}
    for number, (features, chance) in enumerate(zip(case.candidates, chances, strict=True)):
        error = (number == case.right) - chance
        for name in features:
            gradient[name] = gradient.get(name, 0.0) + error
    for name, slope in gradient.items():
        weight = weights.get(name, 0.0)
        slope -= DECAY * (weight - prior.get(name, 0.0))
        squares[name] = squares.get(name, 1.0) + slope * slope
        weights[name] = weight + RATE * slope / math.sqrt(squares[name])


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
