"""Whether the report against automation bias names who should be named, and nobody else.

A newsroom of eight with known errors: one accepts whatever is suggested, one is merely fast, one slow. Of two
pipelines one promises too much. Two controls: without the careless one, and with the passes dealt to people
by chance, nobody is to be named.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.agreement.lapses import compare_people
from annotations.agreement.reliability import compare_pipelines
from annotations.agreement.wilson import wilson
from annotations.services.vigilance import Measure, Vigilance, vigilance_of
from bench.vigilance_world import (
    CARELESS,
    FAST,
    PEOPLE,
    PIPELINES,
    SLOW,
    Habits,
    World,
    counted,
    imagine,
    live,
    shuffled,
)
from corpus.models import Role
from corpus.services.actors import COMMAND

BOASTFUL = "boastful"
MODEST = {**PEOPLE, CARELESS: replace(PEOPLE["kim"])}


@dataclass(frozen=True, kw_only=True)
class Named:
    """Who and what was named."""

    people: frozenset[str]
    pipelines: frozenset[str]


AS_IT_IS = Named(people=frozenset({CARELESS}), pipelines=frozenset({BOASTFUL}))


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    people = {**PEOPLE, CARELESS: replace(PEOPLE[CARELESS], accepts_wrong=options.careless)}
    real = [lived(seed, options.articles, people) for seed in range(options.real)]
    figures = {
        "benchmark": "vigilance",
        "database": connection.vendor,
        "articles": options.articles,
        "people": len(people),
        "careless": options.careless,
        "real": real,
        "worlds": options.worlds,
        **rates(options.worlds, options.articles, people),
    }
    print(json.dumps(figures))
    return 0 if all(row["right"] for row in real) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench vigilance", description=__doc__)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument(
        "--careless", type=float, default=0.95, help="how often the careless one accepts what is wrong"
    )
    parser.add_argument("--real", type=int, default=2, help="worlds that are built as real rows")
    parser.add_argument("--worlds", type=int, default=200, help="worlds that are only counted")
    return parser.parse_args(arguments)


# -- in real rows --------------------------------------------------------------------------------------------


def lived(seed: int, articles: int, people: Mapping[str, Habits] = PEOPLE) -> dict[str, object]:
    """Build a world in rows and return what the report says of it, and whether that is right."""
    world = imagine(seed, articles, people)
    corpus = live(world, seed, people)
    start = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        report = vigilance_of(COMMAND, corpus, Role.OWNER, most=None)
    seconds = time.perf_counter() - start
    paces = paces_of(report)
    return {
        "named": sorted(names_of(report)),
        "miscalibrated": sorted(found.pipeline.name for found in report.miscalibrated),
        "paces": paces,
        "chance": report.named[0].lapses[Measure.ACCEPTED_WRONG].chance if report.named else None,
        "as_counted": counts_of(report) == counted(world.cases()),
        "right": is_right(report, world) and paces == {FAST: "fast", SLOW: "slow"},
        "seconds": round(seconds, 2),
        "statements": len(queries),
    }


def is_right(report: Vigilance, world: World) -> bool:
    """Return whether a report counts what happened, and names who and what it should and nobody else."""
    found = Named(
        people=frozenset(names_of(report)),
        pipelines=frozenset(found.pipeline.name for found in report.miscalibrated),
    )
    return found == AS_IT_IS and counts_of(report) == counted(world.cases())


def names_of(report: Vigilance) -> list[str]:
    return [name_of(str(person.user)) for person in report.named]


def name_of(username: str) -> str:
    """Return a person's name without the number of the world."""
    return username.rpartition("-")[0]


def counts_of(report: Vigilance) -> dict[str, tuple[int, int]]:
    lapses = {name_of(str(each.user)): each.lapses[Measure.ACCEPTED_WRONG] for each in report.people}
    return {name: (own.cases, own.lapses) for name, own in lapses.items()}


def paces_of(report: Vigilance) -> dict[str, str]:
    return {name_of(str(each.user)): each.pace.remark for each in report.people if each.pace.remark}


# -- counted alone -------------------------------------------------------------------------------------------


def rates(worlds: int, articles: int, people: Mapping[str, Habits]) -> dict[str, object]:
    """Return how often who is named, with intervals, in so many worlds and their controls."""
    found: dict[str, Counter[str]] = {"careless": Counter(), "without": Counter(), "shuffled": Counter()}
    for seed in range(worlds):
        world = imagine(seed, articles, people)
        _count(found["careless"], named_in(world))
        _count(found["shuffled"], named_in(shuffled(world, seed)))
        _count(found["without"], named_in(imagine(seed, articles, MODEST)))
    as_it_is, without, dealt = found["careless"], found["without"], found["shuffled"]
    return {
        "careless_named": _rate(as_it_is["careless"], worlds),
        "others_named": _rate(as_it_is["others"], worlds),
        "boastful_found": _rate(as_it_is[BOASTFUL], worlds),
        "sound_found": _rate(as_it_is["sound"], worlds),
        "anybody_named_without_the_careless": _rate(without["anybody"], worlds),
        "anybody_named_when_shuffled": _rate(dealt["anybody"], worlds),
    }


def named_in(world: World) -> Named:
    lapses = compare_people({Measure.ACCEPTED_WRONG: world.cases()})[Measure.ACCEPTED_WRONG]
    pipelines = compare_pipelines(world.scored())
    return Named(
        people=frozenset(name for name, own in lapses.items() if own.named),
        pipelines=frozenset(name for name, own in pipelines.items() if own.miscalibrated),
    )


def _count(found: Counter[str], named: Named) -> None:
    found["careless"] += CARELESS in named.people
    found["others"] += bool(named.people - {CARELESS})
    found["anybody"] += bool(named.people)
    for pipeline in PIPELINES:
        found[pipeline] += pipeline in named.pipelines


def _rate(hits: int, worlds: int) -> dict[str, float]:
    low, high = wilson(hits, worlds) or (0.0, 1.0)
    return {"share": hits / max(worlds, 1), "low": round(low, 4), "high": round(high, 4)}
