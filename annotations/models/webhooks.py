from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7
from corpus.models import Corpus, Event


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def due(self, now: datetime) -> WebhookQuerySet:
        """Keep those that nobody is sending for and that have something to send."""
        waiting = Delivery.objects.filter(webhook=OuterRef("pk"), status="queued", due_at__lte=now)
        further = Event.objects.filter(corpus=OuterRef("corpus"), position__gt=OuterRef("position"))
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
        return self.filter(free, Exists(waiting) | Exists(further), active=True, retry_at__lte=now)


class Webhook(models.Model):
    """Where the events of a corpus are sent to, and how far that has come.

    `position` is the last event of the chain that was looked at: what was to be sent of those up to it has
    its `Delivery`. One worker at a time sends for a webhook, under a lease and a token that grows with each,
    as for a `Job`. It sends what `owner` may see: whoever made it, or changed it last.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="webhooks")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    url = models.CharField(max_length=2_000)
    kinds = models.JSONField(default=list, help_text=_("actions of events, or the first parts of them"))
    #: As both sides need it to sign and to verify. The one before it signs too, until its end.
    secret = models.CharField(max_length=100)
    old_secret = models.CharField(max_length=100, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    position = models.PositiveBigIntegerField(default=0)
    #: Attempts that failed since the last one that did not, why the last one did, and when to go on.
    failures = models.PositiveIntegerField(default=0)
    cause = models.CharField(max_length=200, blank=True)
    retry_at = models.DateTimeField()
    token = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=128, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"webhook {self.pk}"

    @property
    def state(self) -> str:
        if not self.active:
            return "off"
        return "failing" if self.failures else "on"


class DeliveryStatus(models.TextChoices):
    QUEUED = "queued", _("queued")  #: waits to be sent, from `due_at` on
    DELIVERED = "delivered", _("delivered")  #: the receiver has said so
    PARKED = "parked", _("parked")  #: given up; a person may send it again


class Delivery(models.Model):
    """One event for one webhook, until its receiver has said that it came."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_index=False)
    status = models.CharField(max_length=16, choices=DeliveryStatus, default=DeliveryStatus.QUEUED)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["webhook", "due_at", "id"], condition=Q(status="queued"), name="delivery_queue"
            ),
            models.Index(fields=["webhook", "-id"], name="delivery_newest"),
            models.Index(fields=["id"], condition=Q(status="parked"), name="delivery_parked"),
            models.Index(fields=["finished_at"], condition=Q(status="delivered"), name="delivery_old"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} ({self.status})"


class DeliveryAttempt(models.Model):
    """One request and what came of it; nothing of what the receiver said but its status."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log")
    at = models.DateTimeField()
    code = models.PositiveSmallIntegerField(null=True, help_text=_("the status of the answer, if one came"))
    milliseconds = models.PositiveIntegerField()
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.code or self.error}"
