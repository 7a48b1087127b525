from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7
from corpus.models import Corpus, Revision
from corpus.models.json import PlainJSONField


class Pipeline(models.Model):
    """What proposes suggestions in a corpus; its identity is (name, version, configuration hash).

    A built-in pipeline is run by our workers. An external one is a machine client that sends its layers.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="pipelines")
    name = models.SlugField(max_length=64)
    version = models.CharField(max_length=32)
    configuration = PlainJSONField(default=dict)
    configuration_hash = models.CharField(max_length=64)
    external = models.BooleanField(default=False)
    #: New revisions get a job of each active built-in pipeline.
    active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["corpus_id", "name", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["corpus", "name", "version", "configuration_hash"], name="pipeline_identity_once"
            ),
            models.UniqueConstraint(
                fields=["corpus", "name"], condition=Q(active=True), name="one_active_version_a_pipeline"
            ),
        ]

    def __str__(self) -> str:
        return self.identity

    @property
    def identity(self) -> str:
        """Return name and version, and what tells this configuration from others where it is not empty.

        No version holds a `~`, so neither part can be taken for the other.
        """
        suffix = f"~{self.configuration_hash[:8]}" if self.configuration else ""
        return f"{self.name}@{self.version}{suffix}"


class Run(models.Model):
    """One execution of a pipeline over many articles; its jobs are its progress."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="runs")
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="runs")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["corpus", "-id"], name="run_newest")]

    def __str__(self) -> str:
        return f"{self.pipeline} at {self.started_at:%Y-%m-%d %H:%M}"


class JobStatus(models.TextChoices):
    QUEUED = "queued", _("queued")  #: waits for a worker, from `due_at` on
    LEASED = "leased", _("leased")  #: a worker has it until `lease_until`
    DONE = "done", _("done")  #: its layer stands
    PARKED = "parked", _("parked")  #: failed three times, with its cause; waits for a person
    CANCELLED = "cancelled", _("cancelled")


OPEN_JOBS = (JobStatus.QUEUED, JobStatus.LEASED)


class JobQuerySet(models.QuerySet["Job"]):
    def due(self, now: datetime) -> JobQuerySet:
        return self.filter(status=JobStatus.QUEUED, due_at__lte=now)

    def with_lost_lease(self, now: datetime) -> JobQuerySet:
        return self.filter(status=JobStatus.LEASED, lease_until__lt=now)


class Job(models.Model):
    """A run's part for one revision: the ledger of what was asked of the machines.

    `token` is the fence: it grows with each lease, and a result that comes under an older one is refused.
    """

    id = models.BigAutoField(primary_key=True)
    revision = models.ForeignKey(Revision, models.CASCADE, related_name="jobs")
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, related_name="jobs")
    segmenter = models.CharField(max_length=32)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="jobs")
    status = models.CharField(max_length=16, choices=JobStatus, default=JobStatus.QUEUED)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    worker = models.CharField(max_length=128, blank=True)
    cause = models.TextField(blank=True, help_text=_("why the last attempt failed"))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "pipeline", "segmenter"], name="job_once"),
            models.CheckConstraint(
                condition=Q(status="leased", lease_until__isnull=False) | ~Q(status="leased"),
                name="leased_job_has_a_lease",
            ),
        ]
        indexes = [
            # claim_job: the oldest due job.
            models.Index(fields=["due_at", "id"], condition=Q(status="queued"), name="job_queue"),
            # sweep: leases that ran out.
            models.Index(fields=["lease_until"], condition=Q(status="leased"), name="job_leases"),
            # What waits for a person.
            models.Index(fields=["id"], condition=Q(status="parked"), name="job_parked"),
            # The progress of a run, and of a pipeline.
            models.Index(fields=["run", "status"], name="job_run_progress"),
            models.Index(fields=["pipeline", "status"], name="job_pipeline_progress"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} ({self.status})"
