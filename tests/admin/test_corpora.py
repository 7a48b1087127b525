"""A corpus on its pages: made, configured without overwriting anybody, its members and its rules."""

import json
from html import unescape

import pytest

from corpus.admin.forms import SettingsForm
from corpus.models import Corpus, Event, Guideline, Membership, Role, Scheme
from corpus.schemes import DEFAULT_SCHEME
from corpus.services.actors import COMMAND
from corpus.services.corpora import publish_guideline
from corpus.services.disclosure import DISCLOSURE
from tests.admin.conftest import url

SHARES = ("second_share", "unaided_share", "withheld_share", "planted_share")
NUMBERS = ("seed", "passes", *SHARES, "hand_cap", "lease_minutes")


def settings_of(corpus: Corpus, **changes: object) -> dict[str, object]:
    corpus.refresh_from_db()
    form = {
        "name": corpus.name,
        "description": corpus.description,
        "language": corpus.language,
        "suggestions_shown": corpus.suggestions_shown,
        **{name: getattr(corpus, name) for name in ("queue_order", *NUMBERS)},
        "version": corpus.version,
    }
    for name in ("blind", "agreed_is_gold", "single_is_gold", "two_people"):
        if getattr(corpus, name):
            form[name] = "on"
    return {**form, **changes}


def test_whoever_makes_a_corpus_owns_it(signed_in, dee):
    form = {
        "name": "Tides",
        "slug": "tides",
        "language": "en",
        "suggestions_shown": "never",
        "guideline": "R1.\r\nR2.",
    }
    signed_in(dee).post(url("corpus_corpus_add"), form)
    tides = Corpus.objects.get(slug="tides")
    assert tides.members.get().user == dee
    assert tides.suggestions_shown == "never"


def test_a_slug_that_is_taken_comes_back_with_all_that_was_typed(signed_in, dee, corpus):
    form = {"name": "Mine", "slug": "harbour", "language": "en", "suggestions_shown": "at_once"}
    page = signed_in(dee).post(url("corpus_corpus_add"), form).text
    assert "is taken" in page
    assert 'value="Mine"' in page


def test_a_lead_changes_the_settings(signed_in, lea, corpus):
    signed_in(lea).post(url("corpus_corpus_change", corpus.pk), settings_of(corpus, name="Port", blind=""))
    corpus.refresh_from_db()
    assert (corpus.name, corpus.blind, corpus.version) == ("Port", False, 2)


def test_a_lead_sets_the_passes_and_the_queue(signed_in, lea, corpus):
    wanted = {
        "passes": 2,
        "second_share": "0.25",
        "unaided_share": "0.1",
        "withheld_share": "0.2",
        "queue_order": "random",
        "seed": 7,
        "hand_cap": 3,
        "lease_minutes": 45,
        "single_is_gold": "on",
        "two_people": "",
    }
    signed_in(lea).post(url("corpus_corpus_change", corpus.pk), settings_of(corpus, **wanted))
    corpus.refresh_from_db()
    assert [getattr(corpus, name) for name in NUMBERS] == [7, 2, 0.25, 0.1, 0.2, 0, 3, 45]
    assert (corpus.queue_order, corpus.single_is_gold, corpus.two_people) == ("random", True, False)
    assert corpus.agreed_is_gold


@pytest.mark.parametrize(("name", "value"), [("passes", 0), ("second_share", 1.5), ("lease_minutes", "")])
def test_a_number_out_of_its_range_is_refused(signed_in, lea, corpus, name, value):
    page = url("corpus_corpus_change", corpus.pk)
    answer = signed_in(lea).post(page, settings_of(corpus, **{name: value}))
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [name])


def test_planting_waits_for_a_guideline_that_discloses_it(signed_in, lea, corpus):
    page, wanted = url("corpus_corpus_change", corpus.pk), {"planted_share": "0.1", "withheld_share": "0"}
    refused = signed_in(lea).post(page, settings_of(corpus, **wanted))
    assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["planted_share"])
    assert DISCLOSURE in unescape(refused.text), "what to paste is in the error"
    publish_guideline(COMMAND, corpus, text=f"R1. Quotes.\n\n{DISCLOSURE}\n", version=1)
    signed_in(lea).post(page, settings_of(corpus, **wanted))
    publish_guideline(COMMAND, corpus, text="R1. Quotes.", version=2)
    signed_in(lea).post(page, settings_of(corpus, name="Port"))
    corpus.refresh_from_db()
    assert (corpus.planted_share, corpus.name) == (0.1, "Port"), "what stays is asked for no more"


def test_a_reviewer_does_not(signed_in, ada, corpus):
    answer = signed_in(ada).post(url("corpus_corpus_change", corpus.pk), settings_of(corpus, name="Port"))
    assert answer.status_code == 403
    corpus.refresh_from_db()
    assert corpus.name == "Harbour"


def test_a_stale_form_overwrites_nothing_and_shows_both(signed_in, lea, owen, corpus):
    stale = settings_of(corpus, name="Lea's name")
    signed_in(owen).post(url("corpus_corpus_change", corpus.pk), settings_of(corpus, name="Owen's name"))
    client = signed_in(lea)
    answer = client.post(url("corpus_corpus_change", corpus.pk), stale)
    assert answer.status_code == 409
    assert "Lea&#x27;s name" in answer.text
    assert "Owen&#x27;s name" in answer.text
    corpus.refresh_from_db()
    assert corpus.name == "Owen's name"
    again = dict(answer.context["form"].data.items())
    assert client.post(url("corpus_corpus_change", corpus.pk), again).status_code == 302
    corpus.refresh_from_db()
    assert (corpus.name, corpus.version) == ("Lea's name", 3)


