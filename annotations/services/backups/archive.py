"""The file of a backup: a ZIP of its parts and a manifest, with the sha256 of all its bytes.

That checksum is the comment at the end of the ZIP, so any tool can open the file, and no byte of it can
change or be missing unseen. The manifest has the sha256 of each part, which names what is damaged.
"""

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from corpus.services.errors import BadInput

#: Of the file; a newer one is refused.
FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 2**20
#: The digits of a sha256.
CHECKSUM = 64
#: What reading a damaged ZIP raises.
BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, KeyError, ValueError, NotImplementedError,
          RuntimeError)  # fmt: skip

Manifest = dict[str, Any]
#: Told of each stage, and of each amount of it that is done.
Watch = Callable[[str, int], None]


class Damaged(BadInput):
    """A backup that is not what was written."""


def unwatched(stage: str, amount: int) -> None:
    """Let nobody watch."""


def add_part(path: Path, name: str, chunks: Iterable[bytes], *, packed: bool) -> dict[str, Any]:
    """Append a part to the file; return its size and sha256 for the manifest."""
    digest, size = hashlib.sha256(), 0
    with zipfile.ZipFile(path, "a") as archive, _opened_for(archive, name, packed=packed) as target:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def finish(path: Path, manifest: Manifest) -> str:
    """Append the manifest and the checksum, wait for the disk, and return the checksum."""
    with zipfile.ZipFile(path, "a") as archive:
        with _opened_for(archive, MANIFEST, packed=False) as target:
            target.write(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        archive.comment = b"0" * CHECKSUM
    digest = _digest_before_checksum(path, unwatched)
    with path.open("r+b") as file:
        file.seek(-CHECKSUM, os.SEEK_END)
        file.write(digest.encode())
        file.flush()
        os.fsync(file.fileno())
    return digest


def read_manifest(path: Path) -> Manifest:
    """Return what a backup says of itself, unchecked.

    Raises:
        Damaged: the file is cut off, or is no backup.
        BadInput: it cannot be read, or is of a newer Attest.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest: Manifest = orjson.loads(archive.read(MANIFEST))
            if manifest["format"] > FORMAT:
                raise BadInput(f"{path} is of a newer Attest ({manifest['attest']}); install that first.")
            return manifest
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except (*BROKEN, TypeError) as error:
        raise Damaged(f"{path} is damaged: it is cut off, or is no backup ({error}).") from None


def check_archive(path: Path, watch: Watch = unwatched) -> tuple[Manifest, str]:
    """Check every byte of a backup; return its manifest and its checksum.

    Raises:
        Damaged: it is not what was written; the message names the part.
    """
    manifest = read_manifest(path)
    for name, told in manifest["parts"].items():
        digest, size = hashlib.sha256(), 0
        for chunk in read_part(path, name):
            digest.update(chunk)
            size += len(chunk)
            watch("checking", len(chunk))
        if (size, digest.hexdigest()) != (told["bytes"], told["sha256"]):
            raise Damaged(f"{path} is damaged: {name} is not what the manifest says.")
    with zipfile.ZipFile(path) as archive:
        checksum = archive.comment.decode("ascii", "replace")
    if _digest_before_checksum(path, watch) != checksum:
        raise Damaged(f"{path} is damaged: its parts are whole; the manifest, or what is between, is not.")
    return manifest, checksum


def read_part(path: Path, name: str) -> Iterator[bytes]:
    """Yield a part in chunks.

    Raises:
        Damaged: it cannot be read to its end.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as part:
            while chunk := part.read(CHUNK):
                yield chunk
    except BROKEN as error:
        raise Damaged(f"{path} is damaged: {name} cannot be read ({error}).") from None


def _opened_for(archive: zipfile.ZipFile, name: str, *, packed: bool) -> Any:
    """Return a new member to write to; packing is quick, the database does not do it by itself."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    member._compresslevel = 1  # type: ignore[attr-defined]
    member.external_attr = 0o600 << 16
    return archive.open(member, "w", force_zip64=True)


def _digest_before_checksum(path: Path, watch: Watch) -> str:
    digest, left = hashlib.sha256(), path.stat().st_size - CHECKSUM
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
            watch("checking", len(chunk))
    return digest.hexdigest()
