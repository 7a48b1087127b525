"""The short form of bench/backups.py: two backups while others write, and a plain copy that is caught."""

import pytest

from tests.bench.conftest import RunBenchmark

WRONG = ("missing", "half", "lies", "differences", "unreadable")
SIZES = ("--backups=2", "--writers=3", "--every=0.5", "--damages=60")


@pytest.mark.django_db(transaction=True)
def test_a_backup_under_load_holds_what_was_acknowledged_and_nothing_in_part(benchmark: RunBenchmark) -> None:
    figures = benchmark("backups", *SIZES)
    assert {name: figures[name] for name in WRONG} == dict.fromkeys(WRONG, 0) and not figures["failures"]
    assert figures["acts"]["take"] and figures["acts"]["submit"], "nobody wrote: the zeros prove nothing"
    assert any(figures["control"].values()), "the plain copy was not caught"
    assert figures["damaged"] == {"tried": 60, "refused": 60}
