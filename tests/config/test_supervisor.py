"""The supervisor keeps its processes running, stops them in order, and leaves none behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import supervisor as module
from config.supervisor import Service, StopRequested, Supervisor, SupervisorError
from tests.servers import wait_for

#: Writes its number to a file, and waits for ever with a child of its own.
PARENT = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
"""
SUPERVISED = """
import pathlib, sys, time
from config.supervisor import Service, Supervisor
place = pathlib.Path(sys.argv[1])
supervisor = Supervisor(directory=place, logs=place)
command = (sys.executable, sys.argv[2], str(place / "pids"))
supervisor.start(Service(name="one", command=command, stop_within=5))
time.sleep(600)
"""

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="needs /proc, and a kernel that tells of a parent's end"
)


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "BACK_OFF", 0.01)
    one = Supervisor(directory=tmp_path, logs=tmp_path / "log")
    yield one
    one.stop_all()


def service(name: str, program: str, *arguments: str, stop_within: float = 5) -> Service:
    return Service(name=name, command=(sys.executable, "-c", program, *arguments), stop_within=stop_within)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def look_until(supervisor: Supervisor, condition) -> None:
    def looked() -> bool:
        supervisor.look_after()
        return bool(condition())

    wait_for(looked)


def test_what_dies_is_started_again_and_the_end_of_its_log_is_shown(supervisor, tmp_path, capsys):
    once = tmp_path / "once"
    program = f"import pathlib, time; p = pathlib.Path({str(once)!r}); "
    program += "p.exists() and time.sleep(600); p.touch(); print('out of paper'); raise SystemExit(3)"
    supervisor.start(service("printer", program))
    first = supervisor.watched[0].process.pid
    look_until(supervisor, lambda: supervisor.watched[0].process.pid != first)
    said = capsys.readouterr().out
    assert "printer ended with code 3" in said
    assert "    out of paper" in said
    assert supervisor.watched[0].process.poll() is None


def test_what_dies_four_times_in_a_minute_ends_everything(supervisor):
    supervisor.start(service("fly", "raise SystemExit(1)"))
    with pytest.raises(SupervisorError, match="fly died 4 times within a minute"):
        look_until(supervisor, lambda: False)


def test_the_services_stop_in_reverse_order(supervisor, capsys):
    for name in ("broker", "worker", "web"):
        supervisor.start(service(name, "import time; time.sleep(600)"))
    supervisor.stop_all()
    assert capsys.readouterr().out.splitlines() == [
        "Stopping web …",
        "Stopping worker …",
        "Stopping broker …",
    ]
    assert all(one.process.poll() == -signal.SIGTERM for one in supervisor.watched)


def test_who_does_not_stop_in_time_is_killed(supervisor, capsys):
    stubborn = service("stubborn", STUBBORN, stop_within=0.2)
    supervisor.start(stubborn)
    wait_for(lambda: supervisor.log(stubborn).read_bytes() == b"up\n")
    supervisor.stop_all()
    assert supervisor.watched[0].process.poll() == -signal.SIGKILL
    assert "was killed" in capsys.readouterr().out


@on_linux
def test_nothing_that_a_service_started_outlives_it(supervisor, tmp_path):
    pids = tmp_path / "pids"
    supervisor.start(service("parent", PARENT, str(pids)))
    wait_for(lambda: pids.exists() and bool(pids.read_text()))
    parent, child = (int(pid) for pid in pids.read_text().split())
    supervisor.stop_all()
    wait_for(lambda: not is_alive(parent) and not is_alive(child))


def test_a_signal_ends_the_next_pause(supervisor):
    supervisor.on_signal(signal.SIGINT, None)
    before = time.monotonic()
    with pytest.raises(StopRequested):
        supervisor.pause(600)
    assert time.monotonic() - before < 300


def test_a_second_signal_waits_for_nobody(supervisor):
    stubborn = service("stubborn", STUBBORN)
    supervisor.start(stubborn)
    wait_for(lambda: supervisor.log(stubborn).read_bytes() == b"up\n")
    supervisor.on_signal(signal.SIGINT, None)
    supervisor.on_signal(signal.SIGINT, None)
    assert supervisor.watched[0].process.wait(60) == -signal.SIGKILL


@on_linux
def test_a_killed_supervisor_leaves_nothing_running(tmp_path, settings):
    program = tmp_path / "parent.py"
    program.write_text(PARENT.replace("child = ", "#").replace("{child.pid}", "0"))
    killed = subprocess.Popen([sys.executable, "-c", SUPERVISED, tmp_path, program], cwd=settings.BASE_DIR)
    pids = tmp_path / "pids"
    wait_for(lambda: pids.exists() and bool(pids.read_text()), process=killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not is_alive(int(pids.read_text().split()[0])))