def test_an_owner_adds_changes_and_removes_members(signed_in, owen, dee, corpus):
    client, page = signed_in(owen), url("corpus_corpus_members", corpus.pk)
    client.post(page, {"username": "dee", "role": "viewer"})
    assert Membership.objects.get(user=dee).role == Role.VIEWER
    client.post(page, {"username": "dee", "role": "lead"})
    assert Membership.objects.get(user=dee).role == Role.LEAD
    client.post(page, {"username": "dee", "role": "lead", "remove": "1"})
    assert not Membership.objects.filter(user=dee).exists()
    actions = list(Event.objects.filter(via="admin").order_by("pk").values_list("action", flat=True))
    assert actions == ["member.added", "member.changed", "member.removed"]


def test_the_last_owner_stays_and_the_page_says_why(signed_in, owen, corpus):
    answer = signed_in(owen).post(
        url("corpus_corpus_members", corpus.pk), {"username": "owen", "role": "viewer"}, follow=True
    )
    assert "one owner or more" in answer.text
    assert Membership.objects.get(user=owen).role == Role.OWNER


def test_a_lead_names_no_members(signed_in, lea, dee, corpus):
    form = {"username": "dee", "role": "owner"}
    assert signed_in(lea).post(url("corpus_corpus_members", corpus.pk), form).status_code == 403
    assert not Membership.objects.filter(user=dee).exists()


def test_an_unknown_user_name_is_told(signed_in, owen, corpus):
    form = {"username": "nobody", "role": "viewer"}
    assert (
        "Nobody here has this user name"
        in signed_in(owen).post(url("corpus_corpus_members", corpus.pk), form).text
    )


def test_a_guideline_is_published_as_it_stands_in_the_box(signed_in, lea, corpus):
    form = {"text": "  R1. Read.\r\n\r\n\tR2. Label. \r\n", "version": "1"}
    signed_in(lea).post(url("corpus_corpus_guideline", corpus.pk), form)
    assert Guideline.objects.get(number=2).text == "  R1. Read.\n\n\tR2. Label. \n"


def test_a_stale_guideline_is_not_published_and_not_lost(signed_in, lea, owen, corpus):
    page = url("corpus_corpus_guideline", corpus.pk)
    signed_in(owen).post(page, {"text": "Owen's rules", "version": "1"})
    answer = signed_in(lea).post(page, {"text": "Lea's rules", "version": "1"})
    assert "Lea&#x27;s rules" in answer.text
    assert "Owen&#x27;s rules" in answer.text
    assert Guideline.objects.filter(corpus=corpus).count() == 2
    signed_in(lea).post(page, dict(answer.context["form"].data.items()))
    assert Guideline.objects.get(number=3).text == "Lea's rules"


@pytest.mark.parametrize("definition", ["{", "{}", '{"labels": [], "relations": []}'])
def test_a_scheme_that_is_none_comes_back_with_its_reason(definition, signed_in, lea, corpus):
    answer = signed_in(lea).post(
        url("corpus_corpus_scheme", corpus.pk), {"definition": definition, "version": "1"}
    )
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert Scheme.objects.filter(corpus=corpus).count() == 1


def test_a_scheme_is_published_and_gives_the_labels_their_colours(signed_in, lea, vic, corpus):
    definition = json.loads(json.dumps(DEFAULT_SCHEME).replace("#1d4ed8", "#123456"))
    signed_in(lea).post(
        url("corpus_corpus_scheme", corpus.pk), {"definition": json.dumps(definition), "version": "1"}
    )
    styles = signed_in(vic).get(url("corpus_corpus_labels", corpus.pk, 2))
    assert styles["Content-Type"] == "text/css"
    assert ".label-quote { --label: #123456; }" in styles.text
    assert "#1d4ed8" in signed_in(vic).get(url("corpus_corpus_labels", corpus.pk, 1)).text


def test_a_member_leaves_and_what_they_decided_stays(signed_in, ada, corpus):
    client = signed_in(ada)
    answer = client.post(url("corpus_corpus_members", corpus.pk), {"leave": "1"}, follow=True)
    assert "You have left Harbour" in answer.text
    assert not corpus.members.filter(user=ada).exists()
    assert Event.objects.get(action="member.removed").actor == ada
    assert client.get(url("corpus_corpus_members", corpus.pk)).status_code == 404


def test_the_last_owner_does_not_leave(signed_in, owen, corpus):
    answer = signed_in(owen).post(url("corpus_corpus_members", corpus.pk), {"leave": "1"}, follow=True)
    assert "make somebody else an owner first" in answer.text
    assert corpus.members.filter(user=owen).exists()


def test_every_setting_is_in_one_group_of_the_form(corpus):
    form = SettingsForm.of(corpus)
    grouped = [field.name for _, fields in form.groups for field in fields]
    assert sorted(grouped) == sorted(field.name for field in form.visible_fields())
