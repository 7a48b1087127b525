import io
import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone

import pytest

from corpus.readers.base import MAX_BYTES, IncomingArticle, ReadOptions, RowRefused
from corpus.readers.jsonl import read_jsonl


def read(raw):
    return list(read_jsonl(io.BytesIO(raw), "in.jsonl", ReadOptions()))


def read_one(**record):
    (row,) = read(json.dumps(record).encode())
    return row


def test_a_record_becomes_an_article():
    text = "  lead\r\nx cafe\u0301 \u00a0😀 "
    row = read_one(
        external_id="a-1",
        text=text,
        title="T",
        outlet="O",
        url="https://post.test/1",
        published_at="2021-10-20T15:30:00+02:00",
        language="en",
        byline="Jane Roe",
        section="world",
    )
    assert row == IncomingArticle(
        place="in.jsonl:1",
        text=text,
        external_id="a-1",
        title="T",
        outlet="O",
        url="https://post.test/1",
        published_at=datetime(2021, 10, 20, 15, 30, tzinfo=timezone(timedelta(hours=2))),
        language="en",
        byline="Jane Roe",
        metadata={"section": "world"},
        raw=text.encode(),
    )


def test_a_text_is_enough():
    assert read_one(text="x") == IncomingArticle(place="in.jsonl:1", text="x", raw=b"x")


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        ({"id": "7"}, "external_id", "7"),
        ({"id": 7}, "external_id", "7"),
        ({"id": "7", "external_id": "a"}, "external_id", "a"),
        ({"id": "7", "external_id": None}, "external_id", "7"),
        ({"source": "Post"}, "outlet", "Post"),
        ({"source": "wire", "outlet": "Post"}, "outlet", "Post"),
        ({"source": "wire", "outlet": "Post"}, "metadata", {"source": "wire"}),
        ({"source": {"name": "Post"}}, "metadata", {"source": {"name": "Post"}}),
        ({"title": None, "published_at": ""}, "published_at", None),
        ({"published_at": "2021-10-20"}, "published_at", datetime(2021, 10, 20, tzinfo=UTC)),
        ({"published_at": "2021-10-20T05:00:00Z"}, "published_at", datetime(2021, 10, 20, 5, tzinfo=UTC)),
        ({"metadata": {"a": 1}, "b": [2]}, "metadata", {"a": 1, "b": [2]}),
        ({"metadata": "x"}, "metadata", {"metadata": "x"}),
        ({"schema": "attest/1", "status": "gold", "annotations": [], "relations": []}, "metadata", {}),
        ({"blocks": [], "layer": "gold", "layers": [], "reviews": [], "corpus": "c"}, "metadata", {}),
        ({"revision": 1, "text_sha256": "0", "length": 1, "redacted": []}, "metadata", {}),
        ({"licence": "CC-BY-4.0"}, "licence", "CC-BY-4.0"),
        ({"license": "MIT"}, "licence", "MIT"),
        ({"license": [{"id": 1}]}, "metadata", {"license": [{"id": 1}]}),
        ({"license": "MIT", "licence": "by agreement"}, "metadata", {"license": "MIT"}),
        ({"text_withheld": True}, "text_withheld", True),
        ({"text_withheld": " No "}, "text_withheld", False),
        ({"text_withheld": ""}, "text_withheld", None),
    ],
)
def test_fields_go_where_they_belong(record, field, value):
    assert getattr(read_one(text="x", **record), field) == value


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "x", "text_withheld": "perhaps"}', "`text_withheld` is 'perhaps': write true or false"),
        (b'{"text": "x"', "column 13: "),
        (b'{"text": "x", "a": 1, "a": 2}', "the key 'a' comes twice"),
        (rb'{"text": "a\u0000"}', "column 12: NUL"),
        (rb'{"text": "\ud83d"}', "half a surrogate pair"),
        (b'{"text": "\xff"}', "column 11: byte 10 .* is not UTF-8"),
        (b'{"text": "x", "n": 99999999999999999999}', "beyond 64 bits"),
        (b'{"text": "x", "n": ' + b"[" * 65 + b"]" * 65 + b"}", "nested deeper than 64"),
        (b'["x"]', "a line is one object"),
        (b"{}", "there is no `text`"),
        (b'{"text": null}', "there is no `text`"),
        (b'{"text": " \\n"}', "`text` is empty"),
        (b'{"text": ["x"]}', r"`text` is \['x'\], not a string"),
        (b'{"text": "x", "title": 5}', "`title` is 5, not a string"),
        (b'{"text": "x", "external_id": true}', "`external_id` is True, not a string"),
        (b'{"text": "x", "id": ["7"]}', "`id` is .* not a string"),
        (b'{"text": "x", "published_at": "last week"}', "`published_at` is 'last week': write it as 2021-"),
        (b'{"text": "x", "published_at": 1634743800}', "`published_at` is 1634743800, not a string"),
        (b'{"text": "x", "published_at": "0001-01-01T00:00:00+14:00"}', "`published_at` is '0001"),
    ],
)
def test_a_line_that_is_no_article_is_refused_and_the_next_is_read(line, reason):
    refused, read_on = read(line + b'\n{"text": "next"}\n')
    assert isinstance(refused, RowRefused)
    assert refused.place == "in.jsonl:1"
    assert re.search(reason, refused.reason)
    assert (read_on.place, read_on.text) == ("in.jsonl:2", "next")


def test_blank_lines_and_a_byte_order_mark_are_passed_over():
    rows = read(b'\xef\xbb\xbf{"text": "x"}\r\n\n \t\r\n{"text": "y"}')
    assert [(row.place, row.text) for row in rows] == [("in.jsonl:1", "x"), ("in.jsonl:4", "y")]


def test_a_line_beyond_the_limit_is_refused_alone():
    refused, read_on = read(b'{"text": "' + b"x" * MAX_BYTES + b'"}\n{"text": "next"}')
    assert refused.place == "in.jsonl:1"
    assert "longer than 10,000,000 bytes" in refused.reason
    assert (read_on.place, read_on.text) == ("in.jsonl:2", "next")


def test_an_empty_file_has_no_articles():
    assert read(b"") == []


class Endless(io.RawIOBase):
    """A file that makes its lines as they are read."""

    def __init__(self, line, count):
        self.lines = (line for _ in range(count))
        self.rest = b""

    def readable(self):
        return True

    def readinto(self, buffer):
        self.rest = self.rest or next(self.lines, b"")
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def test_memory_does_not_grow_with_the_file():
    line = json.dumps({"text": "word " * 200}).encode() + b"\n"
    tracemalloc.start()
    try:
        rows = read_jsonl(io.BufferedReader(Endless(line, 5000)), "in.jsonl", ReadOptions())
        assert sum(1 for _ in rows) == 5000
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()
