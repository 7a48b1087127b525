"""The demo: every process of Attest on one machine, with a small sample corpus.

`./run demo` runs it as `python -m config.demo`. Production has the same processes under its own
supervisor (docs/operating.md).
"""

import errno
import fcntl
import http.client
import os
import shlex
import signal
import socket
import sys
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.broker import BrokerUnavailable, broker_command, broker_is_ready, prepare_broker
from config.env import env_int
from config.supervisor import Service, StopRequested, Supervisor, SupervisorError, say


def demo_services(*, port: int) -> list[Service]:
    """Return what runs beside the broker, in the order of starting."""
    python = sys.executable
    return [
        Service(
            name="worker",
            command=(
                *(python, "-m", "celery", "-A", "config", "worker", "--concurrency=2", "--pool=prefork"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=warning"),
            ),
            stop_within=15,
            # Told to end while the broker ends too, it would wait for the broker for ever. Its jobs are
            # leased in the database, so nothing is lost by a kill.
            on_parent_death=signal.SIGKILL,
        ),
        Service(name="sweeper", command=(python, "manage.py", "sweep"), stop_within=5),
        Service(
            name="web",
            command=(
                *(python, "-m", "gunicorn", "--config=python:config.gunicorn"),
                *(f"--bind=127.0.0.1:{port}", "config.wsgi:application"),
            ),
            stop_within=15,
        ),
    ]


def run_demo(supervisor: Supervisor, *, port: int) -> None:
    """Prepare the data, start the services, and watch over them until a signal comes."""
    python = sys.executable
    say("Preparing the database …")
    supervisor.run_step(python, "manage.py", "migrate", "--noinput", "--verbosity=0")
    if not os.environ.get("CELERY_BROKER_URL"):
        start_broker(supervisor)
    password = settings.ATTEST_HOME / "initial-password"
    is_first_start = not password.exists()
    say("Starting the worker, the sweeper and the web server …")
    for service in demo_services(port=port):
        supervisor.start(service)
    # While they come up; the worker takes the jobs as they are made.
    say("Loading the sample corpus …")
    supervisor.run_step(python, "manage.py", "load_demo")
    supervisor.wait_until(lambda: is_ready(port), what="The web server was not ready")
    greet(settings.ATTEST_HOME, port=port, show_password=is_first_start)
    while True:
        supervisor.pause(0.2)
        supervisor.look_after()


def start_broker(supervisor: Supervisor) -> None:
    broker_socket, data = settings.BROKER_SOCKET, settings.ATTEST_HOME / "broker"
    if prepare_broker(broker_socket=broker_socket, data=data):
        say(f"Using the broker that already listens on {broker_socket}.")
        return
    say("Starting the broker …")
    supervisor.start(
        Service(
            name="broker",
            command=tuple(broker_command(broker_socket=broker_socket, data=data)),
            stop_within=10,
            before=lambda: prepare_broker(broker_socket=broker_socket, data=data),
        )
    )
    supervisor.wait_until(lambda: broker_is_ready(broker_socket), what="The broker was not ready")


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def greet(home: Path, *, port: int, show_password: bool) -> None:
    password = home / "initial-password"
    value = f": {password.read_text().strip()}" if show_password and password.exists() else ""
    address = f"http://127.0.0.1:{port}"
    token = f"$(cat {shlex.quote(str(home / 'demo-token'))})"
    say(
        "",
        f"Attest is ready:  {address}/",
        f"Sign in:          admin, the password is in {password}{value}",
        f'API:              curl -H "Authorization: Bearer {token}" {address}/api/v1/corpora/',
        "Stop with Ctrl-C. What was written stays for the next start.",
        "",
    )


def check_port(port: int) -> None:
    """Find out now, not after a minute of work, whether the web server may have its port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            other = port + 1 if 1024 <= port < 65_535 else 8001
            raise SupervisorError(f"Port {port} {reason}. Choose another: PORT={other} ./run demo") from None


def lock_home(home: Path) -> IO[str]:
    """Hold the data for this demo alone, until the returned file is closed or this process ends."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    lock = (home / "run" / "demo.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        raise SupervisorError(
            f"A demo already runs on {home} (process {lock.read().strip()}). "
            "Stop it, or give this one its own data: ATTEST_HOME=var-two PORT=8001 ./run demo"
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def main() -> int:
    try:
        if settings.PRODUCTION:
            raise SupervisorError(
                "ATTEST_PRODUCTION is set, and the demo is not for that: see docs/operating.md."
            )
        port = env_int("PORT", default=8000, low=1, high=65_535)
        supervisor = Supervisor(directory=settings.BASE_DIR, logs=settings.ATTEST_HOME / "log")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, supervisor.on_signal)
        with lock_home(settings.ATTEST_HOME):
            check_port(port)
            try:
                run_demo(supervisor, port=port)
            finally:
                supervisor.stop_all()
    except StopRequested:
        say("Stopped.")
        return 0
    except (SupervisorError, BrokerUnavailable, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
