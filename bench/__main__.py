"""Run a benchmark in an empty home and database of its own: `python -m bench NAME [--database …] …`."""

import argparse
import contextlib
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django
from django.core.management import call_command

from tests.postgres import running_postgres

BENCHMARKS = (
    "acts",
    "agreement",
    "backups",
    "claims",
    "costs",
    "exchange",
    "history",
    "keys",
    "kill_workers",
    "learn",
    "peers",
    "render",
    "releases",
    "rereviews",
    "reviewers",
    "scale",
    "state_machine",
    "stories",
    "streams",
    "tampering",
    "vigilance",
    "webhooks",
)
#: What a shell may hold for another Attest and a benchmark must not touch.
OUTSIDE = (
    "ATTEST_PRODUCTION",
    "ATTEST_HOME",
    "CELERY_BROKER_URL",
    "DATABASE_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", add_help=False)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--home", type=Path)
    options, rest = parser.parse_known_args()
    with home(options.home) as directory, database(options.database) as url:
        for name in OUTSIDE:
            os.environ.pop(name, None)
        os.environ |= {
            "ATTEST_HOME": str(directory),
            "DATABASE_URL": url or f"sqlite:///{directory / 'attest.sqlite3'}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        os.environ.setdefault("ATTEST_LOG_LEVEL", "CRITICAL")
        benchmark = load(options.benchmark)
        return benchmark(rest)


def load(name: str) -> Callable[[list[str]], int]:
    """Return the `main` of a benchmark, imported once Django is set up, on a migrated database."""
    django.setup()
    module = importlib.import_module(f"bench.{name}")
    call_command("migrate", verbosity=0)
    main: Callable[[list[str]], int] = module.main
    return main


@contextlib.contextmanager
def home(kept: Path | None) -> Iterator[Path]:
    """Give a directory for all that a benchmark writes: `kept`, or one that goes with it."""
    directory = (kept or Path(tempfile.mkdtemp(prefix="attest-bench-"))).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        yield directory
    finally:
        if kept is None:
            shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def database(choice: str) -> Iterator[str]:
    """Give the URL of the database; an empty one stands for SQLite in the home."""
    if choice == "sqlite":
        yield ""
    elif choice == "postgres":
        with running_postgres() as url:
            yield url
    else:
        yield choice


if __name__ == "__main__":
    sys.exit(main())
