"""The demo from an empty home, as a newcomer starts it: every process, the sample corpus, and its end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import wait_for

pytestmark = pytest.mark.broker
ROOT = Path(__file__).resolve().parents[2]
#: What the test run sets for itself, and a newcomer's shell does not.
OURS = {"DJANGO_SETTINGS_MODULE", "ATTEST_TEST_HOME", "ATTEST_HOME", "CELERY_BROKER_URL", "DATABASE_URL"}


@dataclass(kw_only=True)
class Demo:
    home: Path
    port: int
    output: Path
    process: subprocess.Popen[bytes]

    def said(self) -> str:
        return self.output.read_text()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def processes(self) -> list[int]:
        """Return every process that was started for this demo and still runs, but for the supervisor."""
        mark = f"ATTEST_HOME={self.home}".encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    found.append(int(place.name))
            except OSError:
                continue
        return [pid for pid in found if pid != self.process.pid]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_demo(home: Path, *, port: int, output: Path) -> Demo:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=ROOT,
            env=environment | {"ATTEST_HOME": str(home), "PORT": str(port)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Demo(home=home, port=port, output=output, process=process)


def wait_until_ready(demo: Demo) -> None:
    wait_for(lambda: "Attest is ready" in demo.said(), process=demo.process, log=demo.output)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    place = tmp_path_factory.mktemp("demo")
    running = start_demo(place / "home", port=free_port(), output=place / "output")
    try:
        wait_until_ready(running)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_it_says_how_to_sign_in_and_keeps_the_secrets_to_itself(demo: Demo):
    password = (demo.home / "initial-password").read_text().strip()
    assert f"http://127.0.0.1:{demo.port}/" in demo.said()
    assert password in demo.said()
    for secret in ("initial-password", "demo-token", "secret_key"):
        assert (demo.home / secret).stat().st_mode & 0o777 == 0o600
    assert demo.home.stat().st_mode & 0o777 == 0o700


def test_the_token_opens_the_api(demo: Demo):
    token = (demo.home / "demo-token").read_text().strip()
    status, body = demo.get("/api/v1/corpora/", Authorization=f"Bearer {token}")
    assert status == 200
    assert "sample" in body
    assert demo.get("/api/v1/corpora/")[0] == 401


def test_celery_works_every_job_of_the_sample(demo: Demo):
    def figures() -> str:
        return demo.get("/metrics")[1]

    assert "attest_articles 8.0" in figures()
    wait_for(lambda: 'status="queued"} 0.0' in figures() and 'status="leased"} 0.0' in figures())
    assert 'status="parked"} 0.0' in figures()
    assert json.loads(demo.get("/readyz")[1])["failed"] == []


def test_a_second_demo_on_the_same_data_is_refused(demo: Demo, tmp_path: Path):
    second = start_demo(demo.home, port=free_port(), output=tmp_path / "output")
    assert second.process.wait(60) == 1
    assert f"A demo already runs on {demo.home} (process {demo.process.pid})" in second.said()


def test_a_port_that_is_taken_is_named_with_another(demo: Demo, tmp_path: Path):
    second = start_demo(tmp_path / "home", port=demo.port, output=tmp_path / "output")
    assert second.process.wait(60) == 1
    assert f"Port {demo.port} is taken. Choose another: PORT={demo.port + 1} ./run demo" in second.said()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, and a kernel that tells of a parent's end")
def test_it_keeps_its_data_and_leaves_nothing_running_however_it_ends(tmp_path: Path):
    first = start_demo(tmp_path / "home", port=free_port(), output=tmp_path / "first")
    wait_until_ready(first)
    password = (first.home / "initial-password").read_text()
    assert len(first.processes()) >= 6
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    wait_for(lambda: not first.processes(), within=60)

    second = start_demo(tmp_path / "home", port=first.port, output=tmp_path / "second")
    wait_until_ready(second)
    assert (second.home / "initial-password").read_text() == password
    assert password.strip() not in second.said()
    second.process.send_signal(signal.SIGINT)
    assert second.process.wait(60) == 0
    assert not second.processes()
    stops = [line for line in second.said().splitlines() if line.startswith("Stopping")]
    assert stops == ["Stopping web …", "Stopping sweeper …", "Stopping worker …", "Stopping broker …"]
