"""How much work queries make for the database: a measure that no other load on the machine moves."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

#: SQLite calls back after so many instructions of its virtual machine.
INSTRUCTIONS = 100
READING = ("SELECT", "WITH")


@dataclass
class Work:
    """`units` are hundreds of SQLite's instructions, or the rows that PostgreSQL looked at."""

    units: int = 0
    queries: list[str] = field(default_factory=list)


@contextlib.contextmanager
def watched() -> Iterator[Work]:
    """Count the queries of the body, and their work; PostgreSQL does each a second time to tell."""
    work = Work()
    with counting_instructions(work), CaptureQueriesContext(connection) as captured:
        yield work
    work.queries = [query["sql"] for query in captured.captured_queries]
    if connection.vendor == "postgresql":
        work.units = sum(rows_looked_at(query) for query in work.queries)


@contextlib.contextmanager
def counting_instructions(work: Work) -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return

    def count() -> int:
        work.units += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, INSTRUCTIONS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)


def rows_looked_at(query: str) -> int:
    """Return how many rows the scans of a query visited."""
    if not query.startswith(READING) or "FOR UPDATE" in query:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query.replace('%', '%%')}", ())
        plan = cursor.fetchone()[0]
    return _visited(plan[0]["Plan"])


def heaviest(queries: list[str]) -> str:
    """Return the query that makes the most work when each is done again by itself."""
    return max(queries, key=_work_of, default="")


def _work_of(query: str) -> int:
    if connection.vendor == "postgresql":
        return rows_looked_at(query)
    work = Work()
    if query.startswith(READING):
        with counting_instructions(work), connection.cursor() as cursor:
            cursor.execute(query.replace("%", "%%"), ())
            cursor.fetchall()
    return work.units


def plan_of(query: str) -> list[str]:
    """Return the plan of a query, a step a line."""
    if not query.startswith(READING):
        return []
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {query.replace('%', '%%')}", ())
        return [str(row[-1]) for row in cursor.fetchall()]


def _visited(node: dict[str, Any]) -> int:
    below = sum(_visited(child) for child in node.get("Plans", ()))
    if "Scan" not in node["Node Type"]:
        return below
    removed = sum(value for name, value in node.items() if name.startswith("Rows Removed"))
    return below + int((node["Actual Rows"] + removed) * node["Actual Loops"])
