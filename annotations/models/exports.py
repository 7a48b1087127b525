from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models.ledger import LedgerEntry
from corpus.ids import uuid7
from corpus.models import Corpus


class FileState(models.TextChoices):
    """Where the file of an export is; empty where none was kept: not yet, or it was sent as it was made."""

    KEPT = "kept", _("kept")
    EXPIRED = "expired", _("expired")  #: kept for its days, then removed
    ERASED = "erased", _("erased")  #: removed with an article whose words it may have held


class Export(LedgerEntry):
    """A file of a layer: asked for, made, kept for some days; the row and its manifest stay.

    The request and the record of the file are one row, because whoever asks is given one address, and finds
    there first how far it is, then the manifest, and in the end why the file is gone. A download that is made
    while its client waits is the same row, born done and without a kept file.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="exports")
    format = models.CharField(max_length=32)
    layer = models.CharField(max_length=128)
    options = models.JSONField(
        default=dict, help_text=_("what else a worker goes by; the manifest has it once the file is made")
    )
    manifest = models.JSONField(default=dict, help_text=_("empty until the file is made"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    made_at = models.DateTimeField(null=True)
    file = models.CharField(max_length=16, choices=FileState, blank=True)

    class Meta(LedgerEntry.Meta):
        ordering = ["-id"]
        indexes = [
            *LedgerEntry.Meta.indexes,
            models.Index(fields=["corpus", "-id"], name="export_newest"),
            models.Index(fields=["made_at"], condition=models.Q(file="kept"), name="export_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.format} of {self.layer}"

    @property
    def file_name(self) -> str:
        """Return the name of its kept file; what a worker makes under an older token has another."""
        return f"{self.pk}.{self.token}"
