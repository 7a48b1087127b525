"""A pass from its first look to the next article."""

import pytest

from annotations.models import Assignment, Layer, LayerKind, Review
from annotations.services.queue import take
from annotations.services.settling import approve_passes
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, publish_guideline
from corpus.services.disclosure import DISCLOSURE
from tests.browser.bench import Bench, standing
from tests.browser.conftest import Tab
from tests.browser.workbench.conftest import QUOTE, TEXT, labelled
from tests.conftest import acting

pytestmark = pytest.mark.browser


def test_a_pass_is_submitted_by_a_key_and_the_next_article_opens(harbour, article, tab, ada):
    second = labelled(harbour, "Nothing was said on that day.", external_id="second", title="The second")
    take(acting(ada), harbour)
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.press("m").wait("refused", "are left without a decision")
    while (
        "of" in bench.page.inner_text("#progress") and not bench.page.locator("#strip-acts .default").count()
    ):
        bench.press("a")
    bench.saved().press("m")
    bench.page.wait_for_url(f"**/{second.article_id}/workbench/")
    assert Layer.objects.get(revision=article, kind=LayerKind.REVIEWER).submitted_at
    assert Assignment.objects.get(revision=second).reviewer == ada
    bench.page.wait_for_selector("#saved:not(:empty)")
    bench.press("m").wait("progress", "No article waits for you now")
    bench.press("a", "x").wait("progress", "Submitted").wait("refused", "take it up again to change it")
    approve_passes(COMMAND, second)
    bench.page.click("button:has-text('Take it up again')")
    bench.wait("refused", "This text is gold").wait("refused", "Say in a comment")
    assert bench.page.locator("#refused").is_visible()
    bench = Bench(tab, article).open()
    bench.page.click("button:has-text('Take it up again')")
    bench.wait("strip-acts", "submit")
    assert bench.page.locator("#refused").is_hidden()


def test_the_next_article_opens_also_where_the_page_has_not_heard_of_the_pass_yet(harbour, article, tab, ada):
    second = labelled(harbour, "Nothing was said on that day.", external_id="second")
    tab.be("ada")
    bench = Bench(tab, article).open()
    # What stands on the server is asked for behind the first decision, and is long on its way.
    bench.page.route("**/workbench/state/**", lambda route: None)
    while not bench.page.locator("#strip-acts .default").count():
        bench.press("a")
    bench.saved().press("m")
    bench.page.wait_for_url(f"**/{second.article_id}/workbench/")


def test_what_another_article_still_holds_does_not_keep_a_pass_from_being_submitted(
    harbour, article, tab, ada
):
    second = labelled(harbour, "Nothing was said on that day.", external_id="second")
    tab.be("ada")
    bench = Bench(tab, article).open()
    other = Bench(Tab(page=bench.page.context.new_page(), base=tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    elsewhere = Bench(tab, second).open().wait("outbox", "about another article")
    elsewhere.press("m").wait("progress", "Submitted")
    assert Layer.objects.get(revision=second, reviewer=ada).submitted_at


def test_suggestions_wait_for_the_own_pass_where_the_corpus_says_so(harbour, article, tab, ada):
    configure_corpus(COMMAND, harbour, version=1, changes={"suggestions_shown": "after_pass"})
    tab.be("ada")
    bench = Bench(tab, article).open()
    assert bench.page.locator("#text mark").count() == 0
    assert "not shown before you have read" in bench.page.inner_text("#progress")
    bench.tab.select("a third")
    bench.press("1").saved()
    assert not Review.objects.get().suggestions_shown
    bench.press("m").wait("progress", "Submitted")
    bench.page.wait_for_selector("#text mark.suggested")


def test_a_planted_suggestion_is_taken_back_and_said_so(harbour, ada, tab):
    more = (
        "It cost 4 million in 1969. It was repaired in 1987 for 900,000. Who would miss the old bridge now?"
    )
    publish_guideline(COMMAND, harbour, text=DISCLOSURE, version=1)
    configure_corpus(COMMAND, harbour, version=1, changes={"planted_share": 0.2})
    article = labelled(harbour, f"{TEXT}\n{more}\n", title="A day at the quay")
    harbour.refresh_from_db()
    assert take(acting(ada), harbour).planted
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.go("Who would miss").press("a").wait("outbox", "planted to check our attention (rule R22)")
    # The page asks for what stands now; until that is there the line shows as it was decided.
    bench.page.wait_for_selector("#outline:not(:has-text('Who would miss'))")
    assert standing(ada, article) == set()
    bench.page.get_by_role("button", name="Understood").click()
    assert bench.page.locator("#outbox").inner_text() == ""
    bench.go("“We").press("a").saved()
    assert ("quote", QUOTE) in standing(ada, article)
    assert tab.complaints == []
