"""The queue over the API: take, keep, give back, hand over, finish."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from annotations.models import Assignment
from annotations.services.queue import sweep_assignments
from corpus.models import Corpus, User
from tests.annotations.test_queue import settings
from tests.api.conftest import decide_all
from tests.api.contract import Caller, caller
from tests.conftest import put_in

TAKE = "assignments/take/"
BODY = {"corpus": "harbour"}
MINE = "assignments/?corpus=harbour"


def take(who: Caller) -> dict[str, Any]:
    answer = who.post(TAKE, BODY)
    assert answer.status_code == 201, answer.content
    return answer.json()


def lose_lease() -> None:
    Assignment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_assignments() == 1


def test_taking_gives_an_article_under_a_lease_until_none_is_left(
    as_ada: Caller, as_ben: Caller, ada: User, article: UUID
) -> None:
    taken = take(as_ada)
    assert (taken["article"], taken["status"], taken["current"]) == (str(article), "taken", True)
    assert taken["reviewer"] == str(ada.public_id) and taken["lease_until"] > taken["taken_at"]
    nothing = as_ben.post(TAKE, BODY)
    assert (nothing.status_code, nothing.content) == (204, b"")
    assert as_ada.get(f"assignments/{taken['id']}/").json() == taken
    assert as_ada.get(MINE).json()["results"] == [taken]


def test_the_cap_of_the_corpus_is_409(as_ada: Caller, corpus: Corpus) -> None:
    settings(corpus, hand_cap=1)
    put_in(corpus, "One.", "one"), put_in(corpus, "Two.", "two")
    take(as_ada)
    assert as_ada.post(TAKE, BODY).status_code == 409
    assert as_ada.post(TAKE, {"corpus": "nowhere"}).status_code == 404


def test_a_repeated_take_is_one_take(as_ada: Caller, corpus: Corpus) -> None:
    put_in(corpus, "One.", "one"), put_in(corpus, "Two.", "two")
    first = as_ada.post(TAKE, BODY, Idempotency_Key="k")
    again = as_ada.post(TAKE, BODY, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert Assignment.objects.filter(status="taken").count() == 1


def test_that_nothing_was_left_is_repeated_too(as_ada: Caller, corpus: Corpus) -> None:
    assert as_ada.post(TAKE, BODY, Idempotency_Key="k").status_code == 204
    put_in(corpus)
    assert as_ada.post(TAKE, BODY, Idempotency_Key="k").status_code == 204
    take(as_ada)


def test_a_heartbeat_renews_and_comes_too_late_once_the_lease_is_lost(
    as_ada: Caller, as_ben: Caller, article: UUID
) -> None:
    path = f"assignments/{take(as_ada)['id']}/heartbeat/"
    soon = timezone.now() + timedelta(seconds=5)
    Assignment.objects.update(lease_until=soon)
    assert as_ada.post(path).json()["lease_until"] > soon.isoformat()
    lose_lease()
    late = as_ada.post(path)
    assert (late.status_code, late.json()["code"]) == (409, "invalid_transition")
    assert take(as_ben)["article"] == str(article)
    assert as_ada.post(path).status_code == 409


def test_what_is_given_back_goes_to_somebody_else(as_ada: Caller, as_ben: Caller, article: UUID) -> None:
    path = f"assignments/{take(as_ada)['id']}/return/"
    given = as_ada.post(path, Idempotency_Key="k")
    assert (given.status_code, given.json()["status"]) == (200, "returned")
    assert as_ada.post(path, Idempotency_Key="k").content == given.content
    assert as_ada.post(path).status_code == 409
    assert as_ada.post(TAKE, BODY).status_code == 204
    assert take(as_ben)["article"] == str(article)
    assert [row["status"] for row in as_ada.get(f"{MINE}&status=returned").json()["results"]] == ["returned"]


def test_a_pass_is_finished_by_its_assignment_once_all_is_decided(as_ada: Caller, article: UUID) -> None:
    taken = take(as_ada)
    path = f"assignments/{taken['id']}/submit/"
    early = as_ada.post(path)
    assert early.status_code == 409 and early.json()["details"]["undecided"] > 0
    decide_all(as_ada, article)
    assert as_ada.delete(f"articles/{article}/pass/").status_code == 200
    done = as_ada.post(path, Idempotency_Key="k")
    assert (done.status_code, done.json()["status"], done.json()["lease_until"]) == (200, "submitted", None)
    assert as_ada.post(path, Idempotency_Key="k").content == done.content
    assert as_ada.post(path).json()["status"] == "submitted"
    assert as_ada.get(f"articles/{article}/pass/").json()["state"] == "submitted"


def test_an_assignment_that_is_lost_submits_nothing(as_ada: Caller, corpus: Corpus) -> None:
    put_in(corpus)
    taken = take(as_ada)
    lose_lease()
    assert as_ada.post(f"assignments/{taken['id']}/submit/").status_code == 409


def test_a_lead_sees_all_and_hands_over(
    as_lea: Caller, as_ada: Caller, as_ben: Caller, ben: User, vic: User, article: UUID
) -> None:
    path = f"assignments/{take(as_ada)['id']}/"
    assert as_lea.get(f"{MINE}&whose=all").json()["results"][0]["number"] == 1
    assert as_lea.post(f"{path}hand-over/", {"to": str(vic.public_id)}).status_code == 400
    assert as_lea.post(f"{path}hand-over/", {"to": str(article)}).status_code == 400
    assert as_ada.post(f"{path}hand-over/", {"to": str(ben.public_id)}).status_code == 403
    given = as_lea.post(f"{path}hand-over/", {"to": str(ben.public_id)}, Idempotency_Key="k")
    assert (given.status_code, given.json()["reviewer"]) == (200, str(ben.public_id))
    again = as_lea.post(f"{path}hand-over/", {"to": str(ben.public_id)}, Idempotency_Key="k")
    assert again.content == given.content
    assert as_ada.post(f"{path}heartbeat/").status_code == 409
    assert [row["id"] for row in as_ben.get(MINE).json()["results"]] == [given.json()["id"]]


@pytest.mark.parametrize("act", ["", "heartbeat/", "return/", "submit/", "hand-over/"])
def test_an_assignment_of_another_is_as_if_it_were_none(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, as_dee: Caller, article: UUID, act: str
) -> None:
    method, body = ("POST", {"to": str(article)} if act == "hand-over/" else None) if act else ("GET", None)
    own = f"assignments/{take(as_ada)['id']}/{act}"
    for other in (as_ben, as_cy, as_dee):
        answer = other.send(method, own, body)
        assert answer.status_code == 404
        assert answer.content == other.send(method, f"assignments/{article}/{act}", body).content


def test_only_a_lead_lists_everybodys(as_ada: Caller, as_dee: Caller) -> None:
    assert as_ada.get(f"{MINE}&whose=all").status_code == 403
    assert as_dee.get(MINE).status_code == 404
    assert as_ada.get(f"{MINE}&status=lost").status_code == 400
    assert as_ada.get(f"{MINE}&whose=hers").status_code == 400


def test_a_token_for_reviewing_alone_is_enough(ada: User, lea: User, ben: User, article: UUID) -> None:
    narrow = caller(ada, "review")
    path = f"assignments/{take(narrow)['id']}/"
    assert narrow.post(f"{path}heartbeat/").status_code == 200
    assert narrow.get(path).status_code == 403
    assert caller(ada, "read").post(f"{path}heartbeat/").status_code == 403
    to = {"to": str(ben.public_id)}
    assert caller(lea, "manage").post(f"{path}hand-over/", to).status_code == 200


def test_a_page_costs_the_same_however_many_are_on_it(
    as_lea: Caller, as_ada: Caller, corpus: Corpus, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        put_in(corpus, f"Text {number}.", f"t{number}")
        take(as_ada)
    with django_assert_max_num_queries(8):
        page = as_lea.get(f"{MINE}&whose=all&limit=4").json()
    assert len(page["results"]) == 4
    assert len(as_lea.get(page["next"].removeprefix("http://testserver")).json()["results"]) == 2
