"""What a database holds, in figures that two copies of it have in common."""

import hashlib
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from corpus.models import Corpus, Event
from corpus.services.errors import BadInput
from corpus.services.events import chain_head

#: What `migrate` itself puts into an empty database.
OF_MIGRATE = frozenset({"django_migrations", "django_content_type", "auth_permission"})
#: The sum of a hash of each row, so that the order of the rows does not matter.
DIGEST = {
    "postgresql": "coalesce(sum(hashtextextended(held::text, 0)), 0)",
    "sqlite": "rows_digest({columns})",
}


class RowsDigest:
    """The digest of rows as SQLite asks an aggregate for it."""

    def __init__(self) -> None:
        self.sum = 0

    def step(self, *values: Any) -> None:
        digest = hashlib.blake2b(repr(values).encode(), digest_size=8).digest()
        self.sum += int.from_bytes(digest, "big")

    def finalize(self) -> str:
        return str(self.sum)


def contents(alias: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """Return the rows of each table with a digest of them, the heads of the chains, and the migrations."""
    connection = connections[alias]
    corpora = Corpus.objects.using(alias).order_by("pk").values_list("pk", flat=True)
    applied = MigrationRecorder(connection).applied_migrations()
    return {
        "migrations": sorted(f"{app}.{name}" for app, name in applied),
        "tables": {table: _rows(connection, table) for table in tables(connection)},
        "chains": {str(pk or ""): list(chain_head(pk, using=alias)) for pk in (None, *corpora)},
        "unsealed": Event.objects.using(alias).filter(position__isnull=True).count(),
    }


def differences_of(told: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return in which of its figures what is found differs from what was told."""
    differing = []
    for table in sorted(told["tables"].keys() | found["tables"].keys()):
        then, now = told["tables"].get(table), found["tables"].get(table)
        if then is None or now is None:
            differing.append(f"the table {table} is {'missing' if now is None else 'one too many'}")
        elif then != now:
            differing.append(f"{table} has {now['rows']} rows, {_otherwise(then, now)}")
    for figure in ("chains", "unsealed", "migrations"):
        if told[figure] != found[figure]:
            differing.append(f"the {figure} are {found[figure]}, not {told[figure]}")
    return differing


def holds_something(connection: BaseDatabaseWrapper) -> str:
    """Return the first table with a row that `migrate` did not put there, or nothing."""
    with connection.cursor() as cursor:
        for table in tables(connection):
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})")  # noqa: S608
            if table not in OF_MIGRATE and cursor.fetchone()[0]:
                return table
    return ""


def tables(connection: BaseDatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def refuse_newer(told: dict[str, Any], made_by: str) -> None:
    """Refuse what this Attest cannot migrate back.

    Raises:
        BadInput: its schema is newer.
    """
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(told["migrations"]) - known):
        raise BadInput(
            f"This backup was made by Attest {made_by}, whose database is newer than this one knows "
            f"({unknown[-1]}{' and others' if len(unknown) > 1 else ''}); install that version first."
        )


def _otherwise(then: dict[str, Any], now: dict[str, Any]) -> str:
    return f"not {then['rows']}" if then["rows"] != now["rows"] else "not all of them the same"


def _rows(connection: BaseDatabaseWrapper, table: str) -> dict[str, Any]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            connection.connection.create_aggregate("rows_digest", -1, RowsDigest)
        described = connection.introspection.get_table_description(cursor, table)
        columns = ", ".join(quote(column.name) for column in described)
        digest = DIGEST[connection.vendor].format(columns=columns)
        cursor.execute(f"SELECT count(*), {digest} FROM {quote(table)} AS held")  # noqa: S608 - own names
        rows, found = cursor.fetchone()
    return {"rows": rows, "digest": str(found)}
