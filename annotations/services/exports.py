"""Exports that a worker makes: asked for, followed, cancelled, served, and removed when their time is up.

A file is there for as long as it is kept, so it must not outlive the words in it: erasing an article marks
the files of its corpus in its own transaction, and what is marked is removed after it.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import IO
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.models import OPEN_WORK, Export, FileState, WorkStatus
from annotations.services import kept_files
from annotations.services.exporting import made_change, write_export
from annotations.services.leases import keep_lease
from annotations.services.ledger import Hold, Lost, claim, due, interrupt, put_back, take_back
from annotations.services.wanted import Wanted
from corpus.models import Corpus, Role
from corpus.services.actors import JOB, Actor, Scope, require
from corpus.services.errors import Gone, InvalidTransition, ServiceError
from corpus.services.events import Change, chain_head, record, record_many

log = structlog.get_logger(__name__)

#: Exports that are made at once, so that there are workers for other work.
AT_ONCE = 1
#: Exports of one corpus that may wait or be made: each will take room on the disk.
MOST_OPEN = 10
#: Seconds between two words on how far one has come.
TELL_EVERY = 1.0
WHY_GONE = {
    "": "This export was sent as it was made, and no file of it was kept. Ask for one in the background.",
    FileState.EXPIRED: "The file was kept for its days and is removed; the manifest stays. Ask for it anew.",
    FileState.ERASED: (
        "The file is removed, because it may have held an article that was erased since. Ask for it anew."
    ),
}


def ask_export(actor: Actor, corpus: Corpus, wanted: Wanted) -> Export:
    """Ask for a file to be made in the background; whoever calls this rings the bell afterwards.

    Raises:
        BadInput: what is wanted cannot be; see `export_corpus`.
        InvalidTransition: as many as may be are under way.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.EXPORT)
    wanted.selection(corpus, chain_head(corpus.pk)[0])
    if Export.objects.filter(corpus=corpus, status__in=OPEN_WORK).count() >= MOST_OPEN:
        raise InvalidTransition(
            f"{MOST_OPEN} exports of this corpus are under way; wait for one of them, or cancel it."
        )
    with transaction.atomic():
        export = Export.objects.create(
            corpus=corpus,
            format=wanted.format,
            layer=wanted.layer,
            options=wanted.options(),
            made_by=actor.user,
        )
        after = {"format": wanted.format, "layer": wanted.layer, **wanted.options()}
        record(actor, _change(export, "export.asked", after=after))
    return export


@transaction.atomic
def cancel_export(actor: Actor, export: Export) -> bool:
    """Cancel an export that is not made yet; its worker finds its token worthless and drops the draft."""
    require(actor, export.corpus_id, Role.LEAD, Scope.EXPORT)
    cancelled = Export.objects.filter(pk=export.pk, status__in=OPEN_WORK).update(
        status=WorkStatus.CANCELLED, lease_until=None, finished_at=timezone.now()
    )
    if cancelled:
        record(actor, _change(export, "export.cancelled"))
    return bool(cancelled)


def open_file(export: Export) -> IO[bytes]:
    """Return the kept file of an export, to read; whoever calls this has looked at who asks.

    Raises:
        InvalidTransition: it is not made yet, or never was.
        Gone: it is not kept any more.
    """
    if export.status != WorkStatus.DONE:
        raise InvalidTransition(f"There is no file: the export is {export.status}.", status=export.status)
    if export.file != FileState.KEPT:
        raise Gone(WHY_GONE[export.file])
    try:
        return kept_files.opened(export.file_name)
    except FileNotFoundError:
        log.error("export_file_missing", export=str(export.pk), file=export.file_name)
        raise Gone("The file is not where it was kept. Ask for it anew.") from None


def kept_until(export: Export) -> datetime:
    """Return when the file of an export that is made will be removed."""
    return (export.made_at or export.asked_at) + timedelta(days=settings.ATTEST_EXPORT_DAYS)


def due_exports() -> int:
    """Return how many exports a worker may begin right now."""
    running = Export.objects.filter(status=WorkStatus.RUNNING).count()
    return min(due(Export).count(), max(AT_ONCE - running, 0))


def work_export(worker: str) -> str:
    """Make the oldest export that is due, if one may begin: done, failed, parked, lost or none."""
    hold = claim(Export, worker) if due_exports() else None
    if hold is None:
        return "none"
    try:
        with keep_lease(hold.renew, work=hold.pk):
            _make(hold)
    except Lost:
        log.info("export_lost", export=str(hold.pk), token=hold.token)
        return "lost"
    except Exception as error:  # noqa: BLE001 - whatever stops an export is its cause, not our end
        log.warning("export_failed", export=str(hold.pk), attempts=hold.attempts, error=repr(error))
        return _fail(hold, error)
    return "done"


