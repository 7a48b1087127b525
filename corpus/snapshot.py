"""One state of the database, for as long as a reader needs it, without holding up any writer."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from corpus.ids import uuid7


@contextmanager
def snapshot() -> Iterator[str]:
    """Yield the alias of a connection that sees one state from its first query to its last, and only reads.

    PostgreSQL gives that in a REPEATABLE READ transaction, SQLite in a deferred one of its write-ahead log.
    The main connection would not do: there each transaction begins as a writer. Inside a running
    transaction that one is the state, and is given.
    """
    if connection.in_atomic_block:
        yield DEFAULT_DB_ALIAS
        return
    alias = f"snapshot-{uuid7().hex}"
    reader: BaseDatabaseWrapper = connection.copy(alias)
    if reader.vendor == "sqlite":
        reader.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
    connections[alias] = reader
    try:
        with transaction.atomic(using=alias):
            with reader.cursor() as cursor:
                if reader.vendor == "postgresql":
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                else:
                    cursor.execute("PRAGMA query_only = 1")
            yield alias
    finally:
        reader.close()
        del connections[alias]
