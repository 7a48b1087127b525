"""Queries whose SQL is put together once.

Of a short request Django takes half the time to put the same few statements together again. Those that every
request asks, with other values in the same places, are prepared: the first call on a connection compiles the
queryset, each further one only runs it. What comes back is what the queryset would give.
"""

from collections.abc import Callable, Sequence
from inspect import Parameter, signature
from threading import local
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import In
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row")
Value = UUID | int | str
#: A query for more values than these is compiled each time: few others are as long.
MANY = 16


def one_of(field: str, places: Sequence[Any]) -> In:
    """Return the condition that a field has one of the values to come: `__in` takes no places."""
    return In(models.F(field), places)


class Prepared(Generic[Row]):
    """A query with places for values.

    `build` takes one argument for each place and returns the queryset, which compares fields with them as
    they are; with `*places` it is one query for each number of values. Values are ids, texts, and numbers
    within the bounds of their column; None has other SQL. Nothing can be prefetched.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, Row]]) -> None:
        self._build = build
        places = signature(build).parameters.values()
        self._any_number = any(place.kind is Parameter.VAR_POSITIONAL for place in places)
        self._places = len(places)

    def rows(self, *values: Value, using: str = DEFAULT_DB_ALIAS) -> list[Row]:
        """Run it with these values. One statement."""
        return self._statement(connections[using], len(values)).rows(values)

    def first(self, *values: Value, using: str = DEFAULT_DB_ALIAS) -> Row | None:
        """Run it and return the first row, or None; the queryset says itself how many it takes."""
        found = self.rows(*values, using=using)
        return found[0] if found else None

    def sql(self, *values: Value, using: str = DEFAULT_DB_ALIAS) -> tuple[str, tuple[Any, ...]]:
        """Return the statement with its parameters, for who reads the rows as the driver gives them."""
        return self._statement(connections[using], len(values)).filled(values)

    def _statement(self, connection: BaseDatabaseWrapper, count: int) -> "_Statement[Row]":
        # On the connection, which is a thread's own; they go with it.
        known: dict[Any, _Statement[Any]] = vars(connection).setdefault("prepared_statements", {})
        if statement := known.get((self, count)):
            return statement
        if count != self._places and not self._any_number:
            raise TypeError(f"This query has {self._places} places, and {count} values were given.")
        places = [_Place(number) for number in range(count)]
        statement = _Statement(self._build(*places).using(connection.alias), connection)
        if count <= MANY:
            known[self, count] = statement
        return statement


class _Slot(int):
    """The number of a value, among the parameters of a compiled statement."""


#: Of no kind: a value is stored as it is given.
_ANY: models.Field[Any, Any] = models.Field()


class _Place(models.Expression):
    """Stands for a value that is not known yet. There may be a thousand in one query: each costs little."""

    def __init__(self, number: int) -> None:
        super().__init__(output_field=_ANY)
        self.number = number
        self.identity = (_Place, number)

    def resolve_expression(self, *_: Any, **__: Any) -> "_Place":
        return self

    def as_sql(self, *_: Any, **__: Any) -> Any:
        return "%s", [_Slot(self.number)]


class _Statement(Generic[Row]):
    """A queryset that was compiled for one connection, and by which the rows are read again and again."""

    def __init__(self, queryset: Any, connection: BaseDatabaseWrapper) -> None:
        if queryset._prefetch_related_lookups:
            raise TypeError("A prepared query prefetches nothing.")
        compiler = queryset.query.get_compiler(connection=connection)
        self._connection = connection
        self._sql, self._parameters = compiler.as_sql()
        self._locks = queryset.query.select_for_update and connection.features.has_select_for_update
        # A connection may be shared: the tests do so with a server of theirs.
        self._given = local()
        converters = compiler.get_converters([column[0] for column in compiler.select[: compiler.col_count]])
        compiler.as_sql = lambda *_, **__: self._given.statement
        compiler.get_converters = lambda _: converters
        queryset.query.get_compiler = lambda *_, **__: compiler
        self._iterable = queryset._iterable_class(queryset)

    def rows(self, values: Sequence[Value]) -> list[Row]:
        # Django looks when it compiles, which is once here: a lock by itself would be gone at once.
        if self._locks and self._connection.get_autocommit():
            raise TransactionManagementError("Rows are locked within a transaction only.")
        self._given.statement = self.filled(values)
        return list(self._iterable)

    def filled(self, values: Sequence[Value]) -> tuple[str, tuple[Any, ...]]:
        stored = [self._stored(value) for value in values]
        return self._sql, tuple(stored[part] if type(part) is _Slot else part for part in self._parameters)

    def _stored(self, value: Value) -> Any:
        if type(value) is UUID:
            return value if self._connection.features.has_native_uuid_field else value.hex
        if type(value) not in (int, str):
            raise TypeError(f"{value!r} is no value for a prepared query.")
        return value
