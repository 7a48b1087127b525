"""Learning from what people of a corpus decided, and putting what was learned in service if it is better.

What was learned is measured on articles that it did not learn from, beside the pipeline in service, and only
a difference that a paired bootstrap calls real puts it in service.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from annotations.extraction.base import Pipeline as Runnable
from annotations.extraction.evaluation import Difference, Evaluation, evaluate
from annotations.extraction.learned.examples import Example
from annotations.extraction.learned.learners import LIGHT, Learner
from annotations.extraction.learned.model import Model
from annotations.extraction.learned.pipeline import Learned
from annotations.extraction.learned.training import gains_over, is_better, train
from annotations.extraction.neural.extra import ExtraMissing
from annotations.extraction.neural.learner import Neural
from annotations.models import ModelFile, Pipeline, Run, Training, TrainingStatus
from annotations.models.learning import LearnerName
from annotations.services.building import LEARNED, built
from annotations.services.jobs import configuration_hash
from annotations.services.pipelines import DEFAULT_PIPELINE, fill_run, open_run
from annotations.services.reviewed import Reviewed, reviewed_articles
from annotations.services.trainings import TrainingClaim, change, fail_training, held, tell_stage
from corpus.models import Corpus
from corpus.services.actors import JOB
from corpus.services.events import record

log = structlog.get_logger(__name__)

#: Articles that neither side has learned from, below which no figure puts anything in service.
ENOUGH = 30
#: Articles that a learned pipeline in service does not know are learned from and judged in turns, this many.
PARTS = 2


class Stopped(Exception):
    """The training was cancelled, or somebody else has it by now."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The figures of two pipelines on the same articles, which neither has learned from."""

    articles: int
    learned: dict[str, Any]
    rival: dict[str, Any]
    gains: Mapping[str, Difference]

    @property
    def is_better(self) -> bool:
        return self.articles >= ENOUGH and is_better(**self.gains)

    def as_json(self) -> dict[str, Any]:
        return {
            "articles": self.articles,
            "learned": self.learned,
            "rival": self.rival,
            "gains": {name: [round(part, 4) for part in gain] for name, gain in self.gains.items()},
        }


def work_training(claim: TrainingClaim) -> None:
    """Work a claimed training to its end, whatever that is; its ledger says what.

    Whoever calls this rings the bell afterwards: what was put in service may have jobs.
    """
    try:
        _work(claim)
    except Stopped:
        log.info("training_stopped", training=str(claim.training_id))
    except Exception as error:  # noqa: BLE001 - whatever a training raises is its cause, not our end
        log.warning("training_failed", training=str(claim.training_id), error=repr(error))
        hopeless = isinstance(error, ValueError | ExtraMissing)
        fail_training(claim, f"{type(error).__name__}: {error}", for_good=hopeless)


def _work(claim: TrainingClaim) -> None:
    training = Training.objects.select_related("corpus").get(pk=claim.training_id)
    corpus, began = training.corpus, timezone.now()
    reviewed = list(reviewed_articles(corpus))
    learner = _learner(training)

    def say(stage: str) -> None:
        if not tell_stage(claim, stage):
            raise Stopped

    model = _train(learner, reviewed, say, "learns from")
    rival = _in_service(corpus)
    comparison = _compare(model, rival, learner, reviewed, say)
    run = _land(claim, corpus, _dated(model, began), rival, comparison)
    if run is not None:
        fill_run(run)


def _learner(training: Training) -> Learner:
    if training.learner == LearnerName.LIGHT:
        return LIGHT
    return Neural(encoder_name=settings.ATTEST_ENCODER, threads=settings.ATTEST_TRAINING_THREADS)


def _train(learner: Learner, reviewed: Sequence[Reviewed], say: Callable[[str], None], doing: str) -> Model:
    examples = [example_of(item) for item in reviewed]

    def progress(done: int, total: int) -> None:
        say(f"{doing} {len(examples)} articles: step {done} of {total}")

    return train(examples, learner=learner, on_progress=progress)


def example_of(item: Reviewed) -> Example:
    return Example(article=item.article, gold=item.truth)


def _dated(model: Model, created: datetime) -> Model:
    """Return the model with the day of its training on its card."""
    return replace(model, card=replace(model.card, created=created.date().isoformat()))


def _in_service(corpus: Corpus) -> Pipeline | None:
    """Return the built-in pipeline that finds quotes in this corpus now: the learned one before the rules."""
    names = (LEARNED, DEFAULT_PIPELINE)
    active = Pipeline.objects.filter(corpus=corpus, active=True, external=False, name__in=names)
    return min(active, key=lambda pipeline: names.index(pipeline.name), default=None)


