from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7
from corpus.models.corpora import Corpus
from corpus.models.ingest import IngestReport
from corpus.models.json import PlainJSONField
from corpus.text.blocks import BlockKind


class RevisionStatus(models.TextChoices):
    """How far the work on a revision has come; `MOVES` has the allowed moves."""

    NEW = "new", _("new")  #: no machine has looked at it yet
    SUGGESTED = "suggested", _("suggested")  #: every job that it was given has ended
    IN_REVIEW = "in_review", _("in review")  #: somebody has decided something
    SUBMITTED = "submitted", _("submitted")  #: a pass is finished
    DISPUTED = "disputed", _("disputed")  #: submitted passes differ
    GOLD = "gold", _("gold")  #: the settled layer stands
    SUPERSEDED = "superseded", _("superseded")  #: an amended text has taken its place


MOVES: dict[str, frozenset[str]] = {
    RevisionStatus.NEW: frozenset({"suggested", "in_review", "submitted", "gold", "superseded"}),
    RevisionStatus.SUGGESTED: frozenset({"in_review", "submitted", "gold", "superseded"}),
    RevisionStatus.IN_REVIEW: frozenset({"submitted", "gold", "superseded"}),
    RevisionStatus.SUBMITTED: frozenset({"in_review", "disputed", "gold", "superseded"}),
    RevisionStatus.DISPUTED: frozenset({"in_review", "gold", "superseded"}),
    RevisionStatus.GOLD: frozenset({"in_review", "disputed", "superseded"}),
    RevisionStatus.SUPERSEDED: frozenset(),
}


class Outlet(models.Model):
    """Who published the article."""

    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="outlets")
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["corpus", "name"], name="outlet_name_once")]

    def __str__(self) -> str:
        return self.name


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user_id: int) -> ArticleQuerySet:
        return self.filter(corpus__members__user_id=user_id)


class Article(models.Model):
    """One published text with its metadata. Its text lives in its revisions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="articles")
    external_id = models.CharField(max_length=512)
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, blank=True, related_name="articles")
    title = models.TextField(blank=True)
    byline = models.TextField(blank=True)
    url = models.TextField(blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    language = models.CharField(max_length=35, blank=True)
    licence = models.TextField(blank=True, help_text=_("an SPDX id or free words; empty: not stated"))
    text_withheld = models.BooleanField(default=False, help_text=_("the text may not be passed on"))
    metadata = PlainJSONField(default=dict, blank=True)
    priority = models.SmallIntegerField(
        db_default=0, help_text=_("higher comes first, where the queue goes by it")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, editable=False)
    #: The id of the earliest article that prints the same text or large parts of it; null: not looked at yet.
    story = models.UUIDField(null=True, editable=False)
    #: Its current text has not been compared with the others yet.
    story_due = models.BooleanField(db_default=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["corpus", "external_id"], name="article_external_id_once"),
        ]
        indexes = [
            models.Index(fields=["corpus", "-id"], name="article_newest_first"),
            models.Index(fields=["story"], name="article_story"),
            # What is to be grouped: as many rows as there are such articles.
            models.Index(fields=["corpus", "id"], condition=Q(story_due=True), name="article_story_due"),
        ]

    def __str__(self) -> str:
        return self.title or self.external_id


class RevisionQuerySet(models.QuerySet["Revision"]):
    def current(self) -> RevisionQuerySet:
        """Leave out what an amended text has superseded."""
        return self.filter(current=True)

    def without_text(self) -> RevisionQuerySet:
        return self.defer("text")


class Revision(models.Model):
    """One immutable state of an article's text.

    `text` holds the delivered characters untouched; offsets everywhere are half-open code points of it.
    `sha256` is of the bytes as delivered (the page, for HTML), `text_sha256` of the text as UTF-8.
    A trigger refuses every change of the text and its hashes, except that erasing empties the text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    article = models.ForeignKey(Article, models.PROTECT, related_name="revisions")
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    current = models.BooleanField(default=True)
    status = models.CharField(max_length=16, choices=RevisionStatus, default=RevisionStatus.NEW)
    sha256 = models.CharField(max_length=64)
    text_sha256 = models.CharField(max_length=64)
    length = models.PositiveIntegerField(help_text=_("code points"))
    encoding = models.CharField(max_length=32, default="utf-8")
    bom = models.BooleanField(default=False)
    content_type = models.CharField(max_length=64, default="text/plain")
    extractor = models.CharField(max_length=64, blank=True)
    report = models.ForeignKey(IngestReport, models.PROTECT, null=True, related_name="revisions")
    created_at = models.DateTimeField(auto_now_add=True)
    # Last, so that a page of articles never reads through the overflow pages of their texts on SQLite.
    text = models.TextField(blank=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(current=True), name="one_current_revision_an_article"
            ),
            models.CheckConstraint(
                condition=Q(status__in=RevisionStatus.values), name="revision_status_known"
            ),
            models.CheckConstraint(
                condition=Q(current=True) ^ Q(status=RevisionStatus.SUPERSEDED),
                name="superseded_is_not_current",
            ),
        ]
        indexes = [
            # The admin's and the API's list of a corpus by status, newest first.
            models.Index(fields=["corpus", "status", "-id"], name="revision_work_list"),
            # The same list without a status: current revisions only.
            models.Index(fields=["corpus", "-id"], condition=Q(current=True), name="revision_current_list"),
        ]

    def __str__(self) -> str:
        return f"revision {self.number}"


class RawSource(models.Model):
    """The bytes as they were delivered, kept where the text alone cannot give them back (a page of HTML)."""

    revision = models.OneToOneField(Revision, models.CASCADE, primary_key=True, related_name="raw")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"raw source of {self.revision_id}"


class Block(models.Model):
    """A stretch of a revision with a kind, as one version of the segmenter saw it.

    `kind_set` is a person's correction and outweighs `kind`; the segmenter never changes it.
    """

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="blocks")
    segmenter = models.CharField(max_length=32)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in BlockKind])
    name_start = models.PositiveIntegerField(null=True)
    name_end = models.PositiveIntegerField(null=True)
    kind_set = models.CharField(max_length=16, null=True)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["revision_id", "segmenter", "start"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "segmenter", "start"], name="block_start_once"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="block_not_empty"),
            models.CheckConstraint(
                condition=Q(name_start__isnull=True, name_end__isnull=True)
                | Q(name_start__gte=F("start"), name_end__gt=F("name_start"), name_end__lte=F("end")),
                name="block_name_inside",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effective_kind} {self.start}-{self.end}"

    @property
    def effective_kind(self) -> str:
        return self.kind_set or self.kind
