from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class WorkStatus(models.TextChoices):
    QUEUED = "queued", _("queued")  #: waits for a worker, from `due_at` on
    RUNNING = "running", _("running")  #: a worker has it until `lease_until`
    DONE = "done", _("done")
    PARKED = "parked", _("parked")  #: given up, with its cause
    CANCELLED = "cancelled", _("cancelled")


OPEN_WORK = (WorkStatus.QUEUED, WorkStatus.RUNNING)


class LedgerEntry(models.Model):
    """Something that a person asked for and a worker makes, as the database keeps it.

    `token` is the fence: it grows with each lease, and a result that comes under an older one is refused.
    `annotations/services/ledger.py` has what is done with it.
    """

    status = models.CharField(max_length=16, choices=WorkStatus, default=WorkStatus.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=128, blank=True)
    cause = models.TextField(blank=True, help_text=_("why the last attempt failed"))
    finished_at = models.DateTimeField(null=True)
    #: How far the worker has come.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False) | ~Q(status="running"),
                name="running_%(class)s_has_a_lease",
            ),
        ]
        indexes = [
            # What is due, and whose lease has run out.
            models.Index(
                fields=["due_at"], condition=Q(status__in=("queued", "running")), name="%(class)s_open"
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_WORK
