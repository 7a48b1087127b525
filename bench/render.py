"""One long article with thousands of overlapping labels, drawn by the workbench and by other renderers.

The workbench is opened as a reviewer opens it, over gunicorn and signed in; the rivals are static pages
with the same text and the same labels in them, bundled by esbuild. Of each, in the same Chromium and by
turns, each time as a new visitor without a cache: the first complete paint (`painted`, from the start of
the navigation until every label that is drawn on opening is painted; `laid_out`, until all of the text has
its layout too), and one decision by a key (accept, and look at the next label): the time in the key's
handlers, until the next frame (`decided`), and what Chromium counts of script, style and layout for all
that a key leads to. The workbench does more than its rivals in that time: it draws its card and outline
anew, keeps the decision in the browser, sends it and takes in the receipt. A rival that leaves out labels
(`in_view`) is no rival. A Markdown table and a line of JSON.

The rivals are installed below DIR by npm and never become part of Attest: @recogito/text-annotator
(BSD-3-Clause), @apache-annotator/dom and its selector (Apache-2.0), mark.js (MIT), esbuild (MIT).
"""

import argparse
import contextlib
import functools
import html
import json
import random
import re
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from annotations.services.importing import import_records
from bench.articles import PLAIN, Labelled, native_line
from bench.reviewers import add_person
from bench.servers import running_servers
from corpus.models import Revision, Role
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus

