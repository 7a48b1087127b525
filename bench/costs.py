"""What importing, exporting and deciding cost in this process: milliseconds an article, without HTTP.

`--profile NAME` prints where the time of one of them goes.
"""

import argparse
import cProfile
import json
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

from django.db import connection

from annotations.models import Annotation, LayerKind, Verdict
from annotations.services.decisions import Decision
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.reviewing import decide_many
from bench.articles import invent, native_line, read_articles
from corpus.models import Corpus, Revision, Role, User
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import create_corpus, set_member

#: Decisions in a pass.
PASS = 25


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    lines = article_lines(options.texts, options.articles)
    corpora = count()
    acts: dict[str, Callable[[], Any]] = {}
    corpus = new_corpus("kept")
    take_in(corpus, lines)
    reviewer = User.objects.create(username="reviewer")
    set_member(COMMAND, corpus, reviewer, Role.REVIEWER)
    actor = Actor(user=reviewer, via="api")
    waiting = Revision.objects.filter(corpus=corpus).select_related("article").iterator(chunk_size=50)
    acts["import"] = lambda: take_in(new_corpus(f"corpus-{next(corpora)}"), lines)
    acts["export"] = lambda: give_out(corpus, "machine")
    acts["export_all"] = lambda: give_out(corpus, "all")
    if options.profile and options.profile != "decide":
        print_profile(acts[options.profile])
        return 0
    if options.profile:
        print_profile(lambda: decide_passes(actor, waiting, 50))
        return 0
    figures = {
        f"{name}_ms_an_article": round(timed(act, options.rounds) / len(lines) * 1000, 3)
        for name, act in acts.items()
    }
    passes = [timed(lambda: decide_passes(actor, waiting, 1), 1) for _ in range(min(len(lines), 50))]
    figures[f"pass_of_{PASS}_ms"] = round(statistics.median(passes) * 1000, 1)
    print(
        json.dumps({"benchmark": "costs", "database": connection.vendor, "articles": len(lines), **figures})
    )
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench costs", description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument(
        "--texts", type=Path, help="JSON Lines (bench/README.md); invented articles without it"
    )
    parser.add_argument("--profile", choices=["import", "export", "export_all", "decide"])
    return parser.parse_args(arguments)


def article_lines(texts: Path | None, articles: int) -> list[bytes]:
    found = read_articles(texts, articles) if texts else map(invent, range(articles))
    return [native_line(article) for article in found]


def new_corpus(slug: str) -> Corpus:
    return create_corpus(COMMAND, slug=slug, name=slug)


def take_in(corpus: Corpus, lines: list[bytes]) -> None:
    for outcome in import_records(COMMAND, corpus, lines, source="bench"):
        assert outcome.outcome == "created", outcome


def give_out(corpus: Corpus, layer: str) -> None:
    with tempfile.TemporaryFile() as target:
        export_corpus(COMMAND, corpus, layer=layer, target=target)


def decide_passes(actor: Actor, waiting: Iterator[Revision], number: int) -> None:
    for revision in islice(waiting, number):
        decide_pass(actor, revision)


def decide_pass(actor: Actor, revision: Revision) -> None:
    shown = Annotation.objects.filter(layer__revision=revision, layer__kind=LayerKind.MACHINE)
    ids = shown.order_by("start").values_list("pk", flat=True)[:PASS]
    receipts = decide_many(actor, revision, [Decision(verdict=Verdict.ACCEPT, on=pk) for pk in ids])
    assert not any(receipt.error for receipt in receipts)


def timed(act: Callable[[], Any], rounds: int) -> float:
    """Return the median seconds that `act` takes."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def print_profile(act: Callable[[], Any]) -> None:
    act()
    profiler = cProfile.Profile()
    profiler.runcall(act)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
