"""Knowing whether the tables are as they were, without reading them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from django.db import connection

#: All rows that this transaction has written so far, those included that were rolled back.
CHANGES = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"

COPY = psycopg.Cursor.copy
#: How statements begin that change no row, so that there is nothing to count after them.
READING = ("SELECT", "SAVEPOINT", "RELEASE SAVEPOINT")


class States:
    """Numbers the states of the tables within one transaction: the same number means the same rows.

    Each look after a write gives a new number, and rolling back to a savepoint gives back the one that was
    current there. The database counts what is written by whatever way, COPY and triggers too.
    """

    def __init__(self) -> None:
        self._current = self._newest = 0
        self._changes = changes()
        self._at_savepoints: dict[str, int] = {}
        self._written = False

    @property
    def number(self) -> int:
        if not self._written:
            return self._current
        self._written = False
        if (count := changes()) != self._changes:
            self._changes = count
            self._current = self._newest = self._newest + 1
        return self._current

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Run a statement, as the connection's `execute_wrappers` do."""
        self._written |= not sql.startswith(READING)
        act, _, savepoint = sql.rpartition(" ")
        if act == "SAVEPOINT":
            self._at_savepoints[savepoint] = self.number
        done = execute(sql, *rest)
        if act == "ROLLBACK TO SAVEPOINT":
            self._current, self._changes = self._at_savepoints[savepoint], changes()
            self._written = False
        return done

    def copy(self, cursor: psycopg.Cursor[Any], *statement: Any) -> Any:
        """Begin a COPY, which goes past the wrappers."""
        self._written = True
        return COPY(cursor, *statement)


def changes() -> int:
    """Return how many rows were written so far; it grows also by what is rolled back."""
    if connection.vendor == "sqlite":
        return int(connection.connection.total_changes)
    return int(connection.connection.execute(CHANGES).fetchone()[0])


@contextmanager
def numbered_states() -> Iterator[States]:
    """Number the states of the running transaction."""
    states = States()
    connection.execute_wrappers.append(states)
    try:
        with patch.object(psycopg.Cursor, "copy", lambda *given: states.copy(*given)):
            yield states
    finally:
        connection.execute_wrappers.remove(states)
