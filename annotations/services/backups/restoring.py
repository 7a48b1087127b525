"""Restoring a backup beside the database, and putting it in that one's place once it has proven whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from annotations.models import (
    OPEN_WORK,
    Export,
    Job,
    JobStatus,
    Training,
    TrainingStatus,
    Webhook,
    WorkStatus,
)
from annotations.models.jobs import OPEN_JOBS
from annotations.models.learning import OPEN_TRAININGS
from annotations.services.backups.anchoring import anchor_lines, anchors_of, continue_anchors
from annotations.services.backups.archive import (
    Damaged,
    Manifest,
    Watch,
    check_archive,
    read_part,
    unwatched,
)
from annotations.services.backups.contents import contents, differences_of, holds_something, refuse_newer
from annotations.services.backups.engines import Engine, connected_to, working_beside
from annotations.services.verifying import Lie, verify
from corpus.services.actors import COMMAND
from corpus.services.errors import BadInput
from corpus.services.events import Change, record

#: Added to every open token, so that no worker from before the restore has one that counts.
BEYOND_OLD_TOKENS = 1_000


@dataclass(kw_only=True)
class Restored:
    """What a restore came to.

    Attributes:
        aside: the name under which the old database is kept, if it held something.
        lies: what `verify` found; it was so in the database that was backed up.
        resumed: the jobs, trainings and exports that were in hand, and are due again.
        lost_events: of each chain, how many sealed events later than the backup its anchors know of.
        anchors: where the old file of anchors is, or why it is where it was, if it does not fit any more.
    """

    manifest: Manifest
    checksum: str
    aside: str = ""
    lies: list[Lie] = field(default_factory=list)
    resumed: int = 0
    lost_events: dict[str, int] = field(default_factory=dict)
    anchors: str = ""


def check_backup(path: Path, engine: Engine, watch: Watch = unwatched) -> tuple[Manifest, str]:
    """Check every byte of a backup, and that this Attest could restore it into its database.

    Raises:
        Damaged: it is not what was written.
        BadInput: it is of another kind of database, or of a newer Attest.
    """
    manifest, checksum = check_archive(path, watch)
    if engine.part not in manifest["parts"]:
        raise BadInput(
            f"{path} is a backup of {manifest['database']}, and this database is {engine.version()}. "
            "Restore it there; `export --layer all` and `import` lead from one to the other."
        )
    refuse_newer(manifest["contents"], manifest["attest"])
    return manifest, checksum


def restore_backup(
    path: Path, *, replace: bool = False, anchors: bool = True, watch: Watch = unwatched
) -> Restored:
    """Restore a backup in the place of the database, at once or not at all.

    It is loaded beside it, compared with its manifest, migrated and verified there. An older schema is
    migrated. A database that holds something is kept under another name. With `anchors` the sweeper's file
    of them is made to fit.

    Raises:
        Damaged: the backup, or what was restored of it, is not what was written.
        BadInput: the database holds something and is not to be replaced, or others are connected to it.
    """
    try:
        with working_beside() as engine:
            manifest, checksum = check_backup(path, engine, watch)
            holds = _holds(engine)
            if holds and not replace:
                raise BadInput(
                    f"The database holds something already ({holds}). With --replace this backup takes its "
                    "place, and the old one is kept under another name."
                )
            engine.refuse_others()
            done = Restored(manifest=manifest, checksum=checksum)
            with restored(path, manifest, engine, "restoring", watch) as name:
                with connected_to(name):
                    watch("migrating", 0)
                    call_command("migrate", verbosity=0, interactive=False)
                    done.resumed = _resume(manifest, checksum)
                done.lies = lies_in(name, path, manifest, watch)
                stamp = f"before_{timezone.now():%Y%m%dT%H%M%SZ}" if holds else ""
                done.aside = engine.put_in_place(name, stamp)
    except OSError as error:
        raise BadInput(f"Nothing was restored: {error}.") from None
    if anchors:
        done.lost_events, done.anchors = continue_anchors(anchor_lines(path, manifest))
    return done


@contextmanager
def restored(path: Path, manifest: Manifest, engine: Engine, suffix: str, watch: Watch) -> Iterator[str]:
    """Give the name of a database that holds what the backup does, proven by its figures.

    Raises:
        Damaged: it holds something else.
    """
    with engine.scratch(suffix) as name:
        engine.load(name, _watched(read_part(path, engine.part), watch))
        with connected_to(name):
            watch("comparing", 0)
            try:
                differing = differences_of(manifest["contents"], contents())
            except DatabaseError as error:
                raise Damaged(f"What was restored cannot be read: {str(error).strip()}.") from None
        if differing:
            raise Damaged(f"What was restored is not what was copied: {'; '.join(differing[:5])}.")
        yield name


def lies_in(name: str, path: Path, manifest: Manifest, watch: Watch) -> list[Lie]:
    """Return what `verify` finds in a restored database, with the anchors of its backup."""
    lies = []
    with connected_to(name):
        for found in verify(anchors=anchors_of(path, manifest)):
            watch("verifying", 1)
            if isinstance(found, Lie):
                lies.append(found)
    return lies


def _holds(engine: Engine) -> str:
    try:
        return holds_something(connection) if engine.exists() else ""
    except DatabaseError as error:
        return f"it cannot be read: {str(error).strip()}"


def _watched(chunks: Iterator[bytes], watch: Watch) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk
        watch("loading", len(chunk))


@transaction.atomic
def _resume(manifest: Manifest, checksum: str) -> int:
    """Let what workers had in hand be due again, and tell the trail where it begins anew; return how many.

    Whoever had it may be at work still: what comes under an old token is refused. Leases of people, receipts
    and events that wait for their seal go on as they are.
    """
    now = timezone.now()
    again: dict[str, Any] = {"due_at": now, "lease_until": None, "worker": ""}
    beyond = F("token") + BEYOND_OLD_TOKENS
    jobs = Job.objects.filter(status__in=OPEN_JOBS)
    trainings = Training.objects.filter(status__in=OPEN_TRAININGS)
    exports = Export.objects.filter(status__in=OPEN_WORK)
    jobs.update(token=beyond)
    exports.update(token=beyond)
    trainings.update(token=beyond)
    Webhook.objects.update(token=beyond, lease_until=None, worker="")
    resumed = jobs.filter(status=JobStatus.LEASED).update(
        status=JobStatus.QUEUED, heartbeat_at=None, **again
    ) + trainings.filter(status=TrainingStatus.RUNNING).update(status=TrainingStatus.QUEUED, **again)
    resumed += exports.filter(status=WorkStatus.RUNNING).update(status=WorkStatus.QUEUED, **again)
    after = {"taken_at": manifest["taken_at"], "attest": manifest["attest"], "resumed": resumed}
    record(
        COMMAND,
        Change(
            action="database.restored",
            object_type="backup",
            object_id=checksum,
            corpus_id=None,
            after=after,
        ),
    )
    return resumed
