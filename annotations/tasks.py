"""The bell: what Celery carries. Every message may be lost or doubled; the ledger is in the database."""

import os
import socket

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from annotations.services.jobs import due_jobs, work_jobs

log = structlog.get_logger(__name__)

#: One message wakes a worker for as many jobs as fit; then it rings again, so that a stop never waits long.
JOBS_A_RING = 200
SECONDS_A_RING = 5
#: Rings at once: enough for every process of a few workers to wake.
MAX_RINGS = 16


@shared_task(name="annotations.work")
def work() -> dict[str, int]:
    """Work due jobs until there are none or the ring's time is up."""
    counts = work_jobs(f"{socket.gethostname()}:{os.getpid()}", limit=JOBS_A_RING, seconds=SECONDS_A_RING)
    if due_jobs(1):
        ring(1)
    return counts


def ring(rings: int | None = None) -> int:
    """Wake workers for the jobs that are due; return how many were rung.

    A broker that is away is no error here: the sweeper rings again while jobs wait, so a ring that is lost
    costs seconds, never a job.
    """
    wanted = rings if rings is not None else min(due_jobs(MAX_RINGS), MAX_RINGS)
    for rung in range(wanted):
        try:
            work.apply_async(expires=120)
        except OperationalError as error:
            log.warning("bell_unheard", error=str(error))
            return rung
    return wanted


def ring_after_commit() -> None:
    # Robust: what is committed stands, whatever becomes of the bell.
    transaction.on_commit(ring, robust=True)
