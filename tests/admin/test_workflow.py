"""The whole workflow on the pages: taking, giving back, handing over, settling, approving, the figures."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Dispute, Pipeline, Settlement
from annotations.services.passes import reopen_pass
from annotations.services.queue import sweep_assignments, take
from annotations.services.settling import Choice, settle_dispute
from corpus.models import Corpus, Revision
from tests.admin.conftest import url
from tests.annotations.deciding import at, own, say, standing
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all, gold, quoted, status
from tests.conftest import TEXT, acting, put_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def disputed(suggested, ada, ben) -> Revision:
    """Ben has cut the end off Ada's first quote and left its source out; all else is the same."""
    settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    shorter = at(TEXT, "The bridge will be closed")
    other = {"verdict": "correct", "segments": (shorter,), "links": {"source": []}}
    decide_all(ben, suggested, **{"nine weeks": other})
    return suggested


@pytest.fixture
def dispute(disputed) -> Dispute:
    return Dispute.objects.get()


def dispute_url(dispute: Dispute) -> str:
    return url("corpus_corpus_dispute", dispute.corpus_id, dispute.pk)


def disputes_url(corpus: Corpus) -> str:
    return url("corpus_corpus_disputes", corpus.pk)


def settled(client, dispute: Dispute, act: str, **form):
    dispute.refresh_from_db()
    words = {"version": dispute.version, "reason": "boundary", **form}
    return client.post(dispute_url(dispute), {"act": act, **words})


# -- taking --------------------------------------------------------------------------------------------------


def test_one_click_takes_the_next_article_and_opens_it(signed_in, ada, corpus, suggested):
    client = signed_in(ada)
    assert "Take the next article" in client.get(url("index")).text
    answer = client.post(url("corpus_corpus_take", corpus.pk))
    assert answer["Location"] == url("corpus_article_workbench", suggested.article_id)
    assert Assignment.objects.get().reviewer == ada
    page = client.get(answer["Location"]).text
    assert "In your hands until" in page
    for name in ("index", "corpus_article_changelist"):
        assert "In your hands" in client.get(url(name), {"corpus": "harbour"}).text


def test_an_empty_queue_says_so(signed_in, ada, corpus):
    answer = signed_in(ada).post(url("corpus_corpus_take", corpus.pk), follow=True)
    assert "No article of Harbour waits for you now" in answer.text


def test_the_cap_is_told(signed_in, ada, corpus, suggested):
    put_in(corpus, external_id="second")
    settings(corpus, hand_cap=1)
    client = signed_in(ada)
    client.post(url("corpus_corpus_take", corpus.pk))
    again = client.post(url("corpus_corpus_take", corpus.pk), follow=True)
    assert "the most here" in again.text


def test_taking_is_a_post_and_for_reviewers(signed_in, ada, vic, dee, corpus, suggested):
    page = url("corpus_corpus_take", corpus.pk)
    assert signed_in(ada).get(page).status_code == 405
    assert signed_in(vic).post(page).status_code == 403
    assert signed_in(dee).post(page).status_code == 404
    assert Assignment.objects.get().status == AssignmentStatus.OPEN


@pytest.mark.parametrize("way", ["from the list", "from the review page"])
def test_an_article_is_given_back(signed_in, ada, corpus, suggested, way):
    held = take(acting(ada), corpus)
    assert held
    client = signed_in(ada)
    if way == "from the list":
        client.post(url("corpus_corpus_return", corpus.pk), {"assignment": held.pk})
    else:
        client.post(url("corpus_article_review", suggested.article_id), {"act": "return"})
    assert sorted(Assignment.objects.values_list("status", flat=True)) == ["open", "returned"]


def test_anothers_article_is_not_given_back(signed_in, ada, ben, corpus, suggested):
    held = take(acting(ben), corpus)
    assert held
    answer = signed_in(ada).post(url("corpus_corpus_return", corpus.pk), {"assignment": held.pk})
    assert answer.status_code == 404
    held.refresh_from_db()
    assert held.status == AssignmentStatus.TAKEN


@pytest.mark.parametrize("name", ["corpus_article_review", "corpus_article_workbench"])
def test_a_lost_lease_is_said_on_the_page(name, signed_in, ada, suggested):
    say(ada, suggested, "add", label="claim", segments=((0, 5),))
    Assignment.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert sweep_assignments() == 1
    page = signed_in(ada).get(url(name, suggested.article_id)).text
    assert "Your lease ran out" in page
    assert "data-keep" not in page


# -- who is on what ------------------------------------------------------------------------------------------


