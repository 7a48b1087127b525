"""How far people agree, and where they do not."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.services.agreement import (
    LISTED,
    MOST,
    Asked,
    agreement_of,
    differences_of,
    read_asked,
)
from annotations.services.agreement_report import agreement_body, compared_body
from corpus.api.schema import documented
from corpus.api.views import Route
from corpus.models import Corpus, Role
from corpus.services.actors import find_corpus
from corpus.services.errors import BadInput

ERRORS = (403, 404)
PEOPLE = OpenApiParameter(
    "people", str, many=True, description="The public ids of the people who are compared; all by default."
)
SINCE = OpenApiParameter("since", str, description="Only passes submitted since, ISO 8601.")
LABEL = "A label of the scheme."
SHOWN = OpenApiParameter(
    "suggestions_shown", bool, description="Of the passes for which suggestions were shown; false by default."
)


class FigureShape(serializers.Serializer[Any]):
    statistic = serializers.CharField()
    value = serializers.FloatField(allow_null=True, help_text="Null where it is undefined.")
    low = serializers.FloatField(allow_null=True, help_text="The lower end of the interval.")
    high = serializers.FloatField(allow_null=True)
    articles = serializers.IntegerField(help_text="How many it rests on.")


class LabelFiguresShape(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    figures = FigureShape(many=True)


class PersonPassesShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The person's public id.")
    passes = serializers.IntegerField()


class PairShape(serializers.Serializer[Any]):
    people = serializers.ListField(child=serializers.UUIDField())
    articles = serializers.IntegerField(help_text="That both went through.")
    labels = LabelFiguresShape(many=True)


class ConditionShape(serializers.Serializer[Any]):
    suggestions_shown = serializers.BooleanField()
    articles = serializers.IntegerField(help_text="With two such passes or more.")
    passes = serializers.IntegerField()
    people = PersonPassesShape(many=True)
    labels = LabelFiguresShape(many=True)
    pairs = PairShape(many=True)


class StatisticShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    means = serializers.CharField(help_text="What the figure says.")
    undefined = serializers.CharField(help_text="When there is none.")
    source = serializers.CharField(help_text="Where it was published.")  # type: ignore[assignment]


class IntervalShape(serializers.Serializer[Any]):
    method = serializers.CharField()
    level = serializers.FloatField()
    resamples = serializers.IntegerField()
    least_articles = serializers.IntegerField(help_text="Fewer give no interval.")


class AskedShape(serializers.Serializer[Any]):
    people = serializers.ListField(child=serializers.UUIDField())
    since = serializers.DateTimeField(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]


class AgreementShape(serializers.Serializer[Any]):
    corpus = serializers.CharField()
    asked = AskedShape()
    blind = serializers.BooleanField(help_text="In a corpus that is not, people could see each other's work.")
    capped = serializers.BooleanField(help_text=f"There are more articles; these are the newest {MOST}.")
    mixed = serializers.IntegerField(
        help_text="Articles that people went through both with suggestions and without."
    )
    interval = IntervalShape()
    statistics = StatisticShape(many=True)
    conditions = ConditionShape(many=True)


class ComparedShape(serializers.Serializer[Any]):
    article = serializers.UUIDField()
    revision = serializers.IntegerField()
    layers = serializers.ListField(child=serializers.CharField(), help_text="The names of the two layers.")
    same = serializers.IntegerField(help_text="Annotations that both have, with the same ends.")
    other_ends = serializers.IntegerField(help_text="That both have, with other ends.")
    only_first = serializers.IntegerField()
    only_second = serializers.IntegerField()
    roles = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Of those that both have: how many have another source, cue or type.",
    )


class DifferencesShape(serializers.Serializer[Any]):
    results = ComparedShape(many=True)


class AgreementRoute(Route):
    @documented(
        "read_agreement",
        "See how far people agree, by the published statistics.",
        tag="disputes",
        response=AgreementShape,
        query=(PEOPLE, SINCE, OpenApiParameter("label", str, description=f"{LABEL} All by default.")),
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Of the newest 500 articles that two people or more went through."""
        corpus = find_corpus(self.actor, slug, Role.ADJUDICATOR)
        asked = _asked(request, corpus)
        return Response(agreement_body(corpus, asked, agreement_of(self.actor, corpus, asked)))


class DifferencesRoute(Route):
    @documented(
        "list_differences",
        "List the articles on which two people differ, those that differ most first.",
        tag="disputes",
        response=DifferencesShape,
        query=(PEOPLE, SINCE, SHOWN, OpenApiParameter("label", str, required=True, description=LABEL)),
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """A hundred at most, of the articles that `read_agreement` looks at."""
        corpus = find_corpus(self.actor, slug, Role.ADJUDICATOR)
        asked = _asked(request, corpus)
        if not asked.label:
            raise BadInput("Name a label.", field="label")
        shown = request.query_params.get("suggestions_shown", "false")
        if shown not in ("true", "false"):
            raise BadInput("suggestions_shown is true or false.", field="suggestions_shown")
        found = differences_of(self.actor, corpus, asked, shown=shown == "true")
        return Response({"results": [compared_body(compared) for compared in found[:LISTED]]})


def _asked(request: Request, corpus: Corpus) -> Asked:
    given = request.query_params
    return read_asked(
        corpus,
        people=given.getlist("people"),
        since=given.get("since", ""),
        label=given.get("label", ""),
    )
