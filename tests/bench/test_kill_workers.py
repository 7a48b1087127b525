"""The short form of bench/kill_workers.py: a few kills a change, a thousand before a release."""

import json
import os
import subprocess
import sys
import uuid

import pytest
from django.conf import settings
from django.db import connection

from bench.__main__ import OUTSIDE
from tests.servers import process_environment

pytestmark = [pytest.mark.broker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def empty_database():
    """Give what `python -m bench` takes as its database: its own SQLite, or an empty one on our server."""
    if connection.vendor == "sqlite":
        yield "sqlite"
        return
    name = f"bench_{uuid.uuid4().hex[:12]}"
    url = process_environment()["DATABASE_URL"].replace(str(connection.settings_dict["NAME"]), name)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_killed_workers_and_an_emptied_broker_lose_halve_and_double_nothing(empty_database):
    command = [sys.executable, "-m", "bench", "kill_workers", f"--database={empty_database}"]
    sizes = ["--articles=100", "--sentences=40", "--kills=3", "--flushes=1", "--lease=2"]
    environment = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    run = subprocess.run(
        [*command, *sizes],
        capture_output=True,
        text=True,
        check=False,
        cwd=settings.BASE_DIR,
        env=environment,
        timeout=200,
    )
    assert run.returncode in {0, 1}, run.stderr
    figures = json.loads(run.stdout)
    damage = ("lost", "half", "doubled", "wrong", "parked", "lies")
    assert {name: figures[name] for name in damage} == dict.fromkeys(damage, 0)
    assert (figures["kills"], figures["flushes"]) == (3, 1)
    assert figures["hits"], "no kill found a job in hand: the zeros prove nothing"
    assert figures["most_attempts"] > 1
    assert sum(figures["control"][name] for name in damage), "the broken ledger was not caught"