def _compare(
    model: Model,
    rival: Pipeline | None,
    learner: Learner,
    reviewed: Sequence[Reviewed],
    say: Callable[[str], None],
) -> Comparison:
    """Measure what was learned beside what is in service.

    Against the rules the training itself has the figures, from articles that it held out. A learned
    pipeline knows the articles that were there when it was trained; only those settled since tell anything.
    """
    if rival is None or rival.name == DEFAULT_PIPELINE:
        card = model.card
        return Comparison(
            articles=card.measured_on,
            learned=dict(card.figures["learned"]),
            rival=dict(card.figures["rules"]),
            gains={name: Difference(*gain) for name, gain in card.gains.items()},
        )
    since = rival.created_at
    fresh = [item for item in reviewed if item.settled_at > since]
    known = [item for item in reviewed if item.settled_at <= since]
    if len(fresh) < ENOUGH:
        return Comparison(articles=len(fresh), learned={}, rival={}, gains={})
    ours, theirs = _by_turns(learner, known, fresh, built(rival), say)
    return Comparison(
        articles=len(fresh),
        learned=ours.figures().as_json(),
        rival=theirs.figures().as_json(),
        gains=gains_over(theirs, ours),
    )


def _by_turns(
    learner: Learner,
    known: Sequence[Reviewed],
    fresh: Sequence[Reviewed],
    rival: Runnable,
    say: Callable[[str], None],
) -> tuple[Evaluation, Evaluation]:
    """Return how the learner, taught by the other parts, and the rival do on each part of `fresh`."""
    counted: list[Any] = []
    order: list[Reviewed] = []
    for part in range(PARTS):
        judged = fresh[part::PARTS]
        others = [item for number, item in enumerate(fresh) if number % PARTS != part]
        taught = Learned(_train(learner, [*known, *others], say, f"is measured, part {part + 1}, on"))
        found = [taught.suggest(item.article) for item in judged]
        counted += evaluate(found, [example_of(item) for item in judged]).articles
        order += judged
    theirs = evaluate([rival.suggest(item.article) for item in order], [example_of(item) for item in order])
    return Evaluation(counted), theirs


def _verdict(comparison: Comparison, rival: Pipeline | None) -> str:
    """Say in words what the figures come to."""
    against = rival.identity if rival else DEFAULT_PIPELINE
    if comparison.articles < ENOUGH:
        return (
            f"Not put in service: {comparison.articles} reviewed articles that {against} has not learned "
            f"from are too few to tell; {ENOUGH} are enough."
        )
    measured = f"F1 on {comparison.articles} articles against {against}: {_told(comparison.gains)}."
    if comparison.is_better:
        return f"Put in service. {measured}"
    return f"Not put in service: it has not shown to be better. {measured}"


def _told(gains: Mapping[str, Difference]) -> str:
    words = {"found": "quotes found", "attributed": "with the right source"}
    return ", ".join(
        f"{words[name]} {100 * gain.difference:+.1f} points "
        f"(95 % interval {100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
        for name, gain in gains.items()
    )


@transaction.atomic
def _land(
    claim: TrainingClaim, corpus: Corpus, model: Model, rival: Pipeline | None, comparison: Comparison
) -> Run | None:
    """Keep the model and what it came to, and put it in service if it won, all or nothing.

    Returns the run that is then to be filled.
    """
    learned = Learned(model)
    verdict = _verdict(comparison, rival)
    ended = held(claim).update(
        status=TrainingStatus.DONE, lease_until=None, finished_at=timezone.now(), stage="", cause=""
    )
    if not ended:
        raise Stopped
    file, _ = ModelFile.objects.get_or_create(
        sha256=model.sha256, defaults={"data": model.to_bytes(), "card": asdict(model.card)}
    )
    configuration = dict(learned.configuration)
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    pipeline, _ = Pipeline.objects.get_or_create(
        corpus=corpus,
        name=LEARNED,
        version=learned.version,
        configuration_hash=configuration_hash(configuration),
        defaults={"configuration": configuration},
    )
    promoted = comparison.is_better and not pipeline.active
    Training.objects.filter(pk=claim.training_id).update(
        model=file,
        pipeline=pipeline,
        rival=rival,
        figures=comparison.as_json(),
        promoted=promoted,
        verdict=verdict,
    )
    training = Training.objects.get(pk=claim.training_id)
    record(JOB, change(training, "training.ended", {"pipeline": pipeline.identity, "promoted": promoted}))
    return _promote(corpus, pipeline, rival, training) if promoted else None


def _promote(corpus: Corpus, pipeline: Pipeline, rival: Pipeline | None, training: Training) -> Run:
    """Put a pipeline in service in the place of another, and let it read what that one has read.

    In one transaction: at no moment are both in service, nor none.
    """
    Pipeline.objects.filter(corpus=corpus, name=LEARNED, active=True).update(active=False)
    if rival is not None:
        Pipeline.objects.filter(pk=rival.pk).update(active=False)
    Pipeline.objects.filter(pk=pipeline.pk).update(active=True)
    record(
        JOB,
        change(
            training,
            "pipeline.promoted",
            {"pipeline": pipeline.identity, "instead_of": rival.identity if rival else None},
        ),
    )
    return open_run(JOB, corpus, LEARNED)
