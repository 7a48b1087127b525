"""The ledger of trainings: asked for by people, worked by one worker at a time, taken back when it dies.

As with jobs, the database is the queue and Celery only rings the bell. What a training does is in
`learning.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.models import Training, TrainingStatus
from annotations.models.learning import OPEN_TRAININGS, LearnerName
from annotations.services.leases import lease_end
from annotations.services.reviewed import count_reviewed
from corpus.models import Corpus, Role
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, InvalidTransition
from corpus.services.events import Change, record

#: Reviewed articles below which there is nothing to learn from.
LEAST_REVIEWED = 10
MAX_ATTEMPTS = 3
MAX_CAUSE = 2_000


@dataclass(frozen=True, kw_only=True)
class TrainingClaim:
    """A training in one worker's hands; the token is what its result must come under."""

    training_id: UUID
    token: int
    attempts: int


def start_training(actor: Actor, corpus: Corpus, learner: str = LearnerName.LIGHT) -> Training:
    """Ask for a pipeline that learns from this corpus; whoever calls this rings the bell afterwards.

    Raises:
        BadInput: too little has been reviewed, or this learner is not to be had here.
        InvalidTransition: one is under way.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    if learner not in open_learners():
        raise BadInput(
            f"The learner {learner} is not to be had here; there is {', '.join(open_learners())}. "
            "The neural one takes an encoder, which the operator names in ATTEST_ENCODER."
        )
    reviewed = count_reviewed(corpus)
    if reviewed < LEAST_REVIEWED:
        raise BadInput(
            f"{reviewed} articles of this corpus are reviewed; learning takes {LEAST_REVIEWED} or more."
        )
    try:
        with transaction.atomic():
            training = Training.objects.create(
                corpus=corpus,
                learner=learner,
                started_by=actor.user,
                due_at=timezone.now(),
                stage="waits for a worker",
            )
            after = {"reviewed": reviewed, "learner": str(learner)}
            record(actor, change(training, "training.started", after))
    except IntegrityError:
        raise InvalidTransition("A training of this corpus is under way; wait for it or cancel it.") from None
    return training


def open_learners() -> list[str]:
    """Return the learners that may be asked for here."""
    return [name for name in LearnerName.values if name != LearnerName.NEURAL or settings.ATTEST_ENCODER]


@transaction.atomic
def cancel_training(actor: Actor, training: Training) -> bool:
    """Cancel a training that has not ended; its worker finds its token worthless and drops the result."""
    require(actor, training.corpus_id, Role.LEAD, Scope.MANAGE)
    cancelled = Training.objects.filter(pk=training.pk, status__in=OPEN_TRAININGS).update(
        status=TrainingStatus.CANCELLED, lease_until=None, finished_at=timezone.now(), stage=""
    )
    if cancelled:
        record(actor, change(training, "training.cancelled", None))
    return bool(cancelled)


def due_trainings() -> int:
    """Return how many trainings wait for a worker right now."""
    return Training.objects.due(timezone.now()).count()


def claim_training(worker: str) -> TrainingClaim | None:
    """Lease the oldest due training, or return None when nothing is due."""
    now = timezone.now()
    with transaction.atomic():
        training = (
            Training.objects.select_for_update(skip_locked=True, of=("self",))
            .due(now)
            .order_by("due_at")
            .first()
        )
        if training is None:
            return None
        training.status = TrainingStatus.RUNNING
        training.attempts += 1
        training.token += 1
        training.worker = worker[:128]
        training.lease_until = lease_end(now)
        training.stage = "reads what was reviewed"
        training.save(update_fields=["status", "attempts", "token", "worker", "lease_until", "stage"])
    return TrainingClaim(training_id=training.pk, token=training.token, attempts=training.attempts)


def held(claim: TrainingClaim) -> "QuerySet[Training]":
    """Return the training while the claim holds, and nothing once it is somebody else's."""
    return Training.objects.filter(pk=claim.training_id, token=claim.token, status=TrainingStatus.RUNNING)


def renew(claim: TrainingClaim, until: datetime) -> int:
    """Renew the lease, for `keep_lease`."""
    return held(claim).update(lease_until=until)


def tell_stage(claim: TrainingClaim, stage: str) -> bool:
    """Say what a training is at; False when the claim holds no longer, so that the work may as well stop."""
    return bool(held(claim).update(stage=stage[:200]))


def fail_training(claim: TrainingClaim, cause: str, *, for_good: bool) -> None:
    """Queue a failed training again, or give it up with its cause."""
    ended = for_good or claim.attempts >= MAX_ATTEMPTS
    held(claim).update(
        status=TrainingStatus.FAILED if ended else TrainingStatus.QUEUED,
        due_at=timezone.now(),
        lease_until=None,
        cause=cause[:MAX_CAUSE],
        finished_at=timezone.now() if ended else None,
        stage="" if ended else "waits for another try",
    )


def sweep_trainings() -> int:
    """Queue again what dead workers held, or give up what has killed three of them; return how many."""
    now = timezone.now()
    lost = Training.objects.filter(status=TrainingStatus.RUNNING, lease_until__lt=now)
    given_up = lost.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=TrainingStatus.FAILED,
        lease_until=None,
        finished_at=now,
        cause=f"The worker was lost {MAX_ATTEMPTS} times while it trained; is there memory enough?",
    )
    again = lost.update(
        status=TrainingStatus.QUEUED, due_at=now, lease_until=None, cause="The worker was lost."
    )
    return given_up + again


def change(training: Training, action: str, after: object) -> Change:
    return Change(
        action=action,
        object_type="training",
        object_id=training.pk,
        corpus_id=training.corpus_id,
        after=after,
    )
