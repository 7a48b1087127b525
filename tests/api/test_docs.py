"""The examples of docs/api.md do what the page says."""

import re
import shlex
from pathlib import Path
from string import Template
from uuid import UUID

import orjson
import pytest
from django.conf import LazySettings

from annotations.models import Dispute
from annotations.services.exports import work_export
from annotations.services.jobs import work_jobs
from corpus.models import Corpus, Revision, User
from tests.annotations.deciding import own
from tests.annotations.test_gold_records import differ
from tests.annotations.test_queue import settings as configured
from tests.api.conftest import suggestions
from tests.api.contract import Caller, content_of
from tests.conftest import TEXT, put_in

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
    headers, body, url, posted = {}, None, "", False
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name.replace("-", "_")] = value
        elif word in ("-d", "--data-binary"):
            body = words.pop(0).encode()
        elif word in ("-o", "-C"):
            words.pop(0)
        elif word == "-X":
            posted = words.pop(0) == "POST"
        else:
            url = word
    del headers["Authorization"]
    kind = headers.pop("Content_Type", "")
    path = url.removeprefix(BASE + "/")
    response = owner.send(
        "POST" if posted or body is not None else "GET", path, body, content_type=kind, **headers
    )
    return response.status_code, content_of(response)


@pytest.fixture
def disputed(article: UUID, corpus: Corpus, ada: User, ben: User) -> Revision:
    """Another text, that two people have read differently; beside it one that waits for somebody."""
    configured(corpus, passes=2)
    revision, _ = put_in(corpus, TEXT, "disputed"), put_in(corpus, TEXT, "waiting")
    work_jobs("test", limit=10, seconds=30)
    differ(revision, ada, ben)
    return revision


def test_every_example_works(
    as_owen: Caller,
    article: UUID,
    disputed: Revision,
    ada: User,
    ben: User,
    tmp_path: Path,
    settings: LazySettings,
) -> None:
    settings.ATTEST_EXPORTS = tmp_path
    quote = suggestions(as_owen, article, "quote")[0]
    names = {
        "API": BASE,
        "TOKEN": "x",
        "ARTICLE": str(article),
        "ANNOTATION": quote["id"],
        "DISPUTE": str(Dispute.objects.get().pk),
        "FIRST": str(own(ben, disputed).layer.pk),
        "SECOND": str(own(ada, disputed).layer.pk),
    }
    lines = [line for line in examples() if line.startswith("curl")]
    assert len(lines) == 35
    for line in lines:
        status, body = run(as_owen, line, names)
        if line.endswith("/take/"):
            names["ASSIGNMENT"] = orjson.loads(body)["id"]
        if line.endswith("/exports/"):
            names["EXPORT"] = orjson.loads(body)["id"]
            assert work_export("test") == "done"
        assert status in (200, 201, 202), (line, body)
        if "/import/" in line:
            assert b'"outcome":"created"' in body, body
        if "/reviews/" in line:
            assert b'"status":200' in body, body
