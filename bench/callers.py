"""HTTP callers that need an answer's status: by a token over the API, or in a session on the admin's pages.

Unlike `bench.client` a refusal ends nothing here, and an answer can be left unread.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

import orjson

API = "/api/v1/"
TIMEOUT = 300.0
FORM = "application/x-www-form-urlencoded"
#: How a server ends a connection that was kept for long, which shows in the next request only.
CLOSED = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    location: str
    etag: str
    body: bytes

    @property
    def good(self) -> bool:
        return self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> Any:
        return orjson.loads(self.body)


class Caller:
    """One client with a connection of its own, which it keeps."""

    def __init__(self, port: int, headers: Mapping[str, str] | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self.headers = dict(headers or {})

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and return its answer; once more where the server had closed the connection."""
        try:
            return self._send(method, path, body, headers)
        except CLOSED:
            self.connection.close()
            return self._send(method, path, body, headers)

    def hang_up(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send a request and be gone before its answer."""
        self.connection.close()
        self.connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
        self.connection.close()

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> Answer:
        self.connection.request(method, path, body=body, headers={**self.headers, **(headers or {})})
        response = self.connection.getresponse()
        self._keep_cookies(response)
        return Answer(
            status=response.status,
            location=response.headers.get("Location", ""),
            etag=response.headers.get("ETag", ""),
            body=response.read(),
        )

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        """Nothing: a token comes without cookies."""


class TokenCaller(Caller):
    """Calls the API as a program does."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})


class PageCaller(Caller):
    """Sends the forms of the admin in a session, as a browser does, each with its CSRF token."""

    def __init__(self, port: int, cookies: Mapping[str, str]) -> None:
        super().__init__(port)
        self.cookies = dict(cookies)

    @classmethod
    def sign_in(cls, port: int, username: str, password: str) -> "PageCaller":
        caller = cls(port, {})
        caller.send("GET", "/admin/login/")
        answer = caller.fill("/admin/login/", username=username, password=password, next="/admin/")
        assert answer.status == HTTPStatus.FOUND, f"{username} is not signed in: {answer.status}"
        return caller

    def fill(self, path: str, **fields: object) -> Answer:
        """Send a form, on a connection of its own: a form has no key by which to repeat it."""
        self.connection.close()
        body = urlencode({"csrfmiddlewaretoken": self.cookies["csrftoken"], **fields}).encode()
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items() if name != "messages")
        return self.send("POST", path, body, {"Cookie": held, "Content-Type": FORM})

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for value in response.headers.get_all("Set-Cookie") or []:
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(value).items()}
