"""Keep several processes running, start again what dies, and leave none behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.processes import last_lines, start_process, stop_process

READY_WITHIN = 60.0
#: A process may die this often within `DEATHS_WITHIN` seconds and is started again; once more ends them all.
DEATHS_FORGIVEN = 3
DEATHS_WITHIN = 60.0
#: Seconds before the first new start of what died; each further one waits twice as long.
BACK_OFF = 1.0
LOG_KEPT = 10 * 2**20


def how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class SupervisorError(Exception):
    """The processes cannot start or go on; the message is for the person at the terminal."""


class StopRequested(Exception):
    """Ctrl-C, or a signal to end."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One long-running process; `stop_within` is in seconds."""

    name: str
    command: tuple[str, ...]
    stop_within: float
    on_parent_death: signal.Signals = signal.SIGTERM
    before: Callable[[], object] = lambda: None


@dataclass(kw_only=True)
class Watched:
    service: Service
    process: subprocess.Popen[bytes]
    deaths: deque[float] = field(default_factory=deque)
    restart_at: float | None = None


class Supervisor:
    """Keeps its services running until it is told to stop, and leaves none behind."""

    def __init__(self, *, directory: Path, logs: Path) -> None:
        self.directory = directory
        self.logs = logs
        self.watched: list[Watched] = []
        self.stop_asked = False

    def log(self, service: Service) -> Path:
        return self.logs / f"{service.name}.log"

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Remember the first signal; at a second one nothing is waited for any more."""
        if self.stop_asked:
            for one in (one for one in self.watched if one.process.returncode is None):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(one.process.pid, signal.SIGKILL)
        self.stop_asked = True

    def pause(self, seconds: float = 0.1) -> None:
        time.sleep(0 if self.stop_asked else seconds)
        if self.stop_asked:
            raise StopRequested

    def run_step(self, *command: str) -> None:
        """Run a command to its end, its output on ours."""
        step = start_process(command, log=None, on_parent_death=signal.SIGKILL, cwd=self.directory)
        try:
            while step.poll() is None:
                self.pause(0.02)
        finally:
            stop_process(step, within=5)
        if step.returncode:
            raise SupervisorError(f"`{' '.join(command[1:])}` failed with code {step.returncode}; see above.")

    def start(self, service: Service) -> None:
        log = self.log(service)
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_KEPT:
            log.replace(log.with_suffix(".log.1"))
        self.watched.append(Watched(service=service, process=self.launch(service)))

    def launch(self, service: Service) -> subprocess.Popen[bytes]:
        service.before()
        return start_process(
            service.command,
            log=self.log(service),
            on_parent_death=service.on_parent_death,
            cwd=self.directory,
        )

    def look_after(self) -> None:
        """Start again what died, each time a little later."""
        now = time.monotonic()
        for one in self.watched:
            if one.restart_at is not None and now >= one.restart_at:
                one.restart_at = None
                one.process = self.launch(one.service)
            elif one.restart_at is None and one.process.poll() is not None:
                self.note_death(one, now)

    def note_death(self, one: Watched, now: float) -> None:
        # Whatever the dead one started goes with it.
        stop_process(one.process, within=0)
        one.deaths.append(now)
        while now - one.deaths[0] > DEATHS_WITHIN:
            one.deaths.popleft()
        log = self.log(one.service)
        say(f"{one.service.name} {how_it_ended(one.process.returncode)}. The end of {log}:")
        say(*(f"    {line}" for line in last_lines(log, 10)))
        if len(one.deaths) > DEATHS_FORGIVEN:
            raise SupervisorError(
                f"{one.service.name} died {len(one.deaths)} times within a minute; stopping everything."
            )
        delay = BACK_OFF * 2 ** (len(one.deaths) - 1)
        one.restart_at = now + delay
        say(f"Starting {one.service.name} again in {delay:.0f} s.")

    def wait_until(self, condition: Callable[[], bool], *, what: str) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not condition():
            if time.monotonic() > deadline:
                raise SupervisorError(f"{what} within {READY_WITHIN:.0f} s; the logs are in {self.logs}.")
            self.pause()
            self.look_after()

    def stop_all(self) -> None:
        """Stop the services in the reverse of the order in which they started."""
        self.stop_asked = True
        for one in reversed(self.watched):
            if one.process.poll() is None:
                say(f"Stopping {one.service.name} …")
            if not stop_process(one.process, within=one.service.stop_within):
                say(f"{one.service.name} did not stop in {one.service.stop_within:.0f} s and was killed.")
