"""The page of the API has every route and shape, and reads in a real browser without one complaint."""

import pytest

from corpus.api.docs import openapi_document
from tests.browser.conftest import Tab
from tests.browser.test_barriers import barriers, sideways, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_show_every_route_and_shape(tab: Tab) -> None:
    document = openapi_document()
    operations = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    shapes = [f"shape-{name}" for name in document["components"]["schemas"]]
    tab.open("/api/v1/docs/")
    shown = tab.page.eval_on_selector_all(".at-operation", "(parts) => parts.map(({ id }) => id)")
    assert sorted(shown) == sorted([*operations, *shapes])
    leading = tab.page.eval_on_selector_all(
        "main a[href^='#']", "(links) => links.map((link) => link.hash.slice(1))"
    )
    assert set(leading) <= set(shown)
    assert tab.complaints == []


def test_an_address_opens_an_operation_and_a_link_its_shape(tab: Tab) -> None:
    tab.open("/api/v1/docs/#decide_many")
    operation = tab.page.locator("#decide_many")
    operation.get_by_text("Idempotency-Key", exact=False).first.wait_for()
    operation.locator("a[href='#shape-DecisionsInputRequest']").click()
    tab.page.locator("#shape-DecisionsInputRequest table").wait_for()


def test_the_page_of_the_api_has_no_barrier(tab: Tab) -> None:
    tab.open("/api/v1/docs/")
    assert barriers(tab.page, "the API") == []
    # All of it at once is much to look through, and each width draws it alike.
    tab.page.set_viewport_size({"width": 820, "height": 900})
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert violations(tab.page, "the whole API", {}) == []
    assert sideways(tab.page) == 0
