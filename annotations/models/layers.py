from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from annotations.models.jobs import Pipeline
from corpus.ids import uuid7
from corpus.models import Revision


class LayerKind(models.TextChoices):
    MACHINE = "machine", _("machine")
    REVIEWER = "reviewer", _("reviewer")
    GOLD = "gold", _("gold")
    PLANTED = "planted", _("planted")  #: what checks one person's attention; `Layer.planted` alone finds it


class Origin(models.TextChoices):
    MACHINE = "machine", _("machine")
    REVIEWER = "reviewer", _("reviewer")
    ADJUDICATOR = "adjudicator", _("adjudicator")


class LayerManager(models.Manager["Layer"]):
    """Finds the layers that somebody means: machines', people's and gold."""

    def get_queryset(self) -> models.QuerySet[Layer]:
        return super().get_queryset().exclude(kind=LayerKind.PLANTED)


class PlantedManager(models.Manager["Layer"]):
    """Finds the planted layers and no others."""

    def get_queryset(self) -> models.QuerySet[Layer]:
        return super().get_queryset().filter(kind=LayerKind.PLANTED)


class Layer(models.Model):
    """What one annotator says of one revision. Its row stands even when it says nothing.

    So 'read, nothing found' differs from 'not read', for machines and people alike. A reviewer's layer is
    that person's pass; `submitted_at` ends it.

    A planted layer holds the wrong suggestions that one person's pass was given, in the name of a pipeline,
    and that person's decisions on them. Neither ever lies in any other layer, so that whatever reads layers
    leaves all of it out; `Layer.objects` and what leads from other rows to their layers know none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="layers")
    kind = models.CharField(max_length=16, choices=LayerKind)
    pipeline = models.ForeignKey(Pipeline, models.PROTECT, null=True, related_name="layers")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="layers")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)

    objects = LayerManager()
    planted = PlantedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="machine", pipeline__isnull=False, reviewer__isnull=True)
                | Q(kind="reviewer", pipeline__isnull=True, reviewer__isnull=False)
                | Q(kind="gold", pipeline__isnull=True, reviewer__isnull=True)
                | Q(kind="planted", pipeline__isnull=False, reviewer__isnull=False),
                name="layer_has_its_annotator",
            ),
            models.UniqueConstraint(
                fields=["revision", "pipeline"], condition=Q(kind="machine"), name="one_layer_a_pipeline"
            ),
            models.UniqueConstraint(
                fields=["revision", "reviewer"], condition=Q(kind="reviewer"), name="one_layer_a_reviewer"
            ),
            models.UniqueConstraint(fields=["revision"], condition=Q(kind="gold"), name="one_gold_layer"),
            models.UniqueConstraint(
                fields=["revision", "reviewer"], condition=Q(kind="planted"), name="one_planted_layer_a_pass"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} layer of {self.revision_id}"


class Annotation(models.Model):
    """One label on one or more segments, said by one annotator. Never changed once written.

    `start`, `end` and `surface` are the first segment, half-open code points of the revision's text; further
    ones are rows of `Segment`. `root` is the id of the first annotation of its line (its own, if it is the
    first), so that decisions, links and comments keep pointing at the same thing.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="annotations")
    label = models.CharField(max_length=64)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    surface = models.TextField()
    attributes = models.JSONField(default=dict)
    origin = models.CharField(max_length=16, choices=Origin)
    score = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    root = models.UUIDField()

    class Meta:
        ordering = ["layer_id", "start", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(start__gte=0, start__lt=F("end")), name="span_not_empty"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="annotation_score_range"
            ),
            models.CheckConstraint(
                condition=Q(origin="machine", score__isnull=False) | ~Q(origin="machine"),
                name="suggestion_has_a_score",
            ),
        ]
        indexes = [
            # A line's later annotations; the first one is found by its own id.
            models.Index(
                fields=["root"], condition=Q(derived_from__isnull=False), name="annotation_later_in_line"
            ),
            models.Index(
                fields=["derived_from"], condition=Q(derived_from__isnull=False), name="annotation_derived"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.start}-{self.end}"


class Segment(models.Model):
    """A further segment of a broken annotation; `number` counts from 1, the first is on the annotation."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="more_segments")
    number = models.PositiveSmallIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    surface = models.TextField()

    class Meta:
        ordering = ["annotation_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "number"], name="segment_number_once"),
            models.CheckConstraint(condition=Q(start__gte=0, start__lt=F("end")), name="segment_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


class Relation(models.Model):
    """A typed link between two lines of annotations of one layer.

    `head` and `child` name the annotations that were linked; a link holds for the line of each, so moving
    the boundary of a quote needs no new link.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="relations")
    label = models.CharField(max_length=64)
    head = models.ForeignKey(Annotation, models.PROTECT, related_name="+", db_index=False)
    child = models.ForeignKey(Annotation, models.PROTECT, related_name="+", db_index=False)
    origin = models.CharField(max_length=16, choices=Origin)
    score = models.FloatField(null=True)
    reason = models.TextField(blank=True)
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", db_index=False)
    root = models.UUIDField()

    class Meta:
        ordering = ["layer_id", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(head=F("child")), name="relation_of_two"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="relation_score_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.head_id} -> {self.child_id}"
