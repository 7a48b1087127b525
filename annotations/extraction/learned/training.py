"""Training: from reviewed articles to a model, or to the word that the rules are better."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from annotations.extraction.base import Suggestions
from annotations.extraction.candidates import find_choices
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
from annotations.extraction.learned.arbiter import Arbiter
from annotations.extraction.learned.calibration import Calibration, calibrate
from annotations.extraction.learned.claiming import claim_cases
from annotations.extraction.learned.claims import train_claims
from annotations.extraction.learned.considering import by_ranker, consider
from annotations.extraction.learned.drafting import Rankers, linked_pages, settled_pages, suggestions_of
from annotations.extraction.learned.examples import Example
from annotations.extraction.learned.learners import LIGHT, Learner, Lesson, split
from annotations.extraction.learned.linker import PRIOR as link_prior
from annotations.extraction.learned.model import Card, Model
from annotations.extraction.learned.ranker import Case, train_ranker
from annotations.extraction.learned.reading import read
from annotations.extraction.learned.teacher import LinkTeacher, ListTeacher, arbiter_cases
from annotations.extraction.opinions import PARTS, Kind
from annotations.extraction.opinions import PRIOR as LIST_PRIOR
from annotations.extraction.rules import Rules

#: fewer articles than this teach nothing
LEAST_ARTICLES = 6
#: what decides between tags is tried out on so many parts of the articles where the tagger had one part alone
RANKED = 4
#: fewer suggestions than this do not tell how often a score is right
LEAST_CALIBRATED = 200
DRAWS = 500

Progress = Callable[[int, int], None]


def train(
    examples: Sequence[Example],
    *,
    learner: Learner = LIGHT,
    seed: int = 0,
    on_progress: Progress | None = None,
    counts: Counted | None = None,
) -> Model:
    """Return a model of the examples; the light learner gives the same bytes for the same ones.

    The examples are split into parts, and what the others teach is tried on each, or on one alone where the
    learner says so. Those predictions teach the linker and calibrate the scores, and they decide whether what
    was learned is kept at all.

    Args:
        examples: reviewed articles.
        learner: makes the tagger.
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
    parts = learner.parts(len(examples), seed)
    fits = len(parts) + (len(parts) > 1)
    steps = _Steps(len(examples) + fits * learner.steps, on_progress)
    lessons = []
    for example in examples:
        lessons.append(Lesson(example, read(example.article)))
        steps.done()
    tagger = _hold_out(lessons, parts, learner, seed, steps)
    held = [lesson for number, lesson in enumerate(lessons) if any(number in part for part in parts)]
    known = [lesson.example for lesson in held]
    predicted, caution = _best(held, learner.cautions, seed, parts, counts)
    predictions = [
        judgement
        for found, example in zip(predicted, known, strict=True)
        for judgement in judged(found, example)
    ]
    learned = evaluate(predicted, known, counts=counts)
    rules = evaluate([lesson.reading.rules for lesson in held], known, counts=counts)
    claims, told = train_claims(list(claim_cases(examples)), seed=seed)
    card = _card(examples, learner, rules, learned, seed, len(predictions))
    card = replace(card, judged=len(held), claims=told)
    if card.chosen == "rules":
        steps.skip()
        return Model(card=card, claims=claims)
    if len(parts) > 1:
        tagger = learner.fit(lessons, seed, steps.done)
    return Model(
        card=card,
        tagger=tagger,
        rankers=_teach_lists(held, _teach(held, seed)._replace(caution=caution), seed),
        calibration=_calibration(predictions),
        claims=claims,
    )


def _hold_out(
    lessons: Sequence[Lesson], parts: Sequence[frozenset[int]], learner: Learner, seed: int, steps: "_Steps"
) -> bytes:
    """Tag each part by what the others teach; return the last tagger that came of it."""
    tagger = b""
    for part in parts:
        others = [lesson for number, lesson in enumerate(lessons) if number not in part]
        tagger = learner.fit(others, seed, steps.done)
        tags = learner.load(tagger)
        for number in part:
            lessons[number].tagged = tags.tag(lessons[number].reading.pages)
    return tagger


