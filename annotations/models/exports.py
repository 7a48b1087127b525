from django.conf import settings
from django.db import models

from corpus.ids import uuid7
from corpus.models import Corpus


class Export(models.Model):
    """The record of a file that was made: its manifest, not its bytes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="exports")
    format = models.CharField(max_length=32)
    layer = models.CharField(max_length=128)
    manifest = models.JSONField(default=dict)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["corpus", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.format} of {self.layer}"
