"""Who calls: a token of the API, or the session of somebody signed in to the admin."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from corpus.models import Token, User
from corpus.services.actors import Actor
from corpus.services.tokens import find_token


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer attest_…`."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        header = authentication.get_authorization_header(request).split()
        if not header or header[0].lower() != self.keyword.lower().encode():
            return None
        if len(header) != 2:
            raise AuthenticationFailed("The header must read: Authorization: Bearer <token>")
        token = find_token(header[1].decode("ascii", "replace"))
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class SessionAuthentication(authentication.SessionAuthentication):
    """The admin's session, with its CSRF check. A missing one answers 401, as a missing token does."""

    def authenticate_header(self, request: Request) -> str:
        return TokenAuthentication.keyword


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "corpus.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "attest_…"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "corpus.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


def actor_of(request: Request) -> Actor:
    """Return who acts in an API request, narrowed by the token that was shown."""
    token = request.auth if isinstance(request.auth, Token) else None
    return Actor(
        user=request.user if isinstance(request.user, User) else None,
        via="api",
        request_id=request_id_of(request),
        scopes=frozenset(token.scopes) if token else None,
        corpus_id=token.corpus_id if token else None,
    )


def person_of(actor: Actor) -> User:
    """Return the person who acts; every route asks for one."""
    if actor.user is None:
        raise NotAuthenticated
    return actor.user


def admin_actor(request: HttpRequest) -> Actor:
    """Return who acts on a page of the admin."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return Actor(user=request.user, via="admin", request_id=request_id_of(request))


def request_id_of(request: HttpRequest | Request) -> str:
    return str(request.META.get("attest.request_id", ""))
