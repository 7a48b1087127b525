"""Anchors over a restore: those of the backup go on, those of what came after it are kept aside."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from annotations.services.backups.archive import Manifest, read_part
from corpus.services.anchors import FILE, Anchor, parse_anchors, read_anchors
from corpus.services.errors import BadInput
from corpus.services.events import chain_head, sealed_events

#: The part of a backup that has them.
ANCHORS = FILE


def anchor_lines(path: Path, manifest: Manifest) -> bytes:
    """Return the file of anchors as the backup has it; nothing where there was none."""
    return b"".join(read_part(path, ANCHORS)) if ANCHORS in manifest["parts"] else b""


def anchors_of(path: Path, manifest: Manifest) -> list[Anchor]:
    return parse_anchors(anchor_lines(path, manifest), ANCHORS)


def continue_anchors(lines: bytes) -> tuple[dict[str, int], str]:
    """Let the sweeper's file of anchors fit the restored chains; `lines` are the backup's.

    Returns:
        How many events of each chain that were anchored are not in the backup, and where the file that knows
        of them is now, or why it is where it was.
    """
    file = settings.ATTEST_ANCHORS / FILE
    lost, fits = _lost(file) if file.exists() else ({}, False)
    if fits:
        return {}, ""
    try:
        aside = file.with_name(f"{FILE}.before_{timezone.now():%Y%m%dT%H%M%SZ}")
        if file.exists():
            file.rename(aside)
        if lines:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(lines)
        return lost, str(aside) if aside.exists() else ""
    except OSError as error:
        return lost, f"{file} could not be set aside ({error.strerror}); do so before the sweeper starts"


def _lost(file: Path) -> tuple[dict[str, int], bool]:
    """Return how far the chains stay behind their anchors, and whether these fit all that is there."""
    try:
        anchors = read_anchors(file)
    except BadInput:
        return {}, False
    lost, fits = {}, True
    for corpus_id in {anchor.corpus_id for anchor in anchors}:
        head, _ = chain_head(corpus_id)
        own = sorted((one for one in anchors if one.corpus_id == corpus_id), key=lambda one: one.position)
        if own[-1].position > head:
            lost[str(corpus_id or "")] = own[-1].position - head
        # What the newest one vouches for is the chain before it, which `verify` has looked at.
        known = [anchor for anchor in own if anchor.position <= head][-1:]
        fits = fits and all(_stands(anchor) for anchor in known)
    return lost, fits and not lost


def _stands(anchor: Anchor) -> bool:
    return sealed_events(anchor.corpus_id).filter(position=anchor.position, hash=anchor.hash).exists()
