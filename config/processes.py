"""Start child processes that cannot outlive us, and stop them whole."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1


def start_process(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    on_parent_death: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log` or, without one, to ours.

    Ctrl-C at the terminal does not reach it. On Linux the kernel sends it `on_parent_death` when this
    process ends in any way; call this from the main thread, whose end the kernel takes for ours.
    """
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
            preexec_fn=death_notice(on_parent_death),
            env=env,
            cwd=cwd,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )


def stop_process(
    process: subprocess.Popen[bytes], *, within: float, how: signal.Signals = signal.SIGTERM
) -> bool:
    """Ask `process` to end, and after `within` seconds kill it; what is left of its group is killed too.

    Returns:
        Whether it ended by itself in time.
    """
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(within)
        in_time = True
    except subprocess.TimeoutExpired:
        in_time = False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return in_time


def last_lines(log: Path, count: int) -> list[str]:
    """Return the end of a log, from its last 16 KiB."""
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 16_384))
        return file.read().decode(errors="replace").splitlines()[-count:]


def death_notice(notice: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before its program: it asks the kernel for `notice` at its parent's end."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, notice)
        if os.getppid() != parent:  # it ended before we could ask
            os.kill(os.getpid(), notice)

    return ask
