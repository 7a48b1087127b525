"""The outline beside the text, and what is found by it."""

import pytest

from annotations.models import Annotation, LayerKind
from tests.browser.bench import Bench

pytestmark = pytest.mark.browser

SEEN = """
(entry) => {
  const [here, all] = [entry, document.getElementById("outline")].map((one) => one.getBoundingClientRect());
  return here.top >= all.top && here.bottom <= all.bottom;
}
"""


def test_the_outline_follows_the_focus_however_long_it_is(long_article, tab):
    tab.be("ada")
    bench = Bench(tab, long_article).open()
    assert bench.page.locator(".wb-entry").count() > 55
    bench.press(*["j"] * 54).drawn()
    here = bench.page.locator(".wb-outline li.here")
    assert "dyke 57" in here.inner_text()
    assert here.evaluate(SEEN), "its entry is within the outline's window"


def test_the_least_sure_come_first_when_asked(bench, article):
    told = bench.press("B").drawn().page.locator(".wb-entry .wb-words").all_inner_texts()
    suggested = Annotation.objects.filter(layer__kind=LayerKind.MACHINE)
    scores = dict(suggested.values_list("surface", "score"))
    ordered = [scores[words] for words in told if words in scores]
    assert len(ordered) >= 4 and len(set(ordered)) > 1
    assert ordered == sorted(ordered)


def test_words_are_found_in_the_text(bench):
    bench.press("/")
    bench.page.keyboard.type("BRIDGE")
    bench.page.wait_for_selector("#search:has-text('1 of 2')")
    bench.press("Enter")
    bench.page.wait_for_selector("#search:has-text('2 of 2')")
    bench.press("Escape")
    assert bench.page.locator("#search").count() == 0


def test_what_is_said_of_the_text_is_found_too(bench, article):
    entries = bench.page.locator(".wb-entry")
    everything = entries.count()
    bench.press("/")
    bench.page.keyboard.type("Ruiz, the eng")
    found = bench.drawn().page.locator(".wb-entry .wb-words").all_inner_texts()
    assert len(found) == 1 and "We 😀" in found[0], "the quote whose source it is"
    bench.page.fill("#search-words", "INDIRECT")
    found = bench.drawn().page.locator(".wb-entry .wb-words").all_inner_texts()
    assert len(found) == 1 and "two of its" in found[0]
    bench.page.fill("#search-words", "nobody says this")
    assert bench.drawn().page.locator(".wb-entry").count() == 0
    bench.press("Escape").drawn()
    assert entries.count() == everything


def test_an_address_leads_to_one_span(bench, article):
    line = bench.state()["lines"][-1]["line"]
    bench.open(f"?line={line}")
    assert bench.page.locator(f"mark.here[data-row='{line}']").count() == 1
