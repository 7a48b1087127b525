"""The queue: take the next article under a lease, keep it, give it back, finish it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.queue_shapes import AssignmentShape, HandOverInput, TakeInput
from annotations.models import Assignment, AssignmentStatus
from annotations.services.passes import submit_pass
from annotations.services.queue import find_assignment, give_back, hand_over, keep, take
from annotations.services.seeing import sees_others_work
from corpus.api.authentication import person_of
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.views import Route
from corpus.models import Corpus, Role, User
from corpus.services.actors import Actor, Scope, find_corpus, role_in
from corpus.services.errors import BadInput, InvalidTransition, NotFound

ERRORS = (403, 404, 409)
CORPUS = OpenApiParameter("corpus", str, required=True, description="The slug of the corpus.")
STATUS = OpenApiParameter("status", str, enum=AssignmentStatus.values, description="`taken` by default.")
WHOSE = OpenApiParameter(
    "whose", str, enum=["mine", "all"], description="`mine` by default; `all` is for leads."
)


class AssignmentsRoute(Route):
    @documented(
        "list_assignments",
        "List your assignments, or as a lead everybody's.",
        tag="queue",
        response=paged(AssignmentShape),
        query=(*CURSOR, CORPUS, STATUS, WHOSE),
        errors=(403, 404),
    )
    def get(self, request: Request) -> Response:
        query = request.query_params
        whose, status = query.get("whose", "mine"), query.get("status", AssignmentStatus.TAKEN)
        if whose not in ("mine", "all"):
            raise BadInput("whose is mine or all.", field="whose")
        if status not in AssignmentStatus.values:
            raise BadInput(f"status is one of {', '.join(AssignmentStatus.values)}.", field="status")
        role = Role.LEAD if whose == "all" else Role.REVIEWER
        corpus = find_corpus(self.actor, query.get("corpus", ""), role)
        rows = Assignment.objects.filter(corpus=corpus, status=status)
        if whose == "mine":
            rows = rows.filter(reviewer=person_of(self.actor))
        rows = rows.select_related("corpus", "reviewer", "revision__article").defer("revision__text")
        whole = knows_others(self.actor, corpus)
        return Response(page_of(request, rows, lambda row: assignment_body(row, whole=whole)))


class TakeRoute(Route):
    @documented(
        "take_assignment",
        "Take the next article of a corpus under a lease.",
        tag="queue",
        responses={201: AssignmentShape, 204: None},
        request=TakeInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """201 with what is yours now, 204 where there is nothing for you, 409 at the cap of the corpus."""
        corpus = find_corpus(self.actor, self.input(TakeInput)["corpus"], Role.REVIEWER, Scope.REVIEW)
        assignment = take(self.actor, corpus)
        if assignment is None:
            return Response(None, status=HTTPStatus.NO_CONTENT)
        return answer(self.actor, assignment.pk, Scope.REVIEW, status=HTTPStatus.CREATED)


class AssignmentRoute(Route):
    @documented(
        "read_assignment",
        "Read an assignment.",
        tag="queue",
        response=AssignmentShape,
        errors=(403, 404),
    )
    def get(self, request: Request, assignment_id: UUID) -> Response:
        return answer(self.actor, assignment_id, Scope.READ)


class HeartbeatRoute(Route):
    @documented(
        "keep_assignment",
        "Renew the lease.",
        tag="queue",
        response=AssignmentShape,
        errors=(*ERRORS, 411, 413, 415),
    )
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """409 once the lease is lost: the article may be somebody else's by now. Decisions renew it too."""
        keep(self.actor, find_assignment(self.actor, assignment_id, Scope.REVIEW))
        return answer(self.actor, assignment_id, Scope.REVIEW)


class ReturnRoute(Route):
    @documented(
        "return_assignment",
        "Give an article back for somebody else.",
        tag="queue",
        response=AssignmentShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """What you have decided stays in your layer. You are not offered this article again."""
        give_back(self.actor, find_assignment(self.actor, assignment_id, Scope.REVIEW))
        return answer(self.actor, assignment_id, Scope.REVIEW)


class SubmitRoute(Route):
    @documented(
        "submit_assignment",
        "Finish your pass: every suggestion has its decision.",
        tag="queue",
        response=AssignmentShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """409 where suggestions are left without a decision, or the lease was lost and somebody has it."""
        found = find_assignment(self.actor, assignment_id, Scope.REVIEW)
        if found.reviewer_id != person_of(self.actor).pk:
            raise NotFound("There is no such assignment of yours.")
        if found.status not in (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED):
            raise InvalidTransition(f"This assignment is {found.status}; take the article again.")
        submit_pass(self.actor, found.revision)
        return answer(self.actor, assignment_id, Scope.REVIEW)


class HandOverRoute(Route):
    @documented(
        "hand_over_assignment",
        "Give a pass to another reviewer.",
        tag="queue",
        response=AssignmentShape,
        request=HandOverInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, assignment_id: UUID) -> Response:
        """For leads. What the former holder has decided stays in that person's layer."""
        found = find_assignment(self.actor, assignment_id, Scope.MANAGE)
        user = User.objects.filter(public_id=self.input(HandOverInput)["to"]).first()
        if user is None:
            raise BadInput("There is no such person.", field="to")
        row = hand_over(self.actor, found, user)
        return answer(self.actor, row.pk, Scope.MANAGE)


def answer(actor: Actor, pk: UUID, scope: Scope, *, status: int = HTTPStatus.OK) -> Response:
    """Answer with an assignment as it is by now."""
    row = find_assignment(actor, pk, scope)
    return Response(assignment_body(row, whole=knows_others(actor, row.corpus)), status=status)


def knows_others(actor: Actor, corpus: Corpus) -> bool:
    role = role_in(actor, corpus.pk)
    return role is not None and sees_others_work(actor, corpus, role)


def assignment_body(row: Assignment, *, whole: bool) -> dict[str, Any]:
    """Return an assignment; which pass it is would tell a blind reviewer of others, and so is left out."""
    return {
        "id": row.pk,
        "corpus": row.corpus.slug,
        "article": row.revision.article_id,
        "revision": row.revision.number,
        "current": row.revision.current,
        "title": row.revision.article.title,
        "number": row.number if whole else None,
        "status": row.status,
        "reviewer": row.reviewer.public_id if row.reviewer else None,
        "taken_at": row.taken_at,
        "lease_until": row.lease_until,
    }
