"""A real Chromium, with an ear for everything that it complains of."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from corpus.models import User

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Milliseconds to wait for what must come. It measures nothing: a machine with other work may take its time.
PATIENCE = 60_000
EAR = """
document.addEventListener("securitypolicyviolation", (event) =>
  complained(`CSP: ${event.violatedDirective} ${event.blockedURI} at ${event.sourceFile}`));
"""


@dataclass
class Tab:
    """A page, where it is served, and what the browser had to say against it."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)

    def follow(self, selector: str) -> None:
        """Click on what leads to another page, and wait until all of that is there."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def be(self, name: str) -> None:
        """Give the browser a person's session; `sign_in` goes over the form, as a person does."""
        client = Client()
        client.force_login(User.objects.get(username=name))
        session = client.cookies[settings.SESSION_COOKIE_NAME]
        self.page.context.add_cookies([{"name": session.key, "value": session.value, "url": self.base}])

    def sign_in(self, name: str) -> None:
        self.open("/admin/login/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", f"{name}-and-a-long-word")
        self.page.click("input[type=submit]")
        self.page.wait_for_selector("#user-tools")

    def select(self, words: str) -> None:
        """Drag the mouse over the first occurrence of `words` in the article, as a person would."""
        start, end = self.page.evaluate(EDGES, words)
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=4)
        mouse.up()


#: The middle of the left edge of the first character, and of the right edge of the last.
EDGES = """
(words) => {
  const walker = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
  const nodes = [];
  let all = "";
  while (walker.nextNode()) { nodes.push([walker.currentNode, all.length]); all += walker.currentNode.data; }
  const at = all.indexOf(words);
  const point = (place, side) => {
    const [node, begins] = nodes.findLast(([, begins]) => begins <= (side === "left" ? place : place - 1));
    const range = document.createRange();
    const offset = place - begins;
    if (side === "left") { range.setStart(node, offset); range.setEnd(node, offset + 1); }
    else { range.setStart(node, offset - 1); range.setEnd(node, offset); }
    node.parentElement.scrollIntoView({ block: "center" });
    const box = range.getBoundingClientRect();
    return [side === "left" ? box.left + 1 : box.right - 1, box.top + box.height / 2];
  };
  return [point(at, "left"), point(at + words.length, "right")];
}
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = (
            "no Chromium on this machine: the pages were not tried in a browser (apt-get install chromium)"
        )
        if os.environ.get("ATTEST_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, which Django takes for a sign of asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def tab(chromium: Browser, live_server: LiveServer) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    opened = listening(context, str(live_server.url))
    yield opened
    context.close()


def listening(context: BrowserContext, base: str) -> Tab:
    opened = Tab(page=context.new_page(), base=base)

    def complain(complaint: str) -> None:
        opened.complaints.append(complaint)

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            complain(f"{said.text} at {page.url}")

    context.expose_function("complained", complain)
    context.add_init_script(EAR)
    page = opened.page
    page.on("console", hear)
    page.on("pageerror", lambda error: complain(str(error)))
    page.set_default_timeout(PATIENCE)
    return opened
