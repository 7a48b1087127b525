"""What every reader takes and gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from corpus.readers.strict_json import JSON
from corpus.text.guard import TextRefused

#: The longest plain text, page, line of JSON or cell of a table that is read, in bytes.
MAX_BYTES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class IncomingArticle:
    """One article as a reader found it, before anything is stored."""

    #: Where it stands: `file`, or `file:line`.
    place: str
    #: The text exactly as delivered, or as the extractor gave it.
    text: str
    external_id: str = ""
    title: str = ""
    outlet: str = ""
    url: str = ""
    published_at: datetime | None = None
    language: str = ""
    byline: str = ""
    #: An SPDX id or free words.
    licence: str = ""
    #: Whether the text may not be passed on; None where nothing is said of it.
    text_withheld: bool | None = None
    metadata: dict[str, JSON] = field(default_factory=dict)
    #: The bytes as delivered: the file, the page, or the UTF-8 of the text field.
    raw: bytes
    encoding: str = "utf-8"
    #: A byte order mark stood before the text.
    bom: bool = False
    content_type: str = "text/plain"
    #: What took the text out of the page, with its version; "" where the text is the source.
    extractor: str = ""


@dataclass(frozen=True, kw_only=True)
class RowRefused:
    """A row that could not be read; readers yield it and go on."""

    #: `file:line`, or `file`.
    place: str
    #: Why, and how to mend it.
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the caller states of a source."""

    #: Encoding of plain texts and tables, and of pages when it is not UTF-8; JSON is always UTF-8.
    encoding: str = "utf-8"


Reader = Callable[[BinaryIO, str, ReadOptions], Iterator[IncomingArticle | RowRefused]]


def read_whole(stream: BinaryIO) -> bytes:
    """Return all bytes of a source that is one article.

    Raises:
        TextRefused: if there are more than `MAX_BYTES`.
    """
    raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise TextRefused(f"it is longer than {MAX_BYTES:,} bytes: no article is; split it")
    return raw
