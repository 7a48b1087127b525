"""The panel: what it tells of the line in hand, and the lists that it offers."""

import pytest
from playwright.sync_api import Route

from annotations.models import Review
from tests.browser.bench import Bench, linked, standing, verdicts
from tests.browser.workbench.conftest import CABLES, ENGINEER, QUOTE, labelled

pytestmark = pytest.mark.browser


def test_what_one_key_would_accept_in_a_paragraph_stands_there_with_its_sources_and_cues(harbour, ada, tab):
    text = (
        "Ana Ruiz said that the cables were old. Ben Ode warned that the road would be shut.\n\nIt rained.\n"
    )
    revision = labelled(harbour, text)
    tab.be("ada")
    bench = Bench(tab, revision).open()
    listed = [words.replace("\n", " ") for words in bench.page.locator(".wb-rest li").all_inner_texts()]
    said = [words for words in listed if words.startswith("quote")]
    assert ["source: Ana Ruiz · cue: said" in said[0], "source: Ben Ode · cue: warned" in said[1]] == [
        True
    ] * 2
    # The last one, too, where the focus is on another.
    bench.press("a").saved().press("k")
    assert ["Ben Ode" in words for words in bench.page.locator(".wb-rest li").all_inner_texts()] == [True]
    bench.press("p").saved()
    assert len(listed) == len(verdicts(verdict="accept"))
    assert bench.page.locator(".wb-rest").count() == 0
    assert {"Ana Ruiz", "Ben Ode", "said", "warned"} <= {words for _, words in standing(ada, revision)}


def test_a_paragraph_of_many_suggestions_leaves_the_buttons_in_their_place(harbour, tab):
    claims = [f"The town of Vell paid {number},000 crowns for dyke {number} in 2024." for number in range(30)]
    tab.be("ada")
    bench = Bench(tab, labelled(harbour, " ".join(claims))).open()
    left = bench.page.locator(".wb-entry").count()
    assert left > 25
    assert bench.page.locator(".wb-rest li").all_inner_texts()[8:] == [f"and {left - 8} more"]
    places = bench.page.evaluate(
        "[...document.querySelectorAll('.wb-changing, .wb-rest')].map((one) => one.className)"
    )
    assert places == ["wb-changing", "wb-rest"]
    bench.press("p").saved()
    assert len(verdicts(verdict="accept")) == left


def test_why_a_suggestion_fired_is_one_key_away(bench):
    bench.go("“We").press("w")
    assert "not a probability: it is not calibrated" in bench.card()


def test_a_number_waits_for_the_list_that_it_is_meant_for(harbour, article, tab, ada):
    """The engine's list takes its time; a number that came before it must not change the label."""
    held: list[Route] = []
    tab.be("ada")
    tab.page.route("**/candidates/**", lambda route: held.append(route))
    bench = Bench(tab, article).open().go("“We").press("s", "2", "a")
    assert "being changed" not in bench.card()
    bench.page.wait_for_timeout(300)
    assert not Review.objects.exists()
    held[0].continue_()
    bench.page.wait_for_selector("#panel:not(:has-text('will close the'))")
    bench.saved()
    assert {label for label, surface in standing(ada, article) if surface == QUOTE} == {"quote"}
    assert len(linked(ada, article)) == 2
    assert ("source", QUOTE, ENGINEER) not in linked(ada, article)


def test_keys_wait_once_for_a_list_that_does_not_come_and_have_it_when_it_does(article, tab):
    held: list[Route] = []
    tab.be("ada")
    tab.page.route("**/candidates/**", lambda route: held.append(route))
    bench = Bench(tab, article).open().go("Traffic over").press("v").wait("panel", "Other boundaries")
    listed = bench.page.locator(".wb-choices li")
    bench.press("v")
    assert (listed.count(), len(held)) == (0, 1), "it is not asked for again while it is on its way"
    held[0].continue_()
    listed.first.wait_for()
    bench.press("v")
    assert "chosen" in str(listed.first.get_attribute("class"))


def test_the_engine_offers_what_may_be_missing_at_the_caret(bench, article, ada):
    bench.go("Traffic over").press("x").saved()
    offered = bench.press("e").wait("panel", "What may be missing").card()
    assert "Traffic over the bridge" in offered
    bench.press("a").saved()
    assert any("bridge rose by 12 percent" in surface for _, surface in standing(ada, article))


def test_another_boundary_of_the_engine_is_taken_by_a_key(bench, article, ada):
    bench.go("that two of its").press("v").wait("panel", "Other boundaries")
    bench.press("a").saved()
    kept = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert kept != [f"that {CABLES}"] and CABLES[:20] in kept[0]
