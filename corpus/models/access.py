from django.conf import settings
from django.db import models

from corpus.ids import uuid7
from corpus.models.corpora import Corpus, Role


class Token(models.Model):
    """A key to the API. Only its sha256 is kept: 256 random bits need no slow hash.

    A token can do what its user's role allows and its scopes name, in its corpus alone where one is set.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    corpus = models.ForeignKey(Corpus, models.CASCADE, null=True, blank=True, related_name="tokens")
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="its first characters")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class Invitation(models.Model):
    """A link that makes one person a member. Only the sha256 of its secret is kept, as of a token's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=Role)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    #: When it was accepted or taken back; it opens nothing from then on.
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.role} in {self.corpus_id}"


class SignInTries(models.Model):
    """How many passwords were tried for one name from one address; gone once one is right."""

    key = models.CharField(max_length=64, primary_key=True, help_text="a keyed hash of both")
    tries = models.PositiveSmallIntegerField(default=0)
    #: When counting begins anew, and after too many tries when the next is looked at.
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tries} until {self.until}"


class IdempotencyKey(models.Model):
    """The receipt of one act, kept for a day: a replay gets this answer instead of a second effect."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64, help_text="sha256 of method, path and body")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    etag = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key
