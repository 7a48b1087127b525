"""The processes that a benchmark runs Attest with, all of them as production runs them."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from config.broker import broker_command, broker_is_ready, prepare_broker
from config.processes import last_lines, start_process, stop_process

PATIENCE = 60.0
#: A worker waiting for a broker that ends with it would wait for ever.
KILLED_WITH_US = signal.SIGKILL


class Servers:
    """Starts processes in the benchmark's home, and ends them with it."""

    def __init__(self) -> None:
        self.logs: Path = settings.ATTEST_HOME / "log"
        self.logs.mkdir(exist_ok=True)
        self.running: dict[subprocess.Popen[bytes], str] = {}

    def start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        process = start_process(
            command,
            log=self.logs / f"{name}.log",
            on_parent_death=KILLED_WITH_US,
            env=os.environ,
            cwd=settings.BASE_DIR,
        )
        self.running[process] = name
        return process

    def broker(self) -> None:
        data = settings.ATTEST_HOME / "broker"
        prepare_broker(broker_socket=settings.BROKER_SOCKET, data=data)
        self.start("broker", *broker_command(broker_socket=settings.BROKER_SOCKET, data=data))
        self.wait_until(lambda: broker_is_ready(settings.BROKER_SOCKET), "the broker is ready")

    def worker(self, *more: str) -> subprocess.Popen[bytes]:
        return self.start(
            "worker",
            *(sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency=2", "--pool=prefork"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=warning", *more),
        )

    def sweeper(self) -> subprocess.Popen[bytes]:
        return self.start("sweeper", sys.executable, "manage.py", "sweep")

    def web(self, application: str = "config.wsgi:application") -> int:
        """Start the web server on a free port and return that once it answers."""
        port = free_port()
        self.start(
            "web",
            *(sys.executable, "-m", "gunicorn", "--config=python:config.gunicorn"),
            *(f"--bind=127.0.0.1:{port}", application),
        )
        self.wait_until(lambda: answers(port, "/livez"), "the web server answers")
        return port

    def wait_until(self, condition: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
        """Wait until `condition` holds; a process that ends meanwhile, or the time, ends the benchmark."""
        deadline = time.monotonic() + patience
        while not condition():
            ended = [name for process, name in self.running.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                said = [line for name in ended for line in last_lines(self.logs / f"{name}.log", 20)]
                raise SystemExit("\n".join([f"not within {patience:.0f} s: {what}; ended: {ended}", *said]))
            time.sleep(0.01)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        del self.running[process]
        stop_process(process, within=15)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process and all that it started, at once, as an outage would."""
        del self.running[process]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        for process in reversed(list(self.running)):
            stop_process(process, within=5)
        self.running.clear()


@contextlib.contextmanager
def running_servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.stop_all()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
