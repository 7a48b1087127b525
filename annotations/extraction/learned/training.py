"""Training: from reviewed articles to a model, or to the word that the rules are better."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from annotations.extraction.base import Suggestions
from annotations.extraction.evaluation import (
    Counted,
    Difference,
    Evaluation,
    attributed_f1,
    evaluate,
    found_f1,
    judged,
    paired_bootstrap,
)
from annotations.extraction.learned.arbiter import PRIOR as arbiter_prior
from annotations.extraction.learned.calibration import Calibration, calibrate
from annotations.extraction.learned.claiming import claim_cases
from annotations.extraction.learned.claims import train_claims
from annotations.extraction.learned.drafting import Rankers, linked_pages, settled_pages, suggestions_of
from annotations.extraction.learned.examples import Example
from annotations.extraction.learned.features import FEATURES
from annotations.extraction.learned.linker import PRIOR as link_prior
from annotations.extraction.learned.model import Card, Model
from annotations.extraction.learned.ranker import Case, train_ranker
from annotations.extraction.learned.reading import Reading, read
from annotations.extraction.learned.tagger import Tagged, Tagger, encode, train_tagger
from annotations.extraction.learned.teacher import LinkTeacher, arbiter_cases
from annotations.extraction.rules import Rules

#: the articles are split into so many parts; each is judged by what the others teach
FOLDS = 6
#: so many articles are enough to learn from two thirds of them, which saves time
MANY_ARTICLES = 200
FOLDS_OF_MANY = 3
#: fewer articles than this teach nothing
LEAST_ARTICLES = FOLDS
#: fewer suggestions than this do not tell how often a score is right
LEAST_CALIBRATED = 200
DRAWS = 500

Progress = Callable[[int, int], None]


@dataclass
class _Lesson:
    """One example, read once: what the tagger sees and should say, and what it said when held out."""

    example: Example
    reading: Reading
    tags: list[list[str]]
    tagged: list[Tagged]


def train(
    examples: Sequence[Example],
    *,
    seed: int = 0,
    on_progress: Progress | None = None,
    counts: Counted | None = None,
) -> Model:
    """Return a model of the examples; the same examples in the same order give the same bytes.

    The examples are split into parts, and what the others teach is tried on each. Those predictions teach the
    linker and calibrate the scores, and they decide whether the learner is kept at all.

    Args:
        examples: reviewed articles.
        seed: of the split and of the order of learning.
        on_progress: is told how many steps are done, and of how many.
        counts: tells which suggestions count when the learner is compared with the rules; None for all.

    Raises:
        ValueError: if there are too few examples to split.
    """
    if len(examples) < LEAST_ARTICLES:
        raise ValueError(
            f"{len(examples)} reviewed articles are too few to learn from: {LEAST_ARTICLES} at least"
        )
    folds = _folds(len(examples), seed)
    steps = _Steps(len(examples) + len(folds) + 1, on_progress)
    lessons = []
    for example in examples:
        lessons.append(_read(example))
        steps.done()
    for fold in folds:
        tagger = Tagger(_fit([lesson for number, lesson in enumerate(lessons) if number not in fold]))
        for number in fold:
            lesson = lessons[number]
            lesson.tagged = [tagger.tag(page.rows) for page in lesson.reading.pages]
        steps.done()
    predicted = _held_out(lessons, folds, seed)
    predictions = [
        judgement
        for found, example in zip(predicted, examples, strict=True)
        for judgement in judged(found, example)
    ]
    learned = evaluate(predicted, examples, counts=counts)
    rules = evaluate([lesson.reading.rules for lesson in lessons], examples, counts=counts)
    claims, told = train_claims(list(claim_cases(examples)), seed=seed)
    card = replace(_card(examples, rules, learned, seed, len(predictions)), claims=told)
    if card.chosen == "rules":
        steps.done()
        return Model(card=card, claims=claims)
    model = Model(
        card=card,
        tagger=_fit(lessons),
        rankers=_teach(lessons, seed),
        calibration=_calibration(predictions),
        claims=claims,
    )
    steps.done()
    return model


class _Steps:
    """Counts steps and tells whoever wants to know."""

    def __init__(self, total: int, tell: Progress | None) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def done(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)


def _read(example: Example) -> _Lesson:
    reading = read(example.article)
    tags = [encode(page.passage.tokens, example.gold) for page in reading.pages]
    return _Lesson(example, reading, tags, [])


def _folds(count: int, seed: int) -> list[frozenset[int]]:
    order = list(range(count))
    random.Random(seed).shuffle(order)  # noqa: S311 - a split, no secret
    folds = FOLDS_OF_MANY if count >= MANY_ARTICLES else FOLDS
    return [frozenset(order[first::folds]) for first in range(folds)]


def _fit(lessons: Sequence[_Lesson]) -> bytes:
    return train_tagger(
        (page.rows, tags)
        for lesson in lessons
        for page, tags in zip(lesson.reading.pages, lesson.tags, strict=True)
    )


def _teach(lessons: Sequence[_Lesson], seed: int) -> Rankers:
    """Return what can be learned from the tagger's findings in articles that it did not know."""
    arbitrated: list[Case] = []
    for lesson in lessons:
        arbitrated += arbiter_cases(lesson.reading, lesson.tagged, lesson.example.gold)
    arbiter = train_ranker(arbitrated, arbiter_prior, seed=seed)
    linked: dict[str, list[Case]] = {"cue": [], "source": []}
    for lesson in lessons:
        teacher = LinkTeacher(lesson.example.gold)
        linked_pages(lesson.reading, settled_pages(lesson.reading, lesson.tagged, arbiter), teacher)
        for relation, cases in teacher.cases.items():
            linked[relation] += cases
    return Rankers(
        arbiter=arbiter,
        cue=train_ranker(linked["cue"], link_prior, seed=seed),
        source=train_ranker(linked["source"], link_prior, seed=seed),
    )


