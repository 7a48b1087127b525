"""What a version of the guideline changed, and asking for decisions anew, on the pages."""

import pytest

from annotations.models import ReReview, Review
from annotations.services.queue import take
from annotations.services.rereviews import close_rereview
from annotations.services.settling import approve_passes
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, publish_guideline
from tests.admin.conftest import url
from tests.annotations.test_rereviews import ask, due, publish
from tests.annotations.test_settling import decide_all, status
from tests.conftest import acting


@pytest.fixture
def done(suggested, ada):
    """Ada's pass, decided under the first guideline; the second has another rule about quotes."""
    decide_all(ada, suggested)
    publish(suggested.article.corpus, "R1. A quote <b>is</b> what was said.")
    return suggested


def test_a_version_shows_what_it_changed(signed_in, lea, vic, done, corpus):
    page = url("corpus_corpus_guideline", corpus.pk)
    told = signed_in(lea).get(page).text
    assert "What version 2 changed" in told and "<del> Label</del><ins> A quote" in told
    assert "<b>is</b>" not in told
    assert "Labels affected: quote." in told and "Ask for decisions anew" in told
    assert "Ask for decisions anew" not in signed_in(vic).get(page).text
    first = signed_in(vic).get(f"{page}?version=1").text
    assert "Version 1 <small>" in first and "What version" not in first


def test_a_lead_counts_opens_and_closes_a_re_review(signed_in, lea, ada, done, corpus):
    page, client = url("corpus_corpus_rereviews", corpus.pk), signed_in(lea)
    form = client.get(page).context["form"]
    assert form.initial == {"since": 2, "labels": ["quote"]}
    counted = client.post(page, {"since": "2", "labels": ["quote", "claim"], "count": "1"})
    assert "3 of claim, 2 of quote, in 1 pass over 1 article." in counted.text
    assert not ReReview.objects.exists()
    assert "No decision is older" in client.post(page, {"since": "1", "labels": ["quote"], "count": "1"}).text
    assert client.post(page, {"since": "7", "labels": ["verb"], "open": "1"}).status_code == 400
    told = client.post(
        page, {"since": "2", "labels": ["quote"], "reason": "<i>", "open": "1"}, follow=True
    ).text
    assert "Under guideline 2: quote" in told and "0 of 1 pass submitted again" in told
    assert "<i>" not in told and "&lt;i&gt;" in told
    assert client.get(page).context["form"].initial["labels"] == [], "it is asked for already"
    rereview = ReReview.objects.get()
    told = client.post(page, {"close": str(rereview.pk)}, follow=True).text
    assert "Closed" in told and "0 of 1" not in told
    assert due(ada, done) == set()


def test_the_start_page_tells_whoever_is_asked_and_takes_from_there_first(signed_in, ada, ben, done, corpus):
    create_corpus(COMMAND, slug="newer", name="Newer", owner=ada)
    rereview, start = ask(corpus, "quote", "claim"), url("index")
    told = signed_in(ada).get(start).text
    assert "1 asked for again" in told and "from Harbour: first your own passes" in told
    assert "asked for again" not in signed_in(ben).get(start).text
    close_rereview(COMMAND, rereview)
    assert "asked for again" not in signed_in(ada).get(start).text


def test_the_list_confirms_without_scripts(signed_in, ada, done, corpus):
    ask(corpus, "quote", reason="Letters count.")
    page, client = url("corpus_article_review", done.article_id), signed_in(ada)
    assert "2 to confirm or change under a newer guideline" in client.get(page).text
    assert take(acting(ada), corpus)
    told = client.get(page)
    assert told.text.count("Decided under guideline 1; a re-review asks for it under 2. Letters count.") == 2
    for row in [row for row in told.context["board"].rows if row.due]:
        form = {"act": "decide", "verdict": "confirm", "on": row.on, "line": row.line, "version": row.version}
        client.post(page, form)
    assert "Decided under guideline" not in client.get(page).text
    client.post(page, {"act": "submit"})
    assert status(done) == "submitted"
    assert Review.objects.filter(guideline=2, verdict="accept", annotation__label="quote").count() == 2


def test_a_blind_reviewer_sees_nothing_of_anothers_due_lines(signed_in, ada, ben, done, corpus):
    article = url("corpus_article_state", done.article_id)
    before = signed_in(ben).get(article).json()
    publish_guideline(COMMAND, corpus, text="R1. A quote.", version=2)
    ask(corpus, "quote")
    after = signed_in(ben).get(article).json()
    assert (before["lines"], before["guideline_changes"]) == (after["lines"], after["guideline_changes"])
    # The control: for whoever decided, it shows.
    assert [line for line in signed_in(ada).get(article).json()["lines"] if line["due"]]


def test_gold_by_the_old_rule_is_marked_until_it_is_decided_anew(signed_in, vic, cy, done, corpus):
    approve_passes(acting(cy), done)
    page, client = url("corpus_article_change", done.article_id), signed_in(vic)
    assert "older guideline" not in client.get(page).text
    rereview = ask(corpus, "quote")
    told = client.get(page).text
    assert told.count(">older guideline<") == 2 and told.count("decided under an older guideline") == 1
    close_rereview(COMMAND, rereview)
    assert "older guideline" not in client.get(page).text
