"""What the routes of annotations take and give; what ends in `Shape` documents answers rendered by hand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import empty

from annotations.models import Verdict
from annotations.services.decisions import SAID, Link
from corpus.api.fields import (
    Attributes,
    ChangedAttributes,
    Choice,
    Identifier,
    Input,
    Mapped,
    Pattern,
    Score,
    Segments,
    Text,
    Whole,
)
from corpus.models import RevisionStatus
from corpus.text.blocks import BlockKind

UNITS = ["code_point", "utf16", "utf8"]
PAIRS = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
MAX_KEY = 100


class ArticleRowShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    external_id = serializers.CharField()
    title = serializers.CharField()
    outlet = serializers.CharField()
    url = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    language = serializers.CharField()
    licence = serializers.CharField(help_text="An SPDX id, or free words; empty where none is stated.")
    text_withheld = serializers.BooleanField(help_text="The text may not be passed on.")
    revision = serializers.IntegerField(help_text="The number of the current one.")
    status = serializers.ChoiceField(RevisionStatus.choices, help_text="As you may see it.")
    text_sha256 = serializers.CharField()
    length = serializers.IntegerField(help_text="Code points.")
    story = serializers.UUIDField(
        allow_null=True,
        help_text="The id of the earliest article that prints much of this text; null: not looked at yet.",
    )


class ArticleShape(ArticleRowShape):
    corpus = serializers.CharField()
    byline = serializers.CharField()
    metadata = serializers.DictField()
    created_at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)
    current = serializers.BooleanField()
    sha256 = serializers.CharField(help_text="Of the bytes as delivered.")
    encoding = serializers.CharField()
    bom = serializers.BooleanField()
    content_type = serializers.CharField()
    extractor = serializers.CharField()
    text = serializers.CharField(help_text="As delivered; empty once erased.")


class RevisionShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    current = serializers.BooleanField()
    status = serializers.ChoiceField(RevisionStatus.choices, help_text="As you may see it.")
    text_sha256 = serializers.CharField()
    sha256 = serializers.CharField()
    length = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class NameShape(serializers.Serializer[Any]):
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class BlockShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    kind = serializers.ChoiceField(
        [(kind.value, kind.value) for kind in BlockKind], help_text="The ETag too."
    )
    set_by_person = serializers.BooleanField()
    name = NameShape(allow_null=True, help_text="Of a speaker turn.")


class BlocksShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    offset_unit = serializers.ChoiceField(UNITS)
    results = BlockShape(many=True)


class BlockKindInput(Input):
    kind = Choice([(kind.value, kind.value) for kind in BlockKind])


class LayerPartShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    root = serializers.UUIDField(help_text="The id of the first of its line.")  # type: ignore[assignment]
    label = serializers.CharField()  # type: ignore[assignment]
    layer = serializers.CharField()
    origin = serializers.ChoiceField(["machine", "reviewer", "adjudicator"])
    score = serializers.FloatField(allow_null=True)
    reason = serializers.CharField()
    derived_from = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(
        allow_null=True, help_text="Your decisions on its line so far; null where it is not yours to decide."
    )
    verdict = serializers.ChoiceField(
        Verdict.choices, allow_null=True, help_text="Your decision that counts; null where there is none."
    )
    guideline = serializers.IntegerField(
        allow_null=True, help_text="That your decision, or what is settled, was decided under."
    )
    due = serializers.BooleanField(
        allow_null=True, help_text="An open re-review asks for it anew, under a newer guideline."
    )


class AnnotationShape(LayerPartShape):
    segments = PAIRS
    surface = serializers.CharField()
    attributes = serializers.DictField(child=serializers.CharField())
    annotator = serializers.CharField()


class RelationShape(LayerPartShape):
    head = serializers.UUIDField()
    child = serializers.UUIDField()


class AnnotationsShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    offset_unit = serializers.ChoiceField(UNITS)
    results = AnnotationShape(many=True)


class RelationsShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    results = RelationShape(many=True)


class NextShape(serializers.Serializer[Any]):
    article = ArticleShape(help_text="As its own route gives it.")
    offset_unit = serializers.ChoiceField(UNITS)
    blocks = BlockShape(many=True)
    annotations = AnnotationShape(many=True)
    relations = RelationShape(many=True)


class OneAnnotationShape(AnnotationShape):
    article = serializers.UUIDField()
    revision = serializers.IntegerField()


class OneRelationShape(RelationShape):
    article = serializers.UUIDField()
    revision = serializers.IntegerField()


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": MAX_KEY}, {"type": "integer"}]})
class Key(serializers.Field[Any, Any, Any, Any]):
    """How the relations of one request name its suggestions."""

    default_error_messages = {
        "invalid": f"A key is a whole number or a string of {MAX_KEY} characters at most."
    }

    def to_internal_value(self, data: Any) -> int | str:
        if type(data) is int or (isinstance(data, str) and len(data) <= MAX_KEY):
            return data
        self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


class PipelineIdentity(Input):
    name = Text(max_length=64)
    version = Text(max_length=32)
    configuration = Mapped(required=False)


class Suggestion(Input):
    key = Key()
    label = Text(max_length=64)  # type: ignore[assignment]
    segments = Segments()
    surface = Text(allow_blank=True, required=False)
    attributes = Attributes(required=False)
    score = Score()
    reason = Text(max_length=2_000, allow_blank=True, required=False)


class SuggestedRelation(Input):
    label = Text(max_length=64)  # type: ignore[assignment]
    head = Key()
    child = Key()
    score = Score()
    reason = Text(max_length=2_000, allow_blank=True, required=False)


class Suggestions(Input):
    revision = Whole(min_value=1, help_text="The one that the offsets are of.")
    pipeline = PipelineIdentity()
    annotations = Suggestion(many=True)
    relations = SuggestedRelation(many=True, required=False)


class LayerShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    layer = serializers.CharField()
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    new = serializers.BooleanField()


@extend_schema_field(
    {
        "type": "object",
        "description": "Per relation all that it shall lead to: annotations, or segments of new ones.",
        "additionalProperties": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "annotation": {"type": "string", "format": "uuid"},
                    "segments": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
                },
                "additionalProperties": False,
            },
        },
    }
)
class Links(serializers.Field[Any, Any, Any, Any]):
    default_error_messages = {
        "invalid": "links is an object of lists of {annotation} or {segments}.",
    }

    def to_internal_value(self, data: Any) -> dict[str, list[Link]]:
        if not isinstance(data, dict) or not all(isinstance(links, list) for links in data.values()):
            self.fail("invalid")
        return {label: [self._link(link) for link in links] for label, links in data.items()}

    def _link(self, data: Any) -> Link:
        if not isinstance(data, dict) or set(data) not in ({"annotation"}, {"segments"}):
            self.fail("invalid")
        if "segments" in data:
            return Link(segments=Segments().run_validation(data["segments"]))
        return Link(annotation=UUID(str(Identifier().run_validation(data["annotation"]))))

    def to_representation(self, value: Any) -> Any:
        return value


class DecisionInput(Input):
    verdict = Choice(
        SAID,
        help_text="`confirm` takes your decision that counts once more, as it was.",
    )
    reason = Text(max_length=32, allow_blank=True, required=False, help_text="Why it is rejected.")
    note = Text(max_length=2_000, allow_blank=True, required=False)
    label = Text(max_length=64, required=False, allow_null=True)  # type: ignore[assignment]
    segments = Segments(required=False, allow_null=True)
    surface = Text(required=False, allow_null=True, help_text="Checked against the text where it is given.")
    attributes = ChangedAttributes(
        required=False,
        allow_null=True,
        help_text="Of a correction, what is not named stays; null takes an attribute away.",
    )
    links = Links(required=False)
    head = Identifier(required=False, allow_null=True)
    child = Identifier(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Ask the given fields alone: a decision has three of fourteen, and a request many decisions."""
        if not isinstance(data, Mapping) or not data.keys() <= self.fields.keys():
            return super().to_internal_value(data)
        found, refused = {}, {}
        for name, field in self.fields.items():
            if name in data or field.required:
                try:
                    found[name] = field.run_validation(data.get(name, empty))
                except ValidationError as error:
                    refused[name] = error.detail
        if refused:
            raise ValidationError(refused)
        return found

    def run_validators(self, value: Any) -> None:
        """Do nothing: no rule is about a decision as a whole."""


