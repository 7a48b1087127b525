"""The files of an import: one file, those of a folder, or those of a zip archive.

An archive is read in place and never unpacked, so that no name in it leads anywhere; names that would are
refused all the same.
"""

import contextlib
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, cast

from annotations.exchange.articles import FileRefused
from corpus.readers.base import MAX_BYTES
from corpus.text.guard import TextRefused, decode

#: The most files of a folder or an archive.
MAX_FILES = 200_000
#: What an archive may unpack to: so many times its own size, and this much in any case.
MAX_RATIO = 200
FREE_BYTES = 64 * 2**20


class Source:
    """Files by name, in the order of their names."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.names: list[str] = []
        #: What columns of a table are called in it, by our names for them.
        self.columns: Mapping[str, str] = {}

    def open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        raise NotImplementedError

    def having(self, *suffixes: str) -> list[str]:
        """Return the names that end so, in any case."""
        return [name for name in self.names if name.lower().endswith(suffixes)]

    def of_format(self, *suffixes: str) -> list[str]:
        """Return the names that end so; of several files at least one has to."""
        found = self.having(*suffixes)
        if self.names and not found:
            raise FileRefused(f"{self.name}: no file in it ends in {' or '.join(suffixes)}")
        return found

    def read(self, name: str) -> bytes:
        """Return a whole file that is one article."""
        with self.open(name) as stream:
            raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise FileRefused(f"{name}: longer than {MAX_BYTES:,} bytes, which no article is")
        return raw

    def text(self, name: str, encoding: str = "utf-8") -> str:
        """Return a whole file as text, strictly: nothing is replaced or repaired."""
        try:
            return decode(self.read(name), encoding).text
        except TextRefused as refusal:
            raise FileRefused(f"{name}: {refusal}") from None


class PlainFile(Source):
    """One file, which may be opened again and again."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        super().__init__(name)
        self.names = [name]
        self._stream = stream

    def of_format(self, *suffixes: str) -> list[str]:
        """Return its name, whatever it ends in: what is sent over HTTP has none."""
        del suffixes
        return self.names

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        del name
        self._stream.seek(0)
        yield self._stream


class Folder(Source):
    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._path = path
        for found in sorted(path.rglob("*")):
            relative = found.relative_to(path)
            hidden = any(part.startswith(".") for part in relative.parts)
            if hidden or found.is_symlink() or not found.is_file():
                continue
            self.names.append(relative.as_posix())
            if len(self.names) > MAX_FILES:
                raise FileRefused(f"{path.name}: more than {MAX_FILES:,} files")

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            with (self._path / name).open("rb") as stream:
                yield stream
        except OSError as error:
            raise FileRefused(f"{name}: {error.strerror}") from None


class Archive(Source):
    def __init__(self, stream: IO[bytes], name: str) -> None:
        super().__init__(name)
        try:
            self._archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FileRefused(f"{name}: no zip archive that can be read: {error}") from None
        size = stream.seek(0, 2)
        entries = [entry for entry in self._archive.infolist() if not entry.filename.endswith("/")]
        if len(entries) > MAX_FILES:
            raise FileRefused(f"{name}: {len(entries):,} files; {MAX_FILES:,} is the most")
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > max(FREE_BYTES, MAX_RATIO * size):
            raise FileRefused(f"{name}: {size:,} bytes that unpack to {unpacked:,} are taken for a bomb")
        for entry in entries:
            _check_entry(name, entry)
        self.names = sorted(entry.filename for entry in entries)
        if twice := next(
            (one for one, other in zip(self.names, self.names[1:], strict=False) if one == other), ""
        ):
            raise FileRefused(f"{name}: {twice!r} is in it twice: which one counts?")

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            stream = self._archive.open(name)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            raise self._damaged(name, error) from None
        try:
            with stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(name, error) from None

    def _damaged(self, name: str, error: Exception) -> FileRefused:
        return FileRefused(f"{self.name}/{name}: the archive is damaged here: {error}")


def _check_entry(archive: str, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    path = PurePosixPath(name)
    if not path.parts:
        raise FileRefused(f"{archive}: a file in it has no name")
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in path.parts[0]:
        raise FileRefused(f"{archive}: the name {name!r} leads out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise FileRefused(f"{archive}/{name}: a link; send the file that it leads to")
    if entry.flag_bits & 0x1:
        raise FileRefused(f"{archive}/{name}: encrypted; send it open")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(f"{archive}/{name}: packed in a way that is not read; use deflate")


def source_of(stream: IO[bytes], name: str) -> Source:
    """Return the files of a stream that can be sought in: those of the archive that it is, or itself."""
    stream.seek(0)
    begins = stream.read(4)
    stream.seek(0)
    return Archive(stream, name) if begins in (b"PK\x03\x04", b"PK\x05\x06") else PlainFile(stream, name)


@contextlib.contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a file, a folder or an archive.

    Raises:
        FileRefused: it cannot be opened, or is an archive that is not safe to read.
    """
    if path.is_dir():
        yield Folder(path)
        return
    try:
        stream = path.open("rb")
    except OSError as error:
        raise FileRefused(f"{path}: {error.strerror}") from None
    with stream:
        yield source_of(cast(IO[bytes], stream), path.name)
