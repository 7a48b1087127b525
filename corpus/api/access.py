"""Who you are, and your keys to the API."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.api.authentication import person_of
from corpus.api.corpora import own_corpora
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.shapes import MadeTokenShape, MeShape, NewToken, TokenShape
from corpus.api.views import Route
from corpus.models import Token
from corpus.services.actors import Actor, Scope, find_corpus
from corpus.services.errors import NotAllowed, NotFound
from corpus.services.tokens import make_token, revoke_token

#: Corpora that `me/` names; `corpora/` pages through all.
MAX_OWN_CORPORA = 200


class MeRoute(Route):
    @documented("read_me", "Read who you are, and in which corpora.", tag="access", response=MeShape)
    def get(self, request: Request) -> Response:
        user = person_of(self.actor)
        token = request.auth if isinstance(request.auth, Token) else None
        corpora = own_corpora(self.actor).order_by("-pk").values("slug", "name", "own_role")  # type: ignore[misc]
        return Response(
            {
                "id": user.public_id,
                "username": user.get_username(),
                "token": token and own_token_body(token),
                "corpora": [
                    {"slug": corpus["slug"], "name": corpus["name"], "role": corpus["own_role"]}
                    for corpus in corpora[:MAX_OWN_CORPORA]
                ],
            }
        )


class TokensRoute(Route):
    #: The secret is in the first answer alone, so that only its hash is ever stored.
    unkept = ("secret",)

    @documented(
        "list_tokens",
        "List your tokens, without their secrets.",
        tag="access",
        response=paged(TokenShape),
        query=CURSOR,
        errors=[403],
    )
    def get(self, request: Request) -> Response:
        _check_manages(self.actor)
        return Response(page_of(request, own_tokens(self.actor), token_body))

    @documented(
        "make_token",
        "Make a token of your own; its secret is shown this once.",
        tag="access",
        response=MadeTokenShape,
        status=201,
        request=NewToken,
        headers=[IDEMPOTENCY_KEY],
        errors=(403, 404),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        _check_manages(self.actor)
        given = self.input(NewToken)
        corpus = find_corpus(self.actor, given["corpus"]) if given.get("corpus") else None
        _check_outlives(request, given.get("expires_at"))
        token, secret = make_token(
            self.actor,
            user=person_of(self.actor),
            name=given["name"],
            scopes=given["scopes"],
            corpus=corpus,
            expires_at=given.get("expires_at"),
        )
        return Response({**token_body(token), "secret": secret}, status=HTTPStatus.CREATED)


class TokenRoute(Route):
    @documented("revoke_token", "End a token at once.", tag="access", status=204, errors=(403, 404))
    def delete(self, request: Request, token_id: UUID) -> Response:
        _check_manages(self.actor)
        token = own_tokens(self.actor).filter(pk=token_id).first()
        if token is None:
            raise NotFound("There is no such token.")
        revoke_token(self.actor, token)
        return Response(status=HTTPStatus.NO_CONTENT)


def own_tokens(actor: Actor) -> QuerySet[Token]:
    """Return the tokens that the actor may see: a token of one corpus sees those of that corpus alone."""
    tokens = Token.objects.filter(user=actor.user).select_related("corpus")
    return tokens.filter(corpus_id=actor.corpus_id) if actor.corpus_id else tokens


def token_body(token: Token) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "hint": token.hint,
        "scopes": token.scopes,
        "corpus": token.corpus.slug if token.corpus else None,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }


def own_token_body(token: Token) -> dict[str, Any]:
    return {
        "id": token.pk,
        "name": token.name,
        "scopes": token.scopes,
        "corpus": token.corpus.slug if token.corpus else None,
        "expires_at": token.expires_at,
    }


def _check_manages(actor: Actor) -> None:
    if actor.narrowed_out(Scope.MANAGE):
        raise NotAllowed("This token lacks the scope manage.")


def _check_outlives(request: Request, expires_at: datetime | None) -> None:
    """Refuse a token that would outlive the one it is made with: a stolen key must not renew itself."""
    token = request.auth if isinstance(request.auth, Token) else None
    if token and token.expires_at and (expires_at is None or expires_at > token.expires_at):
        raise NotAllowed("A token cannot make one that outlives itself.")