class KeyedDecision(DecisionInput):
    on = Identifier(required=False, allow_null=True, help_text="What is decided on; null with add.")
    version = Whole(
        min_value=0, max_value=2**31 - 1, required=False, help_text="Own decisions on it that you know of."
    )
    key = Pattern(r"\A[\x21-\x7e]{1,128}\Z", required=False, help_text="The Idempotency-Key of this one.")


class DecisionsInput(Input):
    decisions = KeyedDecision(many=True)


class ImpliedShape(serializers.Serializer[Any]):
    of = serializers.ChoiceField(["annotation", "relation"])
    on = serializers.UUIDField()
    line = serializers.UUIDField()
    verdict = serializers.ChoiceField(Verdict.choices)
    version = serializers.IntegerField()


class ReceiptShape(serializers.Serializer[Any]):
    review = serializers.UUIDField()
    on = serializers.UUIDField()
    line = serializers.UUIDField()
    verdict = serializers.ChoiceField(Verdict.choices)
    version = serializers.IntegerField(help_text="The next If-Match.")
    annotation = serializers.UUIDField(allow_null=True, help_text="What stands on the line now.")
    relation = serializers.UUIDField(allow_null=True)
    implied = ImpliedShape(many=True, help_text="What came along.")
    notice = serializers.CharField(
        allow_null=True,
        help_text="What you are to be told: that it was planted, and is taken back. Null for all else.",
    )


class ReviewShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    on = serializers.UUIDField()
    line = serializers.UUIDField()
    version = serializers.IntegerField()
    verdict = serializers.ChoiceField(Verdict.choices)
    reason = serializers.CharField()
    note = serializers.CharField()
    reviewer = serializers.CharField()
    layer = serializers.CharField()
    at = serializers.DateTimeField()
    guideline = serializers.IntegerField()
    suggestions_shown = serializers.BooleanField()
    result = serializers.UUIDField(allow_null=True)
    retracts = serializers.UUIDField(allow_null=True)
    implied_by = serializers.UUIDField(allow_null=True)
    counts = serializers.BooleanField(help_text="It is the one that holds on its line.")


class PassShape(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    layer = serializers.CharField()
    state = serializers.ChoiceField(["none", "open", "submitted"])
    submitted_at = serializers.DateTimeField(allow_null=True)
    suggestions = serializers.IntegerField()
    undecided = serializers.IntegerField()
    due = serializers.IntegerField(help_text="Decisions that an open re-review asks for anew.")
    standing = serializers.IntegerField(help_text="Annotations in your layer.")
