"""Events on their way to webhooks: every one arrives, signed, as far as the owner may see it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from annotations.models import Delivery, DeliveryAttempt, Webhook
from annotations.services import delivering
from annotations.services.delivering import (
    MAX_ATTEMPTS,
    claim_webhook,
    due_webhooks,
    pause_after,
    prune_deliveries,
    send_due,
)
from annotations.services.queue import take_article
from annotations.services.seeing import events_seen_by
from annotations.services.webhooks import (
    change_webhook,
    deliveries_seen_by,
    find_delivery,
    make_webhook,
    ping_webhook,
    replay_delivery,
    replay_since,
    rotate_secret,
)
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import set_member
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from corpus.services.events import seal_events
from tests.annotations.test_settling import decide_all
from tests.conftest import TEXT, acting, put_in
from tests.pure.extraction.remote.serving import Answer, Served, says, serving

OK = says({})
EVERY = ["article", "revision", "layer", "review", "pass", "gold"]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Served]:
    with serving(OK) as served:
        settings.ATTEST_WEBHOOK_HOSTS = frozenset({("127.0.0.1", served.port)})
        yield served


@pytest.fixture
def webhook(corpus: Corpus, lea: User, receiver: Served) -> Webhook:
    seal_events()
    return make_webhook(acting(lea), corpus, url=f"http://127.0.0.1:{receiver.port}/in", kinds=EVERY)


def send() -> dict[str, int]:
    seal_events()
    return send_due("test", seconds=20)


def hurry() -> None:
    """Let the pauses be over."""
    Delivery.objects.update(due_at=timezone.now())
    Webhook.objects.update(retry_at=timezone.now())


def put_two_in(corpus: Corpus) -> int:
    """Put an article in, and return how many events there are of it for a webhook."""
    before = Event.objects.count()
    put_in(corpus)
    put_in(corpus, TEXT + "Once more.\n", "second")
    return Event.objects.count() - before


def ids(receiver: Served) -> list[str]:
    return [asked.headers["webhook-id"] for asked in receiver.asked]


def answering(receiver: Served, *answers: Answer) -> None:
    receiver.answers[:] = answers


def example() -> Any:
    """Return the receiver of the documentation, as it stands there."""
    page = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    module: dict[str, Any] = {"__name__": "receiver"}
    exec(code, module)
    return SimpleNamespace(**module)


def test_every_event_arrives_once_in_order_and_without_a_word_of_the_article(
    corpus: Corpus, webhook: Webhook, receiver: Served
) -> None:
    wanted = put_two_in(corpus)
    assert due_webhooks(9) == 0, "what is not sealed has no place yet"
    assert send() == {"delivered": wanted}
    assert send() == {}
    sent = [asked.body for asked in receiver.asked]
    events = Event.objects.filter(corpus=corpus, position__gt=webhook.position).exclude(object_type="webhook")
    assert [body["data"]["position"] for body in sent] == list(
        events.order_by("position").values_list("position", flat=True)
    )
    assert sent[0]["type"] == sent[0]["data"]["action"] == "article.created"
    assert sent[0]["data"]["corpus"] == "harbour"
    assert ids(receiver) == [f"msg_{body['data']['id'].replace('-', '')}" for body in sent]
    whole = b"".join(asked.data for asked in receiver.asked)
    assert not [word for word in ("cables", "Ruiz", "Traffic", webhook.secret) if word.encode() in whole]


def test_the_receiver_of_the_documentation_takes_what_is_signed_and_nothing_else(
    corpus: Corpus, webhook: Webhook, lea: User, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", webhook.secret)
    module = example()
    monkeypatch.setattr(module.Receiver, "log_message", lambda *_: None)
    with ThreadingHTTPServer(("127.0.0.1", 0), module.Receiver) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        port = server.server_address[1]
        settings.ATTEST_WEBHOOK_HOSTS = frozenset({("127.0.0.1", port)})
        Webhook.objects.update(url=f"http://127.0.0.1:{port}/", kinds=["article.created"])
        put_in(corpus)
        assert send() == {"delivered": 1}
        replay_since(acting(lea), webhook, position=0)
        rotate_secret(acting(lea), webhook)
        assert send() == {"delivered": 1}, "the old secret signs too"
        assert capsys.readouterr().out == "article.created\n", "a repetition is known by its id"
        Webhook.objects.update(old_secret_until=timezone.now())
        replay_since(acting(lea), webhook, position=0)
        assert send() == {"failed": 1}
        assert DeliveryAttempt.objects.last().code == 401  # type: ignore[union-attr]
        server.shutdown()


def test_what_fails_waits_longer_each_time_and_comes_under_the_same_id(
    corpus: Corpus, webhook: Webhook, receiver: Served
) -> None:
    Webhook.objects.update(kinds=["article"])
    put_in(corpus)
    answering(receiver, says({}, status=500), says({}, status=302, Location="http://127.0.0.1:1/"), OK)
    assert send() == {"failed": 1}
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures, webhook.cause) == ("failing", 1, "it answered 500")
    assert due_webhooks(9) == 0 and send() == {}
    for outcome in ("failed", "delivered"):
        hurry()
        assert send() == {outcome: 1}
    assert len(receiver.asked) == 3 and len(set(ids(receiver))) == 1
    log = list(DeliveryAttempt.objects.values_list("code", "error"))
    assert log == [(500, "it answered 500"), (302, "it answered 302; redirects are not followed"), (200, "")]
    webhook.refresh_from_db()
    assert (webhook.state, webhook.cause) == ("on", "")
    pauses = [pause_after(attempts).total_seconds() for attempts in range(1, MAX_ATTEMPTS)]
    assert pauses == sorted(pauses) and 20 * 3600 < sum(pauses) < 36 * 3600


def test_one_that_always_fails_does_not_hold_up_the_others_and_is_parked_with_its_cause(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User, ada: User
) -> None:
    Webhook.objects.update(kinds=["article"])
    put_two_in(corpus)
    answering(receiver, says({}, status=400), OK)
    assert send() == {"failed": 1}
    Webhook.objects.update(retry_at=timezone.now())
    assert send() == {"delivered": 1}
    answering(receiver, says({}, status=400))
    for _ in range(MAX_ATTEMPTS - 2):
        hurry()
        assert send() == {"failed": 1}
    hurry()
    assert send() == {"parked": 1}
    hurry()
    assert send() == {}, "nor is the event of that sent"
    parked = Event.objects.get(action="webhook.delivery_parked")
    assert (parked.reason, parked.after["attempts"]) == ("it answered 400", MAX_ATTEMPTS)
    told = Event.objects.filter(corpus=corpus, object_type="webhook")
    assert not events_seen_by(acting(ada), corpus, Role.REVIEWER, told).exists()
    answering(receiver, OK)
    delivery = Delivery.objects.get(status="parked")
    replay_delivery(acting(lea), webhook, find_delivery(acting(lea), webhook, delivery.pk))
    assert send() == {"delivered": 1}
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_receiver_that_is_gone_turns_its_webhook_off(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User
) -> None:
    put_two_in(corpus)
    answering(receiver, says({}, status=410))
    assert send() == {"parked": 1}
    webhook.refresh_from_db()
    assert (webhook.state, due_webhooks(9)) == ("off", 0)
    with pytest.raises(InvalidTransition):
        ping_webhook(acting(lea), webhook)
    answering(receiver, OK)
    change_webhook(acting(lea), webhook, version=webhook.version, changes={"active": True})
    assert set(send()) == {"delivered"}


def test_a_worker_that_dies_between_answer_and_note_sends_it_again(
    corpus: Corpus, webhook: Webhook, receiver: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> str:
        raise Killed

    wanted = put_two_in(corpus)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_delivered", die)
        with pytest.raises(Killed):
            send()
    assert due_webhooks(9) == 0, "its lease still holds"
    Webhook.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert send() == {"delivered": wanted}
    assert ids(receiver)[0] == ids(receiver)[1]
    assert len(set(ids(receiver))) == wanted


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(
    corpus: Corpus, webhook: Webhook, receiver: Served
) -> None:
    put_in(corpus)
    seal_events()
    late = claim_webhook("late")
    assert late
    Webhook.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    current = claim_webhook("current")
    assert current
    assert delivering._send_for(late, float("inf")) == []
    assert not Delivery.objects.exists()
    assert Webhook.objects.get().lease_until is not None, "nor ends it the other's lease"
    assert delivering._fan_out(current)
    delivery = delivering._next_delivery(current)
    assert delivery
    assert delivering._deliver(late, delivery) == "lost"
    assert not DeliveryAttempt.objects.exists()


def test_everything_since_a_position_or_a_time_is_sent_again(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User
) -> None:
    wanted = put_two_in(corpus)
    send()
    before = ids(receiver)
    receiver.asked.clear()
    Delivery.objects.update(finished_at=timezone.now() - delivering.KEPT)
    assert prune_deliveries() > 0
    half = Event.objects.filter(action="article.created").order_by("-position")[0]
    assert half.position
    replay_since(acting(lea), webhook, position=half.position - 1)
    assert send() == {"delivered": wanted // 2}
    assert ids(receiver) == before[wanted // 2 :]
    replay_since(acting(lea), webhook, at=half.at)
    assert send() == {"delivered": wanted // 2}
    for bad in ({}, {"position": 0, "at": half.at}):
        with pytest.raises(BadInput):
            replay_since(acting(lea), webhook, **bad)  # type: ignore[arg-type]


def test_a_ping_goes_the_whole_way_whatever_the_kinds_and_to_its_own_webhook_alone(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User
) -> None:
    make_webhook(acting(lea), corpus, url=webhook.url, kinds=["export"])
    ping_webhook(acting(lea), webhook)
    assert send() == {"delivered": 1}
    assert receiver.asked[0].body["type"] == "webhook.pinged"


def test_of_a_text_that_the_owner_has_in_hand_nothing_is_sent_before_they_are_done(
    suggested: Revision, webhook: Webhook, receiver: Served, lea: User, ada: User, cy: User
) -> None:
    send()
    receiver.asked.clear()
    take_article(acting(lea), suggested)
    decide_all(ada, suggested)
    sent = send()
    assert sent["held"] > 1
    assert not [asked for asked in receiver.asked if asked.body["type"].startswith(("review", "pass"))]
    assert not deliveries_seen_by(acting(lea), webhook).filter(event__action__startswith="review").exists()
    hidden = Delivery.objects.filter(event__action__startswith="review")[0]
    with pytest.raises(NotFound):
        find_delivery(acting(lea), webhook, hidden.pk)
    decide_all(lea, suggested)
    hurry()
    assert send()["delivered"] >= sent["held"]
    assert "review.accept" in {asked.body["type"] for asked in receiver.asked}, "the control"
    find_delivery(acting(lea), webhook, hidden.pk)


def test_who_no_longer_leads_sends_nothing_until_another_lead_takes_it_over(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User, owen: User
) -> None:
    set_member(COMMAND, corpus, lea, Role.REVIEWER)
    put_in(corpus)
    assert send() == {}
    webhook.refresh_from_db()
    assert (webhook.state, receiver.asked) == ("off", [])
    with pytest.raises(NotAllowed):
        change_webhook(acting(lea), webhook, version=webhook.version, changes={"active": True})
    with pytest.raises(StaleVersion):
        change_webhook(acting(owen), webhook, version=1, changes={"active": True})
    change_webhook(acting(owen), webhook, version=webhook.version, changes={"active": True})
    assert set(send()) == {"delivered"}


def test_a_host_that_the_operator_has_named_no_longer_is_not_reached(
    corpus: Corpus, webhook: Webhook, receiver: Served, lea: User, settings: Any
) -> None:
    settings.ATTEST_WEBHOOK_HOSTS = frozenset()
    put_in(corpus)
    assert send() == {"failed": 1}
    assert receiver.asked == []
    for url, kinds in ((webhook.url, EVERY), ("https://a.test/", ["nothing"]), ("https://a.test/", [])):
        with pytest.raises(BadInput):
            make_webhook(acting(lea), corpus, url=url, kinds=kinds)
    told = orjson.dumps(list(Event.objects.filter(object_type="webhook").values("after", "before")))
    assert b"127.0.0.1" not in told and b"whsec" not in told


def test_an_operator_lists_webhooks_and_sends_again(
    corpus: Corpus, webhook: Webhook, receiver: Served, capsys: Any
) -> None:
    put_in(corpus)
    send()
    before = len(receiver.asked)
    call_command("webhooks", "--corpus=harbour", "--json")
    told = orjson.loads(capsys.readouterr().out)
    assert (told["webhook"], told["state"], told["queued"]) == (str(webhook.pk), "on", 0)
    for wrong in (["--replay", str(corpus.pk), "--since=0"], ["--replay", str(webhook.pk)]):
        with pytest.raises(CommandError):
            call_command("webhooks", "--corpus=harbour", *wrong)
    call_command("webhooks", "--corpus=harbour", "--replay", str(webhook.pk), f"--since={webhook.position}")
    assert send() == {"delivered": before}
