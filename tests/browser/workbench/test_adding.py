"""Selected words become annotations, in every script."""

import pytest
from playwright.sync_api import Route

from tests.browser.bench import Bench, standing
from tests.browser.workbench.conftest import TEXT, labelled

pytestmark = pytest.mark.browser


def test_selected_words_are_added_by_the_number_of_a_label(bench, article, ada):
    bench.tab.select("👍🏽 bridge,” said Ana Ruiz")
    bench.press("1").saved()
    assert ("claim", "👍🏽 bridge,” said Ana Ruiz") in standing(ada, article)
    assert "added by you" in bench.card()


def test_a_loose_selection_snaps_to_words_and_with_alt_it_does_not(bench, article, ada):
    bench.tab.select("ost a thir")
    bench.press("1").saved()
    assert ("claim", "lost a third") in standing(ada, article)
    start = article.text.index("ables had los")
    bench.page.keyboard.down("Alt")
    bench.tab.select("ables had los")
    bench.page.keyboard.up("Alt")
    bench.press("1").saved()
    assert ("claim", article.text[start : start + 13]) in standing(ada, article)


def test_what_was_added_is_corrected_retracted_and_gone(bench, article, ada):
    bench.tab.select("day at")
    bench.press("1", "ArrowRight", "a").saved()
    assert standing(ada, article) == {("claim", "day at the")}
    bench.go("day at the").press("Backspace").saved()
    assert standing(ada, article) == {("claim", "day at")}
    bench.page.wait_for_selector(".wb-entry:has-text('day at')")
    bench.go("day at").press("Backspace").saved()
    assert standing(ada, article) == set()
    assert bench.page.locator(".wb-entry", has_text="day at").count() == 0


def test_what_was_added_is_found_under_the_name_that_the_server_gave_it(bench, article, ada):
    held: list[Route] = []
    bench.page.route("**/workbench/state/**", lambda route: held.append(route))
    bench.select("day at").press("1", "ArrowRight", "a").saved()
    assert held, "the state was not asked for"
    bench.go("day at the").press("Backspace").saved()
    assert standing(ada, article) == {("claim", "day at")}


def test_a_selection_over_two_paragraphs_is_exact(bench, article, ada):
    bench.page.evaluate(
        """() => {
          const blocks = document.querySelectorAll("#text .block");
          const range = document.createRange();
          range.setStart(blocks[0], 0);
          range.setEndAfter(blocks[1].lastChild);
          document.getSelection().addRange(range);
        }"""
    )
    bench.press("2").saved()
    assert ("quote", TEXT[: TEXT.index("\n\nRuiz")]) in standing(ada, article)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One 😀 line.\r\nTwo\rlines.\r\n\r\n“We will close it,” said Ana Ruiz.\r\n", "We will close it"),
        ("قالت المهندسة آنا رويز إن الجسر سيغلق لمدة تسعة أسابيع.\n", "الجسر سيغلق"),
        ("市長は記者団に「橋を九週間閉鎖する」と述べた。\n", "橋を九週間閉鎖する"),
        ("Cafe\u0301 owners said that nai\u0308ve plans fail.\n", "nai\u0308ve plans"),
    ],
    ids=["line ends", "right to left", "without spaces", "decomposed"],
)
def test_offsets_are_exact_in_every_script(harbour, tab, ada, text, words):
    revision = labelled(harbour, text)
    tab.be("ada")
    bench = Bench(tab, revision).open()
    assert bench.page.evaluate("document.getElementById('text').textContent") == text
    bench.select(words).press("1").saved()
    assert ("claim", words) in standing(ada, revision)
