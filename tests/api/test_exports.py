"""Exports in the background, over HTTP: asked for once, followed, and fetched by the byte."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import LazySettings

from annotations.models import Export
from annotations.services.exports import work_export
from annotations.tasks import ring_exports
from corpus.models import User
from tests.api.contract import Caller, caller, content_of

ASKED = {"corpus": "harbour", "layer": "all"}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, settings: LazySettings) -> Path:
    settings.ATTEST_EXPORTS = tmp_path
    return tmp_path


def made(who: Caller, **more: Any) -> dict[str, Any]:
    """Ask for an export, let a worker make it, and return what its address says then."""
    answer = who.post("exports/", ASKED | more)
    assert (answer.status_code, answer.json()["status"]) == (202, "queued"), answer.content
    assert work_export("test") == "done"
    return dict(who.get(answer.json()["url"]).json())


def test_it_is_asked_for_followed_and_fetched(as_lea: Caller, article: UUID) -> None:
    export = made(as_lea)
    assert (export["status"], export["progress"], export["gone"]) == ("done", {"done": 1, "total": 1}, "")
    got = as_lea.get(export["file"]["url"])
    body = content_of(got)
    assert hashlib.sha256(body).hexdigest() == export["manifest"]["sha256"] == export["file"]["sha256"]
    assert got.headers["ETag"] == f'"{export["file"]["sha256"]}"'
    assert got.headers["Content-Length"] == str(len(body)) == str(export["file"]["bytes"])
    assert got.headers["Accept-Ranges"] == "bytes"
    assert got.headers["Repr-Digest"].startswith("sha-256=:")
    assert got.headers["Content-Disposition"] == 'attachment; filename="harbour-all.jsonl"'
    assert got.headers["Content-Type"] == "application/x-ndjson"


def test_a_stretch_of_a_file_comes_with_its_place(as_lea: Caller, article: UUID) -> None:
    file = made(as_lea)["file"]
    whole = content_of(as_lea.get(file["url"]))
    size, etag = len(whole), f'"{file["sha256"]}"'
    part = as_lea.get(file["url"], Range="bytes=10-19", If_Range=etag)
    assert (part.status_code, content_of(part)) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{size}"
    assert (part.headers["Content-Length"], part.headers["ETag"]) == ("10", etag)
    assert content_of(as_lea.get(file["url"], Range="bytes=10-19", If_Range='"other"')) == whole
    beyond = as_lea.get(file["url"], Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    assert as_lea.get(file["url"], If_None_Match=etag).status_code == 304
    assert as_lea.get(file["url"], If_Match='"other"').status_code == 412
    head = as_lea.send("HEAD", file["url"], Range="bytes=10-19")
    assert (head.status_code, content_of(head), head.headers["Content-Length"]) == (200, b"", str(size))
    assert head.headers["ETag"] == etag and "Content-Range" not in head.headers


def test_a_file_that_is_not_there_says_why(as_lea: Caller, as_owen: Caller, article: UUID) -> None:
    waiting = as_lea.post("exports/", ASKED).json()
    assert as_lea.get(f"{waiting['url']}file/").status_code == 409
    cancelled = as_lea.post(f"{waiting['url']}cancel/").json()
    assert (cancelled["status"], cancelled["manifest"], cancelled["file"]) == ("cancelled", None, None)
    assert as_lea.post(f"{waiting['url']}cancel/").json() == cancelled
    export = made(as_lea)
    assert as_owen.delete(f"articles/{article}/?reason=taken+down").status_code == 204
    gone = as_lea.get(export["file"]["url"])
    assert (gone.status_code, gone.json()["code"]) == (410, "gone")
    after = as_lea.get(export["url"]).json()
    assert after["gone"] == gone.json()["message"] and after["file"] is None
    assert after["manifest"] == export["manifest"]
    as_lea.get("corpora/harbour/export/?layer=gold")
    streamed = as_lea.get("exports/").json()["results"][0]
    assert "as it was made" in streamed["gone"]


def test_a_repetition_asks_for_nothing_new(as_lea: Caller, article: UUID) -> None:
    first = as_lea.post("exports/", ASKED, Idempotency_Key="k1").json()
    assert as_lea.post("exports/", ASKED, Idempotency_Key="k1").json() == first
    assert Export.objects.count() == 1


def test_no_more_is_rung_for_than_may_begin(as_lea: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[object] = []
    monkeypatch.setattr("annotations.tasks.export.apply_async", lambda **_: rung.append(1))
    assert ring_exports() == 0
    as_lea.post("exports/", ASKED)
    as_lea.post("exports/", ASKED)
    assert (ring_exports(), len(rung)) == (1, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"layer": "nothing"},
        {"format": "papyrus"},
        {"filters": {"colour": "red"}},
        {"since": 10**6},
        {"since": "1"},
        {"offset_unit": "grapheme"},
        {"format": "csv", "offset_unit": "utf16"},
        {"strict": "yes"},
        {"extra": 1},
    ],
)
def test_what_cannot_be_made_is_refused_at_once(as_lea: Caller, article: UUID, more: dict[str, Any]) -> None:
    assert as_lea.post("exports/", ASKED | more).status_code == 400
    assert not Export.objects.exists()


def test_offsets_may_count_something_else(as_lea: Caller, as_owen: Caller, article: UUID) -> None:
    export = made(as_lea, layer="machine", offset_unit="utf8")
    assert export["manifest"]["offset_unit"] == "utf8"
    lines = content_of(as_lea.get(export["file"]["url"])).splitlines()
    assert b'"offset_unit":"utf8"' in lines[0]
    now = as_lea.get("corpora/harbour/export/?layer=machine&offset_unit=utf8")
    assert content_of(now).splitlines() == lines
    as_owen.post("corpora/", {"slug": "copy"})
    (outcome,) = as_owen.post_lines("corpora/copy/import/", *lines)
    assert outcome["outcome"] == "created"
    read = [
        as_owen.get(f"articles/{one}/annotations/?layer=machine:rules@4").json()["results"]
        for one in (article, outcome["article"])
    ]
    spans = [[(row["label"], row["segments"], row["surface"]) for row in rows] for rows in read]
    assert spans[0] == spans[1] and spans[0]


def test_a_token_without_the_scope_asks_for_nothing(lea: User, article: UUID) -> None:
    assert caller(lea, "read", "manage").post("exports/", ASKED).status_code == 403
