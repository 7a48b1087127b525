"""The scorer of claims: how likely a sentence is check-worthy, by what reviewers decided on others.

A logistic model over the words of a sentence and what the rules see in it. Its prior is the rules' own score:
what no review has spoken of stays as the rules have it. Trained by stochastic dual coordinate ascent
(Shalev-Shwartz and Zhang 2013), which needs no learning rate; floats are summed in a fixed order, so the same
cases give the same weights. Words are hashed: a model holds none of an article.
"""

import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

from annotations.extraction.claim_words import OTHERS, SPEAKER
from annotations.extraction.claims import Claim, weigh_claim
from annotations.extraction.learned.calibration import Calibration, calibrate
from annotations.extraction.ranking import average_precision, calibration_error

#: as many sentences of either kind must have been decided on before they teach anything
LEAST_CASES = 50
#: the articles are split into so many parts; each is judged by what the others teach
FOLDS = 3
EPOCHS = 8
#: how far cases may pull weights from their prior; more is bolder
BOLDNESS = 4.0
BUCKETS = 1 << 18
#: what a sign, a doubt or the shape of a sentence counts beside all of its words together, which count 1
_SHAPE = 0.3
_LONGEST = 1000
#: the share of the raw score in a served one
_TRACE = 0.02
#: weights nearer to 0 are left out
_LEAST = 0.001
_PAST = "ed"

_WORD = re.compile(r"\d+|[^\W\d_]+(?:['’-][^\W_]+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z]\w")
_MARK = re.compile('["“]')
_NUMBER = re.compile(r"\d[\d.,]*")

Row = Sequence[tuple[int, float]]


class Case(NamedTuple):
    """A sentence, whether it is a claim, and the number of the article (or debate) that it stands in."""

    sentence: str
    is_claim: bool
    article: int


class Seen(NamedTuple):
    """A sentence as the model sees it: the log-odds that the rules give it, and its features with values."""

    prior: float
    row: Row


@dataclass(frozen=True)
class ClaimScorer:
    """Gives a sentence its calibrated score; what the rules rule out has none."""

    weights: Mapping[int, float] = field(default_factory=dict)
    calibration: Calibration = field(default_factory=Calibration)

    def __call__(self, sentence: str) -> Claim | None:
        claim = weigh_claim(sentence)
        if claim is None:
            return None
        score = _served(self.probability(see(sentence, claim)), self.calibration)
        return claim._replace(score=score, signs=claim.signs or ("words of past claims",))

    def __bool__(self) -> bool:
        """Whether anything has been learned."""
        return bool(self.weights)

    def probability(self, seen: Seen) -> float:
        """Return what the model makes of a sentence, before it is calibrated."""
        get = self.weights.get
        return _logistic(seen.prior + sum(get(bucket, 0.0) * value for bucket, value in seen.row))


def train_claims(cases: Sequence[Case], *, seed: int = 0) -> tuple[ClaimScorer, Mapping[str, Any]]:
    """Return the scorer that the cases teach, and for the card what it was made from and how good it was.

    Where there are too few cases, or the rules rank sentences of other articles better, the scorer is
    empty and the rules are to be asked. The figures are by cross-validation, article by article.
    """
    told: dict[str, Any] = {
        "chosen": "rules",
        "sentences": len(cases),
        "claims": sum(case.is_claim for case in cases),
        "figures": {},
    }
    parts = folds_of([case.article for case in cases], seed)
    if min(told["claims"], len(cases) - told["claims"]) < LEAST_CASES or len(parts) < 2:
        return ClaimScorer(), told
    claims = [weigh_claim(case.sentence) for case in cases]
    seen = [see(case.sentence, claim) if claim else None for case, claim in zip(cases, claims, strict=True)]
    truths = [case.is_claim for case in cases]
    raw = _held_out(seen, truths, parts, seed)
    by_rules = [claim.score if claim else 0.0 for claim in claims]
    told["figures"] = {
        "rules": _figures(by_rules, by_rules, truths),
        "learned": _figures(raw, _calibrated(raw, truths, parts), truths),
    }
    rules, learned = (told["figures"][name]["average_precision"] for name in ("rules", "learned"))
    if learned <= rules:
        return ClaimScorer(), told
    told["chosen"] = "learned"
    return ClaimScorer(fit(seen, truths, seed=seed).weights, _calibration(raw, truths)), told


def folds_of(articles: Sequence[int], seed: int) -> list[list[int]]:
    """Split cases into parts, by number, such that the sentences of an article stay together."""
    order = sorted(set(articles))
    random.Random(seed).shuffle(order)  # noqa: S311 - a split, no secret
    part = {article: place % FOLDS for place, article in enumerate(order)}
    parts: list[list[int]] = [[] for _ in range(min(FOLDS, len(order)))]
    for number, article in enumerate(articles):
        parts[part[article]].append(number)
    return parts


