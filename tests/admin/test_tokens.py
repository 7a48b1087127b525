"""One's own keys: shown once, revoked for good, never another's."""

from corpus.models import Token
from corpus.services.tokens import find_token
from tests.admin.conftest import url


def make(client, **fields):
    return client.post(url("corpus_token_add"), {"name": "laptop", "scopes": ["read", "review"], **fields})


def secret_in(page: str) -> str:
    return page.split('readonly value="')[1].split('"')[0]


def test_the_secret_is_shown_once_and_never_again(signed_in, ada):
    client = signed_in(ada)
    answer = make(client)
    secret = secret_in(answer.text)
    found = find_token(secret)
    assert found
    assert found.user == ada
    assert "no-store" in answer["Cache-Control"]
    token = Token.objects.get()
    for page in (
        url("corpus_token_changelist"),
        url("corpus_token_change", token.pk),
        url("corpus_token_add"),
    ):
        assert secret not in client.get(page).text
    assert secret[:11] in client.get(url("corpus_token_changelist")).text


def test_a_token_without_a_scope_is_refused(signed_in, ada):
    assert "This field is required" in make(signed_in(ada), scopes=[]).text
    assert not Token.objects.exists()


def test_a_token_whose_end_has_passed_is_refused_in_words(signed_in, ada):
    assert "lies in the past" in make(signed_in(ada), expires_at="2020-01-01 00:00").text
    assert not Token.objects.exists()


def test_a_token_can_be_bound_to_a_corpus_of_ones_own_only(signed_in, dee, corpus):
    assert "Select a valid choice" in make(signed_in(dee), corpus=str(corpus.pk)).text
    assert not Token.objects.exists()


def test_a_revoked_token_opens_nothing(signed_in, ada):
    client = signed_in(ada)
    secret = secret_in(make(client).text)
    client.post(url("corpus_token_revoke", Token.objects.get().pk))
    assert find_token(secret) is None
    assert "revoked" in client.get(url("corpus_token_changelist")).text


def test_anothers_token_is_a_missing_one(signed_in, ada, owen):
    make(signed_in(ada))
    token = Token.objects.get()
    client = signed_in(owen)
    assert client.post(url("corpus_token_revoke", token.pk)).status_code == 404
    assert "laptop" not in client.get(url("corpus_token_changelist")).text
    assert client.get(url("corpus_token_change", token.pk)).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is None


def test_revoking_takes_a_post(signed_in, ada):
    client = signed_in(ada)
    make(client)
    assert client.get(url("corpus_token_revoke", Token.objects.get().pk)).status_code == 405
