"""Tables: CSV with a header, one article a row."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from corpus.readers.base import MAX_BYTES, IncomingArticle, ReadOptions, RowRefused
from corpus.readers.fields import ARTICLE_FIELDS, RECORD_FIELDS, read_fields
from corpus.text.guard import TextRefused, check_text, codec_name

_DELIMITERS = ",;\t"
_KNOWN = ARTICLE_FIELDS | RECORD_FIELDS


class _RowTooLong(Exception):
    """A row goes on beyond what is read: where the next one begins is not known."""


class _Lines:
    """The lines of a table with their ends kept; counts them, and what the current row has taken.

    Bytes that are not in the encoding come as halves of surrogate pairs, so that the rows around
    them keep their places; the row that has them is refused.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        # No translation of line ends: those inside a quoted cell belong to the text.
        self._file = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        self.number = 0
        self.characters = 0
        self.quotes = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(MAX_BYTES + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self.characters += len(line)
        self.quotes += line.count('"')
        if self.characters > MAX_BYTES:
            raise _RowTooLong
        return line.removeprefix("\ufeff") if self.number == 1 else line

    def begin_row(self) -> None:
        self.characters = self.quotes = 0

    def release(self) -> None:
        """Leave the stream open for its owner."""
        self._file.detach()


def read_table(stream: BinaryIO, name: str, options: ReadOptions) -> Iterator[IncomingArticle | RowRefused]:
    r"""Yield the article of each row, or why the row holds none.

    The first line names the columns; `text` must be among them. Cells are parted by `,`, `;` or
    tab, and quoted as RFC 4180 says; line ends within quotes are kept exactly. Empty cells count
    as missing.

    Memory: one row.
    """
    try:
        lines = _Lines(stream, codec_name(options.encoding))
    except TextRefused as refusal:
        yield RowRefused(place=name, reason=str(refusal))
        return
    csv.field_size_limit(MAX_BYTES)
    try:
        yield from _read_rows(lines, name, options.encoding)
    except _RowTooLong:
        reason = (
            f"the row is longer than {MAX_BYTES:,} characters, perhaps for a quote that is never closed; "
        )
        yield RowRefused(place=f"{name}:{lines.number}", reason=reason + "what follows was not read")
    except UnicodeError as error:
        reason = f"not {options.encoding}: {error}; state the encoding. What follows was not read"
        yield RowRefused(place=f"{name}:{lines.number + 1}", reason=reason)
    finally:
        lines.release()


def _read_rows(lines: _Lines, name: str, encoding: str) -> Iterator[IncomingArticle | RowRefused]:
    heading = next((line for line in lines if line.strip()), "")
    delimiter, columns = _columns(heading)
    if refusal := _refuse_columns(columns, heading):
        yield RowRefused(place=f"{name}:{max(1, lines.number)}", reason=refusal)
        return
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_row()
        place = f"{name}:{lines.number + 1}"
        try:
            cells = next(rows, None)
        except csv.Error as error:
            reason = f"not a row of CSV: {error}; double the quotes within a quoted cell"
            if lines.quotes % 2:
                yield RowRefused(place=place, reason=f"{reason}. What follows was not read")
                return
            yield RowRefused(place=place, reason=reason)
            continue
        if cells is None:
            return
        if cells:
            yield _read_row(place, columns, cells, encoding)


def _columns(heading: str) -> tuple[str, list[str]]:
    """Return the delimiter, and the columns that it makes of the first line.

    Of the delimiters that show a column `text`, and else of all, the one that makes most columns.
    """
    readings = []
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([heading], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        columns = [_column(cell) for cell in cells]
        readings.append(("text" in columns, len(columns), delimiter, columns))
    if not readings:
        return ",", []
    best = max(readings, key=lambda reading: reading[:2])
    return best[2], best[3]


def _column(cell: str) -> str:
    """Return the name of a column; those that we know may be written with capitals."""
    name = cell.strip()
    return name.lower() if name.lower() in _KNOWN else name


def _refuse_columns(columns: Sequence[str], heading: str) -> str:
    """Return why the columns cannot be read, or ""."""
    if not heading:
        return "the table is empty"
    if "text" not in columns:
        return f"there is no column `text`: the first line names {', '.join(columns)[:200] or 'none'}"
    (column, count), *_ = Counter(columns).most_common(1)
    if count > 1:
        return f"the column `{column}` comes twice: which one counts?"
    return ""


def _read_row(
    place: str, columns: Sequence[str], cells: Sequence[str], encoding: str
) -> IncomingArticle | RowRefused:
    if len(cells) != len(columns):
        reason = f"{len(cells)} cells for {len(columns)} columns: quote cells that hold the delimiter"
        return RowRefused(place=place, reason=reason)
    try:
        for cell in cells:
            check_text(cell)
    except TextRefused as refusal:
        return RowRefused(place=place, reason=_undecoded("".join(cells), encoding) or str(refusal))
    return read_fields(place, {column: cell for column, cell in zip(columns, cells, strict=True) if cell})


def _undecoded(text: str, encoding: str) -> str:
    """Return which byte was not in the encoding, or "" if all were."""
    for character in text:
        if "\udc80" <= character <= "\udcff":
            return f"byte 0x{ord(character) - 0xDC00:02x} is not {encoding}: state the encoding of the table"
    return ""
