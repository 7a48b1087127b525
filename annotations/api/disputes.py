"""Adjudication: where submitted passes differ, and what holds."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.finding import asked_unit
from annotations.api.layers import code_points
from annotations.api.parts import convert_segments, offsets_in
from annotations.api.queue_shapes import DisputeRowShape, DisputeShape, SettleInput
from annotations.models import Annotation, Dispute, DisputeStatus, Settlement
from annotations.services.comparing import links_of, submitted_passes, words_of
from annotations.services.in_hand import in_hand
from annotations.services.reading import LayerView
from annotations.services.settling import (
    Choice,
    WrittenEnd,
    approve_passes,
    find_dispute,
    reopen_dispute,
    settle_dispute,
)
from corpus.api.articles import find_article
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.preconditions import required_version
from corpus.api.schema import CURSOR, ETAG, IDEMPOTENCY_KEY, IF_MATCH, OFFSET_UNIT, documented, paged
from corpus.api.views import Route, tagged
from corpus.models import Revision, Role
from corpus.services.actors import Scope, find_corpus
from corpus.services.errors import BadInput
from corpus.text.offsets import OffsetMap, OffsetUnit

ERRORS = (403, 404, 409)
CORPUS = OpenApiParameter("corpus", str, required=True, description="The slug of the corpus.")
STATUS = OpenApiParameter("status", str, enum=DisputeStatus.values, description="`open` by default.")


class DisputesRoute(Route):
    @documented(
        "list_disputes",
        "List the disputes of a corpus.",
        tag="disputes",
        response=paged(DisputeRowShape),
        query=(*CURSOR, CORPUS, STATUS),
        errors=(403, 404),
    )
    def get(self, request: Request) -> Response:
        """Texts on which you have a pass in hand are left out where the corpus is blind."""
        corpus = find_corpus(self.actor, request.query_params.get("corpus", ""), Role.ADJUDICATOR)
        status = request.query_params.get("status", DisputeStatus.OPEN)
        if status not in DisputeStatus.values:
            raise BadInput(f"status is one of {', '.join(DisputeStatus.values)}.", field="status")
        disputes = Dispute.objects.filter(corpus=corpus, status=status)
        if corpus.blind and self.actor.user is not None:
            disputes = disputes.exclude(in_hand(self.actor.user.pk, "revision"))
        disputes = disputes.select_related("corpus", "revision").defer("revision__text")
        return Response(page_of(request, disputes, row_body))


class DisputeRoute(Route):
    @documented(
        "read_dispute",
        "Read a dispute: what each pass says, and how it was settled.",
        tag="disputes",
        response=DisputeShape,
        query=[OFFSET_UNIT],
        headers=[ETAG],
        errors=(403, 404),
    )
    def get(self, request: Request, dispute_id: UUID) -> Response:
        unit = asked_unit(request)
        return _answer(find_dispute(self.actor, dispute_id), unit)


class SettleRoute(Route):
    @documented(
        "settle_dispute",
        "Decide what holds: take one pass, merge parts, write anew, or reject all.",
        tag="disputes",
        response=DisputeShape,
        request=SettleInput,
        query=[OFFSET_UNIT],
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=(*ERRORS, 422),
    )
    @idempotent
    def post(self, request: Request, dispute_id: UUID) -> Response:
        """The version is shared: of two adjudicators the first wins, the other gets 412."""
        dispute = find_dispute(self.actor, dispute_id, Scope.REVIEW)
        version, unit = required_version(request), asked_unit(request)
        choice = choice_of(self.input(SettleInput), offsets_in(dispute.revision, unit))
        return _answer(settle_dispute(self.actor, dispute, choice, version=version), unit)


class ReopenRoute(Route):
    @documented(
        "reopen_dispute",
        "Open a settled dispute again.",
        tag="disputes",
        response=DisputeShape,
        query=[OFFSET_UNIT],
        headers=(IF_MATCH, IDEMPOTENCY_KEY, ETAG),
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, dispute_id: UUID) -> Response:
        """What stands in gold stays until it is settled anew."""
        dispute = find_dispute(self.actor, dispute_id, Scope.REVIEW)
        version, unit = required_version(request), asked_unit(request)
        return _answer(reopen_dispute(self.actor, dispute, version=version), unit)


class ApproveRoute(Route):
    @documented(
        "approve_article",
        "Let what was submitted be gold.",
        tag="disputes",
        status=204,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, article_id: UUID) -> Response:
        """For a single pass that waits for a second person's word, or where agreement alone is not enough."""
        article = find_article(self.actor, article_id, Role.ADJUDICATOR, Scope.REVIEW)
        revision = Revision.objects.select_related("article__corpus").get(article=article, current=True)
        approve_passes(self.actor, revision)
        return Response(None, status=HTTPStatus.NO_CONTENT)


