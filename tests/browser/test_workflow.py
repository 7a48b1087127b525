"""Lea sets two passes, Ada and Ben read unseen by each other, Cy settles, gold shows: in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from annotations.models import Assignment, Dispute, LayerKind
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import sweep_assignments, take
from annotations.services.reading import read_layers
from corpus.models import Corpus, Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.annotations.test_settling import decide_all
from tests.browser.conftest import Tab, listening
from tests.browser.test_pages import serious_barriers
from tests.conftest import TEXT, acting, person, put_in

pytestmark = pytest.mark.browser

ROLES = {"lea": "lead", "cy": "adjudicator", "ada": "reviewer", "ben": "reviewer"}


@pytest.fixture
def harbour(transactional_db) -> Corpus:
    corpus = create_corpus(
        COMMAND, slug="harbour", name="Harbour", owner=person("owen"), guideline="R1. Label what was said."
    )
    for name, role in ROLES.items():
        set_member(COMMAND, corpus, person(name), role)
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def article(harbour) -> Revision:
    revision = put_in(harbour, TEXT, title="The bridge", outlet="The Lamp")
    work_jobs("test", limit=10, seconds=30)
    return revision


class People:
    """A browser of its own for each person."""

    def __init__(self, chromium: Browser, base: str) -> None:
        self.chromium, self.base = chromium, base
        self.tabs: dict[str, Tab] = {}

    def __getitem__(self, name: str) -> Tab:
        if name not in self.tabs:
            context = self.chromium.new_context(viewport={"width": 1400, "height": 900})
            self.tabs[name] = listening(context, self.base)
            self.tabs[name].sign_in(name)
        return self.tabs[name]

    def close(self) -> None:
        for tab in self.tabs.values():
            tab.page.context.close()


@pytest.fixture
def people(chromium, live_server):
    found = People(chromium, str(live_server.url))
    yield found
    found.close()


def take_next(page: Page) -> None:
    page.goto(page.url.split("/admin/")[0] + "/admin/")
    page.locator("button:has-text('Take the next article')").first.click()
    page.wait_for_selector("#lease[data-keep]")
    page.wait_for_selector("#saved:not(:empty)")


def decide_rows(page: Page, *, rejecting: str = "") -> None:
    """Accept card by card what is left, but reject the quote that holds `rejecting`, and submit."""
    page.wait_for_selector("#saved:not(:empty)")
    while page.locator("#strip-acts .default").count() == 0:
        card = page.inner_text("#panel")
        is_quote = "quote" in page.inner_text(".wb-card-head")
        page.keyboard.press("x" if rejecting and rejecting in card and is_quote else "a")
    page.wait_for_selector("#saved:has-text('All saved.')")
    page.keyboard.press("m")
    page.wait_for_selector("text=Take it up again")


def picture(tab: Tab, name: str) -> None:
    """Keep what the page looks like, light and dark, where somebody wants to look at it."""
    folder = os.environ.get("ATTEST_PICTURES")
    if not folder:
        return
    for scheme in ("light", "dark"):
        tab.page.emulate_media(color_scheme=scheme)
        tab.page.wait_for_timeout(600)
        tab.page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)
    tab.page.emulate_media(color_scheme="light")


def test_three_people_make_gold(harbour, article, people):
    own = f"/admin/corpus/corpus/{harbour.pk}"
    lea = people["lea"]
    lea.open(f"{own}/change/")
    lea.page.fill("#id_passes", "2")
    picture(lea, "settings")
    lea.page.click("button:has-text('Save the settings')")
    lea.page.wait_for_selector("text=The settings are saved")
    refill_changed_queues()

    take_next(people["ada"].page)
    picture(people["ada"], "review")
    take_next(people["ben"].page)
    people["ada"].open("/admin/")
    picture(people["ada"], "start")
    people["ada"].page.click(".at-held a")
    lea.open(f"{own}/work/")
    assert {"ada", "ben"} <= set(lea.page.locator("tbody td").all_inner_texts())
    picture(lea, "work")
    decide_rows(people["ada"].page)
    decide_rows(people["ben"].page, rejecting="nine weeks")
    assert people["ada"].page.locator("button:has-text('Next article')").count() == 1
    assert Revision.objects.get().status == "disputed"

    cy = people["cy"]
    cy.open(f"{own}/disputes/")
    picture(cy, "disputes")
    cy.page.click("tbody th a")
    assert "not in every pass" in cy.page.inner_text(".at-heading")
    assert cy.page.locator(".at-position").count() == 2
    picture(cy, "dispute")
    cy.page.fill("#note", "Ruiz says it in so many words.")
    cy.page.click("button:has-text('Take A')")
    cy.page.wait_for_selector("text=No other dispute is open")
    cy.open(f"{own}/disputes/?show=settled")
    picture(cy, "settled")
    cy.page.click("tbody th a")
    assert "Ruiz says it in so many words." in cy.page.inner_text("table")
    picture(cy, "dispute-settled")
    cy.open(f"{own}/figures/")
    picture(cy, "figures")

    people["ada"].open(f"/admin/corpus/article/{article.article_id}/change/")
    assert "gold" in people["ada"].page.inner_text(".at-facts")
    layer = article.layers.get(kind=LayerKind.GOLD)
    surfaces = {row.surface for row in read_layers([layer])[0].standing.values()}
    assert any("nine weeks" in surface for surface in surfaces)
    for tab in people.tabs.values():
        assert tab.complaints == []


@pytest.fixture
def disputed(harbour, article) -> Dispute:
    Corpus.objects.update(passes=2)
    ada, ben = (harbour.members.get(user__username=name).user for name in ("ada", "ben"))
    decide_all(ada, article)
    decide_all(ben, article, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    return Dispute.objects.get()


def test_something_new_is_selected_in_the_text(harbour, disputed, people):
    cy = people["cy"]
    cy.open(f"/admin/corpus/corpus/{harbour.pk}/disputes/{disputed.pk}/")
    cy.select("closed for nine weeks")
    cy.page.click("button[data-take=segments]")
    assert "closed for nine weeks" in cy.page.inner_text("#segments-surface")
    cy.page.check("input[name=label][value=claim]")
    assert cy.page.locator("#link-cue").is_hidden()
    cy.page.click("button:has-text('Settle it so')")
    cy.page.wait_for_selector("text=Settled.")
    disputed.refresh_from_db()
    (settlement,) = disputed.settlements.filter(implied_by=None)
    assert settlement.result is not None
    assert (settlement.outcome, settlement.result.label) == ("written", "claim")
    assert settlement.result.surface == "closed for nine weeks"
    assert cy.complaints == []


def test_a_dispute_is_settled_by_keys(harbour, article, disputed, people):
    cy = people["cy"]
    cy.open(f"/admin/corpus/corpus/{harbour.pk}/disputes/{disputed.pk}/")
    page = cy.page
    page.keyboard.press("?")
    assert "Take a pass as it is" in page.inner_text("#help")
    page.keyboard.press("Escape")
    page.wait_for_selector("#help:not([open])", state="attached")
    reason = page.input_value("#reason")
    page.keyboard.press("r")
    assert page.input_value("#reason") != reason
    page.keyboard.press("e")
    page.keyboard.type("R and 2 are words here")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.wait_for_selector("text=Settled.")
    disputed.refresh_from_db()
    (settlement,) = disputed.settlements.filter(implied_by=None)
    assert (disputed.status, settlement.note) == ("settled", "R and 2 are words here")
    assert settlement.reason != reason
    assert cy.complaints == []


def test_what_was_begun_of_a_dispute_outlives_a_lost_connection(harbour, disputed, people):
    cy = people["cy"]
    page, address = cy.page, f"/admin/corpus/corpus/{harbour.pk}/disputes/{disputed.pk}/"
    cy.open(address)
    cy.select("closed for nine weeks")
    page.keyboard.press("s")
    page.fill("#note", "Only this much was said.")
    page.check("input[name=label][value=claim]")
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.click("button:has-text('Settle it so')", no_wait_after=True)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    cy.open(address)
    assert page.input_value("#note") == "Only this much was said."
    assert page.is_checked("input[name=label][value=claim]")
    page.keyboard.press("w")
    page.wait_for_selector("text=Settled.")
    (settlement,) = disputed.settlements.filter(implied_by=None)
    assert settlement.result is not None and settlement.result.surface == "closed for nine weeks"


def test_a_line_break_in_a_field_settles_nothing(harbour, disputed, people):
    cy = people["cy"]
    cy.open(f"/admin/corpus/corpus/{harbour.pk}/disputes/{disputed.pk}/")
    cy.page.press("#note", "Enter")
    cy.page.wait_for_timeout(300)
    disputed.refresh_from_db()
    assert disputed.status == "open"


def test_a_dispute_is_settled_by_the_keyboard_alone_and_without_scripts(
    harbour, disputed, chromium, live_server
):
    context = chromium.new_context(java_script_enabled=False)
    tab = Tab(page=context.new_page(), base=live_server.url)
    tab.sign_in("cy")
    tab.open(f"/admin/corpus/corpus/{harbour.pk}/disputes/")
    tab.page.focus("tbody th a")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector(".at-position")
    tab.page.focus("button:has-text('Take B')")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector("text=Settled.")
    disputed.refresh_from_db()
    assert disputed.status == "settled"
    context.close()


def test_the_lease_is_renewed_while_the_page_is_used_and_its_loss_is_said(harbour, article, people):
    ada = people["ada"]
    ada.page.clock.install()
    take_next(ada.page)
    first = Assignment.objects.get().lease_until
    ada.page.keyboard.press("Tab")
    with ada.page.expect_response("**/heartbeat/"):
        ada.page.clock.fast_forward("03:01")
    renewed = Assignment.objects.get().lease_until
    assert first and renewed and renewed > first

    # Nobody touches the page any more: no sign of life leaves it.
    ada.page.clock.fast_forward("10:00")
    assert Assignment.objects.get().lease_until == renewed

    Assignment.objects.update(lease_until=first.replace(year=2020))
    assert sweep_assignments() == 1
    ada.page.keyboard.press("Tab")
    ada.page.clock.fast_forward("03:01")
    ada.page.wait_for_selector("#lease-note:has-text('The lease is lost')")


def test_an_article_is_given_back(harbour, article, people):
    ada = people["ada"]
    take_next(ada.page)
    ada.page.click("button:has-text('Give it back')")
    ada.page.wait_for_selector("text=You have given it back")
    assert take(acting(harbour.members.get(user__username="ben").user), harbour)


def work_pages(corpus: Corpus, dispute: Dispute) -> list[str]:
    own = f"/admin/corpus/corpus/{corpus.pk}"
    return [
        f"{own}/disputes/",
        f"{own}/disputes/{dispute.pk}/",
        f"{own}/disputes/?show=settled",
        f"{own}/disputes/?show=waiting",
        f"{own}/work/",
        f"{own}/figures/",
        "/admin/",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_work_complains_or_has_a_serious_barrier(harbour, disputed, people, scheme):
    for number in range(2):
        waiting = put_in(harbour, f"Nothing was said on day {number}.", external_id=f"day-{number}")
        work_jobs("test", limit=10, seconds=30)
        assert waiting
    Corpus.objects.update(passes=1)
    lea = harbour.members.get(user__username="lea").user
    take(acting(lea), harbour)
    tab = people["lea"]
    tab.page.emulate_media(color_scheme=scheme)
    for path in work_pages(harbour, disputed):
        tab.open(path)
        assert tab.complaints == [], path
    assert serious_barriers(tab, work_pages(harbour, disputed)) == []