def _held_out(lessons: Sequence[_Lesson], folds: Sequence[frozenset[int]], seed: int) -> list[Suggestions]:
    """Return what the learner suggests for each article when it has learned from others alone."""
    predicted: dict[int, Suggestions] = {}
    for fold in folds:
        rankers = _teach([lesson for number, lesson in enumerate(lessons) if number not in fold], seed)
        for number in fold:
            lesson = lessons[number]
            predicted[number] = suggestions_of(lesson.reading, lesson.tagged, rankers, Calibration())
    return [predicted[number] for number in range(len(lessons))]


def _calibration(predictions: Sequence[tuple[float, bool]]) -> Calibration:
    return calibrate(predictions) if len(predictions) >= LEAST_CALIBRATED else Calibration()


def _card(
    examples: Sequence[Example], rules: Evaluation, learned: Evaluation, seed: int, judgements: int
) -> Card:
    gains = gains_over(rules, learned, seed=seed)
    enough = judgements >= LEAST_CALIBRATED
    return Card(
        articles=len(examples),
        quotes=sum(
            annotation.label == "quote" for example in examples for annotation in example.gold.annotations
        ),
        chosen="learned" if is_promising(**gains) else "rules",
        figures={"rules": rules.figures().as_json(), "learned": learned.figures().as_json()},
        gains={name: [round(number, 4) for number in gain] for name, gain in gains.items()},
        calibration=f"calibrated on {judgements} suggestions" if enough else "uncalibrated rank",
        versions={
            "rules": Rules().version,
            "features": FEATURES,
            "python-crfsuite": version("python-crfsuite"),
        },
        seed=seed,
    )


def gains_over(one: Evaluation, other: Evaluation, *, seed: int = 0) -> dict[str, Difference]:
    """Return by how much `other` beats `one` on the same articles, by both figures that count."""
    return {
        name: paired_bootstrap(one, other, seed=seed, draws=DRAWS, figure=figure)
        for name, figure in (("found", found_f1), ("attributed", attributed_f1))
    }


def is_promising(*, found: Difference, attributed: Difference) -> bool:
    """Whether the learner may be kept: it gained by one figure and is surely worse by none.

    What is kept is not yet served; that takes `is_better`.
    """
    return max(found.difference, attributed.difference) > 0 and min(found.high, attributed.high) >= 0


def is_better(*, found: Difference, attributed: Difference) -> bool:
    """Whether the learner has shown to be better: surely by one figure and not worse by the other."""
    return max(found.low, attributed.low) > 0 and min(found.difference, attributed.difference) >= 0
