"""The page of agreement in a browser: no barrier, nothing cut off, and the way down to the spans."""

import os
from pathlib import Path

import pytest

from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline, retire_pipeline
from corpus.models import Corpus, Role, SuggestionsShown
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from tests.annotations.test_agreement import FIRST, SECOND, read
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all
from tests.browser.conftest import Tab
from tests.browser.test_barriers import barriers
from tests.conftest import TEXT, member, person, put_in

pytestmark = pytest.mark.browser

#: Enough for an interval.
ARTICLES = 12


@pytest.fixture
def read_by_three(transactional_db: None) -> Corpus:
    """Three people on twelve texts without suggestions, of whom Vera overlooks most; two on one with them."""
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"), guideline="R1.")
    ada, ben, vera = (member(corpus, name, Role.REVIEWER) for name in ("ada", "ben", "vera"))
    pipeline = activate_pipeline(COMMAND, corpus, "rules")
    settings(corpus, passes=3)
    suggested = put_in(corpus, title="The bridge")
    work_jobs("test", limit=10, seconds=30)
    for user in (ada, ben):
        decide_all(user, suggested)
    retire_pipeline(COMMAND, pipeline)
    settings(corpus, suggestions_shown=SuggestionsShown.NEVER)
    for number in range(ARTICLES):
        revision = put_in(corpus, f"{number}. {TEXT}", f"n{number}", title=f"Day {number} at the bridge")
        read(ada, revision, FIRST, SECOND, source="Ana Ruiz, the city engineer")
        longer = "“" + FIRST + ",”" if number % 3 else FIRST
        read(ben, revision, longer, SECOND, kind="mixed" if number % 5 == 0 else "direct", source="Ana Ruiz")
        read(vera, revision, *([FIRST] if number % 4 == 0 else []))
    return corpus


def pictured(tab: Tab, name: str) -> None:
    """Keep what the page looks like, wide and narrow, light and dark, where somebody wants to look at it."""
    folder = os.environ.get("ATTEST_PICTURES")
    for width in (1280, 400) if folder else ():
        tab.page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            tab.page.emulate_media(color_scheme=scheme)
            tab.page.wait_for_timeout(600)
            tab.page.screenshot(path=Path(str(folder)) / f"{name}-{width}-{scheme}.png", full_page=True)
    tab.page.emulate_media(color_scheme="light")
    tab.page.set_viewport_size({"width": 1400, "height": 900})


def test_from_a_figure_down_to_the_spans_that_differ(read_by_three: Corpus, tab: Tab) -> None:
    page = tab.page
    tab.sign_in("owen")
    tab.open(f"/admin/corpus/corpus/{read_by_three.pk}/figures/")
    tab.follow(".at-tabs a:has-text('Agreement')")
    pictured(tab, "agreement")
    tab.follow(".ag-matrix tbody tr:first-child td:nth-of-type(2) a")
    assert "2 people alone" in page.inner_text(".ag-ask")
    assert page.locator(".ag-matrix").count() == 0
    pictured(tab, "agreement-of-two")
    tab.follow("a:has-text('Compare everybody again')")
    assert page.locator(".ag-matrix").count() == 1
    tab.follow("section:has(h2:has-text('Without suggestions')) .ag-figures:has-text('quote') a")
    assert "Where people differ on quote" in page.inner_text("h2")
    assert page.locator(".ag-differences tbody tr").count() > ARTICLES
    pictured(tab, "agreement-differences")
    tab.follow(".ag-differences tbody th a")
    assert "beside=" in page.url
    assert page.locator("mark").count() > 2
    assert tab.complaints == []


def test_no_page_of_it_has_a_barrier(read_by_three: Corpus, tab: Tab) -> None:
    own = f"/admin/corpus/corpus/{read_by_three.pk}/agreement/"
    tab.sign_in("owen")
    tab.open(own)
    tab.page.click("summary:has-text('What each figure says')")
    tab.page.click("summary:has-text('Of everybody')")
    found = barriers(tab.page, "agreement")
    tab.open(f"{own}articles/?label=quote&shown=no")
    found += barriers(tab.page, "differences")
    assert found == [], "\n".join(map(str, found))


def test_it_works_without_scripts(read_by_three: Corpus, chromium, live_server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = Tab(page=context.new_page(), base=str(live_server.url))
    tab.sign_in("owen")
    tab.open(f"/admin/corpus/corpus/{read_by_three.pk}/agreement/")
    tab.page.select_option("#label", "attribution")
    tab.page.select_option("#by", "f1_exact")
    tab.follow("button:has-text('Show')")
    assert "Each two people on attribution" in tab.page.inner_text("section")
    context.close()
