"""The workbench for every person: their own keys, by ear, and without scripts."""

import pytest

from tests.browser.bench import verdicts
from tests.browser.conftest import Tab
from tests.browser.workbench.conftest import QUOTE

pytestmark = pytest.mark.browser


def test_the_keys_are_shown_and_can_be_changed(bench, article, ada):
    bench.press("?")
    bench.page.wait_for_selector("#help[open]")
    assert "Accept, with its source and cue" in bench.page.inner_text("#help")
    bench.page.click("#help button[aria-label*='Skip']")
    bench.press("a").wait("help", "for “Accept")
    bench.page.click("#help button[aria-label*='Skip']")
    bench.press("K").wait("help", "Changed, in this browser")
    bench.press("Escape")
    bench.open().go("“We").press("K").saved()
    assert verdicts(annotation__surface=QUOTE) == ["skip"]


def test_every_act_is_told_to_who_does_not_see(bench):
    bench.go("“We")
    assert QUOTE in bench.live() and "source: Ana Ruiz, the engineer" in bench.live()
    bench.press("j", "k", "ArrowLeft")
    assert "“We 😀 will close the 👍🏽" in bench.live()


def test_without_scripts_the_list_is_one_link_away(article, chromium, live_server):
    context = chromium.new_context(java_script_enabled=False)
    tab = Tab(page=context.new_page(), base=live_server.url)
    tab.be("ada")
    tab.open(f"/admin/corpus/article/{article.article_id}/workbench/")
    assert "will close the" in tab.page.inner_text("#text")
    tab.page.click("noscript a, .at-notice a")
    row = f"#{tab.page.locator('.at-item').first.get_attribute('id')}"
    tab.page.click(f"{row} button[value=accept]")
    assert tab.page.url.endswith(row)
    assert "accepted" in tab.page.inner_text(f"{row} .at-why")
    context.close()
