"""Invitations: links by which somebody becomes a member of a corpus."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.shapes import InvitationShape, MadeInvitationShape, NewInvitation
from corpus.api.views import Route
from corpus.models import Invitation, Role
from corpus.services.actors import Scope, find_corpus
from corpus.services.errors import NotFound
from corpus.services.invitations import invite, open_invitations, take_back_invitation

ERRORS = (403, 404)


class InvitationsRoute(Route):
    #: The link holds the secret, which is in the first answer alone.
    unkept = ("link",)

    @documented(
        "list_invitations",
        "List the invitations that nobody has used yet, without their links.",
        tag="corpora",
        response=paged(InvitationShape),
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        return Response(page_of(request, open_invitations(self.actor, corpus), invitation_body))

    @documented(
        "invite",
        "Make a link by which one person becomes a member; it is shown this once.",
        tag="corpora",
        response=MadeInvitationShape,
        status=201,
        request=NewInvitation,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """It lasts for seven days. Owners give any role, leads those below their own."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        invitation, secret = invite(self.actor, corpus, self.input(NewInvitation)["role"])
        link = request.build_absolute_uri(reverse("join", args=[secret]))
        return Response({**invitation_body(invitation), "link": link}, status=HTTPStatus.CREATED)


class InvitationRoute(Route):
    @documented(
        "take_back_invitation",
        "Let an invitation open nothing any more.",
        tag="corpora",
        status=204,
        errors=ERRORS,
    )
    def delete(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        invitation = Invitation.objects.filter(corpus=corpus, pk=invitation_id).first()
        if invitation is None:
            raise NotFound("There is no such invitation.")
        take_back_invitation(self.actor, invitation)
        return Response(status=HTTPStatus.NO_CONTENT)


def invitation_body(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.pk,
        "role": invitation.role,
        "made_by": invitation.made_by.public_id if invitation.made_by else None,
        "expires_at": invitation.expires_at,
    }
