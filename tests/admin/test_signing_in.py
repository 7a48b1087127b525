"""Too many wrong passwords for a name from one address: no further one is looked at for a while."""

from datetime import timedelta

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from corpus.admin.signing_in import client_address
from corpus.models import SignInTries
from corpus.services import signing_in
from corpus.services.signing_in import MOST, PAUSE, begin_try, drop_old_tries
from tests.annotations.test_concurrency import at_once
from tests.conftest import person

RIGHT = "dee-and-a-long-word"


@pytest.fixture
def sign_in(client):
    def sign_in(name="dee", password="wrong", address="192.0.2.7", **headers):
        form = {"username": name, "password": password}
        return client.post(reverse("admin:login"), form, REMOTE_ADDR=address, headers=headers)

    return sign_in


@pytest.fixture
def hashed(monkeypatch):
    """What was hashed to compare."""
    found = []

    def encode(self, password, salt):
        found.append(password)
        return real(self, password, salt)

    real = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return found


def test_after_five_wrong_ones_no_password_is_looked_at_and_the_page_says_until_when(sign_in, dee, hashed):
    for _ in range(MOST):
        assert sign_in().status_code == 200
    assert len(hashed) == MOST
    refused = sign_in(password=RIGHT)
    assert len(hashed) == MOST
    until = SignInTries.objects.get().until
    assert timedelta(0) < PAUSE - (until - timezone.now()) < timedelta(minutes=1)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= PAUSE.total_seconds()
    assert f"Try again at {until:%H:%M:%S} UTC" in refused.text

    SignInTries.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert sign_in(password=RIGHT).status_code == 302
    assert not SignInTries.objects.exists()


def test_from_elsewhere_and_for_another_name_it_goes_on(sign_in, dee, owen):
    for _ in range(MOST + 1):
        sign_in()
    assert sign_in(password=RIGHT, address="192.0.2.8").status_code == 302
    assert sign_in("owen", "owen-and-a-long-word").status_code == 302
    assert sign_in(password=RIGHT).status_code == 429


def test_a_right_one_begins_the_count_anew(sign_in, dee):
    for password in ["wrong"] * (MOST - 1) + [RIGHT] + ["wrong"] * MOST:
        assert sign_in(password=password).status_code in (200, 302)


def test_a_name_that_nobody_has_is_counted_like_any_other_and_kept_nowhere(sign_in, db):
    assert [sign_in("a-secret").status_code for _ in range(MOST + 1)] == [200] * MOST + [429]
    assert "a-secret" not in str(SignInTries.objects.values())


def test_tries_are_counted_together_for_a_quarter_of_an_hour(sign_in, dee, monkeypatch):
    for minutes in range(0, 16 * MOST, 16):
        later = timezone.now() + timedelta(minutes=minutes)
        monkeypatch.setattr(signing_in.timezone, "now", lambda later=later: later)
        assert begin_try("dee", "192.0.2.7") is None
    assert SignInTries.objects.get().tries == 1
    drop_old_tries()
    assert SignInTries.objects.exists()
    monkeypatch.setattr(signing_in.timezone, "now", lambda: later + PAUSE)
    drop_old_tries()
    assert not SignInTries.objects.exists()


def test_who_is_asked_for_a_password_by_the_backend_is_asked_by_the_form(sign_in, dee, monkeypatch):
    """The control: without the count the sixth password is looked at."""
    asked = []
    monkeypatch.setattr(ModelBackend, "authenticate", lambda *_, **given: asked.append(given["password"]))
    monkeypatch.setattr("corpus.admin.signing_in.begin_try", lambda *_: None)
    for _ in range(MOST + 1):
        sign_in()
    assert len(asked) == MOST + 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind", "wanted"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", True, "10.0.0.1"),
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "", False, "192.0.2.7"),
        ("", "", False, ""),
    ],
)
def test_where_a_request_comes_from(settings, peer, forwarded, behind, wanted):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if behind else None
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == wanted


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_five_are_let_through():
    person("dee")
    let_in = at_once(*[lambda: begin_try("dee", "192.0.2.7")] * 12)
    assert let_in.count(None) == MOST, let_in
