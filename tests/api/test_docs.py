"""The examples of docs/api.md do what the page says."""

import re
import shlex
from pathlib import Path
from string import Template
from uuid import UUID

from tests.api.conftest import suggestions
from tests.api.contract import Caller, content_of

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
BASE = "http://test/api/v1"


def examples() -> list[str]:
    return [
        line
        for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S)
        for line in block.splitlines()
    ]


def run(owner: Caller, line: str, names: dict[str, str]) -> tuple[int, bytes]:
    """Send what a line of curl would send."""
    words = shlex.split(Template(line).safe_substitute(names))[1:]
    headers, body, url = {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name.replace("-", "_")] = value
        elif word in ("-d", "--data-binary"):
            body = words.pop(0).encode()
        elif word == "-o":
            words.pop(0)
        else:
            url = word
    del headers["Authorization"]
    kind = headers.pop("Content_Type", "")
    path = url.removeprefix(BASE + "/")
    response = owner.send("GET" if body is None else "POST", path, body, content_type=kind, **headers)
    return response.status_code, content_of(response)


def test_every_example_works(as_owen: Caller, article: UUID) -> None:
    quote = suggestions(as_owen, article, "quote")[0]
    names = {"API": BASE, "TOKEN": "x", "ARTICLE": str(article), "ANNOTATION": quote["id"]}
    lines = [line for line in examples() if line.startswith("curl")]
    assert len(lines) == 10
    for line in lines:
        status, body = run(as_owen, line, names)
        assert status in (200, 201), (line, body)
        if "/reviews/" in line:
            assert b'"status":200' in body, body
