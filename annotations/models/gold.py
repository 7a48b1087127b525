from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models.layers import Annotation, Layer, Relation
from corpus.ids import uuid7
from corpus.models import Corpus, Revision
from corpus.models.json import PlainJSONField


class DisputeStatus(models.TextChoices):
    OPEN = "open", _("open")
    SETTLED = "settled", _("settled")
    DROPPED = "dropped", _("dropped")  #: with its passes or its text; what differs is found anew


class SettleReason(models.TextChoices):
    """Why it was settled so, for a guideline to learn from."""

    BOUNDARY = "boundary", _("wrong boundary")
    LABEL = "label", _("wrong label or type")
    SOURCE = "source", _("wrong source")
    CUE = "cue", _("wrong cue")
    OVERLOOKED = "overlooked", _("overlooked")
    NOT_IN_SCHEME = "not_in_scheme", _("none of our labels")
    GUIDELINE_UNCLEAR = "guideline_unclear", _("the guideline leaves it open")
    TEXT_UNCLEAR = "text_unclear", _("the text leaves it open")
    MISTAKE = "mistake", _("a slip")
    OTHER = "other", _("other")


class Dispute(models.Model):
    """One thing that the submitted passes of a revision say differently of.

    `positions` has for each pass its layer and its annotation, or none; `differences` in what they differ:
    missing, content, label, or the name of an attribute or relation. `version` is the ETag of settling.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="+", db_index=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="disputes")
    line = models.UUIDField(help_text=_("of the first annotation in dispute"))
    start = models.PositiveIntegerField()
    differences = PlainJSONField(default=list)
    positions = PlainJSONField(default=list)
    status = models.CharField(max_length=16, choices=DisputeStatus, default=DisputeStatus.OPEN)
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()

    class Meta:
        ordering = ["revision_id", "start", "id"]
        indexes = [
            models.Index(fields=["corpus", "status", "-id"], name="dispute_by_status"),
            models.Index(fields=["corpus", "-id"], name="dispute_newest"),
        ]

    def __str__(self) -> str:
        return f"dispute at {self.start} of {self.revision_id} ({self.status})"


class Outcome(models.TextChoices):
    """How a line of gold came about."""

    AGREED = "agreed", _("all passes agree")
    APPROVED = "approved", _("approved")  #: one pass, which counts by itself or by a second person's word
    TAKEN = "taken", _("one pass is right")
    MERGED = "merged", _("parts of several passes")
    WRITTEN = "written", _("written anew")
    REJECTED = "rejected", _("none is right")


class Settlement(models.Model):
    """What holds in gold of one line, from then on until a newer one; never changed once written.

    `result` (or `result_relation`) is the row of gold that it wrote, none where nothing is to stand.
    What a settlement brought along, the source and cue of a quote, names it as `implied_by`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="settlements")
    line = models.UUIDField()
    version = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    dispute = models.ForeignKey(Dispute, models.PROTECT, null=True, related_name="settlements")
    result = models.ForeignKey(Annotation, models.PROTECT, null=True, related_name="+", db_index=False)
    result_relation = models.ForeignKey(Relation, models.PROTECT, null=True, related_name="+", db_index=False)
    implied_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    rule = models.CharField(max_length=64, blank=True, help_text=_("of the guideline"))
    guideline = models.PositiveIntegerField(default=0)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["layer_id", "line", "version"]
        constraints = [
            models.UniqueConstraint(fields=["layer", "line", "version"], name="settlement_version_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="settlement_outcome_known"),
            models.CheckConstraint(
                condition=~Q(outcome="rejected", result__isnull=False), name="rejected_leaves_nothing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} of {self.line} (version {self.version})"
