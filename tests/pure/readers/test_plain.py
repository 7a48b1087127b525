import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.base import MAX_BYTES, IncomingArticle, ReadOptions, RowRefused
from corpus.readers.plain import read_plain
from corpus.text.guard import encode


def read(raw, encoding="utf-8"):
    (row,) = read_plain(io.BytesIO(raw), "news/one.txt", ReadOptions(encoding=encoding))
    return row


def test_a_text_is_taken_exactly_as_delivered():
    raw = "\ufeff  lead\r\n\u00a0cafe\u0301 😀\r\n\r\n ".encode()
    assert read(raw) == IncomingArticle(
        place="news/one.txt",
        text="  lead\r\n\u00a0cafe\u0301 😀\r\n\r\n ",
        external_id="news/one.txt",
        raw=raw,
        encoding="utf-8",
        bom=True,
    )


def test_a_stated_encoding_is_used_and_recorded():
    row = read("Президент".encode("koi8-r"), "koi8-r")
    assert (row.text, row.encoding, row.bom) == ("Президент", "koi8-r", False)


@given(st.binary())
def test_raw_bytes_can_always_be_made_again(raw):
    row = read(raw)
    if isinstance(row, IncomingArticle):
        assert row.raw == raw
        assert encode(row.text, row.encoding, row.bom) == raw


@pytest.mark.parametrize(
    ("raw", "encoding", "reason"),
    [
        (b"", "utf-8", "there is no text in it"),
        (b"\xef\xbb\xbf \r\n", "utf-8", "there is no text in it"),
        (b"caf\xe9", "utf-8", r"byte 3 \(0xe9\) is not utf-8: state the encoding"),
        (b"a\x00b", "utf-8", "character 1 is NUL"),
        (b"a", "klingon", "unknown encoding 'klingon'"),
        (b"x" * (MAX_BYTES + 1), "utf-8", "longer than 10,000,000 bytes"),
    ],
)
def test_what_is_no_text_is_refused(raw, encoding, reason):
    row = read(raw, encoding)
    assert isinstance(row, RowRefused)
    assert row.place == "news/one.txt"
    assert re.search(reason, row.reason)
