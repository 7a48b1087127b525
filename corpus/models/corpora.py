from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from corpus.ids import uuid7


class Role(models.TextChoices):
    """What a member may do in a corpus; each role may do all that the ones before it may."""

    VIEWER = "viewer", _("viewer")  #: reads articles and gold
    REVIEWER = "reviewer", _("reviewer")  #: decides suggestions in an own layer
    ADJUDICATOR = "adjudicator", _("adjudicator")  #: settles disputes
    LEAD = "lead", _("lead")  #: puts in articles, runs pipelines, exports, configures, invites
    OWNER = "owner", _("owner")  #: changes and removes members, erases

    def reaches(self, other: Role) -> bool:
        order = list(Role)
        return order.index(self) >= order.index(other)


class SuggestionsShown(models.TextChoices):
    """When a reviewer sees what the machines propose."""

    AT_ONCE = "at_once", _("at once")
    AFTER_PASS = "after_pass", _("after one's own pass")
    NEVER = "never", _("never")


class QueueOrder(models.TextChoices):
    """What a reviewer gets next."""

    AGE = "age", _("the oldest article first")
    DOUBT = "doubt", _("first what the machines are least sure of")
    PRIORITY = "priority", _("by the priority of the article, then the oldest")
    WORTH = "worth", _("first what holds the most check-worthy claims")
    RANDOM = "random", _("by chance, repeatable by the seed")


class CorpusQuerySet(models.QuerySet["Corpus"]):
    def visible_to(self, user_id: int) -> CorpusQuerySet:
        return self.filter(members__user_id=user_id)


class Corpus(models.Model):
    """A set of articles with its own scheme, guideline, members and settings; the unit of permission."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=35, default="en", help_text=_("BCP 47 tag, such as en or de-CH"))
    blind = models.BooleanField(default=True, help_text=_("nobody sees another reviewer's layer"))
    suggestions_shown = models.CharField(
        max_length=16, choices=SuggestionsShown, default=SuggestionsShown.AT_ONCE
    )
    queue_order = models.CharField(max_length=16, choices=QueueOrder, default=QueueOrder.AGE)
    seed = models.PositiveIntegerField(default=1, help_text=_("of what is left to chance"))
    passes = models.PositiveSmallIntegerField(default=1, help_text=_("people who read each article"))
    second_share = models.FloatField(
        default=0.0, help_text=_("the share of the articles that gets one pass more, from 0 to 1")
    )
    unaided_share = models.FloatField(
        default=0.0, help_text=_("the share that gets one pass more, and that one without suggestions")
    )
    withheld_share = models.FloatField(
        default=0.0, help_text=_("the share of the suggestions that a pass is not shown, from 0 to 0.5")
    )
    planted_share = models.FloatField(
        default=0.0, help_text=_("wrong suggestions planted in a pass, as a share of its own, from 0 to 0.2")
    )
    hand_cap = models.PositiveSmallIntegerField(
        default=0, help_text=_("articles that one person may have in hand at once; 0 for any number")
    )
    lease_minutes = models.PositiveIntegerField(
        default=60, help_text=_("for how long an article is kept for a person who does nothing")
    )
    agreed_is_gold = models.BooleanField(
        default=True, help_text=_("what all passes agree on becomes gold by itself")
    )
    single_is_gold = models.BooleanField(
        default=False, help_text=_("a single pass becomes gold by itself; otherwise it waits for approval")
    )
    two_people = models.BooleanField(
        default=True, help_text=_("nobody settles or approves what they have a pass in themselves")
    )
    #: Version of the settings: the ETag of a shared act.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CorpusQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name_plural = "corpora"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(passes__gte=1, passes__lte=9), name="one_to_nine_passes"
            ),
            models.CheckConstraint(
                condition=models.Q(second_share__gte=0, second_share__lte=1), name="second_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(unaided_share__gte=0, unaided_share__lte=1),
                name="unaided_share_is_a_share",
            ),
            models.CheckConstraint(
                condition=models.Q(withheld_share__gte=0, withheld_share__lte=0.5),
                name="withheld_share_half_at_most",
            ),
            models.CheckConstraint(
                condition=models.Q(planted_share__gte=0, planted_share__lte=0.2),
                name="planted_share_fifth_at_most",
            ),
            models.CheckConstraint(condition=models.Q(lease_minutes__gte=1), name="lease_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["corpus_id", "user_id"]
        constraints = [
            models.UniqueConstraint(fields=["corpus", "user"], name="one_membership_a_person"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.corpus_id} as {self.role}"


class Scheme(models.Model):
    """One immutable version of a corpus's labels and relations; the newest counts.

    `definition` is checked by `corpus.schemes.parse_scheme` before it is stored.
    """

    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="schemes")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["corpus_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["corpus", "number"], name="scheme_number_once")]

    def __str__(self) -> str:
        return f"scheme {self.number}"


class Guideline(models.Model):
    """One immutable version of the reviewers' rules; the newest counts, each review names its own."""

    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="guidelines")
    number = models.PositiveIntegerField()
    text = models.TextField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["corpus_id", "-number"]
        constraints = [models.UniqueConstraint(fields=["corpus", "number"], name="guideline_number_once")]

    def __str__(self) -> str:
        return f"guideline {self.number}"
