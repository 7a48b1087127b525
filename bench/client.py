"""A plain HTTP client that keeps its connection, and what measures with it."""

import http.client
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Any

import orjson

#: Long enough for an export of 10,000 articles by the slowest peer.
TIMEOUT = 900.0


class Client:
    """One client: its own connection, headers and cookies."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.headers = dict(headers or {})
        self.cookies: dict[str, str] = {}

    def call(
        self, method: str, path: str, body: bytes | None = None, *, kind: str = "application/json"
    ) -> bytes:
        """Send one request and return its whole answer; an answer that is no success ends the benchmark."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = kind
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            headers["X-CSRFToken"] = self.cookies.get("csrftoken", "")
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        answer = response.read()
        for value in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(value).items()}
        if response.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path} answered {response.status}: {answer[:500]!r}")
        return answer

    def json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.call(method, path, None if body is None else orjson.dumps(body))
        return orjson.loads(answer) if answer else None


def milliseconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def timed_by(clients: list[Client], act: Callable[[Client], object], times: int) -> list[float]:
    """Return the milliseconds of `times` calls of `act` by each client, all at once."""
    taken: list[float] = []
    errors: list[Exception] = []

    def work(client: Client) -> None:
        try:
            taken.extend([milliseconds(lambda: act(client)) for _ in range(times)])
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that asked
            errors.append(error)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return taken


def median(values: list[float]) -> float:
    return statistics.median(values)
