"""The short form of bench/webhooks.py: a kill a change, hundreds before a release."""

import pytest

from tests.bench.conftest import RunBenchmark


@pytest.mark.broker
def test_no_committed_event_is_lost_when_workers_are_killed_before_it_is_delivered(benchmark: RunBenchmark):
    # On a slow machine the kill may fall where the broken outbox has nothing in hand.
    for seed in range(3):
        figures = benchmark("webhooks", "--kills=1", "--refuse-every=0", f"--seed={seed}")
        assert (figures["lost"], figures["unknown"]) == (0, 0)
        if figures["hits"] and figures["control_lost"]:
            break
    assert figures["hits"], "no kill found a delivery in hand: the zeros prove nothing"
    assert figures["events"] == 40
    assert figures["control_lost"], "the broken outbox was not caught"
