import csv
import io
import re
import tracemalloc
from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.readers.base import MAX_BYTES, IncomingArticle, ReadOptions, RowRefused
from corpus.readers.table import read_table
from tests.growth import grows_no_faster


def read(raw, encoding="utf-8"):
    raw = raw if isinstance(raw, bytes) else raw.encode()
    return list(read_table(io.BytesIO(raw), "in.csv", ReadOptions(encoding=encoding)))


def reasons(raw, **options):
    return [row.reason for row in read(raw, **options) if isinstance(row, RowRefused)]


def texts(raw, **options):
    return [(row.place, row.text) for row in read(raw, **options) if isinstance(row, IncomingArticle)]


def test_a_row_becomes_an_article():
    (row,) = read("id,Text,title,source,published_at,section,note\r\n7,“We won”,T,Post,2021-10-20,world,\r\n")
    assert row == IncomingArticle(
        place="in.csv:2",
        text="“We won”",
        external_id="7",
        title="T",
        outlet="Post",
        published_at=datetime(2021, 10, 20, tzinfo=UTC),
        metadata={"section": "world"},
        raw="“We won”".encode(),
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter):
    rows = read(f'external_id{delimiter}text\n1{delimiter}"a{delimiter}b; c, d"\n')
    assert [(row.external_id, row.text) for row in rows] == [("1", f"a{delimiter}b; c, d")]


def test_commas_within_the_first_line_do_not_mislead():
    (row,) = read('id;"a, b, c, d";text\n1;2;x\n')
    assert (row.text, row.metadata) == ("x", {"a, b, c, d": "2"})


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_within_quotes_are_kept_exactly(line_end):
    text = 'one\r\ntwo\nthree\rfour "quoted" \u2028 five\n'
    quoted = text.replace('"', '""')
    raw = f'text,id{line_end}"{quoted}",1{line_end}next,2{line_end}'
    assert texts(raw) == [("in.csv:2", text), ("in.csv:7", "next")]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            st.text(st.sampled_from(' ",;\n\r\té')),
        ),
        min_size=1,
    )
)
def test_whatever_a_table_can_carry_comes_back(rows):
    file = io.StringIO(newline="")
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(["text", "note"])
    writer.writerows(rows)
    expected = [(text, {"note": note} if note else {}) for text, note in rows]
    found = read(file.getvalue())
    assert len(found) == len(expected)
    for row, (text, metadata) in zip(found, expected, strict=True):
        if text.strip():
            assert (row.text, row.metadata, row.raw) == (text, metadata, text.encode())
        else:
            assert "`text`" in row.reason


@pytest.mark.parametrize(
    ("raw", "place", "reason"),
    [
        ("", "in.csv:1", "the table is empty"),
        ("\n\n", "in.csv:2", "the table is empty"),
        ("id,body\n1,x\n", "in.csv:1", "there is no column `text`: the first line names id, body"),
        ('"text"x,id\nx,1\n', "in.csv:1", "there is no column `text`: the first line names none"),
        ("text,id,id\nx,1,2\n", "in.csv:1", "the column `id` comes twice"),
        ("text,id\nx\n", "in.csv:2", "1 cells for 2 columns"),
        ("text,id\nx,1,2\n", "in.csv:2", "3 cells for 2 columns: quote cells"),
        ("text,id\n,1\n", "in.csv:2", "there is no `text`"),
        ('text,id\n" ",1\n', "in.csv:2", "`text` is empty"),
        ("text,published_at\nx,yesterday\n", "in.csv:2", "`published_at` is 'yesterday'"),
        ("text,id\na\x00b,1\n", "in.csv:2", "character 1 is NUL"),
        (b"text,id\ncaf\xe9,1\n", "in.csv:2", "byte 0xe9 is not utf-8: state the encoding"),
        ('text,id\n"a"b,1\n', "in.csv:2", "not a row of CSV: .*; double the quotes"),
        ('text,id\n"a" "b",1\n', "in.csv:2", "not a row of CSV: "),
        ('text,id\n"a,1\n', "in.csv:2", "not a row of CSV: unexpected end of data"),
    ],
)
def test_what_is_no_row_is_refused_with_its_place(raw, place, reason):
    (refused,) = [row for row in read(raw) if isinstance(row, RowRefused)]
    assert refused.place == place
    assert re.search(reason, refused.reason)


