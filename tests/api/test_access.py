"""Tokens: hashed, scoped, shown once, and never able to reach further than what made them."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from annotations.models import Review
from corpus.models import Corpus, IdempotencyKey, Token, User
from tests.api.conftest import suggestions
from tests.api.contract import Caller, caller


def test_me_says_who_you_are_and_where(as_ada: Caller, ada: User) -> None:
    me = as_ada.get("me/").json()
    assert me["id"] == str(ada.public_id)
    assert me["corpora"] == [{"slug": "harbour", "name": "Harbour", "role": "reviewer"}]
    assert me["token"]["corpus"] is None


def test_a_token_of_one_corpus_knows_of_no_other(owen: User, corpus: Corpus, as_owen: Caller) -> None:
    as_owen.post("corpora/", {"slug": "second"})
    bound = caller(owen, corpus=corpus)
    assert [found["slug"] for found in bound.get("me/").json()["corpora"]] == ["harbour"]
    assert [found["slug"] for found in bound.get("corpora/").json()["results"]] == ["harbour"]
    assert bound.get("corpora/second/").status_code == 404
    assert bound.get("corpora/harbour/").status_code == 200


def test_the_secret_is_shown_once_and_only_its_hash_is_kept(as_ada: Caller) -> None:
    made = as_ada.post("tokens/", {"name": "laptop", "scopes": ["read"]}, Idempotency_Key="a1")
    secret = made.json()["secret"]
    assert made.status_code == 201
    assert Caller(secret).get("me/").json()["token"]["name"] == "laptop"
    assert secret not in str(as_ada.get("tokens/").json())
    assert not Token.objects.filter(digest=secret).exists()
    again = as_ada.post("tokens/", {"name": "laptop", "scopes": ["read"]}, Idempotency_Key="a1")
    assert again.json() == {**made.json(), "secret": None}
    assert secret not in str(IdempotencyKey.objects.values_list("body", flat=True))


def test_a_revoked_token_ends_at_once(as_ada: Caller) -> None:
    made = as_ada.post("tokens/", {"name": "x", "scopes": ["read"]}).json()
    assert Caller(made["secret"]).get("me/").status_code == 200
    assert as_ada.delete(f"tokens/{made['id']}/").status_code == 204
    refused = Caller(made["secret"]).get("me/")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_makes_none_that_reaches_further(ada: User, corpus: Corpus, as_ada: Caller) -> None:
    narrow = caller(ada, "read", "manage")
    assert narrow.post("tokens/", {"name": "x", "scopes": ["review"]}).status_code == 403
    assert narrow.post("tokens/", {"name": "x", "scopes": ["read"]}).status_code == 201
    bound = caller(ada, corpus=corpus)
    assert bound.post("tokens/", {"name": "x", "scopes": ["read"]}).status_code == 403
    assert bound.post("tokens/", {"name": "x", "scopes": ["read"], "corpus": "harbour"}).status_code == 201


def test_a_token_makes_none_that_outlives_it(as_ada: Caller) -> None:
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    later = (timezone.now() + timedelta(hours=2)).isoformat()
    short = as_ada.post("tokens/", {"name": "x", "scopes": ["read", "manage"], "expires_at": soon}).json()
    holder = Caller(short["secret"])
    assert holder.post("tokens/", {"name": "y", "scopes": ["read"]}).status_code == 403
    assert holder.post("tokens/", {"name": "y", "scopes": ["read"], "expires_at": later}).status_code == 403
    assert holder.post("tokens/", {"name": "y", "scopes": ["read"], "expires_at": soon}).status_code == 201


def test_what_makes_no_token(as_ada: Caller) -> None:
    past = (timezone.now() - timedelta(hours=1)).isoformat()
    for body in (
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "x", "scopes": "read"},
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": ["read"], "expires_at": past},
    ):
        assert as_ada.post("tokens/", body).status_code == 400, body


def test_a_session_acts_only_with_its_csrf_token(ada: User, corpus: Corpus) -> None:
    browser = Caller()
    browser.client.handler.enforce_csrf_checks = True
    browser.client.force_login(ada)
    assert browser.get("me/").json()["token"] is None
    assert browser.post("corpora/", {"slug": "forged"}).status_code == 403
    assert not Corpus.objects.filter(slug="forged").exists()


def test_answers_are_not_kept_by_anybody(as_ada: Caller) -> None:
    for response in (as_ada.get("me/"), as_ada.get("corpora/nowhere/"), Caller().get("me/")):
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Request-ID"]


def test_a_request_in_another_persons_name_is_refused_and_does_nothing(
    as_ada: Caller, ada: User, ben: User, article: UUID
) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    decision = {"decisions": [{"verdict": "accept", "on": quote["id"], "version": 0}]}
    path = f"articles/{article}/reviews/"
    refused = as_ada.post(path, decision, Attest_Person=str(ben.public_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "other_person")
    assert not Review.objects.exists()
    assert as_ada.post(path, decision, Attest_Person=str(ada.public_id)).status_code == 200
