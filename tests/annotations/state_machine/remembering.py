"""Checks that need not be run again: they would be asked and answered as when they last passed."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import connection


class Answer(NamedTuple):
    """What the tables answered to one statement of a check."""

    sql: str
    values: Any
    rows: list[Any]

    @property
    def holds(self) -> bool:
        return answer_of(self.sql, self.values) == self.rows


class Remembered:
    """The checks that passed, each with the answers to all of its statements.

    What a check finds follows from its arguments and from what it reads. Its first statement follows from the
    arguments alone, and each further one from the answers so far; as long as all are answered as before, it
    asks nothing else, and finds nothing again. One other answer, and it is run.
    """

    def __init__(self, other: "Remembered | None" = None) -> None:
        """Begin with nothing, or with what another remembers by now."""
        self._answers: dict[Hashable, list[Answer]] = dict(other._answers) if other else {}

    def passes(self, key: Hashable, check: Callable[[], object]) -> None:
        """Run a check, unless it is known to pass; it raises an error where it does not pass."""
        if key in self._answers and all(answer.holds for answer in self._answers[key]):
            return
        with statements() as asked:
            check()
        self._answers[key] = [Answer(*one, answer_of(*one)) for one in asked]


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Give the list of the statements that are run here, with their values; they may only read."""
    asked: list[tuple[str, Any]] = []

    def listed(execute: Callable[..., Any], sql: str, values: Any, *rest: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT")):
            assert sql.startswith("SELECT"), f"a check does more than read: {sql}"
            asked.append((sql, values))
        return execute(sql, values, *rest)

    with connection.execute_wrapper(listed):
        yield asked


def answer_of(sql: str, values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
