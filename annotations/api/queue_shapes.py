"""What the routes of the queue and of disputes take and give; as annotations.api.shapes."""

from typing import Any

from rest_framework import serializers

from annotations.api.shapes import PAIRS, UNITS
from annotations.models import AssignmentStatus, DisputeStatus, Outcome
from annotations.models.gold import SettleReason
from corpus.api.fields import Attributes, Choice, Flag, Identifier, Input, Segments, Text


class TakeInput(Input):
    corpus = Text(max_length=64)


class HandOverInput(Input):
    to = Identifier(help_text="The public id of the reviewer.")


class AssignmentShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    current = serializers.BooleanField(help_text="False once an amended text has come in.")
    title = serializers.CharField()
    number = serializers.IntegerField(allow_null=True, help_text="Which pass; null in a blind corpus.")
    status = serializers.ChoiceField(AssignmentStatus.choices)
    reviewer = serializers.UUIDField(allow_null=True)
    taken_at = serializers.DateTimeField(allow_null=True)
    lease_until = serializers.DateTimeField(allow_null=True)


class EndInput(Input):
    label = Text(max_length=64)  # type: ignore[assignment]
    segments = Segments()


class WrittenInput(Input):
    label = Text(max_length=64)  # type: ignore[assignment]
    segments = Segments()
    attributes = Attributes(required=False)
    links = serializers.DictField(child=EndInput(many=True), required=False)


class SettleInput(Input):
    take = Identifier(required=False, help_text="The layer whose word counts whole.")
    merge = serializers.DictField(
        child=Identifier(), required=False, help_text="`content`, and relations, each with a layer."
    )
    write = WrittenInput(required=False)
    reject = Flag(required=False)
    reason = Choice(SettleReason.choices)
    note = Text(max_length=2_000, allow_blank=True, required=False)
    rule = Text(max_length=64, allow_blank=True, required=False, help_text="Of the guideline.")


class LinkedShape(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    segments = PAIRS
    surface = serializers.CharField()


class PositionShape(serializers.Serializer[Any]):
    layer = serializers.UUIDField()
    reviewer = serializers.UUIDField()
    annotation = serializers.UUIDField(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    segments = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), allow_null=True
    )
    surface = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    links = serializers.DictField(child=LinkedShape(many=True))


class DisputeRowShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    start = serializers.IntegerField(help_text="Code points.")
    differences = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(DisputeStatus.choices)
    version = serializers.IntegerField(help_text="The ETag.")
    opened_at = serializers.DateTimeField()


class SettlementShape(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(Outcome.choices)
    reason = serializers.CharField()
    note = serializers.CharField()
    rule = serializers.CharField()
    guideline = serializers.IntegerField()
    settled_by = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField()


class DisputeShape(DisputeRowShape):
    start = serializers.IntegerField(help_text="In the unit of `offset_unit`.")
    offset_unit = serializers.ChoiceField(UNITS)
    positions = PositionShape(many=True)
    settlements = SettlementShape(many=True)
