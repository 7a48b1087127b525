import signal
import time
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from annotations.services.delivering import prune_deliveries
from annotations.services.exports import sweep_exports
from annotations.services.jobs import sweep_jobs
from annotations.services.opening import refill_changed_queues
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


class Command(AttestCommand):
    help = (
        "Sweep for ever: take back the jobs of lost workers, ring for what is due, list what re-reviews ask "
        "for, seal and anchor events, drop old receipts, deliveries and files of exports. Any number may run "
        "at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--once", action="store_true", help="one round, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        self.anchors, self.next_anchor = AnchorFile(directory=settings.ATTEST_ANCHORS), time.monotonic()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            done = self._round()
            if options["once"]:
                self.report(done, f"{done}", as_json=options["json"])
                return
            self._sleep(settings.ATTEST_SWEEP_INTERVAL)

    def _round(self) -> dict[str, Any]:
        """Do one round. A database that is away for a moment ends no sweeper."""
        try:
            close_old_connections()
            done = {
                **sweep_jobs(),
                "expired": sweep_assignments(),
                "opened": refill_changed_queues(),
                "listed": sweep_rereviews(),
                "sealed": seal_events(),
                "anchored": self._anchor(),
                "trainings": sweep_trainings(),
                "exports": sweep_exports(),
                "pruned": prune_deliveries(),
                "rung": ring() + ring_trainings() + ring_exports() + ring_webhooks() + ring_stories(),
            }
            IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEEP_KEYS).delete()
            drop_old_tries()
        except OperationalError as error:
            log.error("sweep_failed", error=str(error))
            return {"error": str(error)}
        if done["queued"] or done["parked"]:
            log.warning("jobs_taken_back", **done)
        return done

    def _anchor(self) -> int:
        """Anchor the chains when it is time to. A disk that is full or away ends no sweeper."""
        if time.monotonic() < self.next_anchor:
            return 0
        self.next_anchor = time.monotonic() + settings.ATTEST_ANCHOR_INTERVAL
        try:
            return self.anchors.append_heads()
        except OSError as error:
            log.error("anchors_not_written", directory=str(self.anchors.directory), error=str(error))
            return 0

    def _stop(self, *args: object) -> None:
        self.stopping = True

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < until:
            time.sleep(min(0.2, seconds))
