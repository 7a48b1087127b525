"""Plain texts: one file an article."""

from collections.abc import Iterator
from typing import BinaryIO

from corpus.readers.base import IncomingArticle, ReadOptions, RowRefused, read_whole
from corpus.text.guard import TextRefused, decode


def read_plain(stream: BinaryIO, name: str, options: ReadOptions) -> Iterator[IncomingArticle | RowRefused]:
    """Yield the one article of a plain text, exactly as delivered; its external id is the name."""
    try:
        raw = read_whole(stream)
        decoded = decode(raw, options.encoding)
    except TextRefused as refusal:
        yield RowRefused(place=name, reason=str(refusal))
        return
    if not decoded.text.strip():
        yield RowRefused(place=name, reason="there is no text in it")
        return
    yield IncomingArticle(
        place=name,
        text=decoded.text,
        external_id=name,
        raw=raw,
        encoding=decoded.encoding,
        bom=decoded.bom,
    )
