"""Keeping a lease while work goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import OperationalError, connection
from django.utils import timezone

log = structlog.get_logger(__name__)


def lease_end(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.ATTEST_JOB_LEASE)


@contextmanager
def keep_lease(renew: Callable[[datetime], int], *, work: object) -> Iterator[None]:
    """Renew a lease from a thread while the body works; short work ends before its first beat.

    `renew` is given the new end of the lease, and returns 0 once somebody else has the work.
    """
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(renew, str(work), ended), daemon=True)
    beat.start()
    try:
        yield
    finally:
        ended.set()
        beat.join()


def _beat(renew: Callable[[datetime], int], work: str, ended: threading.Event) -> None:
    try:
        while not ended.wait(settings.ATTEST_JOB_LEASE / 3):
            try:
                if not renew(lease_end(timezone.now())):
                    return
            except OperationalError as error:
                # A database that is busy or away for a moment: there are two more beats before the lease
                # ends.
                log.warning("heartbeat_missed", work=work, error=str(error))
    finally:
        connection.close()
