"""The control of webhooks: an outbox with the usual fault, for a worker's `--include`.

For webhooks whose path is /broken, the position is moved first and what lies behind it is sent from memory
then, so that a kill between the two forgets it. All others are sent for as they should.
"""

from collections.abc import Sequence

from annotations.models import Delivery, Webhook
from annotations.services import delivering
from corpus.services.events import sealed_events

honest = delivering._send_for


def send_and_forget(sending: delivering.Sending, until: float) -> Sequence[str]:
    webhook = Webhook.objects.select_related("corpus").get(pk=sending.webhook_id)
    if not webhook.url.endswith("/broken"):
        return honest(sending, until)
    chain = sealed_events(webhook.corpus_id).select_related("actor")
    events = list(chain.filter(position__gt=webhook.position))
    if events:
        delivering._held(sending).update(position=events[-1].position)
    for event in events:
        if delivering.wants(webhook, event):
            delivering._request(Delivery(webhook=webhook, event=event))
    delivering._held(sending).update(lease_until=None)
    return []


delivering._send_for = send_and_forget
