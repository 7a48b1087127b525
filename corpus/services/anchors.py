"""Anchors: how far each chain of events had come, kept outside of the database.

A chain shows that it fits together. Whoever cuts off its end, or changes an event and computes every hash
behind it anew, leaves a chain that fits together too; only what was written down elsewhere tells. The file
belongs on other storage than the database, or is sent elsewhere as it grows (docs/history.md).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.utils import timezone

from corpus.disk import sync_directory
from corpus.models import Corpus
from corpus.services.errors import BadInput
from corpus.services.events import chain_head

FILE = "anchors.jsonl"


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """That a chain had an event with this hash at a position. `place` is where in a file it stands."""

    corpus_id: UUID | None
    position: int
    hash: str
    at: str
    place: str


@dataclass(kw_only=True)
class AnchorFile:
    """The file that one sweeper appends to; several may share it, and say the same twice."""

    directory: Path
    _known: dict[UUID | None, tuple[int, str]] = field(default_factory=dict)

    def append_heads(self) -> int:
        """Append the head of each chain that this sweeper has not anchored yet; return how many.

        They are on the disk when it returns. One query a corpus, by index.

        Raises:
            OSError: the file cannot be written.
        """
        now = timezone.now().isoformat()
        heads = {pk: chain_head(pk) for pk in (None, *Corpus.objects.values_list("pk", flat=True))}
        grown = {pk: head for pk, head in heads.items() if head[0] and head != self._known.get(pk)}
        if not grown:
            return 0
        _append(self.directory / FILE, b"".join(_line(pk, *head, now) for pk, head in grown.items()))
        self._known |= grown
        return len(grown)


def read_anchors(path: Path) -> list[Anchor]:
    """Return the anchors of a file, or of all `*.jsonl` of a directory.

    Raises:
        BadInput: there are none, or a line is no anchor.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    try:
        anchors = [anchor for file in files for anchor in parse_anchors(file.read_bytes(), file.name)]
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    if not anchors:
        raise BadInput(f"There are no anchors in {path}.")
    return anchors


def parse_anchors(lines: bytes, name: str) -> list[Anchor]:
    """Return the anchors that a file of this name has. BadInput where a line is none."""
    anchors = []
    for number, line in enumerate(lines.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            anchors.append(_anchor(orjson.loads(line), f"{name}:{number}"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadInput(f"Line {number} of {name} is no anchor.") from None
    return anchors


def _anchor(told: Mapping[str, Any], place: str) -> Anchor:
    corpus = told["corpus"]
    return Anchor(
        corpus_id=UUID(corpus) if corpus is not None else None,
        position=int(told["position"]),
        hash=str(told["hash"]),
        at=str(told["at"]),
        place=place,
    )


def _line(corpus_id: UUID | None, position: int, head: str, now: str) -> bytes:
    corpus = str(corpus_id) if corpus_id else None
    return orjson.dumps({"corpus": corpus, "position": position, "hash": head, "at": now}) + b"\n"


def _append(path: Path, lines: bytes) -> None:
    """Append to a file and wait for the disk; what a crash left of a line stays a line by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        end = os.lseek(file, 0, os.SEEK_END)
        if end and os.pread(file, 1, end - 1) != b"\n":
            lines = b"\n" + lines
        if os.write(file, lines) != len(lines):
            raise OSError(f"{path} took a part of the anchors alone")
        os.fsync(file)
    finally:
        os.close(file)
    if new:
        sync_directory(path.parent)
