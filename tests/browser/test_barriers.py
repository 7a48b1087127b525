"""No barrier of any impact on any page, at any width, light or dark; nothing is cut off."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route

from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.releases import Plan, make_release
from corpus.models import Corpus, Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.annotations.test_settling import decide_all
from tests.browser.conftest import Tab, listening
from tests.browser.test_pages import exports_in_every_state, pages
from tests.conftest import TEXT, person, put_in

pytestmark = pytest.mark.browser

WIDTHS = (1400, 820, 360)
#: Every page at every width takes minutes; so the pages are tried in so many tests.
PARTS = 3
#: A tall article, so that there is something to scroll to.
LONG = "\n\n".join([TEXT] * 6)

#: Buttons change their colours by and by.
AT_REST = "Promise.allSettled(document.getAnimations().map(({ finished }) => finished)).then(() => null)"

Barrier = tuple[str, str, str, list[str]]


@pytest.fixture
def harbour(transactional_db: None) -> Corpus:
    corpus = create_corpus(
        COMMAND, slug="harbour", name="Harbour", owner=person("owen"), guideline="R1. Label what was said."
    )
    for name in ("ada", "ben"):
        set_member(COMMAND, corpus, person(name), "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def article(harbour: Corpus) -> Revision:
    revision = put_in(harbour, LONG, title="The bridge", outlet="The Lamp")
    work_jobs("test", limit=10, seconds=30)
    return revision


def barriers(page: Page, where: str) -> list[Barrier]:
    """Return all that axe finds, at each width by all rules, in the dark by those about colours."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += violations(page, f"{where} at {width}", {})
        picture(page, f"{where} at {width}")
        if sideways(page) > 0:
            found.append((f"{where} at {width}", "sideways", f"{sideways(page)} pixels", []))
    page.emulate_media(color_scheme="dark")
    found += violations(page, f"{where} in the dark", {"runOnly": ["color-contrast"]})
    picture(page, f"{where} in the dark at {WIDTHS[-1]}")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    picture(page, f"{where} in the dark at {WIDTHS[0]}")
    page.emulate_media(color_scheme="light")
    return found


def picture(page: Page, name: str) -> None:
    """Keep what the whole page looks like, where somebody wants to look at it."""
    if folder := os.environ.get("ATTEST_PICTURES"):
        page.wait_for_timeout(300)
        named = re.sub(r"[^\w-]+", " ", name).strip()
        page.screenshot(path=Path(folder) / f"{named}.png", full_page=True)


def violations(page: Page, where: str, options: dict[str, list[str]]) -> list[Barrier]:
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "(options) => axe.run(options).then(({ violations }) => violations)",
        {"resultTypes": ["violations"], **options},
    )
    return [
        (where, rule["id"], rule["impact"], [str(node["target"]) for node in rule["nodes"]][:3])
        for rule in found
    ]


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


# -- the workbench and its states ----------------------------------------------------------------------------


REVIEWS = "**/reviews/**"


def refuse(route: Route) -> None:
    """Answer as to a decision that another tab was quicker with."""
    error = {"code": "stale_version", "message": "x", "details": {"version": 1, "verdict": "skip"}}
    body = route.request.post_data_json or {}
    results = [{"status": 412, "error": error} for _ in body["decisions"]]
    route.fulfill(json={"results": results})


def in_focus(page: Page) -> None:
    page.wait_for_selector("#panel .at-surface")


def changing(page: Page) -> None:
    page.keyboard.press("s")
    page.wait_for_selector(".wb-choices")


def helped(page: Page) -> None:
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")


def rejected(page: Page) -> None:
    page.keyboard.press("w")
    page.keyboard.press("x")
    page.wait_for_selector(".wb-choices")
    page.wait_for_selector("#saved:has-text('All saved.')")


def held(page: Page) -> None:
    page.route(REVIEWS, refuse)
    page.keyboard.press("a")
    page.wait_for_selector(".wb-held")


