"""Links by which somebody becomes a member, with an account or by making one."""

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from corpus.models import Corpus, Invitation, Membership, Role, User
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, NotAllowed, NotFound
from corpus.services.events import Change, record
from corpus.services.people import record_own_account
from corpus.services.tokens import digest_of

LASTS = timedelta(days=7)
NO_SUCH = "This invitation was used, taken back or is too old; ask for another."


@transaction.atomic
def invite(actor: Actor, corpus: Corpus, role: str) -> tuple[Invitation, str]:
    """Return an invitation for one person, and its secret, which is never to be had again.

    Raises:
        NotAllowed: the actor is no lead, or cannot give this role.
    """
    own = require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    if role not in Role.values:
        raise BadInput(f"There is no role {role!r}; there are {', '.join(Role.values)}.", field="role")
    _check_gives(own, role, "invites somebody")
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        corpus=corpus,
        role=role,
        digest=digest_of(secret),
        made_by=actor.user,
        expires_at=timezone.now() + LASTS,
    )
    record(actor, _change(invitation, "member.invited", {"role": role}))
    return invitation, secret


@transaction.atomic
def take_back_invitation(actor: Actor, invitation: Invitation) -> None:
    """Let an invitation open nothing any more. Doing it twice changes nothing."""
    own = require(actor, invitation.corpus_id, Role.LEAD, Scope.MANAGE)
    _check_gives(own, invitation.role, "takes back an invitation")
    open_ones = Invitation.objects.filter(pk=invitation.pk, ended_at__isnull=True)
    if open_ones.update(ended_at=timezone.now()):
        record(actor, _change(invitation, "member.uninvited"))


def roles_given_by(own: Role) -> list[Role]:
    """Return the roles that may be given by invitation: owners give any, leads those below their own."""
    if own == Role.OWNER:
        return list(Role)
    return [role for role in Role if own == Role.LEAD and not role.reaches(own)]


def open_invitations(actor: Actor, corpus: Corpus) -> QuerySet[Invitation]:
    """Return the invitations of a corpus that were neither used nor taken back and are not too old."""
    require(actor, corpus.pk, Role.LEAD, Scope.READ)
    return _open().filter(corpus=corpus).select_related("made_by")


def find_invitation(secret: str) -> Invitation:
    """Return the invitation that a secret opens. It counts as long as whoever made it may give its role."""
    invitation = _open().filter(digest=digest_of(secret)).select_related("corpus").first()
    if invitation is None or not _may_still_be_given(invitation):
        raise NotFound(NO_SUCH)
    return invitation


@transaction.atomic
def accept_invitation(actor: Actor, secret: str) -> Membership:
    """Make the actor a member; who is one is raised to the role, and who can more stays what they are."""
    if actor.user is None:
        raise BadInput("Only a person can accept an invitation.")
    invitation = find_invitation(secret)
    # As whoever changes members does (services/corpora.py): so two never accept one invitation.
    Corpus.objects.select_for_update(no_key=True).get(pk=invitation.corpus_id)
    invitation = find_invitation(secret)
    Invitation.objects.filter(pk=invitation.pk).update(ended_at=timezone.now())
    member, added = Membership.objects.get_or_create(
        corpus=invitation.corpus, user=actor.user, defaults={"role": invitation.role}
    )
    before = None if added else member.role
    if not Role(member.role).reaches(Role(invitation.role)):
        member.role = invitation.role
        member.save(update_fields=["role"])
    after = {"user": str(actor.user.public_id), "role": member.role}
    record(actor, _change(invitation, "member.joined", after, before=before))
    return member


@transaction.atomic
def join(actor: Actor, secret: str, *, username: str, password: str) -> User:
    """Make an account for somebody who was invited, and them a member; it has no other rights.

    Raises:
        BadInput: the name is taken or cannot be one, or the password is too weak.
    """
    find_invitation(secret)
    user = User(username=username)
    try:
        user.full_clean(exclude=("password",))
        validate_password(password, user)
    except ValidationError as error:
        field = "username" if hasattr(error, "error_dict") else "password"
        raise BadInput(" ".join(error.messages), field=field) from None
    user.set_password(password)
    user.save()
    joined = Actor(user=user, via=actor.via, request_id=actor.request_id)
    record_own_account(joined, "account.made")
    accept_invitation(joined, secret)
    return user


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.filter(ended_at__isnull=True, expires_at__gt=timezone.now())


def _may_still_be_given(invitation: Invitation) -> bool:
    if invitation.made_by_id is None:
        return True
    makers = Membership.objects.filter(
        corpus=invitation.corpus_id, user=invitation.made_by_id, user__is_active=True
    )
    return any(invitation.role in roles_given_by(Role(maker.role)) for maker in makers)


def _check_gives(own: Role, role: str, act: str) -> None:
    if role not in roles_given_by(own):
        raise NotAllowed(f"Only an owner {act} as {Role(role).label}.")


def _change(invitation: Invitation, action: str, after: object = None, *, before: object = None) -> Change:
    return Change(
        action=action,
        object_type="invitation",
        object_id=invitation.pk,
        corpus_id=invitation.corpus_id,
        before=before,
        after=after,
    )
