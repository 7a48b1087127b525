"""An exchange that ends in time, however slowly the other side answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def left(deadline: float) -> float:
    """Return the seconds until a deadline (monotonic); a little even behind it, as 0 would mean no limit."""
    return max(deadline - time.monotonic(), 0.001)


@contextmanager
def cut_off(connected: socket.socket, deadline: float) -> Iterator[None]:
    """Shut a connection down at the deadline, even while bytes still drip in."""
    timer = threading.Timer(left(deadline), _shut_down, [connected])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shut_down(connected: socket.socket) -> None:
    # It may have ended by itself in this moment. Below TLS: whoever still reads it sees an end and no more.
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
