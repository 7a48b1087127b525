"""Webhooks at the API: the secret shows once, changes have versions, the log tells what came of each."""

import pytest

from annotations.models import Webhook
from annotations.services.delivering import send_due
from corpus.models import Corpus, Event
from corpus.services.events import seal_events
from tests.api.contract import Caller
from tests.pure.extraction.remote.serving import says, serving

NEW = {"corpus": "harbour", "url": "https://hooks.test/in", "kinds": ["gold", "article.created"]}


def test_the_secret_is_in_the_first_answer_alone(as_lea: Caller) -> None:
    made = as_lea.post("webhooks/", NEW, Idempotency_Key="k")
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    again = as_lea.post("webhooks/", NEW, Idempotency_Key="k").json()
    assert (again["id"], again["secret"]) == (made.json()["id"], None)
    path = f"webhooks/{made.json()['id']}/"
    for answer in (as_lea.get(path), as_lea.get("webhooks/?corpus=harbour")):
        assert b"whsec_" not in answer.content
    rotated = as_lea.post(f"{path}rotate/", Idempotency_Key="r").json()
    assert rotated["secret"] not in (None, made.json()["secret"])
    assert as_lea.post(f"{path}rotate/", Idempotency_Key="r").json()["secret"] is None


def test_what_cannot_be_sent_to_or_is_no_kind_is_refused_by_name(as_lea: Caller) -> None:
    for field, value in (
        ("url", "http://hooks.test/"), ("url", "https://hooks.test:6379/"), ("url", "https://u:p@hooks.test/"),
        ("url", 5), ("kinds", ["nothing"]), ("kinds", []), ("kinds", ["gold."]), ("kinds", "gold"),
    ):  # fmt: skip
        refused = as_lea.post("webhooks/", {**NEW, field: value})
        assert (refused.status_code, field in str(refused.json())) == (400, True), (field, value)


@pytest.mark.usefixtures("revision")
def test_whatever_a_lead_does_can_be_sent(as_lea: Caller) -> None:
    asked = as_lea.post("corpora/harbour/rereviews/", {"labels": ["quote"]})
    assert asked.status_code == 201
    # Checks of attention tell of people, and what a webhook does would tell of itself.
    actions = Event.objects.filter(corpus__slug="harbour").values_list("action", flat=True)
    kinds = {action.partition(".")[0] for action in actions} - {"check", "webhook"}
    assert "rereview" in kinds
    assert as_lea.post("webhooks/", {**NEW, "kinds": sorted(kinds)}).status_code == 201


def test_two_leads_do_not_overwrite_each_other(as_lea: Caller, as_owen: Caller) -> None:
    made = as_lea.post("webhooks/", NEW).json()
    path = f"webhooks/{made['id']}/"
    changed = as_owen.patch(path, {"kinds": ["review"]}, If_Match='"1"')
    assert (changed.json()["kinds"], changed.headers["ETag"]) == (["review"], '"2"')
    assert changed.json()["owner"] == as_owen.get("me/").json()["id"]
    assert as_lea.patch(path, {"active": False}, If_Match='"1"').status_code == 412


def test_the_log_tells_what_came_of_each_and_sends_again(as_lea: Caller, corpus: Corpus, settings) -> None:
    with serving(says({"secret": "body"}, status=500), says({})) as served:
        settings.ATTEST_WEBHOOK_HOSTS = frozenset({("127.0.0.1", served.port)})
        made = as_lea.post("webhooks/", {**NEW, "url": f"http://127.0.0.1:{served.port}/"}).json()
        path = f"webhooks/{made['id']}/"
        assert as_lea.post(f"{path}ping/").status_code == 204
        seal_events()
        assert send_due("test", seconds=9) == {"failed": 1}
        page = as_lea.get(f"{path}deliveries/?status=queued")
        (row,) = page.json()["results"]
        assert (row["action"], row["attempts"][0]["code"]) == ("webhook.pinged", 500)
        assert b"body" not in page.content
        assert as_lea.get(path).json()["state"] == "failing"
        assert as_lea.post(f"{path}deliveries/{row['id']}/replay/").json()["status"] == "queued"
        Webhook.objects.update(retry_at=made["created_at"])
        assert send_due("test", seconds=9) == {"delivered": 1}
        row = as_lea.get(f"{path}deliveries/{row['id']}/").json()
        assert (row["status"], [attempt["code"] for attempt in row["attempts"]]) == ("delivered", [500, 200])
        assert row["webhook_id"] == served.asked[0].headers["webhook-id"]
        assert as_lea.get(f"{path}deliveries/?status=bad").status_code == 400
        assert as_lea.post(f"{path}replay/", {}).status_code == 400
        assert as_lea.post(f"{path}replay/", {"position": 0}).json()["position"] == 0
        assert as_lea.delete(path).status_code == 204
        assert as_lea.get(path).status_code == 404
