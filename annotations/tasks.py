"""The bell: what Celery carries. Every message may be lost or doubled; the ledger is in the database."""

import os
import socket
import subprocess
import sys
from functools import partial

import structlog
from celery import shared_task
from celery.app.task import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from annotations.services.delivering import due_webhooks, send_due
from annotations.services.jobs import due_jobs, work_jobs
from annotations.services.leases import keep_lease
from annotations.services.trainings import (
    TrainingClaim,
    claim_training,
    due_trainings,
    fail_training,
    renew,
)
from corpus.services.stories import corpora_with_due_stories, group_due_stories

log = structlog.get_logger(__name__)

#: One message wakes a worker for as many jobs as fit; then it rings again, so that a stop never waits long.
JOBS_A_RING = 200
SECONDS_A_RING = 5
#: Rings at once: enough for every process of a few workers to wake.
MAX_RINGS = 16
#: Webhooks that are sent for at once: however many receivers are slow, there are workers for other work.
MAX_SENDERS = 2
#: About as long as between two sweeps, each of which rings for the next stretch.
SECONDS_OF_GROUPING = 2
#: Seconds that a training may take.
TRAINING_LIMIT = 12 * 3600


@shared_task(name="annotations.work")
def work() -> dict[str, int]:
    """Work due jobs until there are none or the ring's time is up."""
    counts = work_jobs(worker_name(), limit=JOBS_A_RING, seconds=SECONDS_A_RING)
    if due_jobs(1):
        ring(1)
    return counts


@shared_task(name="annotations.train", soft_time_limit=TRAINING_LIMIT, time_limit=TRAINING_LIMIT + 60)
def train() -> str:
    """Work the oldest training that is due, if there is one."""
    claim = claim_training(worker_name())
    if claim is None:
        return "none"
    code = train_apart(claim)
    if code:
        fail_training(claim, f"The training ended with exit code {code}.", for_good=False)
    return str(code)


@shared_task(name="annotations.send")
def send() -> dict[str, int]:
    """Send events to webhooks until nothing is due or the ring's time is up; the sweeper rings again."""
    return send_due(worker_name(), seconds=SECONDS_A_RING)


@shared_task(name="annotations.group")
def group() -> dict[str, int]:
    """Give new texts their stories until none is due or the time is up; the sweeper rings again."""
    return {"grouped": group_due_stories(seconds=SECONDS_OF_GROUPING)}


def train_apart(claim: TrainingClaim) -> int:
    """Train in a process of its own and return its exit code.

    What it takes in memory is given back in the end, and it runs at a low priority: people come first.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "train"]
    command += ["--claim", f"{claim.training_id}:{claim.token}:{claim.attempts}"]
    with keep_lease(partial(renew, claim), work=claim.training_id):
        process = subprocess.Popen(command)  # noqa: S603 - our own program, and ids of our own
        try:
            return process.wait()
        finally:
            # Whatever ends this task ends the training with it; one that has ended is not there to kill.
            process.kill()
            process.wait()


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def ring(rings: int | None = None) -> int:
    """Wake workers for the jobs that are due; return how many were rung.

    A broker that is away is no error here: the sweeper rings again while jobs wait, so a ring that is lost
    costs seconds, never a job.
    """
    wanted = rings if rings is not None else min(due_jobs(MAX_RINGS), MAX_RINGS)
    return _send(work, wanted)


def ring_trainings() -> int:
    """Wake a worker for each training that is due; as `ring`."""
    return _send(train, min(due_trainings(), MAX_RINGS))


def ring_webhooks() -> int:
    """Wake a worker for the webhooks that have something to send; as `ring`."""
    return _send(send, due_webhooks(MAX_SENDERS))


def ring_stories() -> int:
    """Wake a worker if there are texts without their story; as `ring`."""
    return _send(group, min(len(corpora_with_due_stories()), 1))


def ring_after_commit() -> None:
    # Robust: what is committed stands, whatever becomes of the bell.
    transaction.on_commit(ring, robust=True)


def ring_trainings_after_commit() -> None:
    transaction.on_commit(ring_trainings, robust=True)


def _send(task: "Task[[], object]", times: int) -> int:
    for sent in range(times):
        try:
            task.apply_async(expires=120)
        except OperationalError as error:
            log.warning("bell_unheard", error=str(error))
            return sent
    return times
