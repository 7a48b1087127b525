"""Idempotency-Key on every other POST: one effect, one answer."""

import threading
from typing import Any

import pytest
from django.db import connection

from corpus.models import Article, Corpus, IdempotencyKey, User
from tests.api.contract import Caller, caller


def test_a_repetition_has_the_first_answer_and_no_effect(as_dee: Caller) -> None:
    first = as_dee.post("corpora/", {"slug": "quay"}, Idempotency_Key="k")
    again = as_dee.post("corpora/", {"slug": "quay"}, Idempotency_Key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert Corpus.objects.filter(slug="quay").count() == 1


def test_a_key_is_for_one_request(as_lea: Caller) -> None:
    body = {"external_id": "a", "text": "A."}
    assert as_lea.post("corpora/harbour/articles/", body, Idempotency_Key="k").status_code == 201
    other = as_lea.post("corpora/harbour/articles/", {**body, "text": "B."}, Idempotency_Key="k")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    elsewhere = as_lea.post("corpora/", {"slug": "quay"}, Idempotency_Key="k")
    assert elsewhere.status_code == 422
    assert Article.objects.count() == 1


def test_a_key_is_ones_own(as_lea: Caller, as_owen: Caller) -> None:
    body = {"external_id": "a", "text": "A."}
    assert as_lea.post("corpora/harbour/articles/", body, Idempotency_Key="k").status_code == 201
    assert (
        as_owen.post("corpora/harbour/articles/", body, Idempotency_Key="k").json()["outcome"] == "unchanged"
    )


def test_what_was_refused_keeps_no_key(as_lea: Caller) -> None:
    assert (
        as_lea.post("corpora/harbour/articles/", {"external_id": "a"}, Idempotency_Key="k").status_code == 400
    )
    assert not IdempotencyKey.objects.exists()
    body = {"external_id": "a", "text": "A."}
    assert as_lea.post("corpora/harbour/articles/", body, Idempotency_Key="k").status_code == 201


def test_a_key_is_looked_up_before_the_version(as_lea: Caller) -> None:
    path = "corpora/harbour/guideline/"
    first = as_lea.post(path, {"text": "R2."}, If_Match='"1"', Idempotency_Key="k")
    again = as_lea.post(path, {"text": "R2."}, If_Match='"1"', Idempotency_Key="k")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert as_lea.get(path).json()["number"] == 2


@pytest.mark.django_db(transaction=True)
def test_one_key_at_once_from_many_sides_is_one_effect(lea: User, corpus: Corpus) -> None:
    sides = [caller(lea) for _ in range(8)]
    answers: list[Any] = []
    together = threading.Barrier(len(sides))

    def ask(side: Caller) -> None:
        together.wait()
        response = side.post(
            "corpora/harbour/articles/", {"external_id": "a", "text": "A."}, Idempotency_Key="k"
        )
        answers.append((response.status_code, response.content))
        connection.close()

    threads = [threading.Thread(target=ask, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(sides)
    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert Article.objects.count() == 1
