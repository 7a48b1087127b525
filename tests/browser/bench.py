"""The workbench as its reviewer has it: keys go in, and what stands shows on the page and in the rows."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from annotations.models import Review
from annotations.services.reading import LayerView, own_layer, read_layers
from corpus.models import Revision, User
from tests.browser.conftest import Tab
from tests.conftest import acting


@dataclass
class Bench:
    tab: Tab
    revision: Revision

    @property
    def page(self) -> Page:
        return self.tab.page

    def open(self, query: str = "") -> "Bench":
        self.tab.open(f"/admin/corpus/article/{self.revision.article_id}/workbench/{query}")
        self.page.wait_for_selector("#saved:not(:empty)")
        return self.drawn()

    def drawn(self) -> "Bench":
        """Wait until the outline, which follows the text, shows what stands."""
        self.page.wait_for_selector("#outline:not([aria-busy])", state="attached")
        return self

    def press(self, *keys: str) -> "Bench":
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def select(self, words: str) -> "Bench":
        """Select the first occurrence of `words` as the keyboard would: exactly, in every script."""
        self.page.evaluate(SELECT, words)
        return self

    def saved(self) -> "Bench":
        """Wait until everything has its receipt."""
        self.page.wait_for_selector("#saved:has-text('All saved.'), #outbox:not(:empty)")
        held = self.page.inner_text("#outbox")
        assert held == "", held
        return self.drawn()

    def go(self, words: str) -> "Bench":
        """Put the focus on the card that begins with these words, by the outline beside the text."""
        self.drawn().page.locator(".wb-entry", has_text=words).first.click()
        self.page.locator("#text").focus()
        return self

    def wait(self, part: str, words: str) -> "Bench":
        self.page.wait_for_selector(f"#{part}:has-text({words!r})")
        return self

    def state(self) -> dict[str, Any]:
        """Return what the server tells of the text by now."""
        found: dict[str, Any] = self.page.evaluate(STATE)
        return found

    def card(self) -> str:
        return self.page.inner_text("#panel")

    def live(self) -> str:
        return self.page.inner_text("#live")

    def kept(self) -> list[str]:
        """Return what the browser's own storage holds for the outbox."""
        names: list[str] = self.page.evaluate("Object.keys(localStorage)")
        return [name for name in names if name.startswith("attest.outbox/")]


STATE = """fetch(document.getElementById("workbench").dataset.state).then((answer) => answer.json())"""

SELECT = """
(words) => {
  const root = document.getElementById("text");
  const at = root.textContent.indexOf(words);
  const point = (place) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let left = place; walker.nextNode(); left -= walker.currentNode.length) {
      if (left <= walker.currentNode.length) return [walker.currentNode, left];
    }
  };
  const range = document.createRange();
  range.setStart(...point(at));
  range.setEnd(...point(at + words.length));
  document.getSelection().removeAllRanges();
  document.getSelection().addRange(range);
}
"""


def layer(user: User, revision: Revision) -> LayerView:
    found = own_layer(acting(user), revision)
    assert found is not None, "no pass"
    return read_layers([found])[0]


def standing(user: User, revision: Revision) -> set[tuple[str, str]]:
    """Return label and words of what stands in a person's layer."""
    return {(row.label, row.surface) for row in layer(user, revision).standing.values()}


def linked(user: User, revision: Revision) -> set[tuple[str, str, str]]:
    view = layer(user, revision)
    found = set()
    for row in view.links.values():
        head, child = (view.standing[line].surface for line in view.end_lines(row))
        found.add((row.label, head, child))
    return found


def verdicts(**about: Any) -> list[str]:
    """Return the verdicts that were given for themselves, in their order."""
    rows = Review.objects.filter(implied_by=None, **about).order_by("at", "id")
    return list(rows.values_list("verdict", flat=True))
