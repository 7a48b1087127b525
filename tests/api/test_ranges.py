"""What a Range asks for, by RFC 9110, section 14."""

import io

import pytest

from corpus.api.ranges import Part, Unsatisfiable, asked_range

ETAG = '"abc"'
ALL = None


@pytest.mark.parametrize(
    ("header", "size", "asked"),
    [
        # The examples of section 14.1.2, of 10,000 bytes.
        ("bytes=0-499", 10_000, range(0, 500)),
        ("bytes=500-999", 10_000, range(500, 1_000)),
        ("bytes=-500", 10_000, range(9_500, 10_000)),
        ("bytes=9500-", 10_000, range(9_500, 10_000)),
        ("bytes=0-0", 10_000, range(0, 1)),
        ("bytes=-1", 10_000, range(9_999, 10_000)),
        # What ends behind the end ends there.
        ("bytes=9999-20000", 10_000, range(9_999, 10_000)),
        ("bytes=0-", 5, range(0, 5)),
        ("bytes=-900", 5, range(0, 5)),
        ("BYTES=1-2", 5, range(1, 3)),
        ("bytes= 1-2 ", 5, range(1, 3)),
        # What means nothing, and what may be left aside.
        ("", 5, ALL),
        ("bytes=2-1", 5, ALL),
        ("bytes=-", 5, ALL),
        ("bytes=", 5, ALL),
        ("bytes=a-b", 5, ALL),
        ("bytes=1-2,4-", 5, ALL),
        ("lines=1-2", 5, ALL),
        ("bytes 1-2", 5, ALL),
        ("bytes=+1-2", 5, ALL),
        ("bytes=١-٢", 5, ALL),
        ("bytes=-3", 0, ALL),
        (f"bytes={'9' * 5_000}-", 5, ALL),
    ],
)
def test_a_range_is_what_it_says(header: str, size: int, asked: range | None) -> None:
    assert asked_range(header, "", etag=ETAG, size=size) == asked


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=5-", 5), ("bytes=5-9", 5), ("bytes=-0", 5), ("bytes=0-", 0), ("bytes=99-", 5)],
)
def test_a_range_behind_the_end_cannot_be_had(header: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, "", etag=ETAG, size=size)


@pytest.mark.parametrize(
    ("if_range", "asked"),
    [
        (ETAG, range(1, 5)),
        ('"other"', ALL),
        # Neither weak validators nor times are strong enough, and no file has either here.
        (f"W/{ETAG}", ALL),
        ("Sun, 22 Nov 2026 08:49:37 GMT", ALL),
    ],
)
def test_a_part_of_another_file_comes_whole(if_range: str, asked: range | None) -> None:
    assert asked_range("bytes=1-", if_range, etag=ETAG, size=5) == asked


def test_a_part_ends_where_it_does() -> None:
    part = Part(io.BytesIO(b"0123456789"), range(3, 8))
    assert [part.read(2), part.read(2), part.read(2), part.read(2)] == [b"34", b"56", b"7", b""]
    assert Part(io.BytesIO(b"0123456789"), range(3, 8)).read() == b"34567"
