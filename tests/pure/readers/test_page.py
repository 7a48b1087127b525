import io
import re
from datetime import UTC, datetime, timedelta, timezone
from importlib.metadata import version

import pytest
import trafilatura

from corpus.readers.base import IncomingArticle, ReadOptions, RowRefused
from corpus.readers.page import read_page

FIRST = (
    "The council met on Tuesday evening and voted, after five hours, to close the harbour road for a year."
)
SECOND = (
    "“We had no choice,” Mayor Ada Lind said. “The road falls into the sea.” She left 😀 by the café’s door."
)
LAST = "Nothing more was known on Wednesday morning, when the first buses left the station."
PAGE = f"""<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Harbour road to close | Harbour Post</title>
<meta property="og:title" content="Harbour road to close for a year"><meta name="author" content="Jane Roe">
<meta property="og:site_name" content="Harbour Post"><link rel="canonical" href="https://post.test/road">
<meta property="article:published_time" content="2021-10-20T15:32:00+01:00"></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<article><h1>Harbour road to close for a year</h1>
<p>{FIRST}</p><p>{SECOND}</p><h2>What will the buses cost?</h2><p>{FIRST}</p>
<table><tr><td>Buses</td><td>12</td></tr></table></article>
<div id="comments"><p>I have read this and I do not like it one bit, says a reader below.</p></div>
<footer>© 2021 Harbour Post. All rights reserved.</footer></body></html>"""


def read(raw, encoding="utf-8"):
    raw = raw if isinstance(raw, bytes) else raw.encode()
    (row,) = read_page(io.BytesIO(raw), "road.html", ReadOptions(encoding=encoding))
    return row


def page_of(text, head=""):
    return f"<html><head>{head}</head><body><article><p>{text}</p><p>{LAST}</p></article></body></html>"


def test_a_page_becomes_an_article_with_paragraphs_as_lines():
    assert read(PAGE) == IncomingArticle(
        place="road.html",
        text="\n".join(
            ["Harbour road to close for a year", FIRST, SECOND, "What will the buses cost?", FIRST],
        ),
        external_id="road.html",
        title="Harbour road to close for a year",
        outlet="Harbour Post",
        url="https://post.test/road",
        published_at=datetime(2021, 10, 20, 15, 32, tzinfo=timezone(timedelta(hours=1))),
        language="en",
        byline="Jane Roe",
        raw=PAGE.encode(),
        content_type="text/html",
        extractor=f"trafilatura@{version('trafilatura')}",
    )


def test_a_date_without_time_is_taken_where_there_is_no_better():
    page = PAGE.replace("article:published_time", "none").replace(
        "</h1>", "</h1><time datetime='2021-10-20'>20 October 2021</time>"
    )
    assert read(page).published_at == datetime(2021, 10, 20, tzinfo=UTC)


def test_a_page_without_any_metadata_is_read():
    row = read(page_of(FIRST))
    assert row.text == f"{FIRST}\n{LAST}"
    assert (row.title, row.outlet, row.url, row.language, row.published_at) == ("", "", "", "", None)


RUSSIAN = "Президент Владимир Путин заявил на прошлой неделе, что переговоры в Москве продолжатся осенью."


@pytest.mark.parametrize(
    ("raw", "stated", "encoding", "bom"),
    [
        (page_of(RUSSIAN).encode(), "utf-8", "utf-8", False),
        (page_of(RUSSIAN).encode("utf-8-sig"), "utf-8", "utf-8", True),
        (page_of(RUSSIAN, '<meta charset="windows-1251">').encode("cp1251"), "utf-8", "cp1251", False),
        (
            page_of(RUSSIAN, '<META http-equiv=Content-Type content="text/html; charset=koi8-r">').encode(
                "koi8-r"
            ),
            "utf-8",
            "koi8-r",
            False,
        ),
        (page_of(RUSSIAN, '<meta charset="utf-8">').encode("cp1251"), "windows-1251", "cp1251", False),
        (page_of(RUSSIAN, '<meta charset="utf-16">').encode(), "utf-8", "utf-8", False),
        (page_of(RUSSIAN).encode("utf-16"), "utf-8", "utf-16-le", True),
    ],
)
def test_the_encoding_is_found_and_recorded(raw, stated, encoding, bom):
    row = read(raw, stated)
    assert RUSSIAN in row.text
    assert (row.raw, row.encoding, row.bom) == (raw, encoding, bom)


def test_latin_1_is_read_as_browsers_read_it():
    text = "“We had no choice,” Mayor Ada Lind said – and left for the café after a long and loud evening."
    row = read(page_of(text, '<meta charset="iso-8859-1">').encode("cp1252"))
    assert row.text == f"{text}\n{LAST}"
    assert row.encoding == "cp1252"


def test_a_time_that_is_none_is_left_out():
    assert read(PAGE.replace("2021-10-20T15:32:00+01:00", "last week")).published_at is None


def test_a_page_that_breaks_the_extractor_is_refused(monkeypatch):
    def breaks(*args, **kwargs):
        raise RecursionError

    monkeypatch.setattr(trafilatura, "bare_extraction", breaks)
    row = read(PAGE)
    assert row == RowRefused(place="road.html", reason="the extractor failed on this page (RecursionError)")


@pytest.mark.parametrize(
    "opening", ['<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n', "<!-- saved -->\n" * 9]
)
def test_what_stands_before_the_page_does_not_matter(opening):
    assert read(opening + PAGE).text == read(PAGE).text


def test_a_fragment_is_read_as_a_page():
    assert read(f"<p>{FIRST}</p><p>{SECOND}</p>").text == f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "no text could be taken out of this page: send the text itself"),
        ("<html><body></body></html>", "no text could be taken out"),
        (
            "<html><body><script>var a = 1</script><img src='x.png'></body></html>",
            "no text could be taken out",
        ),
        (page_of("caf\xe9 " * 30).encode("latin-1"), r"byte \d+ \(0xe9\) is not utf-8"),
        (page_of(FIRST, '<meta charset="klingon">'), "unknown encoding 'klingon'"),
        (page_of("a\x00b"), "is NUL"),
        (b"<html>" + b"x" * 10_000_000, "longer than 10,000,000 bytes"),
        ("<div>" * 50_000 + "x", "no text could be taken out"),
    ],
    ids=range(8),
)
def test_a_page_without_a_text_is_refused(raw, reason):
    row = read(raw)
    assert isinstance(row, RowRefused)
    assert row.place == "road.html"
    assert re.search(reason, row.reason)
