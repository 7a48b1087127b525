"""Give the test run its databases, before Django reads its settings. Loaded by `-p tests.databases`.

`--database=sqlite` (the default) runs everything but the tests marked `postgres`. `--database=postgres`
runs the tests that use the database, but for the browser's, on TEST_DATABASE_URL or on a server that it
starts itself. `./run test` does both, one after the other.
"""

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.postgres import running_postgres

pytest_plugins = ["tests.servers"]

#: Fixtures of pytest-django that open the database; others that do so ask for one of these.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback"}
#: Tests that take many seconds: at the end, all but one process would wait for the last of them.
LONG = (
    "tests/bench/",
    "tests/config/test_demo.py",
    "tests/browser/",
    "tests/annotations/test_state_machine.py",
    "tests/api/test_guard.py",
)
#: What a developer's shell may hold for the demo, and the suite must not touch.
OUTSIDE = (
    "ATTEST_PRODUCTION",
    "CELERY_BROKER_URL",
    "DATABASE_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "ATTEST_LOG_LEVEL",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["sqlite", "postgres"], default="sqlite", help="the database to test on"
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Set the environment ahead of pytest-django, which reads the settings in this same hook.

    Workers of pytest-xdist inherit it.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        set_environment(early_config)
    return (yield)


def set_environment(config: pytest.Config) -> None:
    options = config.known_args_namespace
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    for name in OUTSIDE:
        os.environ.pop(name, None)
    home = Path(tempfile.mkdtemp(prefix="attest-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["ATTEST_TEST_HOME"] = str(home)
    if broker := os.environ.get("TEST_BROKER_URL"):
        os.environ["CELERY_BROKER_URL"] = broker
    if options.database == "postgres" and not (options.help or options.version):
        os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or started_postgres(config)


def started_postgres(config: pytest.Config) -> str:
    servers = contextlib.ExitStack()
    config.add_cleanup(servers.close)
    return servers.enter_context(running_postgres())


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('database')}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the other run what this one would only repeat, or cannot do; begin with what takes longest."""
    belongs = on_postgres if config.getoption("database") == "postgres" else on_sqlite
    config.hook.pytest_deselected(items=[item for item in items if not belongs(item)])
    items[:] = [item for item in items if belongs(item)]
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end: the tests and all modules."""
    gc.collect()
    gc.freeze()


def on_sqlite(item: pytest.Item) -> bool:
    return item.get_closest_marker("postgres") is None


def on_postgres(item: pytest.Item) -> bool:
    uses_database = item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(
        getattr(item, "fixturenames", ())
    )
    return bool(uses_database) and item.get_closest_marker("browser") is None
