"""What differs between databases: how one is copied in one instant, loaded, and put in another's place."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection, connections
from psycopg.conninfo import make_conninfo

from annotations.services.backups.archive import CHUNK, Watch
from corpus.disk import sync_directory
from corpus.services.errors import BadInput

#: Pages of SQLite that are copied at once; between them it can be watched, and stopped.
PAGES = 4_096
#: Times that the server is asked, a tenth of a second apart, before others count as connected.
LOOKS = 10
IN_USE = (
    "Others are connected to {name}. Stop web, workers and sweeper first; a restore puts another database "
    "in its place."
)
#: What the programs are told of a connection: all that leads to it. The driver may be newer than they are,
#: and an option that they do not know ends them.
TOLD = (
    "host", "hostaddr", "port", "user", "dbname", "service", "passfile", "options", "target_session_attrs",
    "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "gssencmode", "krbsrvname",
)  # fmt: skip
#: PostgreSQL cuts longer names off.
LONGEST_NAME = 63


class Engine(Protocol):
    """One kind of database. Names are as in `DATABASES`: of a file, or of a database on the server."""

    @property
    def part(self) -> str:
        """Return the name of the part of a backup that has the database."""

    @property
    def packed(self) -> bool:
        """Return whether what is copied is worth packing."""

    def version(self) -> str: ...

    def exists(self) -> bool:
        """Return whether the database of the settings is there."""

    def dump(self, alias: str, watch: Watch) -> Iterator[bytes]:
        """Yield a copy of what the snapshot `alias` sees."""

    @contextmanager
    def scratch(self, suffix: str) -> Iterator[str]:
        """Give the name of an empty database, which goes in the end unless it was put in place."""

    def load(self, name: str, chunks: Iterable[bytes]) -> None: ...

    def refuse_others(self) -> None:
        """Refuse to go on while others are connected. BadInput."""

    def put_in_place(self, name: str, aside: str) -> str:
        """Put a database in the place of that of the settings, at once or not at all.

        Returns:
            The name under which the old one is kept, if `aside` says so.
        """


@dataclass(frozen=True)
class SqliteEngine:
    """A file; copied by SQLite's own backup within one read transaction, which holds no writer up.

    VACUUM INTO took two to three times as long, and writers waited four times as long at worst.
    """

    work: Path
    part: str = "database.sqlite3"
    packed: bool = True

    def version(self) -> str:
        return f"SQLite {sqlite3.sqlite_version}"

    def exists(self) -> bool:
        return self._file().exists()

    def dump(self, alias: str, watch: Watch) -> Iterator[bytes]:
        copy = self.work / "copy"
        with closing(sqlite3.connect(copy)) as target:
            target.execute("PRAGMA synchronous=OFF")
            connections[alias].connection.backup(
                target, pages=PAGES, progress=lambda *_: watch("copying", PAGES), sleep=0
            )
        with copy.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
                watch("packing", len(chunk))
        copy.unlink()

    @contextmanager
    def scratch(self, suffix: str) -> Iterator[str]:
        yield str(self.work / f"{suffix}.sqlite3")

    def load(self, name: str, chunks: Iterable[bytes]) -> None:
        with Path(name).open("wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())

    def refuse_others(self) -> None:
        connection.close()
        try:
            if self.exists():
                self._fold(self._file())
        except sqlite3.OperationalError as error:
            problem = (
                IN_USE.format(name=self._file()) if "locked" in str(error) else f"{error}: {self._file()}"
            )
            raise BadInput(problem) from None
        except sqlite3.DatabaseError:
            # No database any more, which is why another is to take its place.
            return

    def put_in_place(self, name: str, aside: str) -> str:
        target = self._file()
        kept = Path(f"{target}.{aside}") if aside and target.exists() else None
        self._fold(Path(name))
        self.refuse_others()
        for suffix in ("-wal", "-shm"):
            # Left where the old one is too damaged to be folded: they must not meet the new one.
            if (beside := Path(f"{target}{suffix}")).exists():
                beside.rename(f"{target}.{aside or 'damaged'}{suffix}")
        if kept:
            os.link(target, kept)
        Path(name).replace(target)
        sync_directory(target.parent)
        return str(kept or "")

    def _file(self) -> Path:
        return Path(connection.settings_dict["NAME"])

    def _fold(self, path: Path) -> None:
        """Write the log of a database into it and take the log away, which only who is alone with it can."""
        with closing(sqlite3.connect(path, timeout=1)) as alone:
            alone.execute("PRAGMA journal_mode=DELETE")


@dataclass(frozen=True)
class PostgresEngine:
    """A database on a server; pg_dump copies the very snapshot that the figures were taken of."""

    work: Path
    part: str = "database.dump"
    packed: bool = False

    def version(self) -> str:
        connection.ensure_connection()
        return f"PostgreSQL {connection.connection.info.parameter_status('server_version')}"

    def exists(self) -> bool:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        with _server_cursor() as cursor:
            cursor.execute(query, [connection.settings_dict["NAME"]])
            return cursor.fetchone() is not None

    def dump(self, alias: str, watch: Watch) -> Iterator[bytes]:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (shared,) = cursor.fetchone()
        with _running("pg_dump", "--format=custom", f"--snapshot={shared}") as process:
            while chunk := process.stdout.read(CHUNK):
                yield chunk
                watch("copying", len(chunk))

    @contextmanager
    def scratch(self, suffix: str) -> Iterator[str]:
        name = _named(f"_{suffix}")
        quoted = connection.ops.quote_name(name)
        with _server_cursor() as cursor:
            try:
                # What an interrupted one left; another that is at it is connected, and keeps its own.
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
                cursor.execute(f"CREATE DATABASE {quoted} TEMPLATE template0 {_locale(cursor)}")
            except DatabaseError as error:
                raise BadInput(
                    f"The database {name}, to restore into, cannot be made: {str(error).strip()}. The role "
                    "needs CREATEDB (ALTER ROLE … CREATEDB), and no other backup or restore may be at it."
                ) from None
        try:
            yield name
        finally:
            with _server_cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")

    def load(self, name: str, chunks: Iterable[bytes]) -> None:
        asked = ("--exit-on-error", "--no-owner", "--no-privileges")
        with connected_to(name), _running("pg_restore", *asked) as process:
            try:
                for chunk in chunks:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                # It has ended, and says why.
                process.wait()

    def refuse_others(self) -> None:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        connection.close()
        with _server_cursor() as cursor:
            # The server counts a connection of our own for a moment after we have closed it.
            for _ in range(LOOKS):
                cursor.execute(query, [connection.settings_dict["NAME"]])
                if not cursor.fetchone()[0]:
                    return
                time.sleep(0.1)
        raise BadInput(IN_USE.format(name=connection.settings_dict["NAME"]))

    def put_in_place(self, name: str, aside: str) -> str:
        target, old = str(connection.settings_dict["NAME"]), _named(f"_{aside or 'empty'}")
        quote, there = connection.ops.quote_name, self.exists()
        self.refuse_others()
        with _server_cursor() as cursor:
            try:
                cursor.execute("BEGIN")
                if there:
                    cursor.execute(f"ALTER DATABASE {quote(target)} RENAME TO {quote(old)}")
                cursor.execute(f"ALTER DATABASE {quote(name)} RENAME TO {quote(target)}")
                cursor.execute("COMMIT")
            except OperationalError:
                cursor.execute("ROLLBACK")
                raise BadInput(IN_USE.format(name=target)) from None
            if there and not aside:
                cursor.execute(f"DROP DATABASE {quote(old)}")
        return old if there and aside else ""


def engine_in_use(work: Path) -> Engine:
    """Return the engine of the settings' database, which may write to the directory `work`."""
    return PostgresEngine(work) if connection.vendor == "postgresql" else SqliteEngine(work)


