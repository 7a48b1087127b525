from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.layers import Layer
from corpus.ids import uuid7
from corpus.models import Corpus
from corpus.models.json import PlainJSONField


class ReReview(models.Model):
    """What a lead asks for after a rule has changed: decisions of some labels, anew under a newer guideline.

    Which lines are due is worked out from the decisions themselves (`annotations.services.due`). The
    submitted passes are gone through once, and those that hold such lines listed, up to the text `listed_to`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="rereviews", db_index=False)
    #: Decisions made under this version of the guideline or a later one are good.
    guideline = models.PositiveIntegerField()
    labels = PlainJSONField(default=list)
    reason = models.TextField(blank=True)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    listed_to = models.UUIDField(null=True)
    listed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(guideline__gte=1), name="rereview_names_a_guideline"),
        ]
        indexes = [models.Index(fields=["corpus", "-id"], name="rereview_newest")]

    def __str__(self) -> str:
        return f"re-review under guideline {self.guideline}"


class Recall(models.Model):
    """The lines of one label in one submitted pass that a re-review asks for, until it is submitted anew.

    It says where to look, and `lines` how many there were at that time; what is due there is worked out.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    rereview = models.ForeignKey(ReReview, models.PROTECT, related_name="recalls", db_index=False)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="recalls")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=64)
    lines = models.PositiveIntegerField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["rereview", "layer", "label"], name="recall_once"),
        ]
        indexes = [
            # take: the first one of a person; how many are left.
            models.Index(
                fields=["reviewer", "rereview", "id"], condition=Q(ended_at__isnull=True), name="recall_open"
            ),
            # The sweeper: from person to person.
            models.Index(
                fields=["rereview", "reviewer"], condition=Q(ended_at__isnull=True), name="recall_people"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lines} of {self.label} in {self.layer_id}"
