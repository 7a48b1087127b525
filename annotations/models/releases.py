from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.releasing.splits import Split
from corpus.ids import uuid7
from corpus.models import Article, Corpus, Revision
from corpus.models.json import PlainJSONField


class Release(models.Model):
    """A named data set that is frozen: its files are a function of its rows, and can be made at any time.

    It comes with its articles in one transaction, so that none is ever half made. `after` is the release
    whose splits it keeps.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="releases", db_index=False)
    name = models.CharField(max_length=64)
    layer = models.CharField(max_length=128)
    after = models.ForeignKey("self", models.PROTECT, null=True, related_name="later", db_index=False)
    manifest = PlainJSONField(default=dict)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["corpus", "name"], name="release_name_once"),
        ]
        indexes = [models.Index(fields=["corpus", "-id"], name="release_newest")]

    def __str__(self) -> str:
        return self.name


class ReleasedArticle(models.Model):
    """One article of a release. Never changed once written, but for erasing, which takes its record away.

    `record` is the native record without what the text of the revision gives again, compressed
    (`services.released`), `sha256` that of its whole line in the file of its split.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="articles", db_index=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="released")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+", db_index=False)
    split = models.CharField(max_length=8, choices=[(split.value, _(split.value)) for split in Split])
    external_id = models.CharField(max_length=512, help_text=_("as its record states it"))
    story = models.UUIDField(help_text=_("the story that it was part of when it was released"))
    sha256 = models.CharField(max_length=64)
    record = models.BinaryField(null=True, help_text=_("none once its article is erased"))

    class Meta:
        ordering = ["release_id", "revision_id"]
        constraints = [
            models.UniqueConstraint(fields=["release", "article"], name="released_article_once"),
            models.CheckConstraint(
                condition=Q(split__in=[split.value for split in Split]), name="released_split_known"
            ),
        ]
        indexes = [
            # The file of a split, a page at a time.
            models.Index(fields=["release", "split", "revision"], name="released_split"),
            # How many articles each split has lost.
            models.Index(
                fields=["release", "split"], condition=Q(record__isnull=True), name="released_erased"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.article_id} in {self.split}"
