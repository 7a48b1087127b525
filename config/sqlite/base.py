"""Django's backend for SQLite with a line for its writers. Readers never wait."""

from collections.abc import Callable
from functools import lru_cache
from io import FileIO
from typing import Any
from uuid import UUID

from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.operations import DatabaseOperations as Operations
from django.db.utils import OperationalError

from config.sqlite.line import Line, leave

#: How what needs no turn begins: reading, and what only begins to read.
READING = ("SELECT", "PRAGMA", "EXPLAIN", "BEGIN DEFERRED")


#: SQLite has ids as text, and those of a text and its layers stand in most of their rows.
read_id = lru_cache(maxsize=10_000)(UUID)


class DatabaseOperations(Operations):
    def convert_uuidfield_value(self, value: str | None, *_: Any) -> UUID | None:
        return None if value is None else read_id(value)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that takes its turn before it writes, and keeps it until its transaction ends."""

    ops_class = DatabaseOperations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn: FileIO | None = None
        self.execute_wrappers.append(self._in_turn)

    def _in_turn(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """Run a statement, with the turn if it writes. Django begins a transaction by a statement too."""
        if self._turn is not None or sql.lstrip().startswith(READING) or self.is_in_memory_db():
            return execute(sql, *rest)
        self._turn = self._wait_for_turn()
        try:
            return execute(sql, *rest)
        finally:
            self._leave_after_transaction()

    def _wait_for_turn(self) -> FileIO:
        seconds = self.settings_dict["OPTIONS"].get("timeout", 5.0)
        try:
            return Line(str(self.settings_dict["NAME"])).enter(seconds)
        except TimeoutError:
            raise OperationalError(
                f"database is locked: another has been writing to it for {seconds:g} seconds. "
                "Wait until that import, migration or export has ended, and see that no process hangs; "
                "where many write for long, use PostgreSQL (DATABASE_URL)."
            ) from None

    def _leave_after_transaction(self) -> None:
        if not (self.connection and self.connection.in_transaction):
            self._leave()

    def _leave(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            leave(turn)

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self._leave_after_transaction()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._leave_after_transaction()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._leave()