def test_a_lead_sees_who_is_on_what_hands_over_and_takes_back(signed_in, lea, ada, ben, corpus, suggested):
    held = take(acting(ada), corpus)
    assert held
    client, page = signed_in(lea), url("corpus_corpus_work", corpus.pk)
    assert [row.reviewer for row, _ in client.get(page).context["rows"]] == [ada]
    client.post(page, {"assignment": held.pk, "to": ben.public_id})
    ((row, lost),) = client.get(page).context["rows"]
    assert (row.reviewer, lost) == (ben, False)
    client.post(page, {"assignment": row.pk, "back": "1", "to": ""})
    after = client.get(page).context
    assert (after["rows"], after["waiting"]) == ([], 1)
    assert take(acting(ben), corpus) is None


def test_without_a_person_nothing_is_handed_over(signed_in, lea, ada, corpus, suggested):
    held = take(acting(ada), corpus)
    assert held
    answer = signed_in(lea).post(
        url("corpus_corpus_work", corpus.pk), {"assignment": held.pk, "to": ""}, follow=True
    )
    assert "Choose a person" in answer.text
    held.refresh_from_db()
    assert held.reviewer == ada


# -- disputes ------------------------------------------------------------------------------------------------


def test_open_disputes_are_listed_with_their_words(signed_in, cy, corpus, dispute):
    page = signed_in(cy).get(disputes_url(corpus))
    assert page.context["rows"][0]["words"] == [
        "“The bridge will be closed for nine weeks,”",
        "The bridge will be closed",
    ]
    assert "another source" in page.text


@pytest.mark.parametrize(("difference", "found"), [("content", 1), ("source", 1), ("label", 0), ("", 1)])
def test_disputes_are_filtered_by_difference(signed_in, cy, corpus, dispute, difference, found):
    page = signed_in(cy).get(disputes_url(corpus), {"difference": difference})
    assert len(page.context["rows"]) == found


def test_the_passes_stand_side_by_side_with_what_differs(signed_in, cy, dispute):
    page = signed_in(cy).get(dispute_url(dispute))
    first, second = page.context["positions"]
    assert (first.reviewer, second.reviewer) == ("ada", "ben")
    assert {fact.name for fact in first.facts if fact.differs} == {"content", "source"}
    assert {fact.name: fact.value for fact in second.facts}["source"] == "–"
    assert "Take A" in page.text


def test_taking_one_pass_is_one_click(signed_in, cy, ben, disputed, dispute):
    layer = own(ben, disputed).layer.pk
    settled(signed_in(cy), dispute, f"take:{layer}", note="shorter is right", rule="R3")
    assert ("quote", "The bridge will be closed") in standing(gold(disputed))
    row = Settlement.objects.get(dispute=dispute, implied_by=None)
    assert (row.settled_by, row.note, row.rule) == (cy, "shorter is right", "R3")
    page = signed_in(cy).get(dispute_url(dispute)).text
    assert "shorter is right" in page
    assert "Open it again" in page


def test_merging_takes_the_words_of_one_and_the_source_of_another(signed_in, cy, ada, ben, disputed, dispute):
    ours, theirs = own(ada, disputed).layer.pk, own(ben, disputed).layer.pk
    settled(signed_in(cy), dispute, "merge", **{"merge-content": theirs, "merge-source": ours})
    row = Settlement.objects.get(dispute=dispute, implied_by=None)
    assert row.outcome == "merged"
    assert ("attribution", "Ana Ruiz, the city engineer") in standing(gold(disputed))


def test_writing_anew(signed_in, cy, disputed, dispute):
    start, end = at(TEXT, "bridge will be closed for nine weeks")
    source = at(TEXT, "Ana Ruiz")
    settled(
        signed_in(cy),
        dispute,
        "write",
        label="quote",
        segments=f"{start}-{end}",
        **{"attribute-quote-type": "mixed", "link-source": f"{source[0]}-{source[1]}"},
    )
    found = standing(gold(disputed))
    assert ("quote", "bridge will be closed for nine weeks") in found
    assert ("attribution", "Ana Ruiz") in found


def test_rejecting_all(signed_in, cy, disputed, dispute):
    settled(signed_in(cy), dispute, "reject", reason="not_in_scheme")
    assert not any("bridge will" in words for words in quoted(gold(disputed)))


def test_a_choice_that_does_not_fit_comes_back_as_filled_in(signed_in, cy, disputed, dispute):
    answer = settled(signed_in(cy), dispute, "write", label="quote", segments="5-99999", note="mine")
    assert answer.status_code == 409
    assert 'value="5-99999"' in answer.text
    assert 'value="mine"' in answer.text
    assert not Settlement.objects.filter(dispute=dispute).exists()


