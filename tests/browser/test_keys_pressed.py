"""The keys that `bench keys` counts are pressed in a real browser, and what comes of them is gold."""

import json
from pathlib import Path
from typing import Any

import pytest

from annotations.extraction.learned.examples import example_of
from annotations.extraction.rules import Rules
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from bench.keys import Reviewer, review
from corpus.models import Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.bench import Bench, layer
from tests.conftest import person, put_in
from tests.node import node_or_skip

pytestmark = pytest.mark.browser

GOLD = Path(__file__).parents[2] / "corpus" / "sample" / "gold.jsonl"


@pytest.fixture(scope="module")
def pressed() -> dict[str, list[dict[str, Any]]]:
    node_or_skip()
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    with Reviewer() as reviewer:
        found = [review(reviewer, row["id"], example_of(row), Rules()).as_json() for row in rows]
    return {row["id"]: row["acts"] for row in found}


def test_the_counted_keys_make_gold_on_the_page(transactional_db, tab, pressed):
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    ada = person("ada")
    set_member(COMMAND, corpus, ada, "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    tab.be("ada")
    for row in map(json.loads, GOLD.read_text(encoding="utf-8").splitlines()):
        revision = put_in(corpus, row["text"], external_id=row["id"])
        work_jobs("test", limit=10, seconds=30)
        bench = Bench(tab, revision).open()
        skip_claims(bench)
        for act in pressed[row["id"]]:
            if act["suggested"] and act["keys"]:
                focus(bench, act["suggested"]["segments"])
            for key in act["keys"]:
                bench.press(key.replace("Ctrl+", "Control+"))
        bench.page.wait_for_selector("text=Take it up again")
        wanted = [act["wanted"] for act in pressed[row["id"]] if act.get("wanted")]
        assert set(quotes(ada, revision)) ^ set(map(written, wanted)) == set(), row["id"]


def skip_claims(bench: Bench) -> None:
    """The count is of quotes: claims are out of the way before it begins."""
    bench.page.evaluate("localStorage.clear()")
    while (claims := bench.page.locator(".wb-suggested .wb-entry:has(.label-claim)")).count():
        claims.first.click()
        bench.page.locator("#text").focus()
        bench.press("Space").drawn()
    bench.saved().open()


def focus(bench: Bench, segments: list[list[int]]) -> None:
    line = next(
        line["line"]
        for line in bench.state()["lines"]
        if line["said"]
        and line["said"]["label"] == "quote"
        and line["said"]["segments"] == [list(span) for span in segments]
    )
    bench.drawn().page.locator(f"li[data-line='{line}'] button").click()
    bench.page.locator("#text").focus()


def quotes(user: User, revision: Revision) -> list[str]:
    view = layer(user, revision)
    found = []
    for row in view.standing.values():
        if row.label == "quote":
            said = {
                "segments": [list(span) for span in view.segments_of(row)],
                "type": row.attributes["type"],
            }
            for link in view.links.values():
                head, child = view.end_lines(link)
                if head == row.root:
                    said[link.label] = list(view.segments_of(view.standing[child])[0])
            found.append(written(said))
    return sorted(found)


def written(said: dict[str, Any]) -> str:
    fields = ("segments", "type", "source", "cue")
    return json.dumps({name: said.get(name) for name in fields})