PACKAGES = (
    "@recogito/text-annotator@4.1.1",
    "@apache-annotator/dom@0.2.0",
    "@apache-annotator/selector@0.2.0",
    "mark.js@8.11.1",
    "esbuild@0.28.2",
)
PAGES = Path(__file__).parent / "render_rivals"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: Labels and how many characters they cover.
LENGTHS = {"quote": (40, 300), "claim": (30, 200), "attribution": (8, 40), "cue": (4, 12)}
PARAGRAPH = 500
#: The pages of the rivals: what they are called, and their script with its renderer.
RIVALS = (
    ("Recogito, SPANS", "recogito-SPANS"),
    ("Recogito, CSS_HIGHLIGHTS", "recogito-CSS_HIGHLIGHTS"),
    ("Apache Annotator", "apache_annotator"),
    ("mark.js", "mark_js"),
)
WARM_UPS = 5
#: What Chromium counts by itself, in seconds.
COUNTED = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration")
SAVED = "!document.getElementById('saved') || document.getElementById('saved').classList.contains('saved')"
#: The most script that a decision may take, ms.
MOST_SCRIPT = 20
#: A page shows more or less of the text; with less than this share of our labels it has left some out.
ENOUGH = 0.5
#: Milliseconds of peace that end a decision; and seconds after which it never will.
QUIET = 150
PATIENCE = 60


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A page that draws the article. `labels` gives each drawn label as [name, element or range]."""

    name: str
    url: str
    labels: str = "labels()"
    session: str = ""


@dataclass(kw_only=True)
class Samples:
    paints: list[dict[str, float]] = field(default_factory=list)
    decisions: list[dict[str, float]] = field(default_factory=list)
    #: Labels in the window once the page is at rest.
    in_view: int = 0
    #: How many labels are drawn then; a page is complete with as many.
    at_rest: int = 0
    errors: list[str] = field(default_factory=list)


#: Hears before anything of the page when a key was pressed, its handlers were done and a frame was painted.
EAR = """
const named = (labels) => new Set(labels.map(([name]) => name)).size;
const painted = (then) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => then(performance.now());
  channel.port2.postMessage(0);
});
window.pressed = [];
let begun = 0;
// In the workbench: whether the line that had the focus is drawn as kept. The rivals have one of their own.
window.isDecided = () => document.querySelector(`#text mark.kept[data-row="${window.focused}"]`) !== null;
window.addEventListener("keydown", () => {
  window.focused = document.querySelector("#text mark.here")?.dataset.row;
  begun = performance.now();
}, true);
window.addEventListener("keydown", () => {
  const start = begun;
  const press = { handlers: performance.now() - start };
  window.pressed.push(press);
  const look = () => painted((now) => {
    if (isDecided()) press.decided = now - start;
    else look();
  });
  look();
});
// When as many labels as are drawn at rest have been painted, and when the whole text has its layout.
window.watch = (labels, wanted) => {
  const look = () => {
    if (named(labels()) < wanted) return requestAnimationFrame(look);
    painted((now) => {
      for (const part of document.querySelectorAll("#text > *")) part.getBoundingClientRect();
      for (const part of document.querySelectorAll("#text > *")) {
        const inside = document.createRange();
        inside.selectNodeContents(part);
        inside.getClientRects();
      }
      const { responseStart } = performance.getEntriesByType("navigation")[0];
      window.seen = { painted: now, laid_out: performance.now(), first_byte: responseStart };
    });
  };
  requestAnimationFrame(look);
};
window.atRest = (labels) => {
  const inView = labels.filter(([, drawn]) => {
    const { top, bottom } = drawn.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  });
  return [named(labels), named(inView)];
};
"""


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    install(options.install)
    article = overlapping(options.length, options.spans, options.seed)
    address, session = prepare(article)
    with running_servers() as servers, static_pages(build(options.install, article)) as static:
        base = f"http://127.0.0.1:{servers.web()}"
        ours = Contender(
            name="Attest",
            url=base + address,
            labels="[...document.querySelectorAll('#text mark')].map((mark) => [mark.dataset.row, mark])",
            session=session,
        )
        contenders = [ours, *(Contender(name=name, url=f"{static}/{page}.html") for name, page in RIVALS)]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            samples = measure(browser, contenders, options)
            browser.close()
    figures = {name: summed_up(found) for name, found in samples.items()}
    print(table(figures))
    print(json.dumps({"benchmark": "render", **figures}))
    return 0 if is_fastest(figures) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench render", description=__doc__)
    parser.add_argument("--install", type=Path, required=True, help="where the rivals are, or go")
    parser.add_argument("--length", type=int, default=100_000)
    parser.add_argument("--spans", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7, help="of opening each page")
    parser.add_argument("--decisions", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    options.install = options.install.resolve()
    if options.install.is_relative_to(settings.BASE_DIR):
        parser.error("--install is a directory outside of the repository")
    return options


# -- the article --------------------------------------------------------------------------------------------


def overlapping(length: int, spans: int, seed: int) -> Labelled:
    """Return an article of so many characters, with labels that overlap and nest as chance has it."""
    chance = random.Random(seed)
    text, paragraph = "", 0
    while len(text) < length:
        sentence = chance.choice(PLAIN)
        paragraph += len(sentence) + 1
        gap = "\n\n" if paragraph > PARAGRAPH else " "
        paragraph = paragraph if gap == " " else 0
        text += sentence + gap
    text = text[:length].rstrip().ljust(length, ".")
    kinds = list(LENGTHS)
    found: list[tuple[str, int, int, float]] = []
    for number in range(spans):
        label = kinds[number % len(kinds)]
        start = chance.randrange(length - LENGTHS[label][1])
        end = start + chance.randint(*LENGTHS[label])
        stretch = text[start:end]
        start, end = start + len(stretch) - len(stretch.lstrip()), end - len(stretch) + len(stretch.rstrip())
        found.append((label, start, end, round(chance.uniform(0.4, 0.99), 3)))
    found.sort(key=lambda span: span[1])
    return Labelled(external_id="long", title="A long one", text=text, spans=found, relations=links(found))


def links(spans: Sequence[tuple[str, int, int, float]]) -> list[tuple[str, int, int]]:
    """Give each quote the next attribution and the next cue, as the suggestions of an engine have them."""
    relations = []
    for relation, label in (("source", "attribution"), ("cue", "cue")):
        nearest = None
        for number in reversed(range(len(spans))):
            if spans[number][0] == label:
                nearest = number
            elif spans[number][0] == "quote" and nearest is not None:
                relations.append((relation, number, nearest))
    return relations


def prepare(article: Labelled) -> tuple[str, str]:
    """Put the article in; return the address of its workbench, and the session of a reviewer."""
    corpus = create_corpus(COMMAND, slug="render", name="Render")
    reviewer = add_person(corpus, "reviewer", Role.REVIEWER)
    line = native_line(article, layer="machine:bench@1")
    (outcome,) = import_records(COMMAND, corpus, [line], source="bench")
    assert outcome.outcome == "created", outcome
    client = Client()
    client.force_login(reviewer)
    pk = Revision.objects.get(corpus=corpus).article_id
    address = reverse("admin:corpus_article_workbench", args=[pk])
    return address, client.cookies[settings.SESSION_COOKIE_NAME].value


# -- the rivals ---------------------------------------------------------------------------------------------


def install(directory: Path) -> None:
    """Install the rivals and the bundler, once for what is wanted."""
    directory.mkdir(parents=True, exist_ok=True)
    done, wanted = directory / "installed", " ".join(PACKAGES)
    if done.exists() and done.read_text() == wanted:
        return
    (directory / "package.json").write_text('{"private": true}')
    run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES, cwd=directory)
    done.write_text(wanted)


def build(directory: Path, article: Labelled) -> Path:
    """Bundle the pages of the rivals with the article in them; return where they are."""
    pages = directory / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    sources = directory / "sources"
    shutil.copytree(PAGES, sources, dirs_exist_ok=True)
    entries = sorted({page.split("-")[0] for _, page in RIVALS})
    program = directory / "node_modules" / ".bin" / "esbuild"
    files = [sources / f"{entry}.js" for entry in entries]
    run(program, *files, "--bundle", "--minify", "--format=esm", f"--outdir={pages}", cwd=directory)
    shutil.copy(PAGES / "page.css", pages)
    spans = [
        {"id": f"span-{number}", "label": label, "start": start, "end": end}
        for number, (label, start, end, _) in enumerate(article.spans)
    ]
    paragraphs = [f"<p>{html.escape(part)}</p>" for part in re.split(r"(?<=\n\n)", article.text)]
    template = (PAGES / "page.html").read_text()
    for _, page in RIVALS:
        bundle, _, renderer = page.partition("-")
        filled = template.replace("RENDERER", renderer).replace("BUNDLE", bundle)
        filled = filled.replace("TEXT", "".join(paragraphs)).replace("LABELS", json.dumps(spans))
        (pages / f"{page}.html").write_text(filled)
    return pages


def run(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files over connections that stay open, and says nothing of it."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def static_pages(directory: Path) -> Iterator[str]:
    handler = functools.partial(QuietHandler, directory=directory)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


# -- measuring ----------------------------------------------------------------------------------------------


def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise SystemExit("there is no Chromium on this machine (apt-get install chromium)")
    return path


def measure(
    browser: Browser, contenders: Sequence[Contender], options: argparse.Namespace
) -> dict[str, Samples]:
    """Open the pages by turns, each time as a new visitor; then take the decisions, page by page."""
    samples = {contender.name: Samples() for contender in contenders}
    for contender in contenders:
        look_at_rest(browser, contender, samples[contender.name])
    for _ in range(options.rounds):
        for contender in contenders:
            open_once(browser, contender, samples[contender.name])
    for contender in contenders:
        decide(browser, contender, samples[contender.name], options.decisions)
    return samples


@contextlib.contextmanager
def opened(browser: Browser, contender: Contender, errors: list[str], ear: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    if contender.session:
        name, url = settings.SESSION_COOKIE_NAME, urljoin(contender.url, "/")
        context.add_cookies([{"name": name, "value": contender.session, "url": url}])
    context.add_init_script(ear)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(contender.url)
    yield page
    context.close()


def look_at_rest(browser: Browser, contender: Contender, samples: Samples) -> None:
    with opened(browser, contender, samples.errors, EAR) as page:
        page.wait_for_timeout(3_000)
        samples.at_rest, samples.in_view = page.evaluate(f"atRest({contender.labels})")


def open_once(browser: Browser, contender: Contender, samples: Samples) -> None:
    watch = f"watch(() => {contender.labels}, {samples.at_rest})"
    started = f"{EAR}\ndocument.addEventListener('DOMContentLoaded', () => {watch});"
    with opened(browser, contender, samples.errors, started) as page:
        while not (seen := page.evaluate("window.seen ?? null")):
            page.wait_for_timeout(QUIET)
        samples.paints.append(seen)


def decide(browser: Browser, contender: Contender, samples: Samples, count: int) -> None:
    """Press the key so many times, each once the one before has come to rest, its receipt included."""
    with opened(browser, contender, samples.errors, EAR) as page:
        page.wait_for_timeout(3_000)
        before = len(samples.errors)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        for number in range(WARM_UPS + count):
            start = counted(devtools)
            page.keyboard.press("a")
            press: dict[str, float] = {}
            given_up = time.monotonic() + PATIENCE
            while "decided" not in press or not page.evaluate(SAVED):
                if time.monotonic() > given_up:
                    said = page.evaluate("document.getElementById('saved')?.textContent")
                    raise SystemExit(f"{contender.name}: decision {number} came to no end: {press}, {said}")
                page.wait_for_timeout(QUIET)
                press = page.evaluate("pressed.at(-1)")
            if len(samples.errors) > before:
                samples.decisions.clear()
                return
            end = counted(devtools)
            if number >= WARM_UPS:
                samples.decisions.append(press | {name: (end[name] - start[name]) * 1000 for name in COUNTED})


def counted(devtools: CDPSession) -> dict[str, float]:
    return {row["name"]: row["value"] for row in devtools.send("Performance.getMetrics")["metrics"]}


# -- figures ------------------------------------------------------------------------------------------------


def summed_up(samples: Samples) -> dict[str, Any]:
    """Return the medians and the worst twentieth in milliseconds, and what went wrong."""
    figures: dict[str, Any] = {"in_view": samples.in_view, "errors": sorted(set(samples.errors))}
    for rows in (samples.paints, samples.decisions):
        for name in rows[0] if rows else ():
            taken = sorted(row[name] for row in rows)
            p95 = taken[min(len(taken) - 1, round(0.95 * len(taken)))]
            figures[name] = {"median": round(statistics.median(taken), 1), "p95": round(p95, 1)}
    return figures


def is_fastest(figures: dict[str, dict[str, Any]]) -> bool:
    """Whether the workbench is before every rival that draws as much, and quick enough for itself."""
    ours, *rivals = figures.values()

    def before(rival: dict[str, Any], name: str) -> bool:
        return name not in rival or ours[name]["median"] < rival[name]["median"]

    fair = [rival for rival in rivals if rival["in_view"] >= ENOUGH * ours["in_view"]]
    faster = all(before(rival, name) for rival in fair for name in ("painted", "laid_out", "decided"))
    return faster and ours["ScriptDuration"]["p95"] < MOST_SCRIPT


def table(figures: dict[str, dict[str, Any]]) -> str:
    columns = ("first_byte", "painted", "laid_out", "handlers", "decided", *COUNTED)
    lines = [f"| ms, median (p95) | labels in view | {' | '.join(columns)} |", f"| --- |{' ---: |' * 9}"]
    for name, own in figures.items():
        cells = [cell(own.get(column)) for column in columns]
        lines.append(f"| {name} | {own['in_view']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(figure: dict[str, float] | None) -> str:
    return f"{figure['median']:.1f} ({figure['p95']:.1f})" if figure else "fails"
