"""Accounts: the trail of what is done to them, and leaving for good."""

from django.db import transaction
from django.utils import timezone

from corpus.models import Membership, Token, User
from corpus.services.actors import Actor
from corpus.services.corpora import remove_member
from corpus.services.errors import NotAllowed
from corpus.services.events import Change, record


def record_account(actor: Actor, user: User, action: str, *, fields: list[str]) -> None:
    """Record that an account was made or changed: which fields and rights, never a name.

    Raises:
        NotAllowed: accounts are for superusers and the operator of the machine; the caller's transaction
        falls with it.
    """
    if actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed("Accounts are for superusers.")
    record(actor, _change(user, action, fields))


def record_own_account(actor: Actor, action: str) -> None:
    """Record what somebody did to their own account."""
    if actor.user is None:
        raise NotAllowed("This takes an account.")
    record(actor, _change(actor.user, action, []))


@transaction.atomic
def close_account(actor: Actor, user: User) -> User:
    """Take a person's name out of Attest: what they decided stays, under a pseudonym.

    The account opens nothing any more: no password, no token, no membership. For the person, superusers and
    the operator of the machine; doing it twice changes nothing.

    Raises:
        NotAllowed: it is somebody else's account.
        InvalidTransition: a corpus would be left without an owner.
    """
    own = actor.user is not None and actor.user.pk == user.pk
    if actor.user is not None and not own and not actor.user.is_superuser:
        raise NotAllowed("Accounts are for superusers.")
    locked = User.objects.select_for_update().get(pk=user.pk)
    gone = f"gone-{locked.public_id.hex}"
    if locked.username == gone:
        return locked
    # Out of every corpus, whatever whoever closes it may do there.
    operator = Actor(user=None, via=actor.via, request_id=actor.request_id)
    for member in Membership.objects.filter(user=locked).select_related("corpus"):
        remove_member(operator, member.corpus, locked)
    Token.objects.filter(user=locked, revoked_at__isnull=True).update(revoked_at=timezone.now())
    locked.username = gone
    locked.pseudonym = locked.pseudonym or f"reviewer {locked.public_id.hex[-6:]}"
    locked.first_name = locked.last_name = locked.email = ""
    locked.is_active = locked.is_staff = locked.is_superuser = False
    locked.set_unusable_password()
    locked.save()
    record(actor, _change(locked, "account.closed", []))
    return locked


def _change(user: User, action: str, fields: list[str]) -> Change:
    return Change(
        action=action,
        object_type="user",
        object_id=user.public_id,
        corpus_id=None,
        after={"fields": fields, "active": user.is_active, "superuser": user.is_superuser},
    )
