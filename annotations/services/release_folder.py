"""A release as a folder: a file for each split, its card, its manifest and checksums."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from annotations.exchange.native import NATIVE
from annotations.models import Release
from annotations.services.backups.archive import Watch, unwatched
from annotations.services.release_card import card_of
from annotations.services.released import ReleaseFile, splits_told, write_split
from corpus.services.errors import BadInput

CARD, MANIFEST, CHECKSUMS = "README.md", "manifest.json", "SHA256SUMS"


def write_folder(
    release: Release,
    folder: Path,
    *,
    format: str = NATIVE,
    strict: bool = False,
    watch: Watch = unwatched,
) -> list[ReleaseFile]:
    """Write the files of a release into a folder that is not there yet, and return what was made.

    The folder gets its name once everything in it is whole: what was interrupted never looks finished.

    Raises:
        BadInput: there is something of that name, it cannot be written, or the format cannot carry it.
    """
    if folder.exists():
        raise BadInput(f"{folder} is there already; nothing was overwritten.", field="output")
    try:
        draft = Path(tempfile.mkdtemp(dir=folder.resolve().parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise BadInput(f"{folder.parent} cannot be written to: {error.strerror}.", field="output") from None
    try:
        made = _write_all(release, draft, format=format, strict=strict, watch=watch)
        draft.chmod(0o755)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return made


def _write_all(
    release: Release, folder: Path, *, format: str, strict: bool, watch: Watch
) -> list[ReleaseFile]:
    made = []
    for split, told in splits_told(release):
        if not told["articles"]:
            continue
        draft = folder / "draft"
        with draft.open("wb") as target:
            file = write_split(release, split, target, format=format, strict=strict, watch=watch)
            target.flush()
            os.fsync(target.fileno())
        draft.rename(folder / file.path)
        made.append(file)
    manifest = {
        **release.manifest,
        "made_at": release.made_at.isoformat(),
        "files": [file.body() for file in made],
    }
    others = {
        CARD: card_of(release, made),
        MANIFEST: json.dumps(manifest, indent=2, ensure_ascii=False, sort_keys=True) + "\n",
    }
    sums = [(file.sha256, file.path) for file in made]
    for name, words in others.items():
        (folder / name).write_text(words, encoding="utf-8")
        sums.append((hashlib.sha256(words.encode()).hexdigest(), name))
    (folder / CHECKSUMS).write_text("".join(f"{digest}  {path}\n" for digest, path in sums), encoding="utf-8")
    return made
