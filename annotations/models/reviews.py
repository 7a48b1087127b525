from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from annotations.models.layers import Annotation, Layer, Relation
from corpus.ids import uuid7


class Verdict(models.TextChoices):
    ACCEPT = "accept", _("accept")  #: as suggested
    CORRECT = "correct", _("correct")  #: with other segments, label, attributes or links
    REJECT = "reject", _("reject")  #: it is not so, for a reason
    SKIP = "skip", _("skip")  #: cannot tell
    ADD = "add", _("add")  #: what the machine missed
    RETRACT = "retract", _("retract")  #: an own earlier decision no longer counts


class RejectReason(models.TextChoices):
    """Why a suggestion is not so; rule R18 of the guideline."""

    NOT_A_QUOTE = "not_a_quote", _("not a quote")
    TITLE_OR_IRONY = "title_or_irony", _("title or irony")
    NOT_CHECK_WORTHY = "not_check_worthy", _("not check-worthy")
    FURNITURE = "furniture", _("furniture")
    ALREADY_LABELLED = "already_labelled", _("already labelled")
    OTHER = "other", _("other")


class Absence(models.TextChoices):
    """Why something has no source in the text, where a correction or an addition says so."""

    UNNAMED = "unnamed", _("nobody is named")
    OUTLET = "outlet", _("the outlet itself says it")
    OUTSIDE = "outside", _("named outside of this text")
    UNCLEAR = "unclear", _("it cannot be told")


#: Every code that a review can have as its reason.
REASONS = (*RejectReason.values, *Absence.values)
#: Verdicts that leave something standing in the reviewer's layer.
KEEPING = (Verdict.ACCEPT, Verdict.CORRECT, Verdict.ADD)


class Review(models.Model):
    """One reviewer's recorded decision on one line, of annotations or of relations, in an own layer.

    `line` is the root of what was decided on. `version` counts the decisions of this reviewer on this line
    from 1; it is the ETag, and its uniqueness is what lets only one of two tabs win. The newest decision
    that no `retract` names is the one that counts. `implied_by` is the decision that brought this one along:
    accepting a quote accepts the source and cue shown with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="reviews")
    line = models.UUIDField()
    version = models.PositiveIntegerField()
    verdict = models.CharField(max_length=16, choices=Verdict)
    reason = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    annotation = models.ForeignKey(
        Annotation, models.PROTECT, null=True, related_name="reviews", help_text=_("what was decided on")
    )
    relation = models.ForeignKey(Relation, models.PROTECT, null=True, related_name="reviews")
    result = models.ForeignKey(
        Annotation, models.PROTECT, null=True, related_name="+", db_index=False, help_text=_("what it wrote")
    )
    result_relation = models.ForeignKey(Relation, models.PROTECT, null=True, related_name="+", db_index=False)
    retracts = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    implied_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    guideline = models.PositiveIntegerField(default=0)
    suggestions_shown = models.BooleanField(default=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["layer_id", "line", "version"]
        constraints = [
            models.UniqueConstraint(fields=["layer", "line", "version"], name="review_version_once"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="review_verdict_known"),
            models.CheckConstraint(
                condition=Q(annotation__isnull=False, relation__isnull=True)
                | Q(annotation__isnull=True, relation__isnull=False),
                name="review_is_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(verdict="retract", retracts__isnull=False)
                | (~Q(verdict="retract") & Q(retracts__isnull=True)),
                name="retract_names_a_review",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.line} (version {self.version})"
