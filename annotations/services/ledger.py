"""The ledger of what people ask for and workers make: leased, fenced by a token, taken back from the dead.

As with jobs, the database is the queue and Celery only rings the bell. What is made, and the events of it,
are its own service's: `exports.py` is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.models import LedgerEntry, WorkStatus
from annotations.services.leases import lease_end

MAX_ATTEMPTS = 3
#: Seconds to wait after the first and the second failure.
BACK_OFF = (2, 20)
MAX_CAUSE = 2_000

Entry = TypeVar("Entry", bound=LedgerEntry)


class Lost(Exception):
    """The work was cancelled or taken back: somebody else has it by now, or nobody is to."""


@dataclass(frozen=True, kw_only=True)
class Hold(Generic[Entry]):
    """An entry in one worker's hands; the token is what its result must come under."""

    model: type[Entry]
    pk: UUID
    token: int
    attempts: int

    def entries(self) -> "QuerySet[Entry]":
        """Return the entry while the hold is good, and nothing once it is somebody else's."""
        running = self.model._default_manager.filter(status=WorkStatus.RUNNING)
        return running.filter(pk=self.pk, token=self.token)

    def renew(self, until: datetime) -> int:
        """Renew the lease, for `keep_lease`."""
        return self.entries().update(lease_until=until)

    def check(self) -> None:
        """Stop here unless the hold is good."""
        if not self.entries().exists():
            raise Lost

    def tell(self, done: int, total: int) -> None:
        """Say how far the work has come. Lost where it may as well stop."""
        if not self.entries().update(done=done, total=total):
            raise Lost


def due(model: type[Entry]) -> "QuerySet[Entry]":
    return model._default_manager.filter(status=WorkStatus.QUEUED, due_at__lte=timezone.now())


def claim(model: type[Entry], worker: str) -> Hold[Entry] | None:
    """Lease the oldest entry that is due, or return None.

    Two workers never get one: PostgreSQL skips locked rows, SQLite has one writer.
    """
    with transaction.atomic():
        waiting = due(model).select_for_update(skip_locked=True, of=("self",))
        entry = waiting.order_by("due_at", "pk").first()
        if entry is None:
            return None
        entry.status = WorkStatus.RUNNING
        entry.attempts += 1
        entry.token += 1
        entry.worker = worker[:128]
        entry.lease_until = lease_end(timezone.now())
        entry.done = 0
        entry.save(update_fields=["status", "attempts", "token", "worker", "lease_until", "done"])
    return Hold(model=model, pk=entry.pk, token=entry.token, attempts=entry.attempts)


def put_back(hold: Hold[Entry], cause: str, *, for_good: bool) -> str:
    """Queue failed work again with a pause, or park it with its cause; return which, or lost."""
    parked = for_good or hold.attempts >= MAX_ATTEMPTS
    now = timezone.now()
    pause = timedelta(seconds=0 if parked else BACK_OFF[hold.attempts - 1])
    held = hold.entries().update(
        status=WorkStatus.PARKED if parked else WorkStatus.QUEUED,
        due_at=now + pause,
        lease_until=None,
        cause=cause[:MAX_CAUSE],
        finished_at=now if parked else None,
    )
    return ("parked" if parked else "failed") if held else "lost"


def interrupt(running: "QuerySet[Entry]") -> int:
    """Let work that is under way begin anew, which is no fault of its own; return how much."""
    return running.filter(status=WorkStatus.RUNNING).update(
        status=WorkStatus.QUEUED, due_at=timezone.now(), lease_until=None, attempts=F("attempts") - 1
    )


def take_back(model: type[Entry]) -> tuple[int, Sequence[Entry]]:
    """Queue again what dead workers held; return how much, and what has lost three of them and is parked.

    Inside the caller's transaction, which tells of the parked ones.
    """
    now = timezone.now()
    lost = model._default_manager.filter(status=WorkStatus.RUNNING, lease_until__lt=now)
    held = list(lost.select_for_update(skip_locked=True, of=("self",)))
    poison = [entry for entry in held if entry.attempts >= MAX_ATTEMPTS]
    every = model._default_manager.filter(pk__in=[entry.pk for entry in held])
    again = every.filter(attempts__lt=MAX_ATTEMPTS).update(
        status=WorkStatus.QUEUED, due_at=now, lease_until=None, cause="The worker was lost."
    )
    every.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=WorkStatus.PARKED,
        lease_until=None,
        finished_at=now,
        cause=f"The worker was lost {MAX_ATTEMPTS} times while it had this.",
    )
    return again, poison
