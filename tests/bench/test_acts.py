"""The short form of bench/acts.py: clients on the same few things, some with old pages."""

from tests.bench.conftest import RunBenchmark

DAMAGE = ("lost_updates", "stale_taken", "locked", "errors", "lies")


def test_what_was_acknowledged_is_never_written_over(benchmark: RunBenchmark):
    figures = benchmark("acts", "--acts=300", "--clients=6")
    assert {name: figures[name] for name in DAMAGE} == dict.fromkeys(DAMAGE, 0)
    assert figures["acknowledged"] > 50
    assert figures["refused"]["API: 412"] > 10 and figures["refused"]["page: 409"] > 5
    assert figures["control_lost_updates"], "writing apart from the check was not caught"
    assert figures["control_stale_taken"], "publishing without asking what was seen was not caught"