@contextmanager
def working_beside() -> Iterator[Engine]:
    """Give the engine with a directory from where a file can take the place of the database."""
    parent = Path(connection.settings_dict["NAME"]).parent if connection.vendor == "sqlite" else None
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=parent) as directory:
        yield engine_in_use(Path(directory))


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Let everything in this thread work on another database of the same server, or another file."""
    usual = connections[DEFAULT_DB_ALIAS]
    other = usual.copy()
    other.settings_dict["NAME"] = name
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual
        other.close()


@contextmanager
def _server_cursor() -> Iterator[Any]:
    """Give a cursor on the server that is not connected to the database of the settings."""
    name = connection.settings_dict["NAME"]
    server = connection.copy()
    server.settings_dict["NAME"] = "template1" if name == "postgres" else "postgres"
    try:
        with server.cursor() as cursor:
            yield cursor
    finally:
        server.close()


def _named(suffix: str) -> str:
    return str(connection.settings_dict["NAME"])[: LONGEST_NAME - len(suffix)] + suffix


def _locale(cursor: Any) -> str:
    """Return how a database sorts as that of the settings does, where that is there."""
    query = "SELECT datcollate, datctype FROM pg_database WHERE datname = %s"
    cursor.execute(query, [connection.settings_dict["NAME"]])
    found = cursor.fetchone()
    return "ENCODING 'UTF8'" + (" LC_COLLATE '{}' LC_CTYPE '{}'".format(*found) if found else "")


@contextmanager
def _running(program: str, *options: str) -> Iterator[Any]:
    """Run a program of PostgreSQL on our database; give its pipes. What it fails with is raised."""
    path = shutil.which(program)
    if path is None:
        raise BadInput(
            f"{program} is not on the PATH. It is in the package postgresql-client (Debian) or postgresql "
            "(Fedora, Homebrew), and must be no older than the server."
        )
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - found on the PATH, and names of our own
            [path, *options, f"--dbname={_conninfo()}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=os.environ | _password(),
        )
        try:
            yield process
            process.stdin and process.stdin.close()
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            _close(process.stdin, process.stdout)
        if code:
            said.seek(0)
            raise BadInput(f"{program} failed: {said.read().decode(errors='replace').strip()[-1_000:]}")


def _close(*pipes: Any) -> None:
    for pipe in pipes:
        pipe.close()


def _conninfo() -> str:
    """Return how libpq reaches our database, without the password, which a list of processes shows."""
    connection.ensure_connection()
    used = connection.connection.info.get_parameters()
    return make_conninfo(**{name: used[name] for name in TOLD if name in used})


def _password() -> dict[str, str]:
    password = connection.connection.info.password
    return {"PGPASSWORD": password} if password else {}
