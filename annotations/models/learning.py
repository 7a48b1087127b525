from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models.jobs import Pipeline
from corpus.ids import uuid7
from corpus.models import Corpus
from corpus.models.json import PlainJSONField


class ModelFile(models.Model):
    """A trained model as one file of bytes, under its sha256: the same examples give the same file."""

    sha256 = models.CharField(primary_key=True, max_length=64)
    data = models.BinaryField()
    card = PlainJSONField(help_text=_("data, counts, figures and versions, as the file itself has them"))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"model {self.sha256[:12]}"


class LearnerName(models.TextChoices):
    LIGHT = "light", _("light")  #: small and quick, trained in minutes
    NEURAL = "neural", _("neural")  #: fine-tunes an encoder, if the operator names one


class TrainingStatus(models.TextChoices):
    QUEUED = "queued", _("queued")  #: waits for a worker, from `due_at` on
    RUNNING = "running", _("running")  #: a worker has it until `lease_until`
    DONE = "done", _("done")
    FAILED = "failed", _("failed")  #: with its cause
    CANCELLED = "cancelled", _("cancelled")


OPEN_TRAININGS = (TrainingStatus.QUEUED, TrainingStatus.RUNNING)


class TrainingQuerySet(models.QuerySet["Training"]):
    def due(self, now: datetime) -> TrainingQuerySet:
        return self.filter(status=TrainingStatus.QUEUED, due_at__lte=now)


class Training(models.Model):
    """One attempt to learn from what people of a corpus decided, and what came of it.

    The ledger is as that of `Job`: a lease, and a token that grows with each, so that a worker that was
    thought dead cannot write over the next one's result.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="trainings")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    learner = models.CharField(max_length=16, choices=LearnerName, default=LearnerName.LIGHT)
    status = models.CharField(max_length=16, choices=TrainingStatus, default=TrainingStatus.QUEUED)
    stage = models.CharField(max_length=200, blank=True, help_text=_("what it is at, for people"))
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=128, blank=True)
    cause = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True)
    model = models.ForeignKey(ModelFile, models.PROTECT, null=True, related_name="trainings")
    #: The pipeline that came of it, and the one in service that it was measured against.
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, null=True, related_name="trainings")
    rival = models.ForeignKey(Pipeline, models.PROTECT, null=True, related_name="+")
    figures = PlainJSONField(default=dict, help_text=_("of both, on articles that neither learned from"))
    promoted = models.BooleanField(null=True)
    verdict = models.TextField(blank=True, help_text=_("why it was put in service, or why not"))

    objects = TrainingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["corpus"],
                condition=Q(status__in=("queued", "running")),
                name="one_open_training_a_corpus",
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False) | ~Q(status="running"),
                name="running_training_has_a_lease",
            ),
        ]
        indexes = [models.Index(fields=["corpus", "-id"], name="training_newest")]

    def __str__(self) -> str:
        return f"training at {self.started_at:%Y-%m-%d %H:%M}"