@pytest.mark.parametrize("bad", [b"x", b"caf\xe9,1", b",1", b'"a" "b",1', b"a\x00,1"])
def test_rows_after_a_bad_one_are_read(bad):
    raw = b"text,id\nfirst,0\n" + bad + b"\nlast,2\n"
    assert texts(raw) == [("in.csv:2", "first"), ("in.csv:4", "last")]
    assert len(reasons(raw)) == 1


def test_after_a_quote_that_stays_open_nothing_is_taken_for_a_row():
    raw = 'text,id\nfirst,0\n"broken"quote "open,1\nrest of the cell,1\n'
    assert texts(raw) == [("in.csv:2", "first")]
    assert "What follows was not read" in reasons(raw)[0]


def test_a_row_beyond_the_limit_ends_the_reading():
    raw = 'text,id\nfirst,0\n"' + ("x" * 999 + "\n") * (MAX_BYTES // 1000) + '",1\nlast,2\n'
    assert texts(raw) == [("in.csv:2", "first")]
    assert "longer than 10,000,000 characters" in reasons(raw)[0]


def test_a_long_text_is_read():
    text = "word " * 200_000
    assert texts(f'text,id\n"{text}",1\n') == [("in.csv:2", text)]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("text,id\nПрезидент,1\n".encode("cp1251"), "cp1251"),
        ("text,id\nПрезидент,1\n".encode("utf-8-sig"), "utf-8"),
        ("text,id\nПрезидент,1\n".encode("utf-16"), "utf-16"),
        ("\ufefftext,id\nПрезидент,1\n".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_a_table_is_read_in_its_encoding(raw, encoding):
    (row,) = read(raw, encoding)
    assert (row.text, row.external_id, row.encoding) == ("Президент", "1", "utf-8")


@pytest.mark.parametrize(
    ("raw", "encoding", "reason"),
    [
        (b"text\nx\n", "no-such", "unknown encoding"),
        (b"t\x00e\x00x\x00t\x00\n\x00\x00\xd8x\x00", "utf-16-le", "not utf-16-le"),
    ],
)
def test_an_encoding_that_does_not_fit_is_refused(raw, encoding, reason):
    assert reason in reasons(raw, encoding=encoding)[0]


def test_four_times_the_columns_take_about_four_times_the_time():
    def seconds(count):
        names = [f"c{number}" for number in range(count)]
        start = process_time()
        (row,) = read(f"text,{','.join(names)}\nx,{','.join(names)}\n")
        assert len(row.metadata) == count
        assert reasons(f"text,{','.join(names)},c5\n") == ["the column `c5` comes twice: which one counts?"]
        return process_time() - start

    assert grows_no_faster(seconds, 25_000, 100_000, factor=8, floor=0.05)


def test_a_header_alone_has_no_articles():
    assert read("text,id\n") == []


def test_the_stream_stays_open_for_its_owner():
    stream = io.BytesIO(b"text\nx\n")
    assert len(list(read_table(stream, "in.csv", ReadOptions()))) == 1
    assert not stream.closed


def test_memory_does_not_grow_with_the_table():
    class Endless(io.RawIOBase):
        left = [b"text,id\n"] + [b"word " * 200 + b",1\n"] * 5000

        def readable(self):
            return True

        def readinto(self, buffer):
            line = self.left.pop(0) if self.left else b""
            buffer[: len(line)] = line
            return len(line)

    stream = io.BufferedReader(Endless())
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_table(stream, "in.csv", ReadOptions())) == 5000
        assert tracemalloc.get_traced_memory()[1] < 300_000
    finally:
        tracemalloc.stop()
