from django.contrib.auth.models import AbstractUser
from django.db import models

from corpus.ids import uuid7


class User(AbstractUser):
    """A person, or a machine client that acts through tokens.

    The name of a person who leaves is taken away and `pseudonym` stays, so that what they decided
    keeps one author. Layers and exports name people by `public_id`, never by name.
    """

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    pseudonym = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.pseudonym or self.get_username()
