"""Re-reviews: what a changed rule asks for anew, how much that is, and how far it has come."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.models import ReReview
from annotations.services.rereviews import (
    close_rereview,
    extent_body,
    extent_of,
    find_rereview,
    left_body,
    left_of,
    open_rereview,
    rereview_body,
)
from corpus.api.fields import Input, Text, Whole
from corpus.api.idempotency import idempotent
from corpus.api.pagination import WHOLE, page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Scope, find_corpus
from corpus.services.errors import BadInput

ERRORS = (403, 404)
#: The newest texts that are counted in; the command `rereview --dry-run` counts all.
COUNTED = 1_000
GOOD_FROM = "Decisions made under it or a later one are good; the newest by default."
LABELS = OpenApiParameter("labels", str, required=True, description="Labels, with commas between them.")
SINCE = OpenApiParameter(
    "since_guideline",
    int,
    description=GOOD_FROM,
)


class ReReviewInput(Input):
    labels = serializers.ListField(child=Text(max_length=64), max_length=1_000)
    since_guideline = Whole(min_value=1, max_value=2**31 - 1, required=False, help_text=GOOD_FROM)
    reason = Text(max_length=2_000, allow_blank=True, required=False)


class ReReviewShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    corpus = serializers.CharField()
    guideline = serializers.IntegerField(help_text="Decisions made under it or a later one are good.")
    labels = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    opened_at = serializers.DateTimeField()
    listed_at = serializers.DateTimeField(
        allow_null=True, help_text="When all submitted passes had been gone through."
    )
    closed_at = serializers.DateTimeField(allow_null=True)


class LeftShape(serializers.Serializer[Any]):
    asked = serializers.IntegerField(help_text="Passes that held due lines when they were gone through.")
    passes = serializers.IntegerField(help_text="Of these, those not submitted again.")
    abandoned = serializers.IntegerField(help_text="Of these, those of people who review here no more.")
    lines = serializers.DictField(
        child=serializers.IntegerField(), help_text="The lines asked for in them, by label."
    )


class ReReviewLeftShape(ReReviewShape):
    left = LeftShape()


class ExtentShape(serializers.Serializer[Any]):
    articles = serializers.IntegerField()
    passes = serializers.IntegerField()
    lines = serializers.DictField(child=serializers.IntegerField(), help_text="Decisions, by label.")
    looked_at = serializers.IntegerField(help_text="The articles that were looked at, the newest first.")
    whole = serializers.BooleanField(help_text="These were all.")


class ReReviewsRoute(Route):
    @documented(
        "list_rereviews",
        "List the re-reviews of a corpus.",
        tag="rereviews",
        response=paged(ReReviewShape),
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        rows = ReReview.objects.filter(corpus=corpus).select_related("corpus")
        return Response(page_of(request, rows, rereview_body))

    @documented(
        "open_rereview",
        "Ask for the decisions of some labels anew, under a newer guideline.",
        tag="rereviews",
        response=ReReviewLeftShape,
        status=201,
        request=ReReviewInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Each person gets their own passes again, before anything new; gold stays gold until then."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        given = self.input(ReReviewInput)
        rereview = open_rereview(
            self.actor,
            corpus,
            labels=given["labels"],
            since=given.get("since_guideline"),
            reason=given.get("reason", ""),
        )
        return Response(_with_left(rereview), status=HTTPStatus.CREATED)


class ReReviewExtentRoute(Route):
    @documented(
        "count_rereview",
        "Count what a re-review would ask for, before it is opened.",
        tag="rereviews",
        response=ExtentShape,
        query=(LABELS, SINCE),
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        labels = [label.strip() for label in request.query_params.get("labels", "").split(",")]
        since = request.query_params.get("since_guideline")
        if since is not None and not WHOLE.match(since):
            raise BadInput("since_guideline is a whole number from 1.", field="since_guideline")
        extent = extent_of(
            self.actor,
            corpus,
            labels=[label for label in labels if label],
            since=int(since) if since else None,
            most=COUNTED,
        )
        return Response(extent_body(extent))


class ReReviewRoute(Route):
    @documented(
        "read_rereview",
        "See how far a re-review has come.",
        tag="rereviews",
        response=ReReviewLeftShape,
        errors=ERRORS,
    )
    def get(self, request: Request, rereview_id: UUID) -> Response:
        return Response(_with_left(find_rereview(self.actor, rereview_id)))


class CloseReReviewRoute(Route):
    @documented(
        "close_rereview",
        "Ask no more for what is left.",
        tag="rereviews",
        response=ReReviewLeftShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, rereview_id: UUID) -> Response:
        """What was decided anew stands, and so does what was not. Doing it twice changes nothing."""
        rereview = find_rereview(self.actor, rereview_id, Scope.MANAGE)
        return Response(_with_left(close_rereview(self.actor, rereview)))


def _with_left(rereview: ReReview) -> dict[str, Any]:
    return {**rereview_body(rereview), "left": left_body(left_of(rereview))}
