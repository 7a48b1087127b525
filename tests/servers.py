"""Real processes beside the tests: a broker, workers, and whatever else a test starts.

They see the test database, so a test that uses them asks for `transactional_db`: what is not committed is
not there for them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

from config.broker import broker_command, broker_is_ready, prepare_broker
from config.celery import app
from config.processes import last_lines, start_process, stop_process

START_WITHIN = 180.0


@dataclass(frozen=True, kw_only=True)
class Started:
    """A process that a test started, and where its output is."""

    process: subprocess.Popen[bytes]
    log: Path


StartProcess = Callable[..., Started]


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Give the URL of a real broker: TEST_BROKER_URL, or a Valkey of this test process alone."""
    if os.environ.get("TEST_BROKER_URL"):
        yield settings.CELERY_BROKER_URL
        forget_our_keys()
        return
    data, log = settings.ATTEST_HOME / "broker", settings.ATTEST_HOME / "broker.log"
    prepare_broker(broker_socket=settings.BROKER_SOCKET, data=data)
    server = start_process(broker_command(broker_socket=settings.BROKER_SOCKET, data=data), log=log)
    try:
        wait_for(lambda: broker_is_ready(settings.BROKER_SOCKET), process=server, log=log)
        yield settings.CELERY_BROKER_URL
    finally:
        stop_process(server, within=10)


def forget_our_keys() -> None:
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    courier: Any = app.connection_for_write(transport_options={"global_keyprefix": ""})
    client = courier.default_channel.client
    for key in client.scan_iter(match=f"{prefix}*"):
        client.delete(key)
    courier.release()


def process_environment(**more: str) -> dict[str, str]:
    """Return the environment in which another process sees this test's database and broker."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        url = f"sqlite:///{name}"
    else:
        parts = urlsplit(os.environ["DATABASE_URL"])
        url = urlunsplit(parts._replace(path=f"{parts.path.rpartition('/')[0]}/{name}"))
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings_test"} | more


@pytest.fixture
def start(transactional_db: None, tmp_path: Path) -> Iterator[StartProcess]:
    """Give a function that starts `python ARGUMENTS…` on the test database; all end with the test."""
    started: list[Started] = []

    def start_python(*arguments: str, **environment: str) -> Started:
        log = tmp_path / f"process-{len(started)}.log"
        command = [sys.executable, *arguments]
        env = process_environment(**environment)
        one = Started(process=start_process(command, log=log, env=env, cwd=settings.BASE_DIR), log=log)
        started.append(one)
        return one

    yield start_python
    for one in reversed(started):
        stop_process(one.process, within=0)


@pytest.fixture
def start_worker(start: StartProcess, broker: str) -> StartProcess:
    """Give a function that starts a Celery worker as the demo does, and returns when it takes messages."""

    def start_until_ready(*, concurrency: int = 2, **environment: str) -> Started:
        worker = start(
            *("-m", "celery", "-A", "config", "worker", f"--concurrency={concurrency}", "--pool=prefork"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=info"),
            **environment,
        )
        wait_for(lambda: b" ready." in worker.log.read_bytes(), process=worker.process, log=worker.log)
        return worker

    return start_until_ready


def wait_for(
    condition: Callable[[], bool],
    *,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
    within: float = START_WITHIN,
) -> None:
    """Wait until `condition` holds; fail with the end of `log` when the time is up or `process` has ended."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline or (process and process.poll() is not None):
            said: Sequence[str] = last_lines(log, 30) if log else ()
            pytest.fail("\n".join([f"not within {within:.0f} s, or the process ended:", *said]))
        time.sleep(0.02)
