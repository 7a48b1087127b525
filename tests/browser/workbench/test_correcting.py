"""Keys and the mouse change what was suggested, exactly."""

import pytest

from annotations.models import Review
from tests.browser.bench import layer, linked, standing, verdicts
from tests.browser.workbench.conftest import ENGINEER, QUOTE

pytestmark = pytest.mark.browser


def test_both_boundaries_move_by_words_and_the_correction_is_exact(bench, article, ada):
    bench.go("“We").press("ArrowLeft", "Shift+ArrowRight", "a").saved()
    quotes = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert quotes == ["We 😀 will close the 👍🏽 bridge"]
    assert linked(ada, article) == {("source", quotes[0], ENGINEER), ("cue", quotes[0], "said")}


def test_a_boundary_moves_by_a_character_and_never_into_one(bench, article, ada):
    bench.go("“We").press(*["Alt+ArrowLeft"] * 9, "a").saved()
    assert ("quote", "“We 😀 will close the 👍🏽") in standing(ada, article)


def test_what_is_being_changed_is_committed_by_looking_elsewhere_and_kept_over_a_reload(bench, article, ada):
    bench.go("“We").press("ArrowLeft", "ArrowLeft")
    assert "being changed" in bench.card()
    bench.open()
    assert "being changed" in bench.card()
    bench.press("j").saved()
    assert ("quote", "“We 😀 will close the 👍🏽") in standing(ada, article)


def test_escape_drops_what_is_being_changed(bench, article):
    bench.go("“We").press("ArrowLeft", "Escape", "j")
    assert "being changed" not in bench.card()
    assert not Review.objects.exists()


def test_label_and_type_take_one_key_each(bench, article, ada):
    bench.go("“We").press("Shift+Digit2", "a").saved()
    types = {row.surface: row.attributes for row in layer(ada, article).standing.values() if row.attributes}
    assert types == {QUOTE: {"type": "indirect"}}
    bench.go("Traffic over").press("2", "a").saved()
    assert ("quote", "Traffic over the bridge rose by 12 percent in 2024") in standing(ada, article)


def test_a_source_is_linked_by_its_number_by_the_next_key_and_by_selected_words(bench, article, ada):
    bench.go("Traffic over").press("s")
    bench.wait("panel", "Which source?")
    number = bench.page.locator(".wb-choices button", has_text="Ana Ruiz").first.inner_text()[0]
    bench.press(number, "a").saved()
    assert ("source", "Traffic over the bridge rose by 12 percent in 2024", ENGINEER) in linked(ada, article)
    # A click waits for what is under way, and the text is drawn anew then.
    bench.go("Traffic over").wait("panel", "rose by 12 percent")
    bench.tab.select("the bridge rose")
    bench.press("s", "a").saved()
    assert ("source", "Traffic over the bridge rose by 12 percent in 2024", "the bridge rose") in linked(
        ada, article
    )


def test_that_there_is_no_source_is_said_with_its_reason(bench, article, ada):
    bench.go("“We").press("s")
    bench.wait("panel", "Which source?").press("0")
    bench.wait("panel", "Why is there none?").press("1", "a").saved()
    assert linked(ada, article) == {("cue", QUOTE, "said")}
    assert Review.objects.get(verdict="correct").reason == "unnamed"


def test_an_edge_goes_to_the_word_that_begins_with_a_letter(bench, article, ada):
    bench.go("that two of its").press("z", "C", "'", "r")
    assert "begin" not in bench.live()
    bench.press("a").saved()
    kept = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert kept == ["Ruiz warned that two of its cables"]


def test_a_letter_that_was_to_follow_may_be_called_off(bench, article):
    bench.go("that two of its").press("i")
    assert "With which letter" in bench.live()
    bench.press("Escape", "x").saved()
    assert set(verdicts()) == {"reject"}


def test_the_mouse_drags_a_boundary_to_the_next_word(bench, article, ada):
    bench.go("“We")
    start, end = bench.page.evaluate(
        """() => {
          const marks = [...document.querySelectorAll("mark.here")];
          const rects = marks.at(-1).getClientRects();
          const last = rects[rects.length - 1];
          const first = marks[0].getClientRects()[0];
          return [
            [last.right - 1, last.top + last.height / 2],
            [first.left + first.width * 0.55, first.top + first.height / 2],
          ];
        }"""
    )
    bench.page.mouse.move(*start)
    bench.page.mouse.down()
    bench.page.mouse.move(*end, steps=5)
    bench.page.mouse.up()
    bench.press("a").saved()
    kept = next(surface for label, surface in standing(ada, article) if label == "quote")
    assert QUOTE.startswith(kept) and kept != QUOTE
    assert not kept.endswith(" ")
