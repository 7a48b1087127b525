"""One key a decision, in a real browser."""

import pytest

from annotations.models import Review
from tests.browser.bench import layer, linked, standing, verdicts
from tests.browser.workbench.conftest import ENGINEER, QUOTE

pytestmark = pytest.mark.browser


def test_one_key_accepts_a_quote_with_its_source_and_cue_and_goes_on(bench, article, ada):
    bench.go("“We").press("a").saved()
    assert standing(ada, article) == {("quote", QUOTE), ("attribution", ENGINEER), ("cue", "said")}
    assert "to decide" in bench.card()
    assert QUOTE not in bench.card()
    assert bench.kept() == []
    assert bench.tab.complaints == []


def test_one_key_rejects_and_one_more_says_why(bench, article):
    bench.go("“We").press("x", "2").saved()
    review = Review.objects.filter(annotation__surface=QUOTE).order_by("version").last()
    assert (review.verdict, review.reason) == ("reject", "title_or_irony")


def test_a_rejected_quote_takes_along_what_nothing_else_leads_to(bench, article, ada):
    bench.go("“We").press("x").saved()
    dropped = Review.objects.filter(verdict="reject").values_list("annotation__label", flat=True)
    assert sorted(dropped) == ["attribution", "cue", "quote"]
    bench.press("u").saved()
    assert layer(ada, article).counting == {}


def test_skip_retract_and_undo_over_a_reload(bench, article, ada):
    bench.go("“We").press("Space").saved()
    bench.go("“We").press("Backspace").saved()
    bench.press("a").saved()
    assert len(standing(ada, article)) == 3
    bench.open().press("u").saved()
    assert standing(ada, article) == set()
    assert verdicts(annotation__surface=QUOTE) == ["skip", "retract", "accept", "retract"]


def test_all_that_is_left_is_accepted_by_paragraph_and_above_a_score_as_one_act(bench, article, ada):
    bench.go("Traffic over").press("p").saved()
    assert standing(ada, article) == {("claim", "Traffic over the bridge rose by 12 percent in 2024")}
    bench.press("P").wait("panel", "0.50 and above").press("5").saved()
    assert len(standing(ada, article)) > 4
    at = set(Review.objects.exclude(annotation__surface__startswith="Traffic").values_list("at", flat=True))
    assert len(at) == 1
    bench.press("u").saved()
    assert standing(ada, article) == {("claim", "Traffic over the bridge rose by 12 percent in 2024")}


def test_what_an_act_comes_to_is_not_fetched_but_once(bench, article, ada):
    """The first decision takes the article, which only the server can tell of; then a receipt says all."""
    asked: list[str] = []
    bench.page.on("request", lambda request: asked.append(request.url) if "/state/" in request.url else None)
    bench.go("Traffic over").press("a").saved()
    bench.page.wait_for_timeout(300)
    assert len(asked) == 1
    bench.go("“We").press("a").saved()
    bench.page.wait_for_timeout(300)
    assert len(asked) == 1
    assert len(linked(ada, article)) == 2
