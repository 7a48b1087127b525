"""Whether any page of the API or the admin grows with the corpus.

Loads a corpus, looks at every page that reads, lets the corpus grow a hundredfold and looks again: queries,
milliseconds, and the work of the database. Two queries that must grow are the control.
"""

import argparse
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import connection
from django.db.models import Count
from django.test import Client

from annotations.models import Annotation
from annotations.services.jobs import due_jobs, sweep_jobs
from bench.client import milliseconds
from bench.scale_data import Site
from bench.scale_pages import pages_of, people
from bench.work import heaviest, plan_of, watched
from corpus.models import Revision

#: Work that two pages may differ by at any size: some rows more or fewer on the page.
SLACK = {"sqlite": 100, "postgresql": 200}
#: How much more work is too much. B-trees grow by the logarithm, and a page that was half full fills.
TOO_MUCH = 2.5
CONTROL: dict[str, Callable[[], object]] = {
    "control: a sort of the corpus": lambda: list(
        Revision.objects.without_text().order_by("text_sha256")[:50]
    ),
    "control: a count of the corpus": lambda: Annotation.objects.aggregate(Count("pk")),
}
ACTS: dict[str, Callable[[], object]] = {
    "count the jobs that are due": lambda: due_jobs(16),
    "sweep": sweep_jobs,
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """One page at one size."""

    queries: list[str]
    work: int
    ms: float


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    # Pages that a reviewer may not see say so, a thousand times.
    logging.disable(logging.CRITICAL)
    site = Site()
    looks: list[dict[str, Look]] = []
    for size in (options.small, options.large):
        start = time.monotonic()
        site.grow(size)
        say(f"{size:,} articles after {time.monotonic() - start:.0f} s")
        looks.append(look_at_all(site, options.requests))
    small, large = looks
    growing = sorted(name for name in small.keys() & large.keys() if grows(small[name], large[name]))
    print(table(small, large, growing, options))
    missed = [name for name in CONTROL if name not in growing]
    offenders = [name for name in growing if name not in CONTROL]
    slowest = max(look.ms for name, look in large.items() if name not in CONTROL)
    print(
        json.dumps(
            {
                "benchmark": "scale",
                "database": connection.vendor,
                "articles": [options.small, options.large],
                "pages": len(small.keys() & large.keys()) - len(CONTROL),
                "offenders": offenders,
                "control_missed": missed,
                "slowest_ms": round(slowest, 1),
                "most_queries": max(len(look.queries) for look in large.values()),
            }
        )
    )
    return 1 if offenders or missed else 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=7, help="a page; the median counts")
    return parser.parse_args(arguments)


def look_at_all(site: Site, requests: int) -> dict[str, Look]:
    """Look at every page and act by its name; a page that does not answer ends the benchmark."""
    clients = dict(people(site))
    found: dict[str, Look] = {}
    for page in pages_of(site):
        reading = partial(read, clients[page.who], page.url)
        if reading():
            found[f"{page.who}: {page.address}"] = look(reading, requests)
    for name, act in {**ACTS, **CONTROL}.items():
        act()
        found[name] = look(act, requests)
    return found


def read(client: Client, url: str) -> bool:
    """Get a page; return whether this person may see it."""
    answer = client.get(url)
    if answer.status_code not in (200, 204, 302, 403, 404):
        raise SystemExit(f"{url} answered {answer.status_code}: {answer.content[:300]!r}")
    return answer.status_code not in (403, 404)


def look(act: Callable[[], object], requests: int) -> Look:
    """Measure an act that was done once before, so that nothing is loaded for the first time."""
    taken = [milliseconds(act) for _ in range(requests)]
    with watched() as work:
        act()
    return Look(queries=work.queries, work=work.units, ms=statistics.median(taken or [0]))


def grows(small: Look, large: Look) -> bool:
    return (
        len(large.queries) > len(small.queries) + 2
        or large.work > small.work * TOO_MUCH + SLACK[connection.vendor]
    )


def table(
    small: dict[str, Look], large: dict[str, Look], growing: list[str], options: argparse.Namespace
) -> str:
    """Return all pages as Markdown, and the plans of those that grow."""
    lines = [
        f"| {options.small:,} and {options.large:,} articles | queries | ms | ms | work | |",
        "| --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for name in sorted(small.keys() & large.keys()):
        before, after = small[name], large[name]
        ratio = after.work / max(before.work, 1)
        mark = "**grows**" if name in growing else ""
        lines.append(
            f"| {name} | {len(before.queries)} / {len(after.queries)} | {before.ms:.1f} | {after.ms:.1f} "
            f"| {before.work} / {after.work} ({ratio:.1f}x) | {mark} |"
        )
    for name in growing:
        query = heaviest(large[name].queries)
        lines += ["", f"{name}:", *(f"    {step}" for step in plan_of(query))]
    return "\n".join(lines)


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
