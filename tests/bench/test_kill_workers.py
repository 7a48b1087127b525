"""The short form of bench/kill_workers.py: a few kills a change, a thousand before a release."""

import pytest

from tests.bench.conftest import RunBenchmark

DAMAGE = ("lost", "half", "doubled", "wrong", "parked", "lies")
SIZES = ("--articles=100", "--sentences=40", "--kills=3", "--flushes=1", "--lease=2")


@pytest.mark.broker
def test_killed_workers_and_an_emptied_broker_lose_halve_and_double_nothing(benchmark: RunBenchmark):
    # On a slow machine three kills may all fall between two jobs of the broken ledger: then it tells nothing.
    for _ in range(3):
        figures = benchmark("kill_workers", *SIZES)
        assert {name: figures[name] for name in DAMAGE} == dict.fromkeys(DAMAGE, 0)
        assert (figures["kills"], figures["flushes"]) == (3, 1)
        if figures["hits"] and sum(figures["control"][name] for name in DAMAGE):
            break
    assert figures["hits"], "no kill found a job in hand: the zeros prove nothing"
    assert figures["most_attempts"] > 1
    assert sum(figures["control"][name] for name in DAMAGE), "the broken ledger was not caught"
