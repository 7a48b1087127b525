"""Webhooks on their pages."""

import pytest

from annotations.models import Delivery, Webhook
from annotations.services.delivering import send_due
from annotations.services.webhooks import make_webhook
from corpus.models import Corpus
from corpus.services.events import seal_events
from tests.admin.conftest import url
from tests.conftest import acting, put_in
from tests.pure.extraction.remote.serving import says, serving

HOSTILE = "https://hooks.test/<script>alert(1)</script>"


@pytest.fixture
def client(signed_in, lea):
    return signed_in(lea)


def page_of(webhook):
    return url("corpus_corpus_webhook", webhook.corpus_id, webhook.pk)


def test_a_lead_makes_one_sees_its_secret_once_changes_and_deletes_it(client, corpus):
    listed = url("corpus_corpus_webhooks", corpus.pk)
    refused = client.post(listed, {"url": "http://x/", "kinds": "gold"})
    assert refused.status_code == 400 and "The URL cannot be used" in refused.content.decode()
    made = client.post(listed, {"url": HOSTILE, "kinds": "gold review.accept"}).content.decode()
    webhook = Webhook.objects.get()
    assert webhook.kinds == ["gold", "review.accept"] and webhook.secret in made
    body = client.get(page_of(webhook)).content.decode() + client.get(listed).content.decode()
    assert "<script>alert" not in body and webhook.secret not in body
    saved = {"save": "1", "url": "https://b.test/", "kinds": "gold", "version": "1"}
    assert client.post(page_of(webhook), saved).status_code == 302
    assert "Somebody else has changed it" in client.post(page_of(webhook), saved).content.decode()
    webhook.refresh_from_db()
    assert (webhook.url, webhook.active) == ("https://b.test/", False)
    rotated = client.post(page_of(webhook), {"rotate": "1"}).content.decode()
    webhook.refresh_from_db()
    assert webhook.secret in rotated and webhook.old_secret not in rotated
    client.post(page_of(webhook), {"delete": "1"})
    assert not Webhook.objects.exists()


def test_the_log_shows_what_failed_and_sends_it_again(client, corpus: Corpus, lea, settings):
    seal_events()
    with serving(says("secret words", status=500), says({})) as served:
        settings.ATTEST_WEBHOOK_HOSTS = frozenset({("127.0.0.1", served.port)})
        address = f"http://127.0.0.1:{served.port}/"
        webhook = make_webhook(acting(lea), corpus, url=address, kinds=["article.created"])
        put_in(corpus)
        seal_events()
        assert send_due("test", seconds=9) == {"failed": 1}
        body = client.get(page_of(webhook)).content.decode()
        assert "it answered 500" in body and "secret words" not in body and "failing" in body
        delivery = Delivery.objects.get()
        client.post(page_of(webhook), {"replay": str(delivery.pk)})
        client.post(page_of(webhook), {"ping": "1"})
        seal_events()
        assert send_due("test", seconds=9) == {"delivered": 2}
        client.post(page_of(webhook), {"since": "1", "position": "0"})
        assert send_due("test", seconds=9) == {"delivered": 2}
        assert client.get(page_of(webhook), {"status": "parked"}).content.decode().count("<tr>") == 0
        assert client.get(page_of(webhook), {"before": str(delivery.pk)}).status_code == 200


@pytest.mark.parametrize(("name", "status"), [("cy", 403), ("dee", 404)])
def test_others_do_not_reach_it(name, status, signed_in, request, corpus, lea):
    webhook = make_webhook(acting(lea), corpus, url="https://a.test/", kinds=["gold"])
    client = signed_in(request.getfixturevalue(name))
    assert client.get(page_of(webhook)).status_code == status
    assert client.post(page_of(webhook), {"delete": "1"}).status_code == status