def choice_of(given: dict[str, Any], offsets: OffsetMap | None) -> Choice:
    """Return a checked body as a choice, its offsets in code points."""
    written = given.get("write") or {}

    def segments(stated: dict[str, Any]) -> tuple[tuple[int, int], ...]:
        found = tuple(stated.get("segments", ()))
        return code_points(offsets, found) if offsets else found

    return Choice(
        take=given.get("take"),
        merge=given.get("merge", {}),
        label=written.get("label", ""),
        segments=segments(written),
        attributes=written.get("attributes", {}),
        links={
            name: [WrittenEnd(label=end["label"], segments=segments(end)) for end in ends]
            for name, ends in written.get("links", {}).items()
        },
        reject=given.get("reject", False),
        reason=given["reason"],
        note=given.get("note", ""),
        rule=given.get("rule", ""),
    )


def row_body(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.pk,
        "corpus": dispute.corpus.slug,
        "article": dispute.revision.article_id,
        "revision": dispute.revision.number,
        "start": dispute.start,
        "differences": dispute.differences,
        "status": dispute.status,
        "version": dispute.version,
        "opened_at": dispute.opened_at,
    }


def dispute_body(dispute: Dispute, unit: OffsetUnit) -> dict[str, Any]:
    """Return a dispute whole, its offsets in a unit; the revision needs its article and text."""
    views = {str(view.layer.pk): view for view in submitted_passes(dispute.revision)}
    offsets = offsets_in(dispute.revision, unit)
    positions = [
        position_body(dispute.revision.text, views[position["layer"]], position["annotation"])
        for position in dispute.positions
        if position["layer"] in views
    ]
    said = [position for position in positions if position["segments"] is not None]
    convert_segments(said, offsets)
    convert_segments(
        [end for position in said for ends in position["links"].values() for end in ends], offsets
    )
    settlements = (
        dispute.settlements.filter(implied_by=None).select_related("settled_by").order_by("at", "id")
    )
    return {
        **row_body(dispute),
        "start": offsets.from_code_points(dispute.start) if offsets else dispute.start,
        "offset_unit": unit,
        "positions": positions,
        "settlements": [settlement_body(row) for row in settlements],
    }


def position_body(text: str, view: LayerView, annotation: str | None) -> dict[str, Any]:
    """Return what one pass says of a dispute, with where its relations lead."""
    row = view.annotations.get(UUID(annotation)) if annotation else None
    reviewer = view.layer.reviewer
    whose = {"layer": view.layer.pk, "reviewer": reviewer.public_id if reviewer else None}
    if row is None:
        nothing: dict[str, Any] = {
            "label": None,
            "segments": None,
            "surface": None,
            "attributes": {},
            "links": {},
        }
        return {**whose, "annotation": annotation, **nothing}
    return {
        **whose,
        "annotation": annotation,
        **words_body(text, view, row),
        "attributes": row.attributes,
        "links": {
            label: [words_body(text, view, child) for child in children]
            for label, children in links_of(view).get(row.root, {}).items()
        },
    }


def words_body(text: str, view: LayerView, row: Annotation) -> dict[str, Any]:
    segments = view.segments_of(row)
    return {
        "label": row.label,
        "segments": [list(span) for span in segments],
        "surface": words_of(text, segments),
    }


def settlement_body(row: Settlement) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "note": row.note,
        "rule": row.rule,
        "guideline": row.guideline,
        "settled_by": row.settled_by.public_id if row.settled_by else None,
        "at": row.at,
    }


def _answer(dispute: Dispute, unit: OffsetUnit) -> Response:
    fresh = Dispute.objects.select_related("corpus", "revision__article").get(pk=dispute.pk)
    return tagged(dispute_body(fresh, unit), fresh.version)
