"""A client that holds every answer against the OpenAPI document: what is not documented fails the test."""

import re
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from corpus.api.docs import openapi_document
from corpus.models import Corpus, User
from corpus.services.actors import Scope
from corpus.services.tokens import make_token
from tests.conftest import acting

API = "/api/v1/"
#: The document does not speak of itself.
UNDOCUMENTED = {f"{API}schema/", f"{API}docs/"}
ALL = [scope.value for scope in Scope]


class Caller:
    """Somebody who calls the API. Bodies are JSON unless they are bytes; header names have _ for -."""

    def __init__(self, secret: str = "", **defaults: str) -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self.client = Client(headers={**headers, **defaults}, raise_request_exception=False)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def post_lines(self, path: str, *lines: Any) -> list[dict[str, Any]]:
        """Send NDJSON and return the result lines."""
        body = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
        response = self.send("POST", path, body, content_type="application/x-ndjson")
        assert response.status_code == 200, response.content
        return [orjson.loads(line) for line in content_of(response).splitlines()]

    def send(
        self, method: str, path: str, body: Any = None, *, content_type: str = "", **headers: str
    ) -> Any:
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        response: Any = self.client.generic(
            method,
            path if path.startswith("/") else API + path,
            data,
            content_type=content_type or "application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        if response.streaming:
            # Read to its end, so that it is closed.
            response.whole = b"".join(response.streaming_content)
        check_documented(method, response.request["PATH_INFO"], response)
        return response


def caller(user: User, *scopes: str, corpus: Corpus | None = None) -> Caller:
    """Return a caller with a fresh token of `user`, of every scope unless some are named."""
    _, secret = make_token(acting(user), user=user, name="test", scopes=list(scopes) or ALL, corpus=corpus)
    return Caller(secret)


def content_of(response: Any) -> bytes:
    """Return the body, of a download too."""
    return response.whole if response.streaming else response.content


def check_documented(method: str, path: str, response: HttpResponse) -> None:
    operation = _operation(method, path)
    where = f"{method} {path} -> {response.status_code}"
    if operation is None:
        # A method or an address that the API has not.
        if path.startswith(API) and path not in UNDOCUMENTED:
            assert response.status_code in (400, 401, 404, 405, 411, 413, 415), where
        return
    documented = operation["responses"].get(str(response.status_code))
    assert documented is not None, f"{where} is not documented: {response.content[:300]!r}"
    content = documented.get("content", {})
    if not content:
        assert not content_of(response), where
        return
    media_type = response.headers["Content-Type"].partition(";")[0]
    assert media_type in content, f"{where} is {media_type}, not {list(content)}"
    schema = content[media_type]["schema"]
    if media_type == "application/json" and schema.get("format") != "binary":
        problems = _problems(schema["$ref"], response.content)
        assert not problems, f"{where}: {problems[:3]} in {response.content[:500]!r}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for pattern, item in _paths():
        if pattern.fullmatch(path):
            found: dict[str, Any] | None = item.get("get" if method == "HEAD" else method.lower())
            return found
    return None


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Return each address of the document as a pattern; a word before a parameter in its place."""
    paths = openapi_document()["paths"]
    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), paths[path])
        for path in sorted(paths, key=lambda path: path.count("{"))
    ]


@lru_cache(maxsize=1_000)
def _problems(reference: str, content: bytes) -> list[str]:
    """Return what is wrong with a body; the same one is looked at once."""
    return [error.message for error in _validator(reference).iter_errors(orjson.loads(content))]


@lru_cache(maxsize=200)
def _validator(reference: str) -> Draft202012Validator:
    components = orjson.loads(orjson.dumps(openapi_document()["components"], default=str))
    return Draft202012Validator({"$ref": reference, "components": components})
