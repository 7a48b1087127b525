"""HTML pages: the article without what stands around it."""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple

from corpus.readers.base import IncomingArticle, ReadOptions, RowRefused, read_whole
from corpus.readers.fields import read_time
from corpus.text.guard import Decoded, TextRefused, check_text, decode

#: Where a page may declare its encoding: browsers look no further than 1,024 bytes.
_DECLARED_WITHIN = 4096
_DECLARATION = re.compile(
    rb"""<meta\s[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE
)
_XML_DECLARATION = re.compile(r"\A\s{0,99}<\?xml[^>]{0,200}\?>")
#: What pages say, and what browsers read: https://encoding.spec.whatwg.org/#names-and-labels
_AS_BROWSERS_READ = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be"), "utf-8"),
    "x-sjis": "shift_jis",
}
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_page(stream: BinaryIO, name: str, options: ReadOptions) -> Iterator[IncomingArticle | RowRefused]:
    """Yield the article of a page: paragraphs as lines, without comments, tables and links.

    The encoding is that of a byte order mark, else the stated one where it is not UTF-8, else
    what the page declares, else UTF-8; strictly, whichever it is.
    """
    try:
        raw = read_whole(stream)
        decoded = decode(raw, _encoding(raw, options.encoding))
        yield _extract(name, raw, decoded)
    except TextRefused as refusal:
        yield RowRefused(place=name, reason=str(refusal))


def _encoding(raw: bytes, stated: str) -> str:
    for bom, encoding in _BOMS.items():
        if raw.startswith(bom):
            return encoding
    if stated.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        return stated
    declared = _DECLARATION.search(raw[:_DECLARED_WITHIN])
    label = declared[1].decode("ascii").lower() if declared else "utf-8"
    return _AS_BROWSERS_READ.get(label, label)


@cache
def _trafilatura() -> ModuleType:
    """Return the extractor; it takes a second to import, which only readers of pages should pay."""
    import trafilatura  # noqa: PLC0415

    # It logs every page that it takes no text from; the refusal of the row says so already.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    return trafilatura


def _extract(name: str, raw: bytes, decoded: Decoded) -> IncomingArticle | RowRefused:
    """Return the article of a decoded page, or why there is none."""
    try:
        found = _found(decoded.text)
    except Exception as error:  # noqa: BLE001 - hostile pages, a large extractor: one must not stop a folder
        return RowRefused(place=name, reason=f"the extractor failed on this page ({type(error).__name__})")
    if found is None or not (found.page.text or "").strip():
        return RowRefused(place=name, reason="no text could be taken out of this page: send the text itself")
    page = found.page
    for value in (page.text, page.title, page.sitename, page.author, page.url, found.language):
        check_text(value or "")
    return IncomingArticle(
        place=name,
        text=page.text,
        external_id=name,
        title=page.title or "",
        outlet=page.sitename or "",
        url=page.url or "",
        published_at=_time(found.published) or _time(page.date or ""),
        language=found.language.split("-")[0].strip().lower(),
        byline=page.author or "",
        raw=raw,
        encoding=decoded.encoding,
        bom=decoded.bom,
        content_type="text/html",
        extractor=f"trafilatura@{version('trafilatura')}",
    )


class _Found(NamedTuple):
    """What the extractor made of a page, and what it leaves out: language, and time of day."""

    page: Any
    language: str
    published: str


def _found(html: str) -> _Found | None:
    html = _XML_DECLARATION.sub("", html, count=1)
    if "<html" not in html[:_DECLARED_WITHIN].lower():
        html = f"<html><body>{html}</body></html>"
    tree = _trafilatura().load_html(html)
    if tree is None:
        return None
    language = tree.get("lang", "")
    published = tree.xpath("string(//meta[@property='article:published_time']/@content)")
    page = _trafilatura().bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        include_tables=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    return None if page is None else _Found(page, language, published)


def _time(value: str) -> datetime | None:
    try:
        return read_time(value)
    except ValueError:
        return None
