"""The long tier of the state machine: a million steps, in rounds that each have a seed.

Every step that wrote something is followed by every invariant (tests/annotations/state_machine). A round that
is done is one line of the log; the same command goes on behind the last one. What a round finds is shrunk and
told, and the seed finds it again: `--first-seed N --steps 1`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from tests.annotations.state_machine.newsroom import Newsroom, beginning_in
from tests.annotations.state_machine.room import opened_world

STEPS_AN_EXAMPLE = 50
EXAMPLES_A_ROUND = 20
#: Every run of the machine makes its people anew, and nobody signs in as them.
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Counted(Newsroom):
    """A newsroom whose steps are counted."""

    steps = 0

    @invariant()
    def one_more_step(self) -> None:
        Counted.steps += 1


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    done = rounds_of(options.log)
    steps, start = sum(row["steps"] for row in done), time.monotonic()
    before, first = steps, max([options.first_seed, *(row["seed"] + 1 for row in done)])
    number = first
    with override_settings(PASSWORD_HASHERS=QUICK):
        while steps < options.steps:
            row = one_round(number)
            keep(options.log, row)
            steps, number = steps + row["steps"], number + 1
    seconds = time.monotonic() - start
    figures = {
        "benchmark": "state_machine",
        "database": connection.vendor,
        "steps": steps,
        "steps_now": steps - before,
        "seeds": [first, number - 1],
        "seconds": round(seconds, 1),
        "steps_per_second": round((steps - before) / seconds, 1),
        "violations": 0,
    }
    print(json.dumps(figures))
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench state_machine", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="with those that the log has already")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--log", type=path_or_none, help="a line of JSON a round; empty: none is kept")
    return parser.parse_args(arguments)


def path_or_none(text: str) -> Path | None:
    return Path(text) if text else None


def one_round(number: int) -> dict[str, Any]:
    """Run the machine with one seed; what it finds is raised, as in a test."""
    Counted.steps, start = 0, time.monotonic()
    chosen = settings(
        max_examples=EXAMPLES_A_ROUND,
        stateful_step_count=STEPS_AN_EXAMPLE,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    with opened_world() as world:
        run_state_machine_as_test(seed(number)(beginning_in(world, Counted)), settings=chosen)
    seconds = time.monotonic() - start
    return {"seed": number, "steps": Counted.steps, "seconds": round(seconds, 1), "on": connection.vendor}


def rounds_of(log: Path | None) -> list[dict[str, Any]]:
    return list(_read(log)) if log and log.exists() else []


def _read(log: Path) -> Iterator[dict[str, Any]]:
    for line in log.read_text().splitlines():
        row = json.loads(line)
        if row["on"] == connection.vendor:
            yield row


def keep(log: Path | None, row: dict[str, Any]) -> None:
    if log:
        with log.open("a") as file:
            file.write(json.dumps(row) + "\n")
