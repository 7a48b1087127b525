"""Making and configuring corpora: shared acts have versions, and a stale one is told what stands."""

import pytest
from django.test import Client

from corpus.models import Corpus, IdempotencyKey, Invitation, User
from tests.api.contract import Caller, caller


def test_whoever_makes_a_corpus_owns_it(as_dee: Caller) -> None:
    made = as_dee.post("corpora/", {"slug": "quay", "name": "Quay"})
    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    assert made.json()["role"] == "owner"
    assert [corpus["slug"] for corpus in as_dee.get("corpora/").json()["results"]] == ["quay"]


def test_a_taken_slug_is_refused(as_dee: Caller) -> None:
    refused = as_dee.post("corpora/", {"slug": "harbour"})
    assert refused.status_code == 400
    assert refused.json()["details"] == {"field": "slug"}


@pytest.mark.parametrize("slug", ["", "A", "-a", "a b", "a/b", "a" * 65, "ä", "a\n"])
def test_a_slug_is_a_plain_word(as_dee: Caller, slug: str) -> None:
    assert as_dee.post("corpora/", {"slug": slug}).status_code == 400


def test_settings_change_under_the_version_that_was_read(as_lea: Caller) -> None:
    read = as_lea.get("corpora/harbour/")
    assert read.headers["ETag"] == '"1"'
    changed = as_lea.patch("corpora/harbour/", {"name": "Port"}, If_Match='"1"')
    assert (changed.status_code, changed.json()["name"], changed.headers["ETag"]) == (200, "Port", '"2"')


def test_of_two_leads_one_wins_and_the_other_is_told(as_lea: Caller, as_owen: Caller) -> None:
    assert as_lea.patch("corpora/harbour/", {"name": "Port"}, If_Match='"1"').status_code == 200
    stale = as_owen.patch("corpora/harbour/", {"description": "Ships."}, If_Match='"1"')
    assert stale.status_code == 412
    assert stale.json()["details"]["version"] == 2
    assert stale.json()["details"]["current"]["name"] == "Port"
    assert Corpus.objects.get().description == ""


def test_settings_without_a_version_are_not_changed(as_lea: Caller) -> None:
    assert as_lea.patch("corpora/harbour/", {"name": "Port"}).status_code == 428


@pytest.mark.parametrize("value", ["true", 1, 0, "false", None, []])
def test_a_switch_is_true_or_false_and_nothing_like_it(as_lea: Caller, value: object) -> None:
    assert as_lea.patch("corpora/harbour/", {"blind": value}, If_Match='"1"').status_code == 400


def test_the_guideline_grows_by_numbers(as_lea: Caller, as_vic: Caller) -> None:
    assert as_vic.get("corpora/harbour/guideline/").json()["number"] == 1
    text = "  R1.\r\nKept as it is. \n"
    published = as_lea.post("corpora/harbour/guideline/", {"text": text}, If_Match='"1"')
    assert (published.status_code, published.headers["ETag"]) == (201, '"2"')
    assert as_vic.get("corpora/harbour/guideline/").json()["text"] == text
    assert as_vic.get("corpora/harbour/guideline/?number=1").json()["text"].startswith("R1. Label")
    assert as_lea.post("corpora/harbour/guideline/", {"text": "R2."}, If_Match='"1"').status_code == 412


def test_a_scheme_that_does_not_hold_together_is_refused_with_the_reason(as_lea: Caller) -> None:
    broken = {
        "labels": [{"name": "claim"}],
        "relations": [{"name": "of", "heads": ["quote"], "children": ["claim"]}],
    }
    refused = as_lea.post("corpora/harbour/scheme/", {"definition": broken}, If_Match='"1"')
    assert refused.status_code == 400
    assert "'quote'" in refused.json()["message"]
    sound = {"labels": [{"name": "claim"}], "relations": []}
    assert as_lea.post("corpora/harbour/scheme/", {"definition": sound}, If_Match='"1"').status_code == 201
    assert as_lea.get("corpora/harbour/scheme/").json()["definition"] == sound


def test_a_person_is_made_a_member_by_name_or_public_id(as_owen: Caller, dee: User) -> None:
    assert as_owen.put("corpora/harbour/members/dee/", {"role": "viewer"}).json()["role"] == "viewer"
    assert as_owen.put(f"corpora/harbour/members/{dee.public_id}/", {"role": "reviewer"}).status_code == 200
    members = {
        member["name"]: member["role"] for member in as_owen.get("corpora/harbour/members/").json()["results"]
    }
    assert members == {"owen": "owner", "dee": "reviewer"}
    assert caller(dee).get("corpora/harbour/").json()["role"] == "reviewer"
    assert as_owen.delete("corpora/harbour/members/dee/").status_code == 204
    assert caller(dee).get("corpora/harbour/").status_code == 404


def test_a_corpus_keeps_an_owner(as_owen: Caller) -> None:
    assert as_owen.delete("corpora/harbour/members/owen/").status_code == 409
    assert as_owen.put("corpora/harbour/members/owen/", {"role": "viewer"}).status_code == 409


def test_pages_hold_no_more_than_the_cap_and_lead_to_each_other(as_dee: Caller) -> None:
    for number in range(5):
        as_dee.post("corpora/", {"slug": f"c{number}"})
    first = as_dee.get("corpora/?limit=2").json()
    second = as_dee.get(first["next"].removeprefix("http://testserver")).json()
    third = as_dee.get(second["next"].removeprefix("http://testserver")).json()
    slugs = [corpus["slug"] for page in (first, second, third) for corpus in page["results"]]
    assert slugs == ["c4", "c3", "c2", "c1", "c0"]
    assert third["next"] is None


def test_an_invitation_tells_its_link_once(as_lea: Caller) -> None:
    path, wanted = "corpora/harbour/invitations/", {"role": "reviewer"}
    made = as_lea.post(path, wanted, Idempotency_Key="once")
    link = made.json()["link"]
    assert link.startswith("http://testserver/join/")
    assert as_lea.post(path, wanted, Idempotency_Key="once").json() == {**made.json(), "link": None}
    (listed,) = as_lea.get(path).json()["results"]
    assert listed == {key: value for key, value in made.json().items() if key != "link"}
    kept = str(list(Invitation.objects.values())) + str(list(IdempotencyKey.objects.values()))
    assert link.split("/")[-2] not in kept
    assert Client().get(link).status_code == 200
    for _ in range(2):
        assert as_lea.delete(f"{path}{listed['id']}/").status_code == 204
    assert as_lea.get(path).json()["results"] == []
    assert Client().get(link).status_code == 404


def test_only_an_owner_invites_a_lead_or_an_owner(as_lea: Caller, as_owen: Caller) -> None:
    path = "corpora/harbour/invitations/"
    for role in ("lead", "owner"):
        assert as_lea.post(path, {"role": role}).status_code == 403
        made = as_owen.post(path, {"role": role})
        assert made.status_code == 201
        kept = as_lea.delete(f"{path}{made.json()['id']}/")
        assert (kept.status_code, "takes back" in kept.content.decode()) == (403, True)
    assert as_lea.post(path, {"role": "boss"}).status_code == 400
