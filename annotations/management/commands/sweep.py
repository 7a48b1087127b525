import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from annotations.services.delivering import prune_deliveries
from annotations.services.exports import sweep_exports
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import sweep_jobs
from annotations.services.queue import sweep_assignments
from annotations.services.rereviews import sweep_rereviews
from annotations.services.trainings import sweep_trainings
from annotations.tasks import ring, ring_exports, ring_stories, ring_trainings, ring_webhooks
from corpus.management.base import AttestCommand
from corpus.models import IdempotencyKey
from corpus.services.anchors import AnchorFile
from corpus.services.events import seal_events
from corpus.services.signing_in import drop_old_tries

log = structlog.get_logger(__name__)

KEEP_KEYS = timedelta(days=2)


def drop_old_keys() -> int:
    return IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEEP_KEYS).delete()[0]


class Command(AttestCommand):
    help = (
        "Sweep for ever: take back the jobs of lost workers, ring for what is due, list what re-reviews ask "
        "for, seal and anchor events, drop old receipts, deliveries and files of exports. Any number may run "
        "at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--once", action="store_true", help="one round, then end; exit code 1 if a task failed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        self.anchors, self.next_anchor = AnchorFile(directory=settings.ATTEST_ANCHORS), time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            done = self._round()
            if options["once"]:
                self.report(done, f"{done}", as_json=options["json"])
                if "failed" in done:
                    sys.exit(1)
                return
            self._sleep(settings.ATTEST_SWEEP_INTERVAL)

    def _round(self) -> dict[str, Any]:
        """Do one round. What fails is told, and keeps nothing else from being done."""
        done: Counter[str] = Counter()
        failed = {}
        for name, task in self._tasks():
            try:
                close_old_connections()
                found = task()
            except Exception as error:
                # A database or a disk that is away for a moment needs no traceback.
                failed[name] = str(error)
                away = isinstance(error, (OperationalError, OSError))
                log.error("sweep_failed", task=name, error=failed[name], exc_info=not away)
            else:
                done.update(found if isinstance(found, dict) else {name: found})
        if done["queued"] or done["parked"]:
            log.warning("jobs_taken_back", **done)
        return {**done, "failed": failed} if failed else dict(done)

    def _tasks(self) -> Iterator[tuple[str, Callable[[], int | dict[str, int]]]]:
        yield "jobs", sweep_jobs
        yield "expired", sweep_assignments
        yield "opened", refill_changed_queues
        yield "listed", sweep_rereviews
        yield "sealed", seal_events
        yield "anchored", self._anchor
        yield "trainings", sweep_trainings
        yield "exports", sweep_exports
        yield "pruned", prune_deliveries
        for ringing in (ring, ring_trainings, ring_exports, ring_webhooks, ring_stories):
            yield "rung", ringing
        yield "forgotten", drop_old_keys
        yield "forgotten", drop_old_tries

    def _anchor(self) -> int:
        """Anchor the chains when it is time to."""
        if time.monotonic() < self.next_anchor:
            return 0
        self.next_anchor = time.monotonic() + settings.ATTEST_ANCHOR_INTERVAL
        return self.anchors.append_heads()

    def _stop(self, *args: object) -> None:
        self.stopping = True

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(min(0.2, seconds))
