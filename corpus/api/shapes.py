"""What the routes of corpus take and give; what ends in `Shape` documents answers rendered by hand."""

from typing import Any

from rest_framework import serializers

from corpus.api.fields import Choice, Flag, Input, Mapped, Moment, Pattern, Score, Text, Whole
from corpus.guidelines import Difference
from corpus.models import QueueOrder, Role, SuggestionsShown
from corpus.services.actors import Scope

LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z"


class CorpusSettings(Input):
    name = Text(max_length=200, required=False)
    description = Text(max_length=10_000, allow_blank=True, required=False)
    language = Pattern(rf"\A{LANGUAGE}", max_length=35, required=False, help_text="A BCP 47 tag.")
    blind = Flag(required=False, help_text="Nobody sees another reviewer's layer.")
    suggestions_shown = Choice(SuggestionsShown.choices, required=False)
    queue_order = Choice(QueueOrder.choices, required=False, help_text="What a reviewer gets next.")
    seed = Whole(min_value=0, max_value=2**31 - 1, required=False, help_text="Of what is left to chance.")
    passes = Whole(min_value=1, max_value=9, required=False, help_text="People who read each article.")
    second_share = Score(required=False, help_text="The share of the articles that gets one pass more.")
    unaided_share = Score(
        required=False, help_text="The share that gets one pass more, and that one without suggestions."
    )
    withheld_share = Score(
        required=False, max_value=0.5, help_text="The share of the suggestions that a pass is not shown."
    )
    planted_share = Score(
        required=False,
        max_value=0.2,
        help_text="Wrong suggestions planted in a pass, as a share of its own; the guideline says so.",
    )
    hand_cap = Whole(
        min_value=0, max_value=1_000, required=False, help_text="Articles in one person's hands; 0 for any."
    )
    lease_minutes = Whole(min_value=1, max_value=43_200, required=False)
    agreed_is_gold = Flag(required=False, help_text="What all passes agree on becomes gold by itself.")
    single_is_gold = Flag(required=False, help_text="A single pass becomes gold by itself.")
    two_people = Flag(required=False, help_text="Nobody settles what they have a pass in.")


class NewCorpus(CorpusSettings):
    slug = Pattern(r"\A[a-z0-9][a-z0-9_-]{0,63}\Z", help_text="Its name in addresses.")
    guideline = Text(max_length=1_000_000, allow_blank=True, required=False)


class CorpusShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    language = serializers.CharField()
    blind = serializers.BooleanField()
    suggestions_shown = serializers.ChoiceField(SuggestionsShown.choices)
    queue_order = serializers.ChoiceField(QueueOrder.choices)
    seed = serializers.IntegerField()
    passes = serializers.IntegerField()
    second_share = serializers.FloatField()
    unaided_share = serializers.FloatField()
    withheld_share = serializers.FloatField()
    planted_share = serializers.FloatField()
    hand_cap = serializers.IntegerField()
    lease_minutes = serializers.IntegerField()
    agreed_is_gold = serializers.BooleanField()
    single_is_gold = serializers.BooleanField()
    two_people = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Of the settings; the ETag.")
    created_at = serializers.DateTimeField()
    role = serializers.ChoiceField(Role.choices, help_text="Your own.")


class MemberRole(Input):
    role = Choice(Role.choices)


class MemberShape(serializers.Serializer[Any]):
    user = serializers.UUIDField(help_text="The public id.")
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    since = serializers.DateTimeField()


class NewInvitation(Input):
    role = Choice(Role.choices)


class InvitationShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    role = serializers.ChoiceField(Role.choices)
    made_by = serializers.UUIDField(allow_null=True, help_text="The public id; null for the operator.")
    expires_at = serializers.DateTimeField()


class MadeInvitationShape(InvitationShape):
    link = serializers.CharField(
        allow_null=True,
        help_text="The page to send somebody to. Shown this once; null when a repetition asks again.",
    )


class NewGuideline(Input):
    text = Text(max_length=1_000_000)


class GuidelineShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    text = serializers.CharField()
    published_at = serializers.DateTimeField()


class RuleChangeShape(serializers.Serializer[Any]):
    number = serializers.CharField()
    difference = serializers.ChoiceField([(kind.value, kind.value) for kind in Difference])
    was_number = serializers.CharField(allow_null=True, help_text="What its number was before.")
    labels = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="That it names; null where it does not say."
    )
    words = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Stretches of the rule: what becomes of each (same, removed, added), and its words.",
    )


class GuidelineChangesShape(serializers.Serializer[Any]):
    before = serializers.IntegerField(help_text="0 for nothing.")
    after = serializers.IntegerField()
    rules = RuleChangeShape(many=True)
    outside = serializers.BooleanField(help_text="Something that is no rule differs too.")
    labels = serializers.ListField(child=serializers.CharField(), help_text="That the changes affect.")
    unclear = serializers.ListField(
        child=serializers.CharField(), help_text="Changed rules that name no label; they may affect any."
    )
    cannot_tell = serializers.BooleanField(help_text="There are no rules to go by.")


class NewScheme(Input):
    definition = Mapped(help_text="Labels and relations; see docs/vocabulary.md.")


class SchemeShape(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    definition = serializers.DictField()
    published_at = serializers.DateTimeField()


class NewToken(Input):
    name = Text(max_length=100)
    scopes = serializers.ListField(
        child=Choice([(scope.value, scope.value) for scope in Scope]), max_length=20
    )
    corpus = Text(max_length=64, required=False, allow_null=True, help_text="The slug of the one it is for.")
    expires_at = Moment(required=False, allow_null=True)


class TokenShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="Its first characters.")
    scopes = serializers.ListField(child=serializers.CharField())
    corpus = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class MadeTokenShape(TokenShape):
    secret = serializers.CharField(
        allow_null=True, help_text="Shown this once; null when a repetition asks again."
    )


class OwnCorpusShape(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)


class OwnTokenShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    corpus = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class MeShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Your public id: your layers are named reviewer:<id>.")
    username = serializers.CharField()
    token = OwnTokenShape(allow_null=True, help_text="The one in use; null for a session.")
    corpora = OwnCorpusShape(many=True)


class NewArticle(Input):
    external_id = Text(max_length=512)
    text = Text(max_length=5_000_000, help_text="Kept exactly as it is.")
    title = Text(max_length=5_000, allow_blank=True, required=False)
    outlet = Text(max_length=200, allow_blank=True, required=False)
    url = Text(max_length=2_000, allow_blank=True, required=False)
    published_at = Moment(required=False, allow_null=True)
    language = Pattern(rf"\A{LANGUAGE}", max_length=35, required=False)
    byline = Text(max_length=5_000, allow_blank=True, required=False)
    licence = Text(max_length=2_000, allow_blank=True, required=False, help_text="An SPDX id, or free words.")
    text_withheld = Flag(required=False, help_text="The text may not be passed on.")
    metadata = Mapped(required=False)


class AmendedArticle(NewArticle):
    external_id = None  # type: ignore[assignment]  # the address says which article it is


class OutcomeShape(serializers.Serializer[Any]):
    place = serializers.CharField(help_text="The line, for a body of many.")
    outcome = serializers.ChoiceField(["created", "amended", "unchanged", "rejected"])
    external_id = serializers.CharField()
    reason = serializers.CharField(help_text="Why it was rejected, and how to mend it.")
    article = serializers.UUIDField(allow_null=True)
    revision = serializers.IntegerField(allow_null=True, help_text="Its number.")
