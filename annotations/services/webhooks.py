"""Setting up webhooks: made, changed, tried and played again by those who lead a corpus."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.utils import timezone

from annotations.models import Delivery, Webhook
from annotations.outgoing.posting import TargetRefused, read_target
from annotations.outgoing.signing import new_secret
from annotations.services.delivering import PINGED, requeue
from annotations.services.seeing import events_seen_by
from corpus.models import Corpus, Event, Role, User
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from corpus.services.events import Change, chain_head, record, sealed_events

#: The first parts of the actions that can be sent.
KINDS = (
    "article", "assignment", "block", "comment", "corpus", "dispute", "export", "gold", "guideline", "job",
    "layer", "member", "pass", "pipeline", "release", "rereview", "review", "revision", "run", "scheme",
    "training",
)  # fmt: skip
ACTION = re.compile(r"[a-z]+\.[a-z_]+\Z")
MAX_KINDS = 50
#: Webhooks of one corpus.
MAX_WEBHOOKS = 20
#: How long a secret that was replaced goes on signing.
OVERLAP = timedelta(hours=24)
NO_SUCH_WEBHOOK = "There is no such webhook, or it is in no corpus of yours."
NO_SUCH_DELIVERY = "There is no such delivery."


def find_webhook(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> Webhook:
    """Return a webhook for an actor who leads its corpus."""
    webhook = Webhook.objects.select_related("corpus", "owner").filter(pk=pk).first()
    if webhook is None or role_in(actor, webhook.corpus_id) is None:
        raise NotFound(NO_SUCH_WEBHOOK)
    require(actor, webhook.corpus_id, Role.LEAD, scope)
    return webhook


def deliveries_seen_by(actor: Actor, webhook: Webhook) -> "QuerySet[Delivery]":
    """Return the deliveries of a webhook, without those of events that the actor may not see now."""
    # For each delivery by the id of its event: what is asked of the whole chain grows with the corpus.
    events = Event.objects.filter(pk=OuterRef("event")).order_by()
    seen = events_seen_by(actor, webhook.corpus, Role.LEAD, events)
    return Delivery.objects.filter(Exists(seen), webhook=webhook)


def find_delivery(actor: Actor, webhook: Webhook, pk: UUID) -> Delivery:
    found = deliveries_seen_by(actor, webhook).select_related("event").filter(pk=pk).first()
    if found is None:
        raise NotFound(NO_SUCH_DELIVERY)
    return found


@transaction.atomic
def make_webhook(actor: Actor, corpus: Corpus, *, url: str, kinds: Sequence[str]) -> Webhook:
    """Make a webhook that sends what happens from now on. Its secret is to be shown this once.

    Raises:
        BadInput: the URL or a kind cannot be used.
        InvalidTransition: the corpus has as many as it may.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    owner = _person(actor)
    _check(url=url, kinds=kinds)
    Corpus.objects.select_for_update(no_key=True).get(pk=corpus.pk)
    if Webhook.objects.filter(corpus=corpus).count() >= MAX_WEBHOOKS:
        raise InvalidTransition(f"A corpus has {MAX_WEBHOOKS} webhooks at most; delete one.")
    webhook = Webhook.objects.create(
        corpus=corpus,
        owner=owner,
        url=url,
        kinds=sorted(set(kinds)),
        secret=new_secret(),
        position=chain_head(corpus.pk)[0],
        retry_at=timezone.now(),
    )
    record(actor, _change(webhook, "webhook.made", after=_told(webhook)))
    return webhook


@transaction.atomic
def change_webhook(actor: Actor, webhook: Webhook, *, version: int, changes: dict[str, Any]) -> Webhook:
    """Change `url`, `kinds` or `active`; whoever does so owns it from then on, and it goes on at once.

    Raises:
        StaleVersion: somebody else was quicker.
        BadInput: nothing is to be changed, or the URL or a kind cannot be used.
    """
    locked = _locked(actor, webhook)
    if not changes:
        raise BadInput("Name what to change: url, kinds or active.", field="url")
    if locked.version != version:
        raise StaleVersion(
            f"The webhook is at version {locked.version} by now; yours was {version}.", version=locked.version
        )
    _check(url=changes.get("url", locked.url), kinds=changes.get("kinds", locked.kinds))
    before = _told(locked)
    for name in ("url", "kinds", "active"):
        setattr(locked, name, changes.get(name, getattr(locked, name)))
    locked.kinds = sorted(set(locked.kinds))
    locked.owner = _person(actor)
    locked.version += 1
    locked.failures, locked.cause, locked.retry_at = 0, "", timezone.now()
    locked.save(update_fields=["url", "kinds", "active", "owner", "version", "failures", "cause", "retry_at"])
    after = {**_told(locked), "fields": sorted(changes)}
    record(actor, _change(locked, "webhook.changed", before=before, after=after))
    return locked


