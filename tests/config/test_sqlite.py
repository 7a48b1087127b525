"""Writers of SQLite stand in line; readers never wait; who dies is out of the line."""

import contextlib
import fcntl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler, OperationalError

from config.sqlite.line import Line, leave

#: A process that begins to write, says so, and never ends.
HOLDER = """
import sys, time
from config.sqlite.line import Line
turn = Line(sys.argv[1]).enter(10)
print("begun", flush=True)
time.sleep(600)
"""


@contextlib.contextmanager
def connected(name: Path | str, **options: Any) -> Iterator[BaseDatabaseWrapper]:
    """Give a connection to a database of its own."""
    options = {"transaction_mode": "IMMEDIATE", **options}
    described = {"ENGINE": "config.sqlite", "NAME": str(name), "OPTIONS": options}
    handler = ConnectionHandler({"default": described})
    connection = handler.create_connection("default")
    connection.alias = uuid4().hex
    connections[connection.alias] = connection
    try:
        yield connection
    finally:
        connection.close()
        del connections[connection.alias]


@pytest.fixture
def database(tmp_path: Path, django_db_blocker: Any) -> Iterator[Path]:
    path = tmp_path / "x.sqlite3"
    with django_db_blocker.unblock():
        with connected(path) as connection:
            run(connection, "PRAGMA journal_mode=WAL")
            run(connection, "CREATE TABLE word (word TEXT)")
        yield path


def run(connection: BaseDatabaseWrapper, statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def write(connection: BaseDatabaseWrapper, word: str = "said") -> None:
    run(connection, f"INSERT INTO word VALUES ('{word}')")


def words(connection: BaseDatabaseWrapper) -> list[str]:
    return [row[0] for row in run(connection, "SELECT word FROM word")]


@contextlib.contextmanager
def another_writing(database: Path) -> Iterator[None]:
    turn = Line(str(database)).enter(5)
    try:
        yield
    finally:
        leave(turn)


def can_write(database: Path, within: float) -> bool:
    with connected(database, timeout=within) as connection:
        try:
            write(connection)
        except OperationalError:
            return False
        return True


def test_a_write_waits_for_the_writer_before_it_and_says_what_to_do_in_the_end(database: Path) -> None:
    with connected(database, timeout=0.2) as connection, another_writing(database):
        with pytest.raises(OperationalError, match="Wait until that import"):
            write(connection)
        with pytest.raises(OperationalError, match="PostgreSQL"), transaction.atomic(using=connection.alias):
            pass
        assert words(connection) == []


def test_who_gave_up_waiting_does_not_keep_the_turn_that_comes_too_late(database: Path) -> None:
    with another_writing(database):
        assert not can_write(database, within=0.1)
    assert can_write(database, within=60)


def test_readers_never_wait(database: Path) -> None:
    with connected(database, timeout=0.2) as connection:
        write(connection)
        with another_writing(database):
            assert words(connection) == ["said"]


def test_a_snapshot_never_waits(database: Path) -> None:
    with (
        connected(database, timeout=0.2, transaction_mode="DEFERRED") as connection,
        another_writing(database),
        transaction.atomic(using=connection.alias),
    ):
        assert words(connection) == []


def test_a_transaction_takes_one_turn_whatever_is_nested_in_it(database: Path) -> None:
    with connected(database) as connection:
        with transaction.atomic(using=connection.alias):
            with transaction.atomic(using=connection.alias):
                write(connection)
            with pytest.raises(ZeroDivisionError), transaction.atomic(using=connection.alias):
                write(connection, "never")
                raise ZeroDivisionError
            assert Line(str(database))._at_once() is None, "the turn is kept to the end"
        assert words(connection) == ["said"]
        assert can_write(database, within=0)


@pytest.mark.parametrize("end", ["roll back", "close", "fail to write"])
def test_a_turn_ends_however_its_transaction_does(database: Path, end: str) -> None:
    with connected(database) as connection:
        if end == "fail to write":
            with pytest.raises(OperationalError):
                run(connection, "INSERT INTO nothing VALUES (1)")
        elif end == "roll back":
            with pytest.raises(ZeroDivisionError), transaction.atomic(using=connection.alias):
                raise ZeroDivisionError
        else:
            run(connection, "BEGIN IMMEDIATE")
            connection.close()
        assert can_write(database, within=0)


def test_a_killed_writer_is_out_of_the_line(database: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(database)], cwd=settings.BASE_DIR, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout and holder.stdout.readline() == b"begun\n"
        assert not can_write(database, within=0.3), "the control: a living one has the turn"
    finally:
        holder.kill()
        holder.communicate()
    assert can_write(database, within=60)


class Doorless(Line):
    """The control: nobody stands before the others, so that whoever comes at the right moment is next."""

    def enter(self, seconds: float) -> FileIO:
        self.door = self.turn.with_name(f"door-{threading.get_ident()}")
        return super().enter(seconds)


def is_overtaken(line: Line) -> bool:
    """End a turn for which somebody waits, come back at once, and return whether that was quicker."""
    order: list[str] = []

    def wait() -> None:
        turn = line.enter(10)
        order.append("who waited")
        leave(turn)

    turn = line.enter(10)
    waiting = threading.Thread(target=wait)
    waiting.start()
    with contextlib.suppress(TimeoutError):
        until_somebody_stands_at(line.door)
    leave(turn)
    turn = line.enter(10)
    order.append("who came back")
    leave(turn)
    waiting.join()
    return order[0] == "who came back"


def until_somebody_stands_at(door: Path) -> None:
    """Return once somebody stays at the door; who tries it for a moment is not in line yet."""
    deadline, met = time.monotonic() + 1, 0
    while time.monotonic() < deadline:
        with door.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                met += 1
            else:
                met = 0
        if met == 10:
            return
        time.sleep(0.001)
    raise TimeoutError


def test_nobody_who_comes_back_at_once_overtakes_who_waits(tmp_path: Path) -> None:
    line = Line(str(tmp_path / "x"))
    assert not any(is_overtaken(line) for _ in range(30))
    assert any(is_overtaken(Doorless(str(tmp_path / "y"))) for _ in range(30)), "the control"


def test_a_database_in_memory_needs_no_line(tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock(), connected(":memory:") as connection:
        run(connection, "CREATE TABLE word (word TEXT)")
        write(connection)
        assert words(connection) == ["said"]
        assert not list(Path().glob(":memory:*"))
