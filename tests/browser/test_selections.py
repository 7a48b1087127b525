"""What is selected is what is stored: random selections over hostile Unicode, through the page's own modules.

The page selects in its text between two places by chance and notes the words that stand there; its modules
make a span of the selection and send it as a decision. Then the export is compared with the notes, in Python.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from tests.browser.conftest import Tab
from tests.conftest import put_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Of every kind that has moved an offset somewhere: planes, joiners, marks, directions, line ends.
HOSTILE = (
    "👩‍👩‍👧‍👦 A day at the quay\n\n"
    "“We 😀 will close the 👍🏽 bridge,” said Ana Ruiz, 🏳️‍🌈 the engineer. “𝕿𝖍𝖊 𝔈𝔫𝔡,” she said.\r\n\r\n"
    "Cafe\u0301 Mu\u0308nchen, a\u0300\u0316\u0301 Z\u0351\u036b\u0343algo, क्षत्रिय, नमस्ते.\r\n"
    "ไทยนี้, 한국어, \u1112\u1161\u11ab, 部長は「橋を閉鎖する」と述べた。𠮷野家、葛󠄀城市、か\u3099。\n\n"
    "وقال الوزير: «سنغلق الجسر 😀 غدا». אמרה השרה: „הגשר ייסגר”.\r\r"
    "\u202eback\u202c \u2066isolated\u2069 \u200fmark\u200e, soft\u00adhyphen, zero\u200bwidth.\n\n"
    "One.\u2028A line\u2029a paragraph\x85next\x0bpage\x0c.\n\n"
    "\ufeffA mark within, \U000e0041\U000e007f tags, \U0010ffff the last, \ufffd, \ufffe.\n"
    " and  no-break\u00a0\u202f\u3000spaces.\t\n"
)
TEXT = HOSTILE * 4
SELECTIONS = 10_000
#: Decisions in one request.
PART = 500

SELECT = """
async ([count, seed, shift]) => {
  const { selectedSpan } = await import("/static/annotations/offsets.js");
  const { Session } = await import("/static/annotations/workbench/session.js");
  const state = await (await fetch(document.getElementById("workbench").dataset.state)).json();
  const session = new Session(state);
  const root = document.getElementById("text");
  const chance = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647; };

  // All places of the text that are not inside a character, each as a point of the page.
  const points = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  let before = 0;
  while (walker.nextNode()) {
    const { data } = walker.currentNode;
    for (let unit = 0; unit < data.length; unit += data.codePointAt(unit) > 0xffff ? 2 : 1) {
      points.push([walker.currentNode, unit, before + unit]);
    }
    before += data.length;
  }
  const text = root.textContent;
  const noted = [];
  const taken = new Set();
  let decisions = [];
  const send = async () => {
    const sent = decisions.map(({ decision }) => decision);
    const { status, body } = await session.decide(state.urls.reviews, sent);
    if (status !== 200) throw new Error(JSON.stringify(body));
    body.results.forEach((result, index) => {
      if (result.status !== 200) throw new Error(JSON.stringify(result));
      noted.push([result.body.line, decisions[index].words]);
    });
    decisions = [];
  };
  while (noted.length + decisions.length < count) {
    const first = Math.floor(chance() * (points.length - 1));
    const length = chance() < 0.7 ? 40 : points.length;
    const last = Math.min(points.length - 1, first + 1 + Math.floor(chance() * length));
    const [start, end] = [points[first], points[last]];
    const [from, to] = chance() < 0.5 ? [start, end] : [end, start];
    document.getSelection().setBaseAndExtent(from[0], from[1], to[0], to[1]);
    const words = text.slice(start[2], end[2]).replace(/^\\s+|\\s+$/gu, "");
    const span = selectedSpan(root);
    if (span === null) {
      if (words) throw new Error(`Nothing was selected of ${JSON.stringify(words)}`);
      continue;
    }
    const segment = [span.start + shift, span.end + shift];
    if (segment[1] > state.length || taken.has(String(segment))) continue;
    taken.add(String(segment));
    const said = { verdict: "add", label: "claim", segments: [segment], attributes: {} };
    decisions.push({ words, decision: { ...said, version: 0, key: crypto.randomUUID() } });
    if (decisions.length === PART) await send();
  }
  if (decisions.length) await send();
  document.getSelection().removeAllRanges();
  return noted;
}
""".replace("PART", str(PART))


@pytest.fixture
def hostile(corpus: Corpus, ada: User) -> Revision:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus, TEXT, title="A day at the quay")
    work_jobs("test", limit=10, seconds=30)
    return revision


def select(tab: Tab, revision: Revision, count: int, *, shift: int = 0) -> dict[str, str]:
    """Make so many selections; return the words that were selected, by the line that came of them."""
    tab.be("ada")
    tab.open(f"/admin/corpus/article/{revision.article_id}/workbench/")
    tab.page.wait_for_selector("#saved:not(:empty)")
    tab.page.set_default_timeout(0)
    return dict(tab.page.evaluate(SELECT, [count, 20_261_122, shift]))


def exported(revision: Revision, reader: User) -> Iterator[dict[str, Any]]:
    """Yield the annotations of the lossless export of the article, with their lines."""
    client = Client()
    client.force_login(reader)
    answer = client.get(reverse("export", args=[revision.article.corpus.slug]), {"layer": "all"})
    assert answer.status_code == 200
    for line in b"".join(answer.streaming_content).splitlines():  # type: ignore[attr-defined]
        yield from json.loads(line).get("annotations", ())


def different(noted: dict[str, str], rows: Iterator[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return the selections whose exported surface, or whose span of the text, is not what was selected."""
    found, met = [], set()
    for row in rows:
        if row["root"] not in noted:
            continue
        met.add(row["root"])
        words, ((start, end),) = noted[row["root"]], row["segments"]
        if not words == row["surface"] == TEXT[start:end]:
            found.append((words, row["surface"]))
    assert met == set(noted)
    return found


def test_what_is_exported_is_what_was_selected(hostile, owen, tab):
    noted = select(tab, hostile, SELECTIONS)
    assert len(noted) == SELECTIONS
    assert different(noted, exported(hostile, owen)) == []
    assert tab.complaints == []


def test_a_shift_by_one_is_seen(hostile, owen, tab):
    noted = select(tab, hostile, 50, shift=1)
    assert len(different(noted, exported(hostile, owen))) == 50
