"""The audit trail and the counts."""

from hashlib import sha256
from uuid import UUID

from corpus.models import Corpus
from corpus.services.events import seal_events
from tests.api.conftest import decide_all
from tests.api.contract import Caller


def test_a_reader_that_comes_back_misses_nothing_and_reads_nothing_twice(
    as_lea: Caller, as_ada: Caller, article: UUID
) -> None:
    seal_events()
    seen: list[int] = []
    cursor = ""
    for _ in range(3):
        while True:
            page = as_lea.get(f"corpora/harbour/events/?limit=3{cursor}").json()
            seen += [event["position"] for event in page["results"]]
            cursor = f"&cursor={page['last']}"
            if page["next"] is None:
                break
        decide_all(as_ada, article)
        as_ada.delete(f"articles/{article}/pass/")
        seal_events()
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) > 10


def test_what_is_not_sealed_is_not_listed_yet(as_lea: Caller, corpus: Corpus) -> None:
    assert as_lea.get("corpora/harbour/events/").json() == {"next": None, "last": None, "results": []}
    seal_events()
    actions = [event["action"] for event in as_lea.get("corpora/harbour/events/").json()["results"]]
    assert actions[:2] == ["corpus.created", "member.added"]


def test_an_event_says_who_by_what_request_and_from_what_to_what(as_lea: Caller) -> None:
    changed = as_lea.patch("corpora/harbour/", {"name": "Port"}, If_Match='"1"')
    seal_events()
    event = as_lea.get("corpora/harbour/events/?limit=200").json()["results"][-1]
    assert event["action"] == "corpus.configured"
    assert event["request_id"] == changed.headers["X-Request-ID"]
    assert (event["via"], event["actor"]) == ("api", as_lea.get("me/").json()["id"])
    assert (event["before"]["name"], event["after"]["name"]) == ("Harbour", "Port")


def test_the_list_has_what_each_hash_is_taken_of(as_lea: Caller, as_ada: Caller) -> None:
    seal_events()
    previous = "0" * 64
    for event in as_lea.get("corpora/harbour/events/?limit=200").json()["results"]:
        assert event["hash"] == sha256(f"{previous}{event['canonical']}".encode()).hexdigest()
        previous = event["hash"]
    assert previous != "0" * 64
    for event in as_ada.get("corpora/harbour/events/?limit=200").json()["results"]:
        assert (event["position"], event["hash"], event["canonical"]) == (None, None, None)


def test_a_cursor_of_another_corpus_is_none_of_this_one(as_owen: Caller, corpus: Corpus) -> None:
    as_owen.post("corpora/", {"slug": "second"})
    seal_events()
    last = as_owen.get("corpora/second/events/").json()["last"]
    assert as_owen.get(f"corpora/harbour/events/?cursor={last}").status_code == 400


def test_counts(as_lea: Caller, as_ada: Caller, article: UUID) -> None:
    decide_all(as_ada, article)
    assert as_lea.get("corpora/harbour/stats/").json()["statuses"]["submitted"] == 1
    own = as_ada.get("corpora/harbour/stats/").json()
    assert (own["articles"], own["statuses"], own["own"]) == (1, None, {"in_review": 0, "submitted": 1})
