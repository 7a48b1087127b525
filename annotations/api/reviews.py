"""Deciding: many at once or one, the pass that they make up, and its end."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import asked_unit, find_annotation, find_relation, find_revision
from annotations.api.layers import code_points
from annotations.api.shapes import DecisionInput, DecisionsInput, PassShape, ReceiptShape, ReviewShape
from annotations.models import Verdict
from annotations.services.decisions import CONFIRM, Decision, Link, Receipt
from annotations.services.desk import undecided
from annotations.services.passes import open_desk, reopen_pass, submit_pass
from annotations.services.reviewing import decide, decide_many
from annotations.services.rows import review_part
from corpus.api.articles import own_role
from corpus.api.authentication import person_of
from corpus.api.errors import error_body, status_of
from corpus.api.idempotency import idempotency_key, idempotent
from corpus.api.preconditions import required_version
from corpus.api.schema import (
    ETAG,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    OFFSET_UNIT,
    REVISION,
    ErrorShape,
    documented,
    listed,
)
from corpus.api.views import Route, flag, tagged
from corpus.models import Revision, Role
from corpus.services.actors import Actor, Scope
from corpus.services.errors import InvalidTransition
from corpus.text.offsets import OffsetMap, OffsetUnit

ATOMIC = OpenApiParameter("atomic", bool, description="All or none: one refusal undoes all and answers 409.")
ERRORS = (403, 404, 409)
RECEIPT = ("review", "on", "line", "verdict", "version", "annotation", "relation")
NOTICE = "notice"
IMPLIED = ("of", "on", "line", "verdict", "version")


class ResultShape(serializers.Serializer[Any]):
    status = serializers.IntegerField(help_text="As the decision alone would have been answered.")
    body = ReceiptShape(allow_null=True)
    error = ErrorShape(allow_null=True)
    replayed = serializers.BooleanField(help_text="Its key was used before; this is the first answer again.")


class ReviewsRoute(Route):
    @documented(
        "list_own_reviews",
        "List your decisions on a revision.",
        tag="reviews",
        response=listed(ReviewShape),
        query=[REVISION],
        errors=(403, 404),
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER)
        view = open_desk(self.actor, own_role(self.actor, revision.corpus_id), revision).own
        counting = {review.pk for review in view.counting.values()}
        found = [
            {**review_part(review, view.layer), "counts": review.pk in counting} for review in view.reviews
        ]
        return Response({"results": found})

    @documented(
        "decide_many",
        "Take many decisions, each with its own version, key and result.",
        tag="reviews",
        response=listed(ResultShape),
        request=DecisionsInput,
        query=(REVISION, OFFSET_UNIT, ATOMIC),
        errors=(*ERRORS, 422),
    )
    def post(self, request: Request, article_id: UUID) -> Response:
        """A refused decision leaves no trace and does not hinder the others, unless `atomic=true`."""
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER, Scope.REVIEW)
        unit, atomic = asked_unit(request), flag(request, "atomic")
        given = self.input(DecisionsInput)["decisions"]
        offsets = OffsetMap(revision.text, unit)
        decisions = [decision_of(item, None if unit == OffsetUnit.CODE_POINT else offsets) for item in given]
        receipts = decide_many(self.actor, revision, decisions, all_or_none=atomic)
        results = [result_body(receipt) for receipt in receipts]
        if atomic and any(receipt.error for receipt in receipts):
            raise InvalidTransition("A decision was refused, and so none was taken.", results=results)
        return Response({"results": results})


class AnnotationReviewRoute(Route):
    @documented(
        "decide_annotation",
        "Decide one suggestion, or change an own annotation.",
        tag="reviews",
        response=ReceiptShape,
        request=DecisionInput,
        query=[OFFSET_UNIT],
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=(*ERRORS, 422),
    )
    def post(self, request: Request, annotation_id: UUID) -> Response:
        """The ETag counts your own decisions on this line: two tabs conflict, two reviewers never do."""
        annotation, _ = find_annotation(self.actor, annotation_id, Role.REVIEWER, Scope.REVIEW)
        return _decide(self, request, annotation.layer.revision, annotation.pk)


class RelationReviewRoute(Route):
    @documented(
        "decide_relation",
        "Decide one suggested relation, or change an own one.",
        tag="reviews",
        response=ReceiptShape,
        request=DecisionInput,
        query=[OFFSET_UNIT],
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=(*ERRORS, 422),
    )
    def post(self, request: Request, relation_id: UUID) -> Response:
        relation, _ = find_relation(self.actor, relation_id, Role.REVIEWER, Scope.REVIEW)
        return _decide(self, request, relation.layer.revision, relation.pk)


class PassRoute(Route):
    @documented(
        "read_pass",
        "See how far your own pass has come.",
        tag="reviews",
        response=PassShape,
        query=[REVISION],
        errors=(403, 404),
    )
    def get(self, request: Request, article_id: UUID) -> Response:
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER)
        return Response(pass_body(self.actor, revision))

    @documented(
        "submit_pass",
        "End your pass: every suggestion has its decision.",
        tag="reviews",
        response=PassShape,
        query=[REVISION],
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, article_id: UUID) -> Response:
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER, Scope.REVIEW)
        submit_pass(self.actor, revision)
        return Response(pass_body(self.actor, revision), status=HTTPStatus.OK)

    @documented(
        "reopen_pass",
        "Take your submitted pass up again.",
        tag="reviews",
        response=PassShape,
        query=[REVISION],
        errors=ERRORS,
    )
    def delete(self, request: Request, article_id: UUID) -> Response:
        _, revision = find_revision(request, self.actor, article_id, Role.REVIEWER, Scope.REVIEW)
        reopen_pass(self.actor, revision)
        return Response(pass_body(self.actor, revision))


def decision_of(given: dict[str, Any], offsets: OffsetMap | None) -> Decision:
    """Return a checked body as a decision, its offsets in code points."""
    said = {name: value for name, value in given.items() if value is not None}
    if said["verdict"] != CONFIRM:
        said["verdict"] = Verdict(said["verdict"])
    if offsets is not None:
        if "segments" in said:
            said["segments"] = code_points(offsets, said["segments"])
        if "links" in said:
            said["links"] = {label: _converted(links, offsets) for label, links in said["links"].items()}
    return Decision(**said)


def receipt_body(receipt: Receipt) -> dict[str, Any]:
    """Return what a decision brought, its fields always in one order; a database may keep them in another."""
    body = receipt.body or {}
    implied = [{name: item[name] for name in IMPLIED} for item in body["implied"]]
    # Receipts that were kept before there were notices have none.
    return {**{name: body[name] for name in RECEIPT}, "implied": implied, NOTICE: body.get(NOTICE)}


def result_body(receipt: Receipt) -> dict[str, Any]:
    if receipt.error is None:
        return {
            "status": int(HTTPStatus.OK),
            "body": receipt_body(receipt),
            "error": None,
            "replayed": receipt.replayed,
        }
    error = receipt.error
    return {"status": status_of(error), "body": None, "error": error_body(error), "replayed": False}


def pass_body(actor: Actor, revision: Revision) -> dict[str, Any]:
    desk = open_desk(actor, own_role(actor, revision.corpus_id), revision)
    layer = desk.own.layer
    begun = not layer._state.adding
    return {
        "revision": revision.number,
        "layer": f"reviewer:{person_of(actor).public_id}",
        "state": "submitted" if layer.submitted_at else "open" if begun else "none",
        "submitted_at": layer.submitted_at,
        "suggestions": sum(len(view.annotations) for view in desk.machines),
        "undecided": len(undecided(desk.own, desk.machines)),
        "due": len(desk.due()),
        "standing": len(desk.own.standing),
    }


def _decide(view: Route, request: Request, revision: Revision, pk: UUID) -> Response:
    version = required_version(request)
    key = idempotency_key(request)
    given = {**view.input(DecisionInput), "on": pk, "version": version, "key": key}
    unit = asked_unit(request)
    offsets = None if unit == OffsetUnit.CODE_POINT else OffsetMap(revision.text, unit)
    receipt = decide(view.actor, revision, decision_of(given, offsets))
    body = receipt_body(receipt)
    return tagged(body, body["version"])


def _converted(links: Sequence[Link], offsets: OffsetMap) -> list[Link]:
    return [
        Link(segments=code_points(offsets, link.segments)) if link.annotation is None else link
        for link in links
    ]