def sweep_exports() -> int:
    """Take back what dead workers held, and remove the files whose time is up; return how many of both."""
    with transaction.atomic():
        again, parked = take_back(Export)
        record_many(JOB, [_change(export, "export.parked", reason="lost") for export in parked])
    expired = _expire()
    try:
        _remove_strays()
    except OSError as error:
        log.error("exports_not_swept", directory=str(settings.ATTEST_EXPORTS), error=str(error))
    return again + len(parked) + expired


def drop_files(corpus_id: UUID) -> int:
    """Give up the files of a corpus, which may hold words that are being erased; return how many.

    The caller's transaction holds the corpus, so that no worker begins to read before it has ended. What is
    being made begins anew; what is kept is marked, and removed once the words are gone.
    """
    exports = Export.objects.filter(corpus=corpus_id)
    # In this order: what lands in between is kept by then, and found.
    interrupt(exports)
    return _unkeep(exports, FileState.ERASED)


def _make(hold: Hold[Export]) -> None:
    export = _begin(hold)
    next_word = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal next_word
        if done == total or time.monotonic() >= next_word:
            hold.tell(done, total)
            next_word = time.monotonic() + TELL_EVERY

    wanted = Wanted(layer=export.layer, format=export.format, **export.options)
    with kept_files.written(export.file_name) as target:
        manifest = write_export(export.corpus, wanted, target, tell)
        hold.check()
    try:
        _land(hold, export, manifest)
    except Lost:
        kept_files.remove([export.file_name])
        raise


@transaction.atomic
def _begin(hold: Hold[Export]) -> Export:
    """Return the export, once no article is being erased that it would read and keep.

    Erasing holds the corpus and interrupts what is being made: whoever comes before it loses the hold, and
    whoever comes after it reads what is left.
    """
    export = Export.objects.select_related("corpus").get(pk=hold.pk)
    Corpus.objects.select_for_update(no_key=True).get(pk=export.corpus_id)
    hold.check()
    return export


@transaction.atomic
def _land(hold: Hold[Export], export: Export, manifest: dict[str, object]) -> None:
    now = timezone.now()
    landed = hold.entries().update(
        status=WorkStatus.DONE,
        file=FileState.KEPT,
        manifest=manifest,
        made_at=now,
        finished_at=now,
        lease_until=None,
        cause="",
        done=F("total"),
    )
    if not landed:
        raise Lost
    record(JOB, made_change(export, manifest))


def _fail(hold: Hold[Export], error: Exception) -> str:
    """Put an export back or park it. What was refused is refused again: that is parked at once."""
    # An error may quote the text, and the row outlives an erased one: its kind is enough here.
    cause = type(error).__name__
    if isinstance(error, ServiceError):
        cause = error.message
    elif isinstance(error, OSError):
        cause = f"{cause}: {error.strerror}"
    with transaction.atomic():
        outcome = put_back(hold, cause, for_good=isinstance(error, ServiceError))
        if outcome == "parked":
            export = Export.objects.get(pk=hold.pk)
            record(JOB, _change(export, "export.parked", reason=type(error).__name__))
    return outcome


def _expire() -> int:
    old = timezone.now() - timedelta(days=settings.ATTEST_EXPORT_DAYS)
    return _unkeep(Export.objects.filter(made_at__lt=old), FileState.EXPIRED)


@transaction.atomic
def _unkeep(exports: "QuerySet[Export]", why: FileState) -> int:
    """Mark files as gone, with their events, and remove them after commit; the sweeper does what is left."""
    marked: Sequence[Export] = list(exports.filter(file=FileState.KEPT).select_for_update(of=("self",)))
    if not marked:
        return 0
    Export.objects.filter(pk__in=[export.pk for export in marked]).update(file=why)
    record_many(JOB, [_change(export, "export.removed", reason=why.value) for export in marked])
    names = [export.file_name for export in marked]
    transaction.on_commit(partial(kept_files.remove, names), robust=True)
    return len(marked)


def _remove_strays() -> None:
    """Remove every file that no export keeps and no worker writes under a good token.

    The directory is read first: what lands in between is kept by the time that the rows are read.
    """
    there = kept_files.files_there()
    if not there:
        return
    ids = {name.partition(".")[0] for name in there.values()}
    rows = Export.objects.filter(pk__in=ids).only("pk", "token", "status", "file")
    kept = {row.file_name for row in rows if row.file == FileState.KEPT}
    made = {row.file_name for row in rows if row.status == WorkStatus.RUNNING}
    # A draft beside a kept file cannot be: the token that wrote it is spent.
    strays = [called for called, name in there.items() if name not in made and called not in kept]
    kept_files.remove(strays)


def _change(export: Export, action: str, *, after: object = None, reason: str = "") -> Change:
    return Change(
        action=action,
        object_type="export",
        object_id=export.pk,
        corpus_id=export.corpus_id,
        after=after,
        reason=reason,
    )
