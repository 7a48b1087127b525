"""What the route of a line's history gives; as annotations.api.shapes."""

from typing import Any

from rest_framework import serializers

from annotations.api.shapes import PAIRS, UNITS


class StateShape(serializers.Serializer[Any]):
    annotation = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    segments = PAIRS
    surface = serializers.CharField(help_text="Empty once erased.")
    attributes = serializers.DictField(child=serializers.CharField())


class StepEventShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    via = serializers.CharField()
    request_id = serializers.CharField()


class StepShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    act = serializers.CharField(
        help_text="suggested, a verdict, settled, imported, dispute.opened, .reopened or .dropped."
    )
    revision = serializers.IntegerField()
    layer = serializers.CharField(allow_null=True)
    person = serializers.UUIDField(allow_null=True, help_text="Null where nobody did it.")
    to = StateShape(allow_null=True, help_text="What was written; null where nothing is to stand.")
    reason = serializers.CharField()
    note = serializers.CharField()
    pipeline = serializers.CharField(
        allow_null=True, help_text="Name and version of whose suggestion it was, or that was decided on."
    )
    guideline = serializers.IntegerField(allow_null=True, help_text="The version that it was decided under.")
    details = serializers.DictField(help_text="What only acts of this kind have.")
    event = StepEventShape(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the field whose name is a word of Python."""
        made_of = StateShape(allow_null=True, help_text="What it was made of; null for what is new.")
        return {**super().get_fields(), "from": made_of}


class HistoryShape(serializers.Serializer[Any]):
    annotation = serializers.UUIDField()
    root = serializers.UUIDField(help_text="The id of the first of its line.")  # type: ignore[assignment]
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    offset_unit = serializers.ChoiceField(UNITS)
    steps = StepShape(many=True, help_text="Oldest first.")
