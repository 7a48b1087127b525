from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7
from corpus.models import Corpus, Revision


class CommentAct(models.TextChoices):
    POST = "post", _("post")  #: words; the first of a thread, or a reply
    EDIT = "edit", _("edit")  #: other words in the place of an own comment's
    DELETE = "delete", _("delete")  #: an own comment's words are taken away; its place stays
    RESOLVE = "resolve", _("resolve")  #: the thread is settled
    REOPEN = "reopen", _("reopen")  #: it is not, after all


#: Acts whose row brings words.
WRITING = (CommentAct.POST, CommentAct.EDIT)


class Comment(models.Model):
    """One act in a thread on a line or on an article. Never changed once written, but for words taken away.

    `thread` is the first row's id, its own there. `of` is the row that an edit or a deletion is about, and
    `version` counts those of one comment from 1, so that only one of two tabs wins. `by_adjudicator` says
    that the author's role was that or more: in a blind corpus others see less of what reviewers wrote.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    corpus = models.ForeignKey(Corpus, models.PROTECT, related_name="comments", db_index=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="comments")
    line = models.UUIDField(null=True, help_text=_("the root of what it is on; none for the article"))
    thread = models.UUIDField()
    act = models.CharField(max_length=16, choices=CommentAct)
    of = models.ForeignKey("self", models.PROTECT, null=True, related_name="later", db_index=False)
    version = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="comments")
    by_adjudicator = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["of", "version"], name="comment_version_once"),
            models.CheckConstraint(
                condition=Q(act__in=("edit", "delete"), of__isnull=False, version__gt=0)
                | Q(act__in=("post", "resolve", "reopen"), of__isnull=True, version=0),
                name="comment_names_what_it_changes",
            ),
        ]
        indexes = [
            models.Index(fields=["corpus", "-id"], name="comment_newest"),
            models.Index(fields=["thread", "id"], name="comment_thread"),
            models.Index(fields=["line"], condition=Q(line__isnull=False), name="comment_line"),
        ]

    def __str__(self) -> str:
        return f"{self.act} in {self.thread}"


class Mention(models.Model):
    """A member who is named in a comment: `@name`."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="mentions")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.comment_id}"
