from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7
from corpus.models import Corpus, Revision


class AssignmentStatus(models.TextChoices):
    """How far one pass has come; `ASSIGNMENT_MOVES` has the allowed moves."""

    OPEN = "open", _("open")  #: waits for a reviewer
    TAKEN = "taken", _("taken")  #: a reviewer has it until `lease_until`
    SUBMITTED = "submitted", _("submitted")  #: the pass is finished
    RETURNED = "returned", _("returned")  #: given back; another row is open in its place
    EXPIRED = "expired", _("expired")  #: nobody kept the lease, or the text was superseded


ASSIGNMENT_MOVES: dict[str, frozenset[str]] = {
    AssignmentStatus.OPEN: frozenset({"taken", "expired"}),
    AssignmentStatus.TAKEN: frozenset({"submitted", "returned", "expired"}),
    AssignmentStatus.SUBMITTED: frozenset({"taken"}),
    AssignmentStatus.RETURNED: frozenset(),
    AssignmentStatus.EXPIRED: frozenset(),
}
#: Of these a text has one for each of its passes.
HELD = (AssignmentStatus.OPEN, AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED)
#: A person who has one of these is never offered the text again.
HAD = (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED, AssignmentStatus.RETURNED)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def held_by(self, user_id: int) -> AssignmentQuerySet:
        return self.filter(reviewer_id=user_id, status=AssignmentStatus.TAKEN)

    def with_lost_lease(self, now: datetime) -> AssignmentQuerySet:
        return self.filter(status=AssignmentStatus.TAKEN, lease_until__lt=now)


class Assignment(models.Model):
    """One pass over one revision, waiting for a reviewer or given to one under a lease.

    A pass that is returned or whose lease runs out ends with its row; the next holder gets a row, and so an
    id, of its own. The id is the fence: what comes under an older one is refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="+", db_index=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="assignments")
    #: Which of the passes of its revision, from 1.
    number = models.PositiveSmallIntegerField()
    #: Its place in the queue: less comes first.
    rank = models.FloatField(default=0)
    status = models.CharField(max_length=16, choices=AssignmentStatus, default=AssignmentStatus.OPEN)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="assignments", db_index=False
    )
    taken_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: What the pass is shown, fixed when it is given to a person; a change of the settings leaves it alone.
    withheld_share = models.FloatField(db_default=0.0)
    unaided = models.BooleanField(db_default=False, help_text=_("made without suggestions"))
    planted = models.BooleanField(db_default=False, help_text=_("wrong suggestions are among those shown"))
    #: When it was first taken up again after it was submitted: by then the person had seen all suggestions.
    reopened_at = models.DateTimeField(null=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "number"],
                condition=Q(status__in=("open", "taken", "submitted")),
                name="one_holder_a_pass",
            ),
            models.UniqueConstraint(
                fields=["revision", "reviewer"],
                condition=Q(status__in=("taken", "submitted")),
                name="one_pass_a_reviewer",
            ),
            models.CheckConstraint(
                condition=Q(status="taken", reviewer__isnull=False, lease_until__isnull=False)
                | Q(status="submitted", reviewer__isnull=False)
                | Q(status__in=("open", "returned", "expired")),
                name="taken_assignment_has_a_holder",
            ),
            models.CheckConstraint(
                condition=Q(withheld_share__gte=0, withheld_share__lte=0.5),
                name="pass_withholds_half_at_most",
            ),
        ]
        indexes = [
            # take: the first open one of a corpus.
            models.Index(
                fields=["corpus", "rank", "id"], condition=Q(status="open"), name="assignment_queue"
            ),
            # sweep: leases that ran out.
            models.Index(fields=["lease_until"], condition=Q(status="taken"), name="assignment_leases"),
            # What a person has in hand, and has done.
            models.Index(fields=["reviewer", "corpus", "status", "-id"], name="assignment_of_a_person"),
            # The list of a lead, the newest first.
            models.Index(fields=["corpus", "status", "-id"], name="assignment_by_status"),
            # Passes a day, and the newest ones.
            models.Index(
                fields=["corpus", "ended_at"], condition=Q(status="submitted"), name="assignment_submitted"
            ),
            # Who is on what.
            models.Index(
                fields=["corpus", "taken_at"], condition=Q(status="taken"), name="assignment_in_hand"
            ),
        ]

    def __str__(self) -> str:
        return f"pass {self.number} of {self.revision_id} ({self.status})"


class QueueState(models.Model):
    """How far the sweeper has filled a corpus's queue by its settings.

    Where these change, or `again` asks for it, every text is gone through once, in the order of their ids, up
    to `filled_to` so far. What `again` asks for meanwhile is done afterwards. The columns have defaults: a
    sweeper of the version before may still run when they are added.
    """

    corpus = models.OneToOneField(Corpus, models.CASCADE, primary_key=True, related_name="queue_state")
    #: The corpus's version that was last looked at, and those of its settings that the queue follows.
    version = models.PositiveIntegerField()
    settings = models.JSONField(null=True)
    filled_to = models.UUIDField(null=True)
    filled = models.BooleanField(db_default=False)
    again = models.BooleanField(db_default=False)
    #: Whether what decides on gold has changed, so that what waits for approval is settled anew.
    settles = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"queue of {self.corpus_id} by version {self.version}"
