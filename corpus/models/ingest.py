from django.conf import settings
from django.db import models

from corpus.ids import uuid7
from corpus.models.corpora import Corpus


class IngestReport(models.Model):
    """What became of each row of one delivery: counts here, the refused rows beside it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="ingest_reports")
    source = models.CharField(max_length=512, help_text="file, folder or route that the rows came by")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    created = models.PositiveIntegerField(default=0)
    amended = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["corpus", "-id"], name="ingest_report_newest")]

    def __str__(self) -> str:
        return f"{self.source}: {self.created} created, {self.amended} amended, {self.rejected} rejected"


class IngestRejection(models.Model):
    report = models.ForeignKey(IngestReport, models.CASCADE, related_name="rejections")
    place = models.CharField(max_length=512)
    #: As the row stated it; empty where the row could not be read so far.
    external_id = models.CharField(max_length=512, blank=True)
    reason = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
