"""A zip archive that is written file by file, at a memory that does not grow with their number.

`zipfile` keeps an object for every file until the end, which for a large corpus is most of what an export
takes. Here the directory that ends an archive waits in a temporary file. Every file is held whole, so that
its header states its sizes, and is no larger than an article.
"""

import shutil
import struct
import tempfile
import zlib
from typing import IO

#: What marks a value as too large for its field: it stands in the ZIP64 one.
_FULL_16, _FULL_32 = 2**16 - 1, 2**32 - 1
#: Versions of the format: with deflate, and with ZIP64.
_DEFLATE, _ZIP64 = 20, 45
_DEFLATED, _UTF8_NAME = 8, 0x800
#: What every file bears, so that equal data make equal archives: 1 January 1980, midnight.
_TIME, _DATE = 0, (1 << 5) | 1
#: Held in memory before the directory goes to disk.
_HELD = 2**20


class ZipWriter:
    """Writes an archive to a stream that is never sought in."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._count = 0
        self._offset = 0

    def __enter__(self) -> "ZipWriter":
        self._directory = tempfile.SpooledTemporaryFile(max_size=_HELD)
        return self

    def __exit__(self, kind: object, *error: object) -> None:
        with self._directory:
            if kind is None:
                self._finish()

    def add(self, name: str, data: bytes) -> None:
        """Add a file whose name has not been added before."""
        encoded = name.encode()
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        packed = deflate.compress(data) + deflate.flush()
        flags = 0 if name.isascii() else _UTF8_NAME
        place, more, version = self._offset, b"", _DEFLATE
        if place >= _FULL_32:
            more, place, version = struct.pack("<HHQ", 1, 8, place), _FULL_32, _ZIP64
        shared = (flags, _DEFLATED, _TIME, _DATE, zlib.crc32(data), len(packed), len(data), len(encoded))
        self._write(struct.pack("<4s5H3I2H", b"PK\3\4", _DEFLATE, *shared, 0) + encoded + packed)
        entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", version, version, *shared, len(more), 0, 0, 0, 0, place)
        self._directory.write(entry + encoded + more)
        self._count += 1

    def _finish(self) -> None:
        start, size = self._offset, self._directory.tell()
        self._directory.seek(0)
        shutil.copyfileobj(self._directory, self._target)
        if self._count >= _FULL_16 or start >= _FULL_32:
            counts = (self._count, self._count, size, start)
            end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, _ZIP64, _ZIP64, 0, 0, *counts)
            self._target.write(end + struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1))
        count, short = min(self._count, _FULL_16), min(start, _FULL_32)
        self._target.write(
            struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, min(size, _FULL_32), short, 0)
        )

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._offset += len(data)
