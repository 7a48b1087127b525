"""Readers: from files to articles, by the suffix of the name. Pure Python."""

import os
from collections.abc import Iterator
from pathlib import Path

from corpus.readers.base import IncomingArticle, Reader, ReadOptions, RowRefused
from corpus.readers.jsonl import read_jsonl
from corpus.readers.page import read_page
from corpus.readers.plain import read_plain
from corpus.readers.table import read_table

#: A new reader is one module and a line here.
READERS: dict[str, Reader] = {
    ".txt": read_plain,
    ".text": read_plain,
    ".html": read_page,
    ".htm": read_page,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".csv": read_table,
}


class UnknownReader(ValueError):
    """No reader knows the suffix of a name; the message names those that are known."""


def reader_for(name: str) -> Reader:
    """Return the reader of a file by its suffix, in any case.

    Raises:
        UnknownReader: if there is none.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in READERS:
        raise UnknownReader(f"no reader for {suffix or repr(name)}: known are {', '.join(READERS)}")
    return READERS[suffix]


def read_path(path: str | Path, *, encoding: str = "utf-8") -> Iterator[IncomingArticle | RowRefused]:
    """Return the articles of a file, or of all files of a folder and of those below it, in order.

    In a folder names are relative to it, hidden files are passed over, and a file that no reader
    knows, or that cannot be opened, is refused like a row.

    Args:
        path: a file or a folder.
        encoding: of plain texts and tables, and of pages when it is not UTF-8.

    Raises:
        UnknownReader: if the path is a file that no reader knows.
        OSError: if the path is a file that cannot be opened, or there is none.
    """
    path = Path(path)
    options = ReadOptions(encoding=encoding)
    if path.is_dir():
        return _read_folder(path, options)
    path.stat()
    return _read_file(path, path.name, reader_for(path.name), options)


def _read_file(
    path: Path, name: str, reader: Reader, options: ReadOptions
) -> Iterator[IncomingArticle | RowRefused]:
    with path.open("rb") as stream:
        yield from reader(stream, name, options)


def _read_folder(folder: Path, options: ReadOptions) -> Iterator[IncomingArticle | RowRefused]:
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            name.encode()
            if not path.is_file():
                raise UnknownReader("not a file that can be read: a broken link, or a device")
            yield from _read_file(path, name, reader_for(name), options)
        except UnknownReader as refusal:
            yield RowRefused(place=name, reason=str(refusal))
        except UnicodeEncodeError:
            shown = os.fsencode(name).decode(errors="replace")
            yield RowRefused(place=shown, reason="the name of the file is not UTF-8: rename it")
        except OSError as error:
            yield RowRefused(place=name, reason=f"cannot be read: {error.strerror}")


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder by name, then those of each folder in it; no links to folders."""
    with os.scandir(folder) as found:
        entries = sorted((entry for entry in found if entry.name[0] != "."), key=lambda entry: entry.name)
    for entry in entries:
        if not entry.is_dir():
            yield Path(entry.path)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path))
