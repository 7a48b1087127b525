"""What the routes of machines, files and events take and give; as annotations.api.shapes."""

from typing import Any

from rest_framework import serializers

from annotations.models import JobStatus
from corpus.api.fields import Input, Mapped, Text


class PipelineShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.CharField()
    configuration = serializers.DictField()
    configuration_hash = serializers.CharField()
    external = serializers.BooleanField()
    active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class PipelineInput(Input):
    name = Text(max_length=64)
    configuration = Mapped(required=False)


class RunInput(Input):
    corpus = Text(max_length=64)
    pipeline = Text(max_length=97, required=False, help_text="Its name; not needed where one is active.")


class JobCountsShape(serializers.Serializer[Any]):
    queued = serializers.IntegerField()
    leased = serializers.IntegerField()
    done = serializers.IntegerField()
    parked = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class RunShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    pipeline = serializers.CharField()
    started_at = serializers.DateTimeField()
    cancelled_at = serializers.DateTimeField(allow_null=True)


class RunProgressShape(RunShape):
    jobs = JobCountsShape()


class JobShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    pipeline = serializers.CharField()
    status = serializers.ChoiceField(JobStatus.choices)
    attempts = serializers.IntegerField()
    cause = serializers.CharField()
    due_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class EventShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    position = serializers.IntegerField(
        allow_null=True, help_text="Null where it would count others' reviews."
    )
    hash = serializers.CharField(allow_null=True)
    canonical = serializers.CharField(
        allow_null=True, help_text="What the hash is taken of, behind the hash before it: docs/history.md."
    )
    at = serializers.DateTimeField()
    actor = serializers.UUIDField(allow_null=True)
    via = serializers.CharField()
    request_id = serializers.CharField()
    action = serializers.CharField()
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    subject_id = serializers.UUIDField(allow_null=True)
    before = serializers.JSONField()
    after = serializers.JSONField()
    reason = serializers.CharField()
    versions = serializers.DictField()


class EventPageShape(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="The next page; null when there is no more yet.")
    last = serializers.UUIDField(allow_null=True, help_text="The cursor to come back with.")
    results = EventShape(many=True)


class OwnCountsShape(serializers.Serializer[Any]):
    in_review = serializers.IntegerField()
    submitted = serializers.IntegerField()


class StatsShape(serializers.Serializer[Any]):
    counted_up_to = serializers.IntegerField(help_text="A count of this much means: or more.")
    articles = serializers.IntegerField()
    statuses = serializers.DictField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="Null where it would count others' reviews.",
    )
    own = OwnCountsShape()