def test_what_was_emptied_comes_back_empty(signed_in, cy, disputed, dispute):
    before = signed_in(cy).get(dispute_url(dispute)).context["writing"]
    assert before["segments"] and any(field.chosen for field in before["attributes"]), "the control"
    emptied = {field.name: "" for field in before["attributes"]}
    answer = settled(signed_in(cy), dispute, "write", label="quote", segments="", **emptied)
    assert answer.status_code == 409
    after = answer.context["writing"]
    assert (after["segments"], [field.chosen for field in after["attributes"] if field.chosen]) == ("", [])


def test_of_two_adjudicators_the_second_sees_both(signed_in, cy, lea, ada, ben, disputed, dispute):
    ours, theirs = own(ada, disputed).layer.pk, own(ben, disputed).layer.pk
    settle_dispute(acting(lea), dispute, Choice(take=ours, reason="mistake", note="as Ada has it"), version=1)
    answer = signed_in(cy).post(
        dispute_url(dispute),
        {"act": f"take:{theirs}", "version": 1, "reason": "boundary", "note": "as Ben has it"},
    )
    assert answer.status_code == 409
    for words in ("take B", "as Ben has it", "as Ada has it", "by lea", "Open it again"):
        assert words in answer.text
    assert Settlement.objects.get(dispute=dispute, implied_by=None).settled_by == lea


def test_it_is_opened_again_and_settled_anew(signed_in, cy, ada, disputed, dispute):
    client = signed_in(cy)
    settled(client, dispute, "reject")
    settled(client, dispute, "reopen")
    assert status(disputed) == "disputed"
    settled(client, dispute, f"take:{own(ada, disputed).layer.pk}")
    page = client.get(dispute_url(dispute))
    assert [row.outcome for row in page.context["settlements"]] == ["taken", "rejected"]
    assert status(disputed) == "gold"


def test_after_one_dispute_comes_the_next(signed_in, cy, ada, ben, corpus, suggested):
    settings(corpus, passes=2)
    decide_all(ada, suggested)
    wrong = {"verdict": "reject", "reason": "other"}
    decide_all(ben, suggested, **{"nine weeks": wrong, "12 percent": wrong})
    first, second = Dispute.objects.order_by("start")
    answer = settled(signed_in(cy), first, "reject")
    assert answer["Location"] == dispute_url(second)
    assert settled(signed_in(cy), second, "reject")["Location"] == disputes_url(corpus)


def test_whoever_is_a_party_reads_but_does_not_settle(signed_in, corpus, owen, ada, dispute):
    corpus.members.filter(user=ada).update(role="adjudicator")
    page = signed_in(ada).get(dispute_url(dispute))
    assert "somebody else must settle this" in page.text
    assert "Take A" not in page.text
    settled(signed_in(ada), dispute, "reject")
    assert not Settlement.objects.filter(dispute=dispute).exists()


def test_with_a_pass_in_hand_a_dispute_is_neither_listed_nor_shown(signed_in, cy, corpus, dispute, disputed):
    Revision.objects.filter(pk=disputed.pk).update(status="in_review")
    say(cy, disputed, "add", label="claim", segments=((0, 5),))
    client = signed_in(cy)
    assert client.get(disputes_url(corpus)).context["rows"] == []
    assert client.get(dispute_url(dispute))["Location"] == disputes_url(corpus)


def test_a_dispute_that_was_dropped_is_only_to_read(signed_in, cy, ada, disputed, dispute):
    reopen_pass(acting(ada), disputed)
    page = signed_in(cy).get(dispute_url(dispute))
    assert (page.status_code, "Take A" in page.text, "Open it again" in page.text) == (200, False, False)


def test_a_dispute_of_another_corpus_is_not_there(signed_in, cy, dispute, dee):
    wrong = url("corpus_corpus_dispute", dispute.pk, dispute.pk)
    assert signed_in(cy).get(wrong).status_code == 404
    assert signed_in(dee).get(dispute_url(dispute)).status_code == 404


@pytest.mark.parametrize("words", [{"show": "nonsense"}, {"before": "x"}])
def test_an_address_made_up_is_not_found(signed_in, cy, corpus, words):
    assert signed_in(cy).get(disputes_url(corpus), words).status_code == 404


# -- approving -----------------------------------------------------------------------------------------------


def test_what_waits_is_listed_and_approved(signed_in, cy, ada, corpus, suggested):
    decide_all(ada, suggested)
    client = signed_in(cy)
    page = client.get(disputes_url(corpus), {"show": "waiting"})
    assert [row["revision"] for row in page.context["waiting"]] == [suggested]
    client.post(disputes_url(corpus), {"approve": suggested.pk})
    assert status(suggested) == "gold"
    assert client.get(disputes_url(corpus), {"show": "waiting"}).context["waiting"] == []


