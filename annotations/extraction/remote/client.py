"""Asking an endpoint: one JSON document there and one back, within a time and a size."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import parse_qsl, urlsplit

import orjson
from urllib3 import Retry
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, NewConnectionError
from urllib3.response import BaseHTTPResponse

from annotations.extraction.base import JSON
from annotations.extraction.remote.endpoints import Endpoint
from annotations.outgoing.deadlines import cut_off, left
from corpus.readers.strict_json import JSONRefused, loads_strict

CONNECT_SECONDS = 5.0
#: Pauses before the second and the third try, where the endpoint does not ask for another.
PAUSES = (0.5, 2.0)
MAX_BYTES = 16 * 2**20
CHUNK = 2**18
MAX_REASON = 200
HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "Content-Type": "application/json",
}
#: Answers that say what was wrong with the question. One to a wrong secret is never repeated: it may hold it.
TELLING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})

#: What is shorter keeps nothing secret, and would be found in every word.
SHORTEST_SECRET = 4

#: Takes an endpoint, a question, and the time (monotonic) at which it gives up; returns the answer.
Ask = Callable[[Endpoint, Mapping[str, JSON], float], JSON]


class EndpointFailed(RuntimeError):
    """An endpoint gave no answer that can be read; the message names it without address or secret."""

    def __init__(self, endpoint: Endpoint, reason: str) -> None:
        super().__init__(f"endpoint {endpoint.name!r}: {reason}")


class AnswerRefused(ValueError):
    """An answer cannot be used; the message says where in it and why."""


class _Passing(Exception):
    """A failure that another try may mend.

    Attributes:
        wait: the seconds that the endpoint asks for, if it does.
    """

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


@dataclass(frozen=True, kw_only=True)
class _Reply:
    status: int
    kind: str
    packed: str
    retry_after: str
    body: bytes


def ask_endpoint(endpoint: Endpoint, question: Mapping[str, JSON], deadline: float) -> JSON:
    """Post a question as JSON and return the answer.

    What may pass is tried again, three times in all: no connection, 429 and 5xx. Redirects are not followed.

    Raises:
        EndpointFailed: there was no answer, not in time, or none that can be read.
    """
    body = orjson.dumps(question)
    for pause in (*PAUSES, None):
        try:
            return _read(endpoint, _post(endpoint, body, deadline))
        except _Passing as failure:
            if pause is None:
                raise EndpointFailed(endpoint, f"{failure.reason}, at the last of three tries") from None
            wait = pause if failure.wait is None else failure.wait
            if time.monotonic() + wait >= deadline:
                raise EndpointFailed(
                    endpoint, f"{failure.reason}; no time to wait {wait:.0f} s and try again"
                ) from None
            time.sleep(wait)
    raise AssertionError("the last try returns or raises")


def short(words: str) -> str:
    """Return what somebody else wrote as one printable line of at most `MAX_REASON` characters."""
    line = "".join(character if character.isprintable() else " " for character in words[: MAX_REASON + 1])
    return line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"


def _post(endpoint: Endpoint, body: bytes, deadline: float) -> _Reply:
    """Send one request and read what comes back, up to `MAX_BYTES` and the deadline."""
    parts = urlsplit(endpoint.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, deadline)
    try:
        connection.connect()
        with cut_off(connection.sock, deadline):
            connection.timeout = left(deadline)
            connection.request(
                "POST",
                target,
                body=body,
                headers={**endpoint.headers, **HEADERS},
                preload_content=False,
                decode_content=False,
            )
            reply = _reply(connection.getresponse())
    except (OSError, HTTPException, HTTPError) as error:
        raise _failure(endpoint, error, deadline) from None
    finally:
        connection.close()
    if time.monotonic() >= deadline:
        # An answer without a length looks whole where it was cut off.
        raise _late(endpoint)
    return reply


def _connection(scheme: str, host: str, port: int | None, deadline: float) -> HTTPConnection:
    timeout = min(CONNECT_SECONDS, left(deadline))
    if scheme == "https":
        return HTTPSConnection(host, port, timeout=timeout, ssl_context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=timeout)


def _reply(response: BaseHTTPResponse) -> _Reply:
    return _Reply(
        status=response.status,
        kind=response.headers.get("Content-Type", ""),
        packed=response.headers.get("Content-Encoding", ""),
        retry_after=response.headers.get("Retry-After", ""),
        body=_body(response),
    )


def _body(response: BaseHTTPResponse) -> bytes:
    """Return the body as it was sent, and a little of what is beyond the limit.

    It is read to its end: only there does the client see that a body is shorter than it was said to be.
    """
    parts = []
    size = 0
    while size <= MAX_BYTES and (part := response.read(CHUNK, decode_content=False)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _failure(endpoint: Endpoint, error: Exception, deadline: float) -> Exception:
    """Return what a broken exchange is called; the error itself may name the address."""
    # A connection that was cut off at the deadline breaks in many ways.
    if time.monotonic() >= deadline:
        return _late(endpoint)
    if isinstance(error, ssl.SSLCertVerificationError):
        return EndpointFailed(endpoint, "its certificate is not trusted")
    if isinstance(error, ssl.SSLError):
        return EndpointFailed(endpoint, "it does not speak TLS as it should")
    if isinstance(error, NewConnectionError):
        return _Passing("no connection")
    if isinstance(error, ConnectTimeoutError):
        return _Passing(f"no connection within {CONNECT_SECONDS:g} s")
    return _Passing("the connection broke off")


def _late(endpoint: Endpoint) -> EndpointFailed:
    return EndpointFailed(endpoint, f"no whole answer within {endpoint.seconds:g} s")


def _read(endpoint: Endpoint, reply: _Reply) -> JSON:
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Passing(f"it answered {reply.status}", _seconds_asked_for(reply))
    if 300 <= reply.status < 400:
        raise EndpointFailed(endpoint, f"it answered {reply.status}; redirects are not followed")
    if not 200 <= reply.status < 300:
        raise EndpointFailed(endpoint, f"it answered {reply.status}{_explanation(endpoint, reply)}")
    if reply.packed not in ("", "identity"):
        raise EndpointFailed(endpoint, "its answer is packed, though it was asked for plain")
    if len(reply.body) > MAX_BYTES:
        raise EndpointFailed(endpoint, f"its answer is over {MAX_BYTES} bytes")
    try:
        return loads_strict(reply.body)
    except JSONRefused as error:
        words = _without_secrets(endpoint, f"({reply.kind or 'of no type'}) is not JSON: {error}")
        raise EndpointFailed(endpoint, f"its answer {short(words)}") from None


def _seconds_asked_for(reply: _Reply) -> float | None:
    if not reply.retry_after:
        return None
    try:
        return Retry().parse_retry_after(reply.retry_after)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _explanation(endpoint: Endpoint, reply: _Reply) -> str:
    """Return what the endpoint says was wrong with the question, where it says so in a usual way."""
    if reply.status not in TELLING or len(reply.body) > MAX_BYTES:
        return ""
    try:
        said = loads_strict(reply.body)
    except JSONRefused:
        return ""
    error = said.get("error", said) if isinstance(said, dict) else None
    words = error.get("message") if isinstance(error, dict) else error
    return f": {short(_without_secrets(endpoint, words))}" if isinstance(words, str) else ""


def _without_secrets(endpoint: Endpoint, words: str) -> str:
    """Return what an endpoint says without what it was sent: its address and headers, and their parts."""
    url = urlsplit(endpoint.url)
    sent = [endpoint.url, url.netloc, url.path, url.query, *(value for _, value in parse_qsl(url.query))]
    for value in endpoint.headers.values():
        sent += [value, *value.split()]
    for secret in sorted(sent, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            words = words.replace(secret, "***")
    return words
