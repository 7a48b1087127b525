"""Attest beside Label Studio and doccano, in one run on one machine, each over its own HTTP API.

Every round gives each peer a new project of the same articles with their suggestions, then measures them in
turn, one working while the others idle. Medians of all rounds; a Markdown table and a line of JSON.
"""

import argparse
import contextlib
import json
import platform
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from bench.articles import Labelled, read_articles
from bench.client import Client, median, milliseconds, timed_by
from bench.peer import CannotRun, PeakMemory, Peer
from bench.peer_attest import Attest
from bench.peer_doccano import Doccano
from bench.peer_label_studio import LabelStudio

PEERS: tuple[type[Peer], ...] = (Attest, LabelStudio, Doccano)
#: Measure, its unit and whether less is better, in the order of the table.
MEASURES: dict[str, tuple[str, bool]] = {
    "import": ("articles/s", False),
    "first page, 1 client": ("ms", True),
    "first page, 8 clients": ("ms", True),
    "next article, 1 client": ("ms", True),
    "next article, 8 clients": ("ms", True),
    "25 decisions": ("ms", True),
    "export": ("s", True),
    "memory, peak": ("MB", True),
    "installed": ("MB", True),
}
MANY = 8
WARM_UPS = 3

Samples = dict[str, list[float]]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    articles = list(read_articles(options.texts, options.articles))
    peers, refusals = started(options)
    samples: dict[str, Samples] = {peer.name: defaultdict(list) for peer in peers}
    try:
        with contextlib.ExitStack() as stack:
            watched = [stack.enter_context(PeakMemory(peer)) for peer in peers]
            for number in range(options.rounds):
                for peer in peers:
                    say(f"round {number + 1} of {options.rounds}: {peer.name}")
                    measure(peer, articles, f"round-{number + 1}", samples[peer.name], options)
    finally:
        for peer in peers:
            peer.stop()
    for watch in watched:
        samples[watch.peer.name]["memory, peak"].append(watch.peak)
        samples[watch.peer.name]["installed"].append(watch.peer.installed_mb())
    figures = {
        name: {what: median(taken) for what, taken in found.items()} for name, found in samples.items()
    }
    print(table(peers, figures, refusals, options))
    print(json.dumps(result(figures, refusals, options)))
    return 0 if not refusals else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.add_argument(
        "--texts", type=Path, required=True, help="labelled articles, JSON Lines (bench/README.md)"
    )
    parser.add_argument(
        "--install", type=Path, required=True, help="where the peers' environments are, or go"
    )
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=30, help="a round; of 8 clients each a quarter")
    parser.add_argument("--passes", type=int, default=20, help="of 25 decisions, a round")
    parser.add_argument("--only", action="append", choices=[peer.name for peer in PEERS], default=[])
    options = parser.parse_args(arguments)
    options.install = options.install.resolve()
    if options.install.is_relative_to(settings.BASE_DIR):
        parser.error("--install is a directory outside of the repository")
    return options


def started(options: argparse.Namespace) -> tuple[list[Peer], dict[str, str]]:
    """Install and start the peers; return those that run, and why the others do not."""
    running: list[Peer] = []
    refusals: dict[str, str] = {}
    for kind in PEERS:
        if options.only and kind.name not in options.only:
            continue
        peer = kind(options.install, settings.ATTEST_HOME / "peers")
        try:
            say(f"installing and starting {kind.name} {kind.version}")
            peer.install()
            peer.start()
            running.append(peer)
        except CannotRun as error:
            peer.stop()
            refusals[kind.name] = str(error)
            say(f"{kind.name} is left out: {error}")
    return running, refusals


def measure(
    peer: Peer, articles: Sequence[Labelled], project: str, samples: Samples, options: argparse.Namespace
) -> None:
    """Take one round of every measure of one peer."""
    peer.new_project(project)
    clients = [peer.client() for _ in range(MANY)]
    first = clients[0]
    body = peer.body(articles)
    taken = milliseconds(lambda: peer.bring_in(first, body))
    samples["import"].append(len(articles) / taken * 1000)
    for name, act in (("first page", peer.first_page), ("next article", peer.next_article)):
        timed_by(clients, act, WARM_UPS)
        samples[f"{name}, 1 client"] += timed_by([first], act, options.requests)
        samples[f"{name}, {MANY} clients"] += timed_by(clients, act, options.requests // 4)
    chosen = peer.article_ids(first, options.passes + WARM_UPS)
    peer.see(first, chosen)
    passes = [milliseconds(decider(peer, first, article)) for article in chosen]
    samples["25 decisions"] += passes[WARM_UPS:]
    samples["export"].append(milliseconds(lambda: peer.export(first)) / 1000)


def decider(peer: Peer, client: Client, article: str) -> Callable[[], None]:
    return lambda: peer.decide(client, article)


def table(
    peers: Sequence[Peer],
    figures: dict[str, dict[str, float]],
    refusals: dict[str, str],
    options: argparse.Namespace,
) -> str:
    """Return the figures as Markdown; after each peer's figure, how much better or worse ours is."""
    names = [peer.name for peer in peers]
    lines = [
        f"{options.articles:,} articles, {options.rounds} rounds, medians.",
        "",
        f"| | {' | '.join(f'{peer.name} {peer.version}' for peer in peers)} |",
        f"| --- |{' ---: |' * len(names)}",
    ]
    for what, (unit, less_is_better) in MEASURES.items():
        cells = [cell(figures, name, what, less_is_better=less_is_better) for name in names]
        lines.append(f"| {what}, {unit} | {' | '.join(cells)} |")
    lines += ["", *(f"25 decisions of {peer.name}: {peer.decision}." for peer in peers)]
    lines += [f"{name} was left out: {reason}" for name, reason in refusals.items()]
    return "\n".join(lines)


def cell(figures: dict[str, dict[str, float]], name: str, what: str, *, less_is_better: bool) -> str:
    value, ours = figures[name][what], figures.get(Attest.name, {}).get(what)
    shown = f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
    if ours is None or name == Attest.name:
        return shown
    ratio = value / ours if less_is_better else ours / value
    return f"{shown} ({ratio:.1f}x)"


def result(
    figures: dict[str, dict[str, float]], refusals: dict[str, str], options: argparse.Namespace
) -> dict[str, Any]:
    return {
        "benchmark": "peers",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "django": django.__version__,
        "articles": options.articles,
        "rounds": options.rounds,
        "figures": {
            name: {what: round(value, 3) for what, value in own.items()} for name, own in figures.items()
        },
        "left_out": refusals,
    }


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
