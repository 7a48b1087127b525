"""A real HTTP server that answers as a test tells it to."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from annotations.extraction.remote.endpoints import Endpoint

#: Never in a cause, a log line, an event or an export.
SECRET = "canary-7f3a9c"


@dataclass(kw_only=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: Any
    data: bytes


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(kw_only=True)
class Served:
    """What a server answers, one after the other; the last answer is repeated. And what it was asked."""

    port: int
    answers: list[Answer] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def endpoint(self, *, seconds: float = 10, path: str = "/suggest?key=secret-in-address") -> Endpoint:
        return Endpoint(
            name="news-model",
            url=f"http://127.0.0.1:{self.port}{path}",
            headers={"Authorization": f"Bearer {SECRET}"},
            seconds=seconds,
        )


@contextmanager
def serving(*answers: Answer) -> Iterator[Served]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            served.asked.append(
                Asked(path=self.path, headers=dict(self.headers), body=json.loads(body), data=body)
            )
            answer = served.answers.pop(0) if len(served.answers) > 1 else served.answers[0]
            try:
                answer(self)
            except OSError:
                # The client has had enough.
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        served = Served(port=server.server_address[1], answers=list(answers))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


def says(body: Any = None, *, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON, or with bytes as they are."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content_Type": "application/json"} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def raw(*parts: bytes) -> Answer:
    """Write bytes to the connection and close it."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for part in parts:
            handler.wfile.write(part)
        handler.close_connection = True

    return answer
