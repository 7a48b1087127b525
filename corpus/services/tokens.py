"""Keys to the API: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from corpus.models import Corpus, Token, User
from corpus.prepared import Prepared
from corpus.services.actors import Actor, Scope
from corpus.services.errors import BadInput, NotAllowed, NotFound
from corpus.services.events import Change, record

PREFIX = "attest_"
#: `last_used_at` is for people to see which tokens sleep; a minute is fine enough, and spares a write a
#: request.
SEEN_EVERY = timedelta(minutes=1)

_LIVING = Prepared(
    lambda digest: Token.objects.select_related("user").filter(
        digest=digest, revoked_at__isnull=True, user__is_active=True
    )
)


@transaction.atomic
def make_token(
    actor: Actor,
    *,
    user: User,
    name: str,
    scopes: list[str],
    corpus: Corpus | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Return a new token of `user` and its secret, which is never to be had again.

    Raises:
        NotAllowed: the token would be somebody else's, or reach further than the one it is made with.
        BadInput: an unknown scope, none at all, or an end in the past.
    """
    if actor.user is not None and actor.user != user:
        raise NotAllowed("A token can be made for oneself only.")
    unknown = set(scopes) - set(Scope)
    if unknown or not scopes:
        raise BadInput(f"scopes names one or more of {', '.join(Scope)}.", field="scopes")
    if actor.scopes is not None and not set(scopes) <= actor.scopes:
        raise NotAllowed("A token cannot make one that reaches further than itself.")
    if actor.corpus_id is not None and (corpus is None or corpus.pk != actor.corpus_id):
        raise NotAllowed("A token of one corpus cannot make one that reaches further than itself.")
    if expires_at is not None and expires_at <= timezone.now():
        raise BadInput("expires_at lies in the past.", field="expires_at")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        corpus=corpus,
        name=name,
        scopes=sorted(set(scopes)),
        digest=digest_of(secret),
        hint=secret[: len(PREFIX) + 4],
        expires_at=expires_at,
    )
    record(actor, _change(token, "token.made", after={"scopes": token.scopes, "name": name}))
    return token, secret


@transaction.atomic
def revoke_token(actor: Actor, token: Token) -> None:
    """End a token at once. Doing it twice changes nothing."""
    if actor.user is not None and actor.user.pk != token.user_id:
        raise NotFound("There is no such token.")
    if Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now()):
        record(actor, _change(token, "token.revoked"))


def find_token(secret: str) -> Token | None:
    """Return the living token of a secret, with its user, or None. One query, rarely a second."""
    now = timezone.now()
    token = _LIVING.first(digest_of(secret))
    if token is None or (token.expires_at is not None and token.expires_at <= now):
        return None
    if token.last_used_at is None or now - token.last_used_at > SEEN_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _change(token: Token, action: str, after: object = None) -> Change:
    return Change(
        action=action, object_type="token", object_id=token.pk, corpus_id=token.corpus_id, after=after
    )
