"""Accounts are for superusers, and no form makes anybody else one."""

import pytest

from corpus.models import Event, User
from tests.admin.conftest import url
from tests.words import words_in

NEW = {
    "username": "nia",
    "usable_password": "true",
    "password1": "nia-and-a-long-word",
    "password2": "nia-and-a-long-word",
}


def account(user: User, **changes: object) -> dict[str, object]:
    return {"username": user.username, "is_active": "on", **changes}


def test_a_superuser_makes_an_account_and_it_is_recorded(signed_in, sue):
    signed_in(sue).post(url("corpus_user_add"), NEW)
    nia = User.objects.get(username="nia")
    assert not nia.is_superuser
    event = Event.objects.get(action="account.made")
    assert (event.actor, event.object_id) == (sue, str(nia.public_id))


def test_a_superuser_makes_another_and_it_is_recorded(signed_in, sue, dee):
    signed_in(sue).post(url("corpus_user_change", dee.pk), account(dee, is_superuser="on"))
    dee.refresh_from_db()
    assert dee.is_superuser
    event = Event.objects.get(action="account.changed")
    assert event.after
    assert event.after["superuser"] is True
    assert "dee" not in words_in(event.after)


def test_a_password_set_for_somebody_is_recorded_without_it(signed_in, sue, dee):
    word = "another-long-word"
    signed_in(sue).post(
        url("auth_user_password_change", dee.pk),
        {"usable_password": "true", "password1": word, "password2": word, "set-password": "1"},
    )
    dee.refresh_from_db()
    assert dee.check_password(word)
    assert word not in str(list(Event.objects.values_list("after", flat=True)))


@pytest.mark.parametrize("who", ["stan", "owen", "dee"])
@pytest.mark.parametrize("victim", ["self", "other"])
def test_nobody_else_makes_anybody_a_superuser(who, victim, signed_in, stan, owen, dee, ada):
    actor = {"stan": stan, "owen": owen, "dee": dee}[who]
    target = actor if victim == "self" else ada
    form = account(target, is_superuser="on", is_staff="on", groups="1", user_permissions="1")
    client = signed_in(actor)
    for name in (
        "corpus_user_change",
        "corpus_user_delete",
        "corpus_user_history",
        "auth_user_password_change",
    ):
        assert client.post(url(name, target.pk), form).status_code in (302, 403, 404)
    assert client.post(url("corpus_user_add"), NEW | {"is_superuser": "on"}).status_code == 403
    target.refresh_from_db()
    assert not target.is_superuser
    assert not User.objects.filter(username="nia").exists()


RIGHTS = {"is_superuser": "on", "is_staff": "on", "user_permissions": "1", "groups": "1"}


def test_no_form_of_a_corpus_gives_rights(signed_in, stan, corpus):
    """Staff with every role of a corpus sends forged fields along with each form that there is."""
    corpus.members.create(user=stan, role="owner")
    client = signed_in(stan)
    forms = {
        "corpus_corpus_members": {"username": "stan", "role": "owner"},
        "corpus_corpus_change": {"name": "Mine", "version": "1"},
        "corpus_corpus_guideline": {"text": "R1.", "version": "1"},
        "corpus_corpus_put_in": {"text": "Some text."},
        "corpus_corpus_work": {"assignment": str(corpus.pk), "to": str(stan.public_id)},
        "corpus_corpus_disputes": {"approve": str(corpus.pk)},
        "corpus_corpus_rereviews": {"close": str(corpus.pk)},
    }
    for name, form in forms.items():
        client.post(url(name, corpus.pk), {**form, **RIGHTS, "user": stan.pk})
    client.post(url("corpus_token_add"), {"name": "mine", "scopes": "manage", **RIGHTS})
    stan.refresh_from_db()
    assert (stan.is_superuser, stan.is_staff) == (False, True)
    assert not stan.user_permissions.exists()


@pytest.mark.parametrize("page", ["corpus_user_changelist", "corpus_user_add"])
def test_the_accounts_are_no_page_for_others(page, signed_in, stan):
    assert signed_in(stan).get(url(page)).status_code == 403


def test_groups_are_not_there_at_all(signed_in, sue):
    assert signed_in(sue).get("/admin/auth/group/").status_code == 404


def test_everybody_changes_their_own_password(signed_in, dee):
    word = "another-long-word"
    signed_in(dee).post(
        url("password_change"),
        {"old_password": "dee-and-a-long-word", "new_password1": word, "new_password2": word},
    )
    dee.refresh_from_db()
    assert dee.check_password(word)
