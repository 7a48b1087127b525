"""The report against automation bias: who accepts what is wrong, and whose scores promise too much."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.services.vigilance import MOST, Basis, Measure, vigilance_of
from annotations.services.vigilance_report import vigilance_body
from corpus.api.schema import documented
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import corpus_and_role


class MeasureShape(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As the people's `measure` has it.")
    title = serializers.CharField()
    means = serializers.CharField(help_text="What is counted.")


class RuleShape(serializers.Serializer[Any]):
    level = serializers.FloatField(help_text="Of the intervals, and of the tests after correction.")
    test_of_people = serializers.CharField()
    test_of_pipelines = serializers.CharField()
    correction = serializers.CharField()
    least_difference = serializers.FloatField(help_text="Of a share from that of the others.")
    least_error = serializers.FloatField(help_text="Of scores from what is right.")
    least_articles = serializers.IntegerField(help_text="Fewer pass no verdict on a pipeline.")
    least_suggestions = serializers.IntegerField()
    least_acts = serializers.IntegerField(help_text="Fewer tell no pace.")


class LapsesShape(serializers.Serializer[Any]):
    measure = serializers.ChoiceField(choices=[measure.value for measure in Measure])
    cases = serializers.IntegerField()
    lapses = serializers.IntegerField()
    articles = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="The lower end of the interval.")
    high = serializers.FloatField(allow_null=True)
    others = serializers.FloatField(allow_null=True, help_text="The share of everybody else.")
    chance = serializers.FloatField(
        allow_null=True, help_text="How probable it is if this person is as the others are, corrected."
    )
    named = serializers.BooleanField()


class PaceShape(serializers.Serializer[Any]):
    acts = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True, help_text="The median time of an act.")
    usual = serializers.FloatField(allow_null=True, help_text="The median of all people's.")
    score = serializers.FloatField(allow_null=True, help_text="The modified z-score.")
    remark = serializers.ChoiceField(choices=["fast", "slow"], allow_null=True)


class PersonVigilanceShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The person's public id.")
    passes = serializers.IntegerField()
    measures = LapsesShape(many=True)
    pace = PaceShape()


class BinShape(serializers.Serializer[Any]):
    start = serializers.FloatField()
    end = serializers.FloatField()
    suggestions = serializers.IntegerField()
    score = serializers.FloatField(help_text="Their mean score.")
    right = serializers.FloatField(help_text="The share that is right.")
    low = serializers.FloatField()
    high = serializers.FloatField()


class ReliabilityShape(serializers.Serializer[Any]):
    pipeline = serializers.CharField(help_text="Its name and version.")
    active = serializers.BooleanField()
    basis = serializers.ChoiceField(
        choices=[basis.value for basis in Basis], help_text="Whose word says what is right."
    )
    miscalibrated = serializers.BooleanField(allow_null=True, help_text="Null where it cannot be told.")
    direction = serializers.ChoiceField(choices=["high", "low", "extreme", "timid"], allow_null=True)
    calibration_error = serializers.FloatField(allow_null=True)
    suggestions = serializers.IntegerField()
    articles = serializers.IntegerField()
    bins = BinShape(many=True)
    brier = serializers.FloatField(allow_null=True)
    reliability = serializers.FloatField(allow_null=True)
    resolution = serializers.FloatField(allow_null=True)
    uncertainty = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField(allow_null=True, help_text="Mean score less the share that is right.")
    low = serializers.FloatField(allow_null=True, help_text="The lower end of the interval of the gap.")
    high = serializers.FloatField(allow_null=True)
    stretch = serializers.FloatField()
    chance = serializers.FloatField(allow_null=True)


class VigilanceShape(serializers.Serializer[Any]):
    corpus = serializers.CharField()
    passes = serializers.IntegerField()
    capped = serializers.BooleanField(help_text=f"There are more passes; these are the newest {MOST}.")
    compared = serializers.BooleanField(help_text="False where one is shown one's own figures alone.")
    rule = RuleShape()
    measures = MeasureShape(many=True)
    named = serializers.ListField(child=serializers.UUIDField())
    miscalibrated = serializers.ListField(child=serializers.CharField())
    people = PersonVigilanceShape(many=True)
    pipelines = ReliabilityShape(many=True)


class VigilanceRoute(Route):
    @documented(
        "read_vigilance",
        "See who accepts what is wrong, and whose scores promise too much.",
        tag="disputes",
        response=VigilanceShape,
        errors=(403, 404),
    )
    def get(self, request: Request, slug: str) -> Response:
        """Everybody's figures for leads and owners; for reviewers and adjudicators their own alone."""
        corpus, role = corpus_and_role(self.actor, slug, Role.REVIEWER)
        return Response(vigilance_body(corpus, vigilance_of(self.actor, corpus, role)))
