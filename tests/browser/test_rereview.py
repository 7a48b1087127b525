"""From a changed rule to a confirmed decision, in a real browser."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe

from annotations.models import Layer, Review
from annotations.services.due import demands_of
from annotations.services.jobs import work_jobs
from annotations.services.passes import open_desk
from annotations.services.pipelines import activate_pipeline
from corpus.models import Revision, Role
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.annotations.test_settling import decide_all, status
from tests.browser.bench import Bench
from tests.browser.conftest import Tab, listening
from tests.conftest import acting, person, put_in

pytestmark = pytest.mark.browser

RULES = "R1. A quote is what somebody says.\nR2. A claim could be refuted.\n"


def picture(tab: Tab, name: str) -> None:
    """Keep what the page looks like, where somebody wants to see it."""
    if folder := os.environ.get("ATTEST_PICTURES"):
        tab.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def barriers(chromium, tab: Tab) -> list[str]:
    """Return what is serious, of a page as the same person has it where nobody listens: axe writes styles."""
    with chromium.new_context(storage_state=tab.page.context.storage_state()) as apart:
        page = apart.new_page()
        page.goto(tab.page.url)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page).response["violations"]
    return [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")]


def test_a_changed_rule_is_asked_for_seen_and_confirmed(transactional_db, chromium, live_server):
    settings = {"guideline": RULES, "single_is_gold": True}
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"), **settings)
    ada, lea = person("ada"), person("lea")
    set_member(COMMAND, corpus, ada, "reviewer")
    set_member(COMMAND, corpus, lea, "lead")
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("test", limit=10, seconds=30)
    decide_all(ada, revision)
    assert status(revision) == "gold"

    with chromium.new_context(viewport={"width": 1400, "height": 900}) as context:
        tab = listening(context, live_server.url)
        tab.be("lea")
        tab.open(f"/admin/corpus/corpus/{corpus.pk}/guideline/")
        tab.page.fill("#id_text", RULES.replace("somebody says", "somebody says or writes"))
        tab.page.click("text=Publish >> nth=-1")
        tab.page.wait_for_selector("#changes >> text=Labels affected: quote.")
        tab.page.click("#changes summary")
        assert "or writes" in tab.page.inner_text("#changes ins")
        picture(tab, "guideline")
        tab.page.click("text=Ask for decisions anew")
        assert tab.page.is_checked("input[name=labels][value=quote]")
        assert not tab.page.is_checked("input[name=labels][value=claim]")
        tab.page.click("text=Count what that is")
        tab.page.wait_for_selector("text=2 of quote, in 1 pass over 1 article.")
        tab.page.fill("#id_reason", "Letters count too.")
        tab.page.click("text=Open the re-review")
        tab.page.wait_for_selector("text=0 of 1 pass submitted again")
        picture(tab, "rereview")
        assert barriers(chromium, tab) == []

        tab.be("ada")
        tab.open("/admin/")
        tab.page.click("text=Take the next article >> nth=0")
        tab.page.wait_for_selector("#saved:not(:empty)")
        bench = Bench(tab, revision).drawn()
        assert "2 to confirm or change under a newer guideline" in tab.page.inner_text("#progress")
        assert "Decided under guideline 1. Changed since: R1. Letters count too." in bench.card()
        tab.page.focus(".wb-due summary")
        bench.press("Enter")
        assert tab.page.inner_text(".wb-due ins").strip() == "or writes"
        picture(tab, "due")
        assert barriers(chromium, tab) == []
        bench.press("a").saved()
        tab.page.wait_for_selector("#progress:has-text('1 to confirm')")
        bench.press("m")
        bench.wait("refused", "made under an older guideline")
        # Undone, it is due again; confirmed anew, nothing is.
        bench.press("u").saved().wait("progress", "2 to confirm")
        bench.press("a").saved().press("a").saved()
        assert "confirm" not in tab.page.inner_text("#progress")
        bench.press("m")
        tab.page.wait_for_selector("#progress:has-text('Submitted')")
        # The browser tells of the submission that was refused.
        assert [said for said in tab.complaints if "409" not in said] == []
    assert status(revision) == "gold"
    layer = Layer.objects.get(reviewer=ada)
    assert layer.submitted_at and demands_of(corpus.pk)
    desk = open_desk(acting(ada), Role.REVIEWER, Revision.objects.get(pk=revision.pk))
    assert desk.due() == {}
    quotes = Review.objects.filter(layer=layer, annotation__label="quote", guideline=2)
    assert set(quotes.values_list("verdict", flat=True)) == {"accept", "retract"}
