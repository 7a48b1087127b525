import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.bench.running import figures_of
from tests.servers import process_environment

RunBenchmark = Callable[..., dict[str, Any]]


@pytest.fixture
def benchmark(transactional_db: None, tmp_path: Path) -> RunBenchmark:
    """Give a function that runs a benchmark and returns its figures, each on a database of its own."""

    def run(name: str, *options: str) -> dict[str, Any]:
        with copied_database(tmp_path) as url:
            return figures_of(name, url, *options)

    return run


@contextmanager
def copied_database(directory: Path) -> Iterator[str]:
    """Give the URL of a copy of the test database, which spares a benchmark all migrations."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    original = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(directory / name)) as copy:
            connection.connection.backup(copy)
        yield f"sqlite:///{directory / name}"
        return
    url = process_environment()["DATABASE_URL"].replace(original, name)
    # PostgreSQL copies what nobody is connected to.
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
    try:
        yield url
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
