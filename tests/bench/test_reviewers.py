"""The short form of bench/reviewers.py: a handful of people on one queue."""

from tests.bench.conftest import RunBenchmark

DAMAGE = (
    "held_twice", "articles_never_offered", "lost", "unasked", "statuses_that_differ", "locked", "errors",
    "lies",
)  # fmt: skip
SIZES = ("--articles=40", "--reviewers=6", "--second-share=0.8", "--lease=2", "--mishaps=5")


def test_people_on_one_queue_never_share_a_pass_and_lose_nothing(benchmark: RunBenchmark):
    figures = benchmark("reviewers", *SIZES)
    assert {name: figures[name] for name in DAMAGE} == dict.fromkeys(DAMAGE, 0)
    assert figures["decisions"] > 50
    assert figures["met"]["repeats"] and figures["met"]["stale"]
    assert figures["met"]["hung up and asked again"]
    assert figures["control_held_twice"], "taking without a lock was not caught"
