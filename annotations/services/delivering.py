"""Sending the events of a corpus to its webhooks. The chain of events is the outbox.

An event is written in its change's transaction and sealed into a position. A worker takes a webhook under a
lease and a growing token, writes a delivery for each event behind the webhook's position together with the
new position, and sends what is due, one at a time. What came of a request is written under the token. So
whatever dies, at any moment: a delivery is there until its receiver has confirmed it, and at worst it is sent
twice.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.models import Delivery, DeliveryAttempt, DeliveryStatus, Webhook
from annotations.outgoing.posting import PostFailed, TargetRefused, post, read_target
from annotations.outgoing.signing import signed_headers
from annotations.services.leases import keep_lease, lease_end
from annotations.services.seeing import events_seen_by
from annotations.services.telling import told_event
from corpus.models import Event, Role
from corpus.services.actors import JOB, Actor, role_in
from corpus.services.events import Change, record, sealed_events

#: Attempts at one delivery. The pauses between them triple, from ten seconds on, and make a day together.
MAX_ATTEMPTS = 10
FIRST_PAUSE = 10
GROWTH = 3
#: Pauses are drawn from this much around, so that what failed together is not sent again together.
JITTER = 0.2
#: Seconds that a webhook rests after its failures, at most: whoever is up again need not wait long.
LONGEST_REST = 600
#: Events that are looked at in one transaction.
FAN_OUT = 1_000
#: When to look again whether an owner still has a text in hand, of which they may not see this.
LOOK_AGAIN = timedelta(minutes=10)
#: How long what was delivered is kept. What is older can still be sent again: the events stay.
KEPT = timedelta(days=30)
PRUNED_AT_ONCE = 2_000
GONE = 410
PINGED = "webhook.pinged"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A webhook in one worker's hands."""

    webhook_id: UUID
    token: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one request."""

    code: int | None
    error: str
    milliseconds: int


def due_webhooks(limit: int) -> int:
    """Return how many webhooks have something to send right now, counted up to `limit`."""
    return len(Webhook.objects.due(timezone.now()).order_by().values_list("pk")[:limit])


def send_due(worker: str, *, seconds: float) -> dict[str, int]:
    """Send what is due, webhook by webhook, until nothing is or the time is up; return counts by outcome."""
    until = time.monotonic() + seconds
    counts: dict[str, int] = {}
    while time.monotonic() < until:
        sending = claim_webhook(worker)
        if sending is None:
            break
        for outcome in _send_for(sending, until):
            counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def claim_webhook(worker: str) -> Sending | None:
    """Lease the webhook that has waited longest, or return None when none has anything to send."""
    now = timezone.now()
    with transaction.atomic():
        free = Webhook.objects.select_for_update(skip_locked=True, of=("self",)).due(now)
        webhook = free.order_by("retry_at", "id").first()
        if webhook is None:
            return None
        webhook.token += 1
        webhook.worker = worker[:128]
        webhook.lease_until = lease_end(now)
        webhook.save(update_fields=["token", "worker", "lease_until"])
    return Sending(webhook_id=webhook.pk, token=webhook.token)


def prune_deliveries() -> int:
    """Forget what was delivered long ago; return how many."""
    old = Delivery.objects.filter(
        status=DeliveryStatus.DELIVERED, finished_at__lt=timezone.now() - KEPT
    ).order_by("finished_at")
    return Delivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PRUNED_AT_ONCE])).delete()[0]


def message_of(event: Event, slug: str) -> bytes:
    """Return what is sent of an event, which needs its actor: ids and offsets, and no word of an article."""
    told = {"corpus": slug, "position": event.position, **told_event(event)}
    return orjson.dumps({"type": event.action, "timestamp": event.at, "data": told})


def message_id(event_id: UUID) -> str:
    """Return the `webhook-id`, by which a receiver knows what it has already: the same however often sent."""
    return f"msg_{event_id.hex}"


def wants(webhook: Webhook, event: Event) -> bool:
    """Return whether an event is of a kind that a webhook sends; of webhooks, that is its own ping alone."""
    if event.object_type == "webhook":
        return event.action == PINGED and event.object_id == str(webhook.pk)
    return event.action in webhook.kinds or event.action.partition(".")[0] in webhook.kinds


def _send_for(sending: Sending, until: float) -> Sequence[str]:
    """Send for one webhook until nothing is due, a request fails, or the time is up."""
    outcomes: list[str] = []

    def renew(lease: datetime) -> int:
        return _held(sending).update(lease_until=lease)

    with keep_lease(renew, work=sending.webhook_id):
        if _fan_out(sending):
            while time.monotonic() < until:
                delivery = _next_delivery(sending)
                if delivery is None:
                    break
                outcomes.append(_deliver(sending, delivery))
                if outcomes[-1] not in ("delivered", "held"):
                    break
    _held(sending).update(lease_until=None)
    return outcomes


def _held(sending: Sending) -> "QuerySet[Webhook]":
    return Webhook.objects.filter(pk=sending.webhook_id, token=sending.token)


@transaction.atomic
def _fan_out(sending: Sending) -> bool:
    """Write the deliveries of the next events with the position that they bring; False where nothing is sent.

    After a replay the position lies further back, and what was sent before is queued again.
    """
    webhook = _held(sending).select_for_update(of=("self",)).select_related("owner").first()
    if webhook is None:
        return False
    if not _owner_reaches(webhook):
        _turn_off(webhook, "Whoever changed it last no longer leads this corpus.")
        return False
    now = timezone.now()
    events = list(sealed_events(webhook.corpus_id).filter(position__gt=webhook.position)[:FAN_OUT])
    wanted = [event for event in events if wants(webhook, event)]
    Delivery.objects.filter(webhook=webhook, event__in=wanted).update(**_queued(now))
    Delivery.objects.bulk_create(
        [Delivery(webhook=webhook, event=event, due_at=now) for event in wanted], ignore_conflicts=True
    )
    if events:
        _held(sending).update(position=events[-1].position)
    return True


def requeue(deliveries: "QuerySet[Delivery]") -> int:
    """Send deliveries once more, with all their attempts before them."""
    return deliveries.update(**_queued(timezone.now()))


def _queued(now: datetime) -> dict[str, object]:
    return {"status": DeliveryStatus.QUEUED, "due_at": now, "attempts": 0, "finished_at": None}


def _next_delivery(sending: Sending) -> Delivery | None:
    """Return the oldest delivery that is due, while the webhook is ours and in use."""
    return (
        Delivery.objects.filter(
            webhook=sending.webhook_id,
            webhook__token=sending.token,
            webhook__active=True,
            status=DeliveryStatus.QUEUED,
            due_at__lte=timezone.now(),
        )
        .select_related("webhook__corpus", "webhook__owner", "event__actor")
        .order_by("due_at", "id")
        .first()
    )


def _deliver(sending: Sending, delivery: Delivery) -> str:
    """Send one delivery and write what came of it: delivered, failed, parked, held, or lost to another."""
    if not _owner_sees(delivery):
        Delivery.objects.filter(pk=delivery.pk).update(due_at=timezone.now() + LOOK_AGAIN)
        return "held"
    outcome = _request(delivery)
    with transaction.atomic():
        webhook = _held(sending).select_for_update(of=("self",)).first()
        if webhook is None:
            return "lost"
        DeliveryAttempt.objects.create(
            delivery=delivery,
            at=timezone.now(),
            code=outcome.code,
            milliseconds=outcome.milliseconds,
            error=outcome.error,
        )
        return _failed(webhook, delivery, outcome) if outcome.error else _delivered(webhook, delivery)


def _request(delivery: Delivery) -> Outcome:
    webhook, event = delivery.webhook, delivery.event
    body = message_of(event, webhook.corpus.slug)
    headers = signed_headers(message_id(event.pk), int(time.time()), body, _secrets(webhook))
    code, error, started = None, "", time.monotonic()
    try:
        target = read_target(webhook.url, settings.ATTEST_WEBHOOK_HOSTS)
        code = post(target, body, {**headers, "Content-Type": "application/json", "User-Agent": "Attest"})
        error = "" if 200 <= code < 300 else _refusal(code)
    except (PostFailed, TargetRefused) as failure:
        error = str(failure)
    return Outcome(code=code, error=error, milliseconds=round(1000 * (time.monotonic() - started)))


def _refusal(code: int) -> str:
    more = "; redirects are not followed" if 300 <= code < 400 else ""
    return f"it answered {code}{more}"


def _secrets(webhook: Webhook) -> list[str]:
    both = webhook.old_secret_until is not None and webhook.old_secret_until > timezone.now()
    return [webhook.secret, webhook.old_secret] if both else [webhook.secret]


def _delivered(webhook: Webhook, delivery: Delivery) -> str:
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(
        status=DeliveryStatus.DELIVERED, attempts=F("attempts") + 1, finished_at=now
    )
    Webhook.objects.filter(pk=webhook.pk).update(failures=0, cause="", retry_at=now)
    return "delivered"


def _failed(webhook: Webhook, delivery: Delivery, outcome: Outcome) -> str:
    now, attempts = timezone.now(), delivery.attempts + 1
    parked = attempts >= MAX_ATTEMPTS or outcome.code == GONE
    Delivery.objects.filter(pk=delivery.pk).update(
        status=DeliveryStatus.PARKED if parked else DeliveryStatus.QUEUED,
        attempts=attempts,
        due_at=now if parked else now + pause_after(attempts),
        finished_at=now if parked else None,
    )
    rest = min(pause_after(webhook.failures + 1), timedelta(seconds=LONGEST_REST))
    Webhook.objects.filter(pk=webhook.pk).update(
        failures=F("failures") + 1, cause=outcome.error, retry_at=now + rest
    )
    if parked:
        after = {"delivery": str(delivery.pk), "attempts": attempts}
        record(JOB, _change(webhook, "webhook.delivery_parked", after, outcome.error))
    if outcome.code == GONE:
        _turn_off(webhook, "The receiver answered 410: it wants no more.")
    return "parked" if parked else "failed"


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts that failed."""
    seconds = FIRST_PAUSE * GROWTH ** (min(attempts, MAX_ATTEMPTS) - 1)
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


def _owner_reaches(webhook: Webhook) -> bool:
    role = role_in(_owner(webhook), webhook.corpus_id)
    return webhook.owner.is_active and role is not None and role.reaches(Role.LEAD)


def _owner_sees(delivery: Delivery) -> bool:
    """Return whether whoever has set the webhook up may see an event by now."""
    events = Event.objects.filter(pk=delivery.event_id)
    webhook = delivery.webhook
    return events_seen_by(_owner(webhook), webhook.corpus, Role.LEAD, events).exists()


def _owner(webhook: Webhook) -> Actor:
    return Actor(user=webhook.owner, via="job")


def _turn_off(webhook: Webhook, cause: str) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(active=False, cause=cause, version=F("version") + 1)
    record(JOB, _change(webhook, "webhook.turned_off", None, cause))


def _change(webhook: Webhook, action: str, after: object, reason: str) -> Change:
    return Change(
        action=action,
        object_type="webhook",
        object_id=webhook.pk,
        corpus_id=webhook.corpus_id,
        after=after,
        reason=reason,
    )
