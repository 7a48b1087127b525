"""Nothing is lost on the way: not without a connection, nor a session, nor beside another tab."""

import pytest
from playwright.sync_api import Route

from annotations.models import Review
from tests.browser.bench import Bench, standing, verdicts
from tests.browser.conftest import Tab
from tests.browser.workbench.conftest import QUOTE

pytestmark = pytest.mark.browser


def test_saved_stands_only_after_the_receipt(bench):
    held: list[Route] = []
    bench.page.route("**/reviews/**", lambda route: held.append(route))
    bench.go("“We").press("a").wait("saved", "Saving")
    assert len(bench.kept()) == 1
    held[0].continue_()
    bench.saved()


def test_the_connection_is_cut_in_the_middle_of_fifty_decisions(long_article, tab, ada):
    tab.be("ada")
    bench = Bench(tab, long_article).open()
    asked, cut = 0, 0

    def unreliable(route: Route) -> None:
        nonlocal asked, cut
        asked += 1
        if asked % 3 == 2:
            route.fetch()  # It has arrived, and its answer is lost.
        if asked % 3:
            cut += 1
            route.abort()
        else:
            route.continue_()

    bench.page.route("**/reviews/**", unreliable)
    for number in range(50):
        if number == 20:
            bench.page.context.set_offline(True)
        if number == 35:
            bench.page.context.set_offline(False)
        bench.press("a")
    told = bench.page.inner_text("#saved")
    assert "kept in this browser" in told or "Saving" in told
    bench.page.unroute_all(behavior="wait")
    bench.page.evaluate("window.dispatchEvent(new Event('online'))")
    bench.page.wait_for_selector("#saved:has-text('All saved.')")
    assert cut >= 2
    assert len(standing(ada, long_article)) == 50
    assert verdicts() == ["accept"] * 50


def test_a_browser_that_dies_offline_sends_when_it_is_back(article, tab, ada, chromium):
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.page.route("**/reviews/**", lambda route: route.abort())
    bench.go("“We").press("a")
    bench.wait("saved", "1 decision kept in this browser")
    state = bench.page.context.storage_state()
    bench.page.context.close()
    assert not Review.objects.exists()
    again = chromium.new_context(storage_state=state)
    reborn = Bench(Tab(page=again.new_page(), base=tab.base), article).open().saved()
    assert ("quote", QUOTE) in standing(ada, article)
    assert reborn.kept() == []
    again.close()


def test_an_expired_session_loses_nothing(bench, article, ada):
    context = bench.page.context
    cookies = context.cookies()
    context.clear_cookies(name="sessionid")
    bench.go("“We").press("a")
    bench.wait("saved", "You are signed out")
    bench.press("j", "j", "a")
    assert len(bench.kept()) == 2
    assert not Review.objects.exists()
    context.add_cookies(cookies)
    bench.page.evaluate("window.dispatchEvent(new Event('focus'))")
    bench.saved()
    assert ("quote", QUOTE) in standing(ada, article)


def test_nothing_is_decided_in_the_name_of_who_signed_in_meanwhile(bench, article, chromium):
    context = bench.page.context
    other = Tab(page=context.new_page(), base=bench.tab.base)
    context.clear_cookies(name="sessionid")
    other.be("ben")
    bench.go("“We").press("a")
    bench.wait("saved", "Somebody else is signed in")
    assert not Review.objects.exists()
    assert len(bench.kept()) == 1


def test_a_stale_act_shows_both_states_and_the_reviewer_chooses(bench, article, ada):
    other = Bench(Tab(page=bench.page.context.new_page(), base=bench.tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    told = bench.page.inner_text("#outbox")
    assert "skip" in told
    assert f"Accepted: quote, {QUOTE}" in told
    assert standing(ada, article) == set()
    bench.page.click("button:has-text('Put mine in its place')")
    bench.saved()
    assert ("quote", QUOTE) in standing(ada, article)


def test_what_stands_can_be_kept_instead(bench, article, ada):
    other = Bench(Tab(page=bench.page.context.new_page(), base=bench.tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    bench.page.click("button:has-text('Keep what stands')")
    bench.saved()
    bench.go("“We").wait("panel", "skipped")
    assert verdicts(annotation__surface=QUOTE) == ["skip"]


def test_an_answer_that_is_older_than_a_decision_takes_nothing_back(bench, article):
    """The page asks what stands; while the server answers, the reviewer goes on."""
    held: list[Route] = []
    bench.page.route("**/state/**", lambda route: held.append(route))
    bench.go("“We").press("a").saved()
    old = held[0].fetch()
    bench.go("Traffic over").press("a").saved()
    held[0].fulfill(response=old)
    bench.page.unroute("**/state/**")
    bench.page.wait_for_timeout(300)
    bench.go("Traffic over").press("x").saved()
    assert verdicts(annotation__surface__startswith="Traffic") == ["accept", "reject"]