@transaction.atomic
def delete_webhook(actor: Actor, webhook: Webhook) -> None:
    """Delete a webhook with its log; what was to be sent is not."""
    locked = _locked(actor, webhook)
    record(actor, _change(locked, "webhook.deleted", before=_told(locked)))
    locked.delete()


@transaction.atomic
def rotate_secret(actor: Actor, webhook: Webhook) -> Webhook:
    """Give a webhook a new secret, to be shown this once; the old one signs beside it for a day."""
    locked = _locked(actor, webhook)
    locked.old_secret, locked.old_secret_until = locked.secret, timezone.now() + OVERLAP
    locked.secret = new_secret()
    locked.version += 1
    locked.save(update_fields=["secret", "old_secret", "old_secret_until", "version"])
    record(actor, _change(locked, "webhook.secret_rotated"))
    return locked


@transaction.atomic
def ping_webhook(actor: Actor, webhook: Webhook) -> None:
    """Send a test the whole way that events go, whatever kinds the webhook sends."""
    locked = _locked(actor, webhook)
    if not locked.active:
        raise InvalidTransition("This webhook is off; turn it on first.")
    # A receiver that was just mended need not wait for the end of a rest.
    locked.retry_at = timezone.now()
    locked.save(update_fields=["retry_at"])
    record(actor, _change(locked, PINGED))


@transaction.atomic
def replay_delivery(actor: Actor, webhook: Webhook, delivery: Delivery) -> None:
    """Send one delivery again, under the same id."""
    locked = _locked(actor, webhook)
    requeue(Delivery.objects.filter(pk=delivery.pk, webhook=locked))
    record(actor, _change(locked, "webhook.replayed", after={"delivery": str(delivery.pk)}))


@transaction.atomic
def replay_since(
    actor: Actor, webhook: Webhook, *, position: int | None = None, at: datetime | None = None
) -> Webhook:
    """Send everything behind a position, or since a time, again; it begins behind `position`.

    Raises:
        BadInput: neither or both are named.
    """
    locked = _locked(actor, webhook)
    if (position is None) == (at is None):
        raise BadInput("Name where to begin: behind a position, or at a time.", field="position")
    if at is not None:
        later = sealed_events(locked.corpus_id).filter(at__gte=at).order_by()
        first = later.aggregate(first=Min("position"))["first"]
        position = locked.position if first is None else first - 1
    locked.position = min(position or 0, locked.position)
    locked.save(update_fields=["position"])
    record(actor, _change(locked, "webhook.replayed", after={"behind": locked.position}))
    return locked


def _locked(actor: Actor, webhook: Webhook) -> Webhook:
    require(actor, webhook.corpus_id, Role.LEAD, Scope.MANAGE)
    locked = Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
    if locked is None:
        raise NotFound(NO_SUCH_WEBHOOK)
    return locked


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed("A webhook sends what its owner may see, so this takes an account.")
    return actor.user


def _check(*, url: str, kinds: Sequence[str]) -> None:
    try:
        read_target(url, settings.ATTEST_WEBHOOK_HOSTS)
    except TargetRefused as error:
        raise BadInput(f"The URL cannot be used: {error}.", field="url") from None
    if not 0 < len(kinds) <= MAX_KINDS:
        raise BadInput(f"Name the kinds of events to send, {MAX_KINDS} at most.", field="kinds")
    for kind in kinds:
        if kind.partition(".")[0] not in KINDS or ("." in kind and not ACTION.match(kind)):
            known = ", ".join(KINDS)
            raise BadInput(
                f"{kind[:64]!r} is no kind of event: name {known}, or an action of one such as gold.settled.",
                field="kinds",
            )


def _told(webhook: Webhook) -> dict[str, Any]:
    """Return what events tell of a webhook: not its secret or address, which every member would see."""
    return {"kinds": webhook.kinds, "active": webhook.active}


def _change(webhook: Webhook, action: str, *, before: object = None, after: object = None) -> Change:
    return Change(
        action=action,
        object_type="webhook",
        object_id=webhook.pk,
        corpus_id=webhook.corpus_id,
        before=before,
        after=after,
    )