class _Steps:
    """Counts steps and tells whoever wants to know."""

    def __init__(self, total: int, tell: Progress | None) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def done(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(self._done, self._total)

    def skip(self) -> None:
        """Pass over what remains."""
        while self._done < self._total:
            self.done()


def _teach(lessons: Sequence[Lesson], seed: int) -> Rankers:
    """Return what can be learned from the tagger's findings in articles that it did not know."""
    arbitrated: list[Case] = []
    for lesson in lessons:
        arbitrated += arbiter_cases(lesson.reading, lesson.tagged, lesson.example.gold)
    arbiter = train_ranker(arbitrated, arbiter_prior, seed=seed)
    judge = Arbiter(arbiter)
    linked: dict[str, list[Case]] = {"cue": [], "source": []}
    for lesson in lessons:
        teacher = LinkTeacher(lesson.example.gold)
        linked_pages(lesson.reading, settled_pages(lesson.reading, lesson.tagged, judge), teacher)
        for relation, cases in teacher.cases.items():
            linked[relation] += cases
    return Rankers(
        arbiter=arbiter,
        cue=train_ranker(linked["cue"], link_prior, seed=seed),
        source=train_ranker(linked["source"], link_prior, seed=seed),
    )


def _teach_lists(lessons: Sequence[Lesson], rankers: Rankers, seed: int) -> Rankers:
    """Return what also orders what may be taken instead, as people corrected what would be suggested.

    First the lists of each part, then, with those, which parts are corrected at once.
    """
    found = _list_cases(lessons, rankers)
    taught = {part: train_ranker(found[part], LIST_PRIOR, seed=seed) for part in PARTS}
    rankers = rankers._replace(
        other_boundaries=taught["segments"], other_sources=taught["source"], other_cues=taught["cue"]
    )
    cases = _list_cases(lessons, rankers)["correction"]
    return rankers._replace(correction=train_ranker(cases, {}, seed=seed))


def _list_cases(lessons: Sequence[Lesson], rankers: Rankers) -> dict[Kind, list[Case]]:
    cases: dict[Kind, list[Case]] = defaultdict(list)
    for lesson in lessons:
        suggestions = suggestions_of(lesson.reading, lesson.tagged, rankers, Calibration())
        teacher = ListTeacher(suggestions, lesson.example.gold, by_ranker(rankers.lists()))
        opinion = consider(lesson.reading, lesson.tagged, rankers, teacher)
        find_choices(lesson.example.article, suggestions, opinion)
        for kind, found in teacher.cases.items():
            cases[kind] += found
    return cases


def _best(
    held: Sequence[Lesson],
    cautions: Sequence[float],
    seed: int,
    parts: Sequence[frozenset[int]],
    counts: Counted | None,
) -> tuple[list[Suggestions], float]:
    """Return what is suggested for each article when everything was learned from others, and the caution."""
    known = [lesson.example for lesson in held]
    rankers = _taught_by_others(held, seed, parts if len(parts) > 1 else split(len(held), RANKED, seed))
    tried = []
    for caution in cautions:
        predicted = [
            suggestions_of(lesson.reading, lesson.tagged, one._replace(caution=caution), Calibration())
            for lesson, one in zip(held, rankers, strict=True)
        ]
        tried.append((attributed_f1(evaluate(predicted, known, counts=counts).figures()), predicted, caution))
    _, predicted, caution = max(tried, key=lambda one: one[0])
    return predicted, caution


def _taught_by_others(lessons: Sequence[Lesson], seed: int, parts: Sequence[frozenset[int]]) -> list[Rankers]:
    """Return for each lesson what was learned from those of the other parts."""
    rankers: dict[int, Rankers] = {}
    for part in parts:
        taught = _teach([lesson for number, lesson in enumerate(lessons) if number not in part], seed)
        rankers |= dict.fromkeys(part, taught)
    return [rankers[number] for number in range(len(lessons))]


def _calibration(predictions: Sequence[tuple[float, bool]]) -> Calibration:
    return calibrate(predictions) if len(predictions) >= LEAST_CALIBRATED else Calibration()


def _card(
    examples: Sequence[Example],
    learner: Learner,
    rules: Evaluation,
    learned: Evaluation,
    seed: int,
    judgements: int,
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
        versions={"rules": Rules().version, **learner.versions()},
        seed=seed,
        learner=learner.name,
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
