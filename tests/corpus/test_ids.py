"""Ids come in order, whichever way they are asked for, and are UUIDs of version 7."""

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest

from corpus import ids
from corpus.ids import (
    first_id_of,
    moment_of,
    uuid7,
    uuid7_between,
    uuid7_hex,
    uuid7_many,
    uuid7_scattered,
)


def test_ids_ascend_whichever_way_they_are_asked_for():
    made = [uuid7(), *uuid7_many(3), *map(UUID, uuid7_hex(2_000)), uuid7(), *map(UUID, uuid7_hex(1)), uuid7()]
    assert all(earlier < later for earlier, later in pairwise(made))


def test_ids_are_of_version_7_and_carry_their_time():
    before = time.time_ns() // 1_000_000
    for made in (uuid7(), UUID(uuid7_hex(1)[0])):
        assert (made.version, made.variant) == (7, RFC_4122)
        assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_ascend_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch):
    latest = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert uuid7() > latest


def test_ids_stay_apart_where_the_counter_of_a_millisecond_runs_out(monkeypatch: pytest.MonkeyPatch):
    frozen = time.time_ns() + 3_600_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: frozen)
    monkeypatch.setattr(ids, "_last", 0)
    first = uuid7()
    monkeypatch.setattr(ids, "_last", ids._last | ids._LOW)
    made = [first, *map(UUID, uuid7_hex(100)), uuid7()]
    assert all(earlier < later for earlier, later in pairwise(made))
    assert {identity.version for identity in made} == {7}


def test_no_ids_are_none():
    assert uuid7_hex(0) == []


def test_an_id_tells_when_it_was_made():
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    made = uuid7()
    assert before <= moment_of(made) <= datetime.now(UTC) + timedelta(seconds=1)
    assert first_id_of(before) < made < first_id_of(datetime.now(UTC) + timedelta(seconds=1))


def test_an_id_between_scattered_ones_looks_like_them() -> None:
    made = uuid7_scattered(50)
    assert made == sorted(set(made)) and {(pk.version, pk.variant) for pk in made} == {(7, RFC_4122)}
    assert len({moment_of(pk) for pk in made}) == 1
    for low, high in [*pairwise(made), (None, made[0]), (made[-1], None)]:
        between = uuid7_between(low, high)
        assert (low is None or low < between) and (high is None or between < high)
        assert (between.version, moment_of(between)) == (7, moment_of(made[0]))
    with pytest.raises(ValueError, match="Nothing is between"):
        uuid7_between(made[0], made[0])
    with pytest.raises(ValueError, match="has to be given"):
        uuid7_between(None, None)
