"""Making a backup: one instant of the database in one file, proven by restoring it."""

import os
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.utils import timezone

from annotations.services.backups.anchoring import ANCHORS
from annotations.services.backups.archive import (
    FORMAT,
    Manifest,
    Watch,
    add_part,
    check_archive,
    finish,
    unwatched,
)
from annotations.services.backups.contents import contents
from annotations.services.backups.engines import Engine, engine_in_use
from annotations.services.backups.restoring import lies_in, restored
from annotations.services.verifying import Lie
from corpus.disk import sync_directory
from corpus.services.errors import BadInput
from corpus.snapshot import snapshot

SECRETS = "secrets.json"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup that is finished, and the lies that `verify` found in what was restored of it."""

    path: Path
    checksum: str
    manifest: Manifest
    lies: list[Lie]


def make_backup(
    output: Path, *, verified: bool = True, secrets: bool = False, watch: Watch = unwatched
) -> Made:
    """Write a backup to `output`, or under a name of its own into a directory of that name.

    The file has that name only once it is whole, on the disk and, if `verified`, restored and compared.

    Raises:
        BadInput: there is such a file, the place cannot be written, or a program is missing.
        Damaged: what was restored of it is not what was copied.
    """
    path = output / f"attest-{timezone.now():%Y%m%dT%H%M%SZ}.backup" if output.is_dir() else output
    if path.exists():
        raise BadInput(f"{path} is there already; a backup overwrites nothing.")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as directory:
            work = Path(directory)
            draft = work / path.name
            engine = engine_in_use(work)
            manifest = _write(draft, engine, secrets=secrets, watch=watch)
            lies: list[Lie] = []
            if verified:
                lies = _restore(draft, manifest, engine, watch)
                manifest["verified"] = {"at": timezone.now().isoformat(), "lies": len(lies)}
            checksum = finish(draft, manifest)
            check_archive(draft, watch)
            draft.replace(path)
            sync_directory(path.parent)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from None
    return Made(path=path, checksum=checksum, manifest=manifest, lies=lies)


def _write(draft: Path, engine: Engine, *, secrets: bool, watch: Watch) -> Manifest:
    """Write the parts; return the manifest, which says nothing of its own verification yet."""
    draft.touch(mode=0o600)
    parts: dict[str, Any] = {}
    # Before the instant that is copied, so that none is of an event that comes after it.
    anchors = settings.ATTEST_ANCHORS / ANCHORS
    if anchors.exists():
        parts[ANCHORS] = add_part(draft, ANCHORS, [anchors.read_bytes()], packed=True)
    if secrets:
        parts[SECRETS] = add_part(draft, SECRETS, [orjson.dumps(_secrets())], packed=False)
    with snapshot() as alias:
        taken = timezone.now()
        watch("counting", 0)
        held = contents(alias)
        chunks: Iterator[bytes] = engine.dump(alias, watch)
        parts[engine.part] = add_part(draft, engine.part, chunks, packed=engine.packed)
    return {
        "format": FORMAT,
        "attest": version(),
        "database": engine.version(),
        "taken_at": taken.isoformat(),
        "contents": held,
        "parts": parts,
        "secrets": "in secrets.json" if secrets else "not in here: SECRET_KEY and ATTEST_ENDPOINTS",
        "verified": None,
    }


def _restore(draft: Path, manifest: Manifest, engine: Engine, watch: Watch) -> list[Lie]:
    with restored(draft, manifest, engine, "backup_check", watch) as name:
        return lies_in(name, draft, manifest, watch)


def version() -> str:
    """Return the version of Attest."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _secrets() -> dict[str, str]:
    return {"SECRET_KEY": settings.SECRET_KEY, "ATTEST_ENDPOINTS": os.environ.get("ATTEST_ENDPOINTS", "")}
