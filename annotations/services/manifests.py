"""What the manifest of an export says of its file and its rules, when both come back."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.db import transaction

from corpus.models import Corpus
from corpus.services.actors import Actor
from corpus.services.corpora import create_corpus, publish_guideline, publish_scheme
from corpus.services.errors import BadInput


def manifest_beside(file: Path) -> dict[str, Any] | None:
    """Return the manifest that stands beside an exported file, once the file is the one that it tells of.

    Raises:
        BadInput: the manifest cannot be read, or the file was cut or changed on its way.
    """
    path = file.with_name(f"{file.name}.manifest.json")
    if not path.is_file():
        return None
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        size, digest = manifest["bytes"], manifest["sha256"]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{path.name} is no manifest of an export; mend it or take it away.") from None
    if file.stat().st_size != size:
        raise BadInput(f"{file.name} has {file.stat().st_size} bytes; its manifest says {size}.")
    with file.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != digest:
            raise BadInput(f"{file.name} is not the file that its manifest tells of: its sha256 is another.")
    return manifest


@transaction.atomic
def corpus_by_manifest(actor: Actor, manifest: dict[str, Any] | None, *, slug: str, name: str) -> Corpus:
    """Make a corpus with every version of scheme and guideline that a lossless manifest has.

    Raises:
        BadInput: the slug is taken, or a version is not sound or out of its order.
    """
    schemes = _versions(manifest, "schemes", "definition")
    guidelines = _versions(manifest, "guidelines", "text")
    first: dict[str, Any] = {}
    if schemes:
        first["scheme"] = schemes[0]
    if guidelines:
        first["guideline"] = guidelines[0]
    corpus = create_corpus(actor, slug=slug, name=name, **first)
    for version, definition in enumerate(schemes[1:], 1):
        publish_scheme(actor, corpus, definition=definition, version=version)
    for version, text in enumerate(guidelines[1:], 1):
        publish_guideline(actor, corpus, text=text, version=version)
    return corpus


def _versions(manifest: dict[str, Any] | None, key: str, part: str) -> list[Any]:
    """Return one part of each version under `key`, whose numbers run from 1."""
    versions = (manifest or {}).get(key, [])
    kind = str if part == "text" else dict
    sound = isinstance(versions, list) and all(
        isinstance(row, dict) and row.get("number") == number and isinstance(row.get(part), kind)
        for number, row in enumerate(versions, 1)
    )
    if not sound:
        raise BadInput(f"The {key} of the manifest are no versions from 1.", field=key)
    return [row[part] for row in versions]
