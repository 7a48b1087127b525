"""The trail of what is done to accounts."""

from corpus.models import User
from corpus.services.actors import Actor
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
    record(
        actor,
        Change(
            action=action,
            object_type="user",
            object_id=user.public_id,
            corpus_id=None,
            after={"fields": fields, "active": user.is_active, "superuser": user.is_superuser},
        ),
    )
