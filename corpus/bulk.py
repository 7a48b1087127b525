"""Insert many rows at the database's own speed.

`bulk_create` builds a model instance and walks its fields for each row, which costs five times what the
database does. Rows of a checked batch go in by columns instead: `executemany` on SQLite, `COPY` on
PostgreSQL.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import repeat
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models


def insert_columns(model: type[models.Model], count: int, columns: Mapping[str, Sequence[Any] | Any]) -> None:
    """Insert `count` rows of `model`, given as one list a field or one value for all rows.

    Every column without a database default must be given: Python defaults and `auto_now_add` do not apply.
    Ids may be given as 32 hexadecimal digits. Nothing is checked here but what the database checks.
    """
    if not count:
        return
    names: list[str] = []
    series: list[Iterable[Any]] = []
    for name, values in columns.items():
        names.append(column_of(model, name))
        convert = _converter(model._meta.get_field(name))
        if isinstance(values, list):
            if len(values) != count:
                raise ValueError(f"{model.__name__}.{name} has {len(values)} values for {count} rows.")
            series.append(map(convert, values) if convert else values)
        else:
            series.append(repeat(convert(values) if convert else values, count))
    _write(model._meta.db_table, names, list(zip(*series, strict=False)))


def insert_rows(model: type[models.Model], names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert rows of `model` given as tuples in the order of `names`, in the database's own terms.

    Ids are 32 hexadecimal digits, JSON is text as `json_text` makes it. The quickest way in, for the tables
    that get dozens of rows an article.
    """
    if rows:
        _write(model._meta.db_table, [column_of(model, name) for name in names], rows)


def json_text(value: Any) -> str:
    """Return a value as a column of JSON takes it."""
    return "{}" if value == {} else orjson.dumps(value).decode()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Hold off Python's collector of cycles while thousands of rows are in hand, all of them still needed.

    Walking through them again and again costs a quarter of an import. Threads may overlap in here: the first
    to have come resumes it, and what that leaves to another is the cost alone.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def column_of(model: type[models.Model], name: str) -> str:
    """Return the name of the column that a field of `model` has."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field) or field.column is None:
        raise ValueError(f"{model.__name__}.{name} has no column.")
    return field.column


def _write(table: str, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    target = f"{connection.ops.quote_name(table)} ({quoted})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # The driver's own cursor raises the driver's own errors, which nobody up there would know.
            with (
                connection.wrap_database_errors,
                cursor.cursor.copy(f"COPY {target} FROM STDIN") as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {target} VALUES ({marks})", rows)  # noqa: S608 - no input in it


def _converter(field: object) -> Callable[[Any], Any] | None:
    """Return what turns a Python value of `field` into the driver's, or None where nothing need be done."""
    if isinstance(field, models.ForeignKey):
        return _converter(field.target_field)
    postgres = connection.vendor == "postgresql"
    if isinstance(field, models.UUIDField):
        return None if postgres else _hex
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField):
        return None if postgres else _moment
    return None


def _hex(value: UUID | str | None) -> str | None:
    return value.hex if isinstance(value, UUID) else value


def _json(value: Any) -> str | None:
    return None if value is None else json_text(value)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else str(connection.ops.adapt_datetimefield_value(value))
