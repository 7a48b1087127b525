"""What the comparison asks of each peer, and what all of them share: environments, processes, memory."""

import abc
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench.articles import Labelled
from bench.client import Client
from config.processes import last_lines, start_process, stop_process

PATIENCE = 300.0


class CannotRun(RuntimeError):
    """This peer cannot be installed or started here; the message says why."""


class Peer(abc.ABC):
    """One system under measurement. A project is what it calls the place for a set of articles."""

    name: str
    version: str
    #: Requirements for pip, and the Pythons that they work with, best first.
    requirements: tuple[str, ...]
    pythons: tuple[str, ...]
    #: What a pass of 25 decisions is here, in a few words.
    decision: str

    def __init__(self, environments: Path, home: Path) -> None:
        directory = self.name.lower().replace(" ", "-")
        self.environment = environments / directory
        self.home = home / directory
        self.home.mkdir(parents=True, exist_ok=True)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.port = 0

    @property
    def program(self) -> Path:
        return self.environment / "bin" / "python"

    def install(self) -> None:
        """Make the peer's own environment, once for what it requires."""
        done, wanted = self.environment / "installed", self.wanted()
        if done.exists() and done.read_text() == wanted:
            return
        shutil.rmtree(self.environment, ignore_errors=True)
        run([python_of(self.pythons), "-m", "venv", self.environment])
        run([self.program, "-m", "pip", "install", "--quiet", *self.requirements])
        done.write_text(wanted)

    def wanted(self) -> str:
        """Return what tells one set of requirements from another."""
        files = [Path(name) for name in self.requirements if name.endswith(".txt")]
        told = "".join(file.read_text() for file in files) or " ".join(self.requirements)
        return hashlib.sha256(told.encode()).hexdigest()

    @abc.abstractmethod
    def start(self) -> None:
        """Start the servers and wait until they answer."""

    @abc.abstractmethod
    def client(self) -> Client:
        """Return a signed-in client."""

    @abc.abstractmethod
    def new_project(self, name: str) -> None:
        """Make an empty project; what follows is about the newest."""

    @abc.abstractmethod
    def body(self, articles: Sequence[Labelled]) -> bytes:
        """Return articles with their suggestions as this peer takes them in; not part of the time."""

    @abc.abstractmethod
    def bring_in(self, client: Client, body: bytes) -> None:
        """Import the body and return when all of it is there."""

    @abc.abstractmethod
    def article_ids(self, client: Client, count: int) -> list[str]:
        """Return the ids of some articles of the newest project, for passes."""

    @abc.abstractmethod
    def first_page(self, client: Client) -> None:
        """Read the first 50 articles of the list."""

    @abc.abstractmethod
    def next_article(self, client: Client) -> None:
        """Find the next article to work on, and read its text and suggestions."""

    @abc.abstractmethod
    def see(self, client: Client, articles: Sequence[str]) -> None:
        """Read what a reviewer has on the screen before deciding; not part of the time."""

    @abc.abstractmethod
    def decide(self, client: Client, article: str) -> None:
        """Keep the 25 suggestions of an article."""

    @abc.abstractmethod
    def export(self, client: Client) -> int:
        """Export the newest project and return how many bytes came."""

    def run_server(self, name: str, command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
        log = self.home / f"{name}.log"
        self.processes.append(start_process(command, log=log, env=environment(env), cwd=self.home))

    def wait_until_up(self, client: Client, path: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                client.call("GET", path)
                return
            except (OSError, RuntimeError, ValueError):
                client.connection.close()
                ended = any(process.poll() is not None for process in self.processes)
                if ended or time.monotonic() > deadline:
                    logs = sorted(self.home.glob("*.log"))
                    said = "\n".join(line for log in logs for line in last_lines(log, 10))
                    raise CannotRun(f"{self.name} did not start:\n{said}") from None
                time.sleep(0.2)

    def stop(self) -> None:
        for process in self.processes:
            stop_process(process, within=10)

    def memory_mb(self) -> float:
        """Return the resident memory of all of its processes, pages that they share counted in each."""
        sessions = {process.pid for process in self.processes}
        page = os.sysconf("SC_PAGE_SIZE")
        total = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    session = int((entry / "stat").read_text().rpartition(")")[2].split()[3])
                    if session in sessions:
                        total += int((entry / "statm").read_text().split()[1]) * page
                except OSError:
                    continue
        return total / 2**20

    def installed_mb(self) -> float:
        used = subprocess.run(
            ["du", "-sk", self.environment], capture_output=True, text=True, check=True
        ).stdout
        return int(used.split()[0]) / 1024


class PeakMemory:
    """Watches the memory of a peer five times a second."""

    def __init__(self, peer: Peer) -> None:
        self.peer, self.peak, self.ended = peer, 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()

    def _watch(self) -> None:
        while not self.ended.wait(0.2):
            self.peak = max(self.peak, self.peer.memory_mb())


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a peer's process: ours, without what tells Django of Attest."""
    own = {
        "DATABASE_URL",
        "DJANGO_SETTINGS_MODULE",
        *(name for name in os.environ if name.startswith("ATTEST_")),
    }
    return {name: value for name, value in os.environ.items() if name not in own} | (more or {})


def python_of(versions: Sequence[str]) -> Path:
    """Return the first Python of these versions that is on the PATH or under pyenv."""
    for version in versions:
        found = [*sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]
        if on_path := shutil.which(f"python{version}"):
            found.append(Path(on_path))
        if sys.version.startswith(f"{version}."):
            found.append(Path(sys.executable))
        for python in found:
            if (
                subprocess.run(
                    [python, "-c", "import venv, ensurepip"], capture_output=True, check=False
                ).returncode
                == 0
            ):
                return python
    raise CannotRun(f"there is no Python {' or '.join(versions)} on this machine")


def run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
    """Run a command to its end; CannotRun with the end of what it said where it fails."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(env), cwd=tempfile.gettempdir()
    )
    if done.returncode:
        raise CannotRun(f"{' '.join(map(str, command[:6]))} failed: {(done.stderr or done.stdout)[-600:]}")