def searching(page: Page) -> None:
    page.keyboard.press("/")
    page.fill("#search-words", "bridge")
    page.wait_for_selector("#search")


def selecting(page: Page) -> None:
    page.evaluate("document.getSelection().selectAllChildren(document.querySelector('#text .block'))")
    page.wait_for_selector("#selection")


STATES: dict[str, Callable[[Page], None]] = {
    "a line in focus": in_focus,
    "a change in hand, with a list": changing,
    "the keys": helped,
    "rejected, with its reasons": rejected,
    "held": held,
    "searching": searching,
    "selecting": selecting,
}


def states_of_the_workbench(tab: Tab, article: Revision) -> Iterator[str]:
    """Bring the workbench into each of its states, and yield the name while it is."""
    for name, reach in STATES.items():
        tab.open(f"/admin/corpus/article/{article.article_id}/workbench/")
        tab.page.wait_for_selector("#saved:not(:empty)")
        tab.page.evaluate("localStorage.clear()")
        reach(tab.page)
        yield name
        # That of candidates stays: with none left, what the next state asks for may get past its own.
        tab.page.unroute(REVIEWS)
        tab.page.evaluate("localStorage.clear()")


@pytest.fixture
def reviewer(tab: Tab, article: Revision) -> Tab:
    tab.page.route("**/candidates/**", lambda route: route.fulfill(json={"missing": [], "choices": {}}))
    tab.be("ada")
    return tab


def test_the_workbench_has_no_barrier_in_any_state(article, reviewer):
    found = []
    for state in states_of_the_workbench(reviewer, article):
        found += barriers(reviewer.page, state)
    assert found == [], "\n".join(map(str, found))


def test_nor_has_a_pass_that_is_submitted_or_an_article_without_labels(harbour, article, reviewer):
    empty = put_in(harbour, "Nothing was said.", external_id="empty", title="Nothing")
    decide_all(harbour.members.get(user__username="ada").user, article)
    found = []
    for revision in (article, empty):
        reviewer.open(f"/admin/corpus/article/{revision.article_id}/workbench/")
        reviewer.page.wait_for_selector("#saved:not(:empty)")
        found += barriers(reviewer.page, revision.article.title)
    assert found == [], "\n".join(map(str, found))


# -- zoomed, on a tablet, and by keys alone -----------------------------------------------------------------

#: How much of what has the focus is under something else, or out of the window: of the points at its edges.
COVERED = """
(chosen) => [...document.querySelectorAll(chosen)].flatMap((element) => {
  const [rect] = element.getClientRects();
  const points = [[rect.left + 2, rect.top + rect.height / 2], [rect.right - 2, rect.top + rect.height / 2]];
  const over = points.map(([x, y]) => document.elementFromPoint(x, y));
  return over.filter((one) => one === null || !(element.contains(one) || one.contains(element)))
    .map((one) => `${element.className} under ${one?.outerHTML.slice(0, 90)}`);
}).slice(0, 3)
"""


@pytest.fixture(params=[(700, 450, 2), (820, 1180, 1), (360, 740, 1)], ids=["zoomed", "tablet", "phone"])
def small(request: pytest.FixtureRequest, chromium: Browser, live_server, article: Revision) -> Iterator[Tab]:
    width, height, scale = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    opened = listening(context, str(live_server.url))
    opened.page.route("**/candidates/**", lambda route: route.fulfill(json={"missing": [], "choices": {}}))
    opened.be("ada")
    yield opened
    context.close()


def test_in_a_small_window_nothing_is_cut_off_or_covered(article, small, request):
    for state in states_of_the_workbench(small, article):
        assert sideways(small.page) <= 0, state
        picture(small.page, f"{state} on a {request.node.callspec.id}")
    small.open(f"/admin/corpus/article/{article.article_id}/workbench/")
    small.page.wait_for_selector("#saved:not(:empty)")
    for _ in range(12):
        small.page.keyboard.press("j")
        assert small.page.evaluate(COVERED, "#text mark.here[data-tag]") == []


