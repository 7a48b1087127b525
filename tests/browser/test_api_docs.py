"""The page of the API reads in a real browser under our Content-Security-Policy, without one complaint."""

import pytest

from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_show_every_route_without_a_complaint(tab: Tab) -> None:
    tab.open("/api/v1/docs/")
    tab.page.wait_for_selector(".opblock")
    assert tab.page.locator(".opblock").count() > 40
    operation = tab.page.locator("#operations-reviews-decide_many")
    operation.click()
    operation.locator("text=Try it out").click()
    operation.locator("text=Execute").wait_for()
    tab.page.locator(".scheme-container .authorize").click()
    tab.page.locator(".modal-ux").wait_for()
    assert tab.complaints == []
