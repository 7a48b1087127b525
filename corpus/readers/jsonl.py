"""JSON Lines: one article a line, in the words of the native record."""

from collections.abc import Iterator
from typing import BinaryIO

from corpus.readers.base import MAX_BYTES, IncomingArticle, ReadOptions, RowRefused
from corpus.readers.fields import read_fields
from corpus.readers.strict_json import JSONRefused, loads_strict

_BOM = b"\xef\xbb\xbf"


def read_jsonl(
    stream: BinaryIO,
    name: str,
    options: ReadOptions,  # noqa: ARG001 - JSON is UTF-8, whatever the encoding of the texts beside it
) -> Iterator[IncomingArticle | RowRefused]:
    """Yield the article of each line, or why the line holds none; blank lines are passed over.

    Memory: one line.
    """
    number = 0
    while line := stream.readline(MAX_BYTES + 1):
        number += 1
        place = f"{name}:{number}"
        if len(line) > MAX_BYTES:
            _skip_line(stream, line)
            yield RowRefused(
                place=place, reason=f"the line is longer than {MAX_BYTES:,} bytes: split the text"
            )
            continue
        line = line.removeprefix(_BOM) if number == 1 else line
        line = line.rstrip(b" \t\r\n")
        if line:
            yield _read_line(place, line)


def _read_line(place: str, line: bytes) -> IncomingArticle | RowRefused:
    try:
        record = loads_strict(line)
    except JSONRefused as refusal:
        column = f"column {refusal.column}: " if refusal.column else ""
        return RowRefused(place=place, reason=column + refusal.reason)
    if not isinstance(record, dict):
        return RowRefused(place=place, reason='a line is one object, as {"text": "…"}')
    return read_fields(place, record)


def _skip_line(stream: BinaryIO, line: bytes) -> None:
    """Read on to the end of a line that is too long, and keep none of it."""
    while line and not line.endswith(b"\n"):
        line = stream.readline(1 << 16)
