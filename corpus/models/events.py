from django.conf import settings
from django.db import models
from django.db.models import Q

from corpus.ids import uuid7
from corpus.models.corpora import Corpus
from corpus.models.json import PlainJSONField


class Event(models.Model):
    """One change: who, by what request, from what to what, why, under which versions.

    Written in the change's own transaction and append-only by triggers. `position` and `hash` are empty
    until the sealer fills them, once, in commit order. Events carry offsets, hashes and ids but never a word
    of an article, so that erasing has nothing to do here.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, null=True, related_name="events")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    via = models.CharField(max_length=16, help_text="admin, api, command or job")
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    #: The revision or article that the change is about, for its history; empty for corpus-wide acts.
    subject_id = models.UUIDField(null=True)
    before = PlainJSONField(null=True)
    after = PlainJSONField(null=True)
    reason = models.TextField(blank=True)
    versions = models.JSONField(default=dict)
    position = models.PositiveBigIntegerField(null=True)
    hash = models.CharField(max_length=64, null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["corpus", "position"], name="event_position_once"),
            models.CheckConstraint(
                condition=Q(position__isnull=True, hash__isnull=True)
                | Q(position__isnull=False, hash__isnull=False),
                name="event_sealed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(position__isnull=True), name="event_unsealed"),
            models.Index(fields=["corpus", "-id"], name="event_newest"),
            models.Index(fields=["subject_id", "id"], name="event_history"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