def test_a_text_that_waits_for_its_second_pass_does_not_wait_for_approval(
    signed_in, cy, ada, corpus, suggested
):
    settings(corpus, passes=2)
    decide_all(ada, suggested)
    assert signed_in(cy).get(disputes_url(corpus), {"show": "waiting"}).context["waiting"] == []


def test_what_waits_is_not_told_of_a_text_in_hand(signed_in, cy, ada, corpus, suggested):
    settings(corpus, two_people=False)
    decide_all(ada, suggested)
    Assignment.objects.create(
        corpus=corpus,
        revision=suggested,
        number=2,
        status="taken",
        reviewer=cy,
        taken_at=timezone.now(),
        lease_until=timezone.now() + timedelta(days=1),
    )
    client = signed_in(cy)
    assert client.get(disputes_url(corpus), {"show": "waiting"}).context["waiting"] == []
    client.post(disputes_url(corpus), {"approve": suggested.pk})
    assert status(suggested) == "submitted"
    settings(corpus, blind=False)
    assert client.get(disputes_url(corpus), {"show": "waiting"}).context["waiting"], "the control"


def test_nobody_approves_their_own_pass(signed_in, corpus, ada, suggested):
    corpus.members.filter(user=ada).update(role="adjudicator")
    decide_all(ada, suggested)
    client = signed_in(ada)
    assert "somebody else approves" in client.get(disputes_url(corpus), {"show": "waiting"}).text
    client.post(disputes_url(corpus), {"approve": suggested.pk})
    assert status(suggested) == "submitted"


# -- figures -------------------------------------------------------------------------------------------------


def test_the_figures_count_what_there_is(signed_in, cy, corpus, disputed):
    put_in(corpus, "Another text.", external_id="other")
    context = signed_in(cy).get(url("corpus_corpus_figures", corpus.pk)).context
    assert {part.name: part.count for part in context["statuses"].parts if part.count} == {
        "disputed": 1,
        "new": 1,
    }
    assert {part.name: part.count for part in context["disputes"]} == {"other words": 1, "another source": 1}
    assert (context["passes"], context["days"][-1].count, context["looked_at"]) == (2, 2, 2)
    (_, by_label), (_, by_pipeline) = context["acceptance"]
    quotes = next(bar for bar in by_label if bar.name == "quote")
    assert {part.name: part.count for part in quotes.parts} == {
        "accepted": 3,
        "corrected": 1,
        "rejected": 0,
        "skipped": 0,
    }
    assert [bar.name for bar in by_pipeline] == [Pipeline.objects.get().identity]


def test_the_age_of_the_queue(signed_in, cy, corpus, suggested):
    put_in(corpus, "Another text.", external_id="other")
    context = signed_in(cy).get(url("corpus_corpus_figures", corpus.pk)).context
    assert [part.count for part in context["ages"]] == [1, 0, 0, 0]
    assert context["oldest"] is not None


def test_an_empty_corpus_has_figures_too(signed_in, cy, corpus):
    assert signed_in(cy).get(url("corpus_corpus_figures", corpus.pk)).status_code == 200


# -- who may see it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "least"),
    [("disputes", "adjudicator"), ("figures", "adjudicator"), ("work", "lead"), ("rereviews", "lead")],
)
def test_reviewers_never_see_others_work(signed_in, name, least, lea, cy, ada, vic, dee, corpus):
    page = url(f"corpus_corpus_{name}", corpus.pk)
    answers = {who.username: signed_in(who).get(page).status_code for who in (lea, cy, ada, vic, dee)}
    assert answers == {
        "lea": 200,
        "cy": 200 if least == "adjudicator" else 403,
        "ada": 403,
        "vic": 403,
        "dee": 404,
    }


def test_adas_pages_do_not_show_bens_pass(signed_in, ada, ben, corpus, suggested):
    settings(corpus, passes=2)
    take(acting(ada), corpus)
    client = signed_in(ada)

    def pages() -> list[str]:
        paths = [
            url("index"),
            f"{url('corpus_article_changelist')}?corpus=harbour",
            url("corpus_article_change", suggested.article_id),
            url("corpus_article_review", suggested.article_id),
            url("corpus_corpus_change", corpus.pk),
            url("corpus_corpus_members", corpus.pk),
        ]
        return [without_tokens(client.get(path).text) for path in paths]

    before = pages()
    decide_all(ben, suggested)
    assert pages() == before


def without_tokens(html: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", html)
