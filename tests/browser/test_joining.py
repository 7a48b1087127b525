"""A lead invites, somebody joins and gets their first article; and the links that open nothing."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from annotations.models import Assignment
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus, Invitation
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.conftest import Tab, listening
from tests.browser.test_barriers import WIDTHS, barriers
from tests.conftest import TEXT, person, put_in

pytestmark = pytest.mark.browser

WORD = "nia-and-a-long-word"


@pytest.fixture
def harbour(transactional_db: None) -> Corpus:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    set_member(COMMAND, corpus, person("lea"), "lead")
    activate_pipeline(COMMAND, corpus, "rules")
    put_in(corpus, TEXT, title="The bridge", outlet="The Lamp")
    work_jobs("test", limit=10, seconds=30)
    return corpus


@pytest.fixture
def stranger(chromium: Browser, tab: Tab):
    """A browser that nobody has signed in with."""
    context = chromium.new_context(viewport={"width": WIDTHS[0], "height": 900})
    yield listening(context, tab.base)
    context.close()


def invite(lea: Tab, corpus: Corpus) -> str:
    """Make a link for a reviewer, as a lead does, and return its path."""
    lea.open(f"/admin/corpus/corpus/{corpus.pk}/members/")
    lea.follow("button:has-text('Make a link')")
    return lea.page.input_value(".at-secret input").removeprefix(lea.base)


def looked_at(tab: Tab, name: str) -> None:
    """Look for complaints and barriers; keep pictures where somebody wants to look themselves."""
    # The browser says of itself that a page was not found.
    assert [said for said in tab.complaints if "404" not in said] == []
    assert barriers(tab.page, name) == []
    if folder := os.environ.get("ATTEST_PICTURES"):
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                tab.page.set_viewport_size({"width": width, "height": 900})
                tab.page.emulate_media(color_scheme=scheme)
                tab.page.wait_for_timeout(400)
                tab.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png")
    # Of whoever looked.
    tab.complaints.clear()


def test_who_is_invited_joins_signs_in_and_gets_an_article(harbour, tab, stranger):
    tab.be("lea")
    link = invite(tab, harbour)
    looked_at(tab, "invited")
    stranger.open(link)
    page = stranger.page
    for name, value in (("username", "nia"), ("password", WORD), ("again", "another-long-word")):
        page.fill(f"#id_{name}", value)
    stranger.follow("button:has-text('Make my account')")
    looked_at(stranger, "refused")
    for name in ("password", "again"):
        page.fill(f"#id_{name}", WORD)
    stranger.follow("button:has-text('Make my account')")
    assert "You are a member of Harbour" in page.inner_text(".messagelist")
    stranger.follow("#logout-form button")
    stranger.follow("a:has-text('Sign in again')")
    page.fill("#id_username", "nia")
    page.fill("#id_password", WORD)
    stranger.follow("input[type=submit]")
    stranger.follow("button:has-text('Take the next article')")
    page.wait_for_selector("#lease[data-keep]")
    assert Assignment.objects.get(status="taken").reviewer.username == "nia"
    assert tab.complaints == stranger.complaints == []


@pytest.mark.parametrize("end", ["used", "taken back", "too old"])
def test_a_link_that_opens_nothing_says_so_and_what_to_do(harbour, tab, stranger, end):
    tab.be("lea")
    link = invite(tab, harbour)
    if end == "used":
        tab.open(link)
        tab.follow("button:has-text('Join as lea')")
    elif end == "taken back":
        tab.open(f"/admin/corpus/corpus/{harbour.pk}/members/")
        tab.follow("button:has-text('Take back')")
        assert "opens nothing any more" in tab.page.inner_text(".messagelist")
    else:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for one, way in ((stranger, "Sign in"), (tab, "Go to the start page")):
        one.open(link)
        assert "ask whoever sent it for another" in one.page.inner_text("#content")
        assert one.page.locator(f"#content a:has-text('{way}')").count() == 1
    if end == "used":
        looked_at(stranger, "ended")