def _held_out(
    seen: Sequence[Seen | None], truths: Sequence[bool], parts: Sequence[Sequence[int]], seed: int
) -> list[float]:
    """Return the score of each sentence when the scorer has learned from other articles alone."""
    scores = [0.0] * len(seen)
    for part in parts:
        left_out = set(part)
        others = [number for number in range(len(seen)) if number not in left_out]
        scorer = fit([seen[number] for number in others], [truths[number] for number in others], seed=seed)
        for number in part:
            row = seen[number]
            scores[number] = scorer.probability(row) if row else 0.0
    return scores


def _calibrated(raw: Sequence[float], truths: Sequence[bool], parts: Sequence[Sequence[int]]) -> list[float]:
    """Return each score as what is known of the other parts calibrates it."""
    scores = [0.0] * len(raw)
    for part in parts:
        left_out = set(part)
        others = [number for number in range(len(raw)) if number not in left_out]
        curve = _calibration([raw[number] for number in others], [truths[number] for number in others])
        for number in part:
            scores[number] = _served(raw[number], curve) if raw[number] else 0.0
    return scores


def _calibration(raw: Sequence[float], truths: Sequence[bool]) -> Calibration:
    return calibrate([(score, truth) for score, truth in zip(raw, truths, strict=True) if score])


def _served(raw: float, curve: Calibration) -> float:
    """Return a calibrated score with a trace of the raw one, to keep the order where the curve is flat."""
    return (1 - _TRACE) * curve(raw) + _TRACE * raw


def _figures(raw: Sequence[float], served: Sequence[float], truths: Sequence[bool]) -> dict[str, float]:
    """Return how well the raw scores rank and how far the served ones are from the share that is right."""
    precision = average_precision(list(zip(raw, truths, strict=True)))
    error = calibration_error(list(zip(served, truths, strict=True)))
    return {
        "average_precision": round(precision or 0.0, 4),
        "calibration_error": round(error or 0.0, 4),
    }


def see(sentence: str, claim: Claim) -> Seen:
    """Return what the model sees of a sentence; the rules make `claim` of it."""
    passage = sentence[:_LONGEST]
    words = ["0" if word.isdecimal() else word for word in _WORD.findall(passage.lower())]
    grams = {*words, *map(" ".join, zip(["^", *words], [*words, "$"], strict=True))}
    shape = {f"+{sign}" for sign in claim.signs} | {f"-{doubt}" for doubt in claim.doubts}
    shape |= {
        "=always",
        f"=words {min(len(words).bit_length(), 7)}",
        f"=numbers {min(len(_NUMBER.findall(passage)), 3)}",
        f"=names {min(len(_NAME.findall(passage)), 4)}",
        f"=speaker {not SPEAKER.isdisjoint(words)}",
        f"=others {not OTHERS.isdisjoint(words)}",
        f"=quoted {_MARK.search(passage) is not None}",
        f"=past {any(word.endswith(_PAST) for word in words)}",
        f"=asks {'?' in passage}",
    }
    value = 1 / math.sqrt(len(grams) or 1)
    row = [(_bucket(gram), value) for gram in sorted(grams)]
    row += [(_bucket(name), _SHAPE) for name in sorted(shape)]
    prior = math.log(claim.score / (1 - claim.score))
    row.append((_bucket("=rules"), _SHAPE * prior))
    return Seen(prior, row)


def _bucket(name: str) -> int:
    return crc32(name.encode()) % BUCKETS


def _logistic(margin: float) -> float:
    return 1 / (1 + math.exp(-max(min(margin, 30.0), -30.0)))


def fit(cases: Sequence[Seen | None], decided: Sequence[bool], *, seed: int) -> ClaimScorer:
    """Return the uncalibrated scorer that explains what was decided best and stays near to the rules.

    What the rules rule out (None) teaches nothing.
    """
    known = [(case, truth) for case, truth in zip(cases, decided, strict=True) if case is not None]
    seen, truths = [case for case, _ in known], [truth for _, truth in known]
    weights: dict[int, float] = {bucket: 0.0 for _, row in seen for bucket, _ in row}
    pulls = [0.0] * len(seen)
    steps = [BOLDNESS * sum(value * value for _, value in row) / 4 + 1 for _, row in seen]
    order = list(range(len(seen)))
    chance = random.Random(seed)  # noqa: S311 - an order, no secret
    for _ in range(EPOCHS):
        chance.shuffle(order)
        for number in order:
            margin, row = seen[number]
            for bucket, value in row:
                margin += weights[bucket] * value
            pull = (truths[number] - _logistic(margin) - pulls[number]) / steps[number]
            pulls[number] += pull
            pull *= BOLDNESS
            for bucket, value in row:
                weights[bucket] += pull * value
    kept = {bucket: round(weight, 4) for bucket, weight in sorted(weights.items()) if abs(weight) >= _LEAST}
    return ClaimScorer(kept)
