"""Posting to an address that a user has named, so that nothing inside our network can be reached by it.

The name is resolved once, every address of it is checked, and the connection is made to one that was: no
second look-up, no proxy of the environment, no redirect. What comes back is read and thrown away, and errors
are words of our own.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

from annotations.outgoing.addresses import is_forbidden
from annotations.outgoing.deadlines import cut_off, left

CONNECT_SECONDS = 5.0
#: Seconds for everything, from the first connection to the end of the answer.
TOTAL_SECONDS = 10.0
#: Of an answer no more is read, and none of it is kept.
MAX_ANSWER = 2**16
#: Addresses of one name that are tried.
MAX_TRIES = 3
#: Where hosts that the operator has not named may listen.
PORTS = frozenset({443, 8443})
MAX_URL = 2_000
URL = re.compile(r"https?://[!-~]+\Z", re.IGNORECASE)
DEFAULT_PORTS = {"https": 443, "http": 80}

#: Returns the addresses of a host. As the system's resolver, which tests replace.
Resolve = Callable[[str, int], list[str]]
#: Hosts and ports that the operator has named: of any address, by plain HTTP too.
Named = frozenset[tuple[str, int]]


class TargetRefused(ValueError):
    """A URL that nothing is posted to; the message says why."""


class PostFailed(Exception):
    """No answer came; the message tells nothing of what was there."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where to post to. `named` by the operator, it may be of any address."""

    secure: bool
    host: str
    port: int
    path: str
    named: bool

    @property
    def netloc(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = DEFAULT_PORTS["https" if self.secure else "http"]
        return host if self.port == usual else f"{host}:{self.port}"


def read_target(url: str, named: Named) -> Target:
    """Return where a URL leads to.

    Raises:
        TargetRefused: nothing is posted there.
    """
    if not URL.match(url) or len(url) > MAX_URL:
        raise TargetRefused(f"a URL begins with https:// and has up to {MAX_URL} ASCII characters, no spaces")
    try:
        parts = urlsplit(url)
        host, given_port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise TargetRefused("this is no URL") from None
    if not host or parts.username is not None or parts.password is not None or parts.fragment:
        raise TargetRefused("a URL names a host, and has no user, password or #")
    port = DEFAULT_PORTS[parts.scheme] if given_port is None else given_port
    target = Target(
        secure=parts.scheme == "https",
        host=host,
        port=port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        named=(host, port) in named,
    )
    if not target.named:
        _check_public(target)
    return target


def read_named(entries: list[str]) -> Named:
    """Return the hosts that an operator names, each as HOST or HOST:PORT; without a port, 80 and 443.

    Raises:
        TargetRefused: naming the first that cannot be read.
    """
    named = set()
    for entry in entries:
        try:
            parts = urlsplit(f"//{entry}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.netloc != entry or "@" in entry:
            raise TargetRefused(f"{entry!r} is no host, nor one with a port")
        named |= {(host.rstrip("."), one) for one in ([port] if port else DEFAULT_PORTS.values())}
    return frozenset(named)


def post(
    target: Target,
    body: bytes,
    headers: Mapping[str, str],
    *,
    resolve: Resolve | None = None,
    seconds: float = TOTAL_SECONDS,
) -> int:
    """Post a body and return the status of the answer, which is read no further than `MAX_ANSWER`.

    Raises:
        PostFailed: there was no answer, not in time, or none that is HTTP.
    """
    deadline = time.monotonic() + seconds
    try:
        with _connected(target, resolve or system_resolve, deadline) as connected:
            return _exchange(target, connected, body, headers, deadline)
    except (OSError, HTTPException, ValueError) as error:
        raise PostFailed(_words(error, deadline, seconds)) from None


def system_resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _check_public(target: Target) -> None:
    if not target.secure:
        raise TargetRefused("this takes https://; the operator may name hosts that do without")
    if target.port not in PORTS:
        ports = " and ".join(map(str, sorted(PORTS)))
        raise TargetRefused(f"the ports here are {ports}; the operator may name hosts that have others")


def _connected(target: Target, resolve: Resolve, deadline: float) -> socket.socket:
    """Return a connection to the first address that takes one, all of them checked before."""
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        raise PostFailed("the name of the host was not found") from None
    if not addresses:
        raise PostFailed("the name of the host was not found")
    # One that may not be reached taints the others: a name that mixes them is made to get past this.
    if not target.named and any(is_forbidden(address) for address in addresses):
        raise PostFailed("the host has an address that is not allowed here")
    for address in addresses[:MAX_TRIES]:
        with suppress(OSError):
            return socket.create_connection(
                (address, target.port), timeout=min(CONNECT_SECONDS, left(deadline))
            )
    raise PostFailed("no connection")


def _exchange(
    target: Target, connected: socket.socket, body: bytes, headers: Mapping[str, str], deadline: float
) -> int:
    if target.secure:
        connected = ssl.create_default_context().wrap_socket(
            connected, server_hostname=target.host, do_handshake_on_connect=False
        )
    with connected, cut_off(connected, deadline):
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
        connected.settimeout(left(deadline))
        connection = HTTPConnection(target.host, target.port)
        # As it is connected already, the name is not looked up again.
        connection.sock = connected
        connection.request("POST", target.path, body=body, headers={**headers, "Host": target.netloc})
        with connection.getresponse() as response:
            if time.monotonic() >= deadline:
                # Headers that were cut off look like ones that ended.
                raise TimeoutError
            _read_away(response)
            return response.status


def _read_away(response: HTTPResponse) -> None:
    """Read the answer, so that its sender comes to an end; whatever goes wrong now, the status has come."""
    with suppress(OSError, HTTPException, ValueError):
        response.read(MAX_ANSWER)


def _words(error: Exception, deadline: float, seconds: float) -> str:
    """Return what a broken exchange is called; the error itself may tell what is there."""
    if time.monotonic() >= deadline or isinstance(error, TimeoutError):
        return f"no answer within {seconds:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the certificate is not trusted"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as it should"
    if isinstance(error, HTTPException):
        return "the answer is not HTTP"
    return "the connection broke off"
