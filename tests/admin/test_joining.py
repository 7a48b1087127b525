"""Invitations: a link makes one person a member, and nobody anything else. And leaving for good."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from annotations.models import Review
from annotations.services.passes import submit_pass
from corpus.models import Event, Invitation, Token, User
from corpus.services.actors import COMMAND
from corpus.services.errors import InvalidTransition, NotAllowed
from corpus.services.people import close_account
from corpus.services.tokens import make_token
from tests.admin.conftest import url
from tests.annotations.deciding import machine, say
from tests.conftest import acting
from tests.words import words_in

WORD = "nia-and-a-long-word"
NEW = {"username": "nia", "password": WORD, "again": WORD}


@pytest.fixture
def link(signed_in, owen, corpus):
    """A link that Owen made for a reviewer."""
    page = signed_in(owen).post(
        url("corpus_corpus_members", corpus.pk), {"invite": "1", "invited_role": "reviewer"}
    )
    found = re.search(r"http://testserver(/join/[^/]+/)", page.content.decode())
    assert found
    return found[1]


def roles(corpus):
    return dict(corpus.members.values_list("user__username", "role"))


def test_a_stranger_makes_an_account_and_is_a_member_and_nothing_else(link, corpus, client):
    assert b"Harbour" in client.get(link).content
    assert (
        client.post(link, {**NEW, "is_superuser": "on", "is_staff": "on", "role": "owner"}).status_code == 302
    )
    nia = User.objects.get(username="nia")
    assert roles(corpus)["nia"] == "reviewer"
    assert (nia.is_superuser, nia.is_staff, nia.check_password(WORD)) == (False, False, True)
    assert client.get("/admin/").status_code == 200
    joined = Event.objects.get(action="member.joined")
    assert (joined.actor, joined.after) == (nia, {"user": str(nia.public_id), "role": "reviewer"})


def test_a_link_is_for_one_person(link, client):
    client.post(link, NEW)
    assert Client().get(link).status_code == 404
    assert Client().post(link, {**NEW, "username": "ned"}).status_code == 404
    assert not User.objects.filter(username="ned").exists()


def test_who_has_an_account_joins_with_it(link, signed_in, dee, corpus):
    signed_in(dee).post(link)
    assert roles(corpus)["dee"] == "reviewer"


def test_a_member_is_raised_to_the_role(link, signed_in, vic, corpus):
    assert roles(corpus)["vic"] == "viewer"
    signed_in(vic).post(link)
    assert roles(corpus)["vic"] == "reviewer"
    assert Event.objects.get(action="member.joined").before == "viewer"


def test_who_can_more_already_stays_what_they_are(link, signed_in, lea, corpus):
    signed_in(lea).post(link)
    assert roles(corpus)["lea"] == "lead"


@pytest.mark.parametrize("end", ["taken back", "too old", "its maker is no lead", "wrong"])
def test_what_opens_nothing(link, signed_in, owen, lea, corpus, client, end):
    if end == "taken back":
        signed_in(owen).post(
            url("corpus_corpus_members", corpus.pk), {"uninvite": str(Invitation.objects.get().pk)}
        )
    elif end == "too old":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "its maker is no lead":
        corpus.members.filter(user=owen).update(role="adjudicator")
    else:
        link = "/join/wrong/"
    assert client.get(link).status_code == 404
    assert client.post(link, NEW).status_code == 404
    assert not User.objects.filter(username="nia").exists()


@pytest.mark.parametrize(
    "form",
    [
        {**NEW, "again": "another"},
        {**NEW, "password": "short", "again": "short"},
        {**NEW, "username": "owen"},
        {**NEW, "username": "a b"},
    ],
)
def test_a_bad_account_is_refused_and_the_link_stays(link, client, corpus, form):
    assert client.post(link, form).status_code == 200
    assert "nia" not in roles(corpus)
    assert client.post(link, NEW).status_code == 302


def test_below_a_lead_nobody_invites_or_sees_it_and_the_secret_is_not_kept(signed_in, cy, corpus, link):
    members = url("corpus_corpus_members", corpus.pk)
    invitation = Invitation.objects.get()
    for form in ({"invite": "1", "invited_role": "viewer"}, {"uninvite": str(invitation.pk)}):
        assert signed_in(cy).post(members, form).status_code == 403
    assert "Invite by a link" not in signed_in(cy).get(members).text
    assert Invitation.objects.get().ended_at is None
    assert link.split("/")[2] not in str(list(Event.objects.values())) + str(vars(invitation))


def test_a_lead_invites_below_the_own_role_and_only_an_owner_above(signed_in, lea, corpus, client):
    members, lead = url("corpus_corpus_members", corpus.pk), signed_in(lea)
    for role in ("lead", "owner"):
        lead.post(members, {"invite": "1", "invited_role": role})
    assert not Invitation.objects.exists()
    page = lead.post(members, {"invite": "1", "invited_role": "adjudicator"}).text
    found = re.search(r"http://testserver(/join/[^/]+/)", page)
    assert found and client.get(found[1]).status_code == 200
    corpus.members.filter(user=lea).update(role="adjudicator")
    assert client.get(found[1]).status_code == 404


def test_a_lead_takes_back_no_invitation_of_an_owner(signed_in, owen, lea, corpus):
    members = url("corpus_corpus_members", corpus.pk)
    signed_in(owen).post(members, {"invite": "1", "invited_role": "owner"})
    page = signed_in(lea).get(members).text
    assert "Links that nobody has used yet" in page and "Take back" not in page
    signed_in(lea).post(members, {"uninvite": str(Invitation.objects.get().pk)})
    assert Invitation.objects.get().ended_at is None


def test_who_leaves_for_good_leaves_a_pseudonym(suggested, ada, client):
    for row in machine(suggested).annotations:
        if not Review.objects.filter(line=row).exists():
            say(ada, suggested, "skip", row)
    submit_pass(acting(ada), suggested)
    decided = Review.objects.count()
    make_token(COMMAND, user=ada, name="t", scopes=["read"])
    client.force_login(ada)
    call_command("close_account", "ada", verbosity=0)
    ada.refresh_from_db()
    assert (Review.objects.count(), str(ada)) == (decided, ada.pseudonym)
    assert "ada" not in words_in(f"{ada.username} {ada.pseudonym}")
    assert not ada.is_active and not ada.has_usable_password()
    assert not suggested.corpus.members.filter(user=ada).exists()
    assert not Token.objects.filter(user=ada, revoked_at=None).exists()
    assert client.get("/admin/").status_code == 302
    event = Event.objects.get(action="account.closed")
    assert event.object_id == str(ada.public_id) and "ada" not in words_in(event.after)
    close_account(COMMAND, ada)
    assert Event.objects.filter(action="account.closed").count() == 1


def test_nobody_closes_the_account_of_another_and_no_last_owner_leaves(ada, ben, owen):
    with pytest.raises(NotAllowed):
        close_account(acting(ben), ada)
    with pytest.raises(InvalidTransition, match="owner"):
        close_account(COMMAND, owen)
    assert User.objects.filter(username__in=("ada", "owen"), is_active=True).count() == 2