#: What Tab should reach: all that can be acted on and is there to be seen.
REACHABLE = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((element) => element.checkVisibility() && element.getClientRects().length > 0)
  .filter(({ disabled, type, tabIndex }) => !disabled && type !== "hidden" && tabIndex >= 0)
  .map((element) => { element.dataset.reachable = "yes"; return element; }).length
"""
#: The element that has the focus, once: whether it shows that, and whether it is covered.
FOCUSED = """
() => {
  const { activeElement: element } = document;
  if (!element || element === document.body) return null;
  const again = element.dataset.reached === "yes";
  element.dataset.reached = "yes";
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const shown = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  return { again, shown, what: element.outerHTML.slice(0, 120) };
}
"""


def test_tab_reaches_everything_and_the_focus_is_seen(article, reviewer):
    reviewer.open(f"/admin/corpus/article/{article.article_id}/workbench/")
    reviewer.page.wait_for_selector("#saved:not(:empty)")
    reviewer.page.evaluate("document.activeElement.blur()")
    reviewer.page.evaluate("document.getSelection().collapse(document.body, 0)")
    reachable = reviewer.page.evaluate(REACHABLE)
    unseen, covered = [], []
    for _ in range(reachable + 5):
        reviewer.page.keyboard.press("Tab")
        focused = reviewer.page.evaluate(FOCUSED)
        if focused is None or focused["again"]:
            continue
        if not focused["shown"]:
            unseen.append(focused["what"])
        covered += reviewer.page.evaluate(COVERED, ":focus:not(#text)")
    missed = (
        "[...document.querySelectorAll('[data-reachable]:not([data-reached])')].map((one) => one.outerHTML)"
    )
    assert reviewer.page.evaluate(missed) == []
    assert unseen == []
    assert covered == []


# -- every other page ----------------------------------------------------------------------------------------


def all_pages(corpus: Corpus, revision: Revision) -> list[str]:
    own = f"/admin/corpus/corpus/{corpus.pk}"
    dispute = revision.disputes.all()[0]
    further = [
        f"{own}/disputes/{dispute.pk}/",
        f"{own}/disputes/?show=settled",
        f"{own}/disputes/?show=waiting",
        f"{own}/agreement/articles/?label=quote&shown=yes",
        f"{own}/releases/{corpus.releases.all()[0].pk}/?from=v1",
    ]
    return [*pages(corpus, revision), *further]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_barrier(harbour, article, tab, part):
    Corpus.objects.update(passes=2)
    ada, ben = (harbour.members.get(user__username=name).user for name in ("ada", "ben"))
    decide_all(ada, article)
    decide_all(ben, article, **{"nine weeks": {"verdict": "reject", "reason": "other"}})
    put_in(harbour, external_id="waiting")
    exports_in_every_state(harbour)
    work_jobs("test", limit=10, seconds=30)
    for name in ("v1", "v2"):
        make_release(COMMAND, harbour, Plan(name=name, layer="machine"))
    tab.be("owen")
    found = []
    for path in all_pages(harbour, article)[part::PARTS]:
        tab.open(path)
        found += barriers(tab.page, path)
    assert found == [], "\n".join(map(str, found))


def test_a_planted_barrier_is_found(article, reviewer):
    reviewer.open(f"/admin/corpus/article/{article.article_id}/workbench/")
    reviewer.page.evaluate(
        "document.getElementById('strip').insertAdjacentHTML('beforeend', '<img src=x><h6>x</h6>')"
    )
    rules = {(rule, impact) for _, rule, impact, _ in barriers(reviewer.page, "planted")}
    assert ("image-alt", "critical") in rules
    assert any(impact == "moderate" for _, impact in rules)
