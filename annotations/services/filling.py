"""Going through the queues of corpora whose settings have changed, a part in each round of the sweeper."""

import time
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

import structlog
from django.db import OperationalError
from django.db.models import F, QuerySet
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, QueueState
from annotations.services.jobs import finish_revisions
from annotations.services.opening import (
    READY,
    count_submitted,
    hold_waiting,
    open_passes,
    passes_of,
    wait_for_no_machine,
)
from annotations.services.ordering import ORDERS
from annotations.services.recalls import open_recalls, still_reviewing
from annotations.services.settling import settle_without
from corpus.models import Corpus, Revision, RevisionStatus
from corpus.services.racing import retried

log = structlog.get_logger(__name__)

CHUNK = 200
#: The settings that say how many passes a text has, and what becomes of those that are submitted.
DECIDING = ("seed", "passes", "second_share", "unaided_share", "agreed_is_gold", "single_is_gold")
#: These, and which text comes first.
FOLLOWED = (*DECIDING, "queue_order")


def refill_changed_queues(seconds: float = 2.0) -> int:
    """Go on with the queues whose settings have changed; return how many passes were opened.

    Passes that are asked for no more are closed where nobody holds them, and texts that have as many as are
    asked for are settled. No chunk is begun after `seconds`, so that a sweeper has its other work done in
    between; the corpora take turns.
    """
    until, opened = time.monotonic() + seconds, 0
    done = {"queue_state__filled": True, "queue_state__again": False}
    changed = Corpus.objects.exclude(queue_state__version=F("version"), **done)
    waiting = list(changed.order_by("?").values_list("pk", flat=True))
    while waiting:
        pk = waiting.pop(0)
        try:
            missing, goes_on = _go_on(pk)
        except OperationalError:
            raise
        except Exception:
            # One corpus that cannot go on keeps no other waiting.
            log.exception("queue_not_filled", corpus=str(pk))
            continue
        opened += missing
        waiting += [pk] if goes_on else []
        if time.monotonic() >= until:
            break
    return opened


def fill_anew(corpus_id: UUID) -> None:
    """Let the sweeper go through a corpus's texts once more, in the transaction that gives reason to."""
    again = {"again": True}
    QueueState.objects.update_or_create(
        corpus_id=corpus_id, defaults=again, create_defaults={"version": 0, **again}
    )


def _go_on(corpus_id: UUID) -> tuple[int, bool]:
    """Go through the next texts; return how many passes were opened, and whether more texts follow."""
    corpus, state = retried(partial(_begin, corpus_id))
    if state.filled:
        return 0, False
    texts = _texts(corpus).filter(pk__gt=state.filled_to) if state.filled_to else _texts(corpus)
    ids = list(texts.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    _settle_those_with_enough(corpus, ids, by_itself=state.settles)
    return retried(partial(_fill, corpus, state, ids))


def _begin(corpus_id: UUID) -> tuple[Corpus, QueueState]:
    """Return where to go on: with the first text again, where there is reason to."""
    QueueState.objects.get_or_create(corpus_id=corpus_id, defaults={"version": 0})
    state = QueueState.objects.select_for_update().get(corpus=corpus_id)
    corpus = Corpus.objects.get(pk=corpus_id)
    followed = {name: getattr(corpus, name) for name in FOLLOWED}
    before = state.settings or followed
    # Of several changes only the last is seen: what was submitted in between went by what was set then.
    unseen = corpus.version > state.version + 1
    if unseen or state.settings != followed or (state.filled and state.again):
        unfinished = unseen or (state.settles and not state.filled)
        state.settles = unfinished or any(before.get(name) != followed[name] for name in DECIDING)
        state.settings, state.filled_to, state.filled, state.again = followed, None, False, False
    state.version = corpus.version
    state.save()
    return corpus, state


def _texts(corpus: Corpus) -> QuerySet[Revision]:
    texts = Revision.objects.filter(corpus=corpus, current=True, article__erased_at=None)
    return texts.filter(status__in=(RevisionStatus.NEW, *READY))


def _settle_those_with_enough(corpus: Corpus, revision_ids: Sequence[UUID], *, by_itself: bool) -> None:
    """Let those go on of which a pass is offered that is not needed any more, each in its own transaction.

    Where what decides on gold has changed, also those that are gold `by_itself` from now on.
    """
    submitted = count_submitted(revision_ids)
    enough = [pk for pk in revision_ids if submitted[pk] and submitted[pk] >= passes_of(corpus, pk)]
    if not enough:
        return
    waiting = Assignment.objects.filter(revision__in=enough, status=AssignmentStatus.OPEN)
    waited_for = set(waiting.values_list("revision_id", flat=True))
    for pk in enough:
        is_gold = corpus.single_is_gold if submitted[pk] == 1 else corpus.agreed_is_gold
        if pk not in waited_for and not (by_itself and is_gold):
            continue
        try:
            retried(partial(_settle, pk))
        except OperationalError:
            raise
        except Exception:
            # One text that cannot go on keeps no other waiting.
            log.exception("text_not_settled", revision=str(pk))


def _settle(revision_id: UUID) -> None:
    if hold_waiting([revision_id]):
        settle_without(revision_id)


def _fill(corpus: Corpus, state: QueueState, revision_ids: Sequence[UUID]) -> tuple[int, bool]:
    """Open, order and close the passes of some texts, and keep how far that came."""
    # Another sweeper that is at it, or came further, does it.
    at = QueueState.objects.select_for_update(skip_locked=True).filter(corpus=corpus).first()
    if at is None or at.filled or (at.settings, at.filled_to) != (state.settings, state.filled_to):
        return 0, False
    # Who is submitting one of them is waited for, and counts.
    hold_waiting(revision_ids)
    texts = Revision.objects.filter(pk__in=revision_ids)
    opened = finish_revisions(corpus.pk, texts.filter(status=RevisionStatus.NEW))
    opened += open_passes(corpus, list(wait_for_no_machine(texts).values_list("pk", flat=True)))
    _order_anew(corpus, revision_ids)
    at.again |= _close_spare(corpus, revision_ids)
    at.filled = len(revision_ids) < CHUNK
    at.filled_to = revision_ids[-1] if revision_ids else at.filled_to
    at.save()
    return opened, not at.filled


def _open(revision_ids: Sequence[UUID]) -> list[Assignment]:
    return list(Assignment.objects.filter(revision__in=revision_ids, status=AssignmentStatus.OPEN))


def _order_anew(corpus: Corpus, revision_ids: Sequence[UUID]) -> None:
    ranks = ORDERS[corpus.queue_order](corpus, revision_ids)
    moved = [row for row in _open(revision_ids) if row.rank != ranks[row.revision_id]]
    for row in moved:
        row.rank = ranks[row.revision_id]
    Assignment.objects.bulk_update(moved, ["rank"], batch_size=500)


def _close_spare(corpus: Corpus, revision_ids: Sequence[UUID]) -> bool:
    """Close the passes that nobody holds and that are asked for no more; return whether texts are left over.

    Those that could go on without have just got their last pass, or failed to be settled: what is offered of
    them stays, so that they are found again.
    """
    submitted, rows = count_submitted(revision_ids), _open(revision_ids)
    asked = {row.revision_id: passes_of(corpus, row.revision_id) for row in rows}
    enough = {pk for pk, number in asked.items() if submitted[pk] >= number}
    left = enough - _waiting_for_somebody(enough)
    spare = [
        row.pk
        for row in rows
        if row.revision_id not in left and (row.revision_id in enough or row.number > asked[row.revision_id])
    ]
    Assignment.objects.filter(pk__in=spare, status=AssignmentStatus.OPEN).update(
        status=AssignmentStatus.EXPIRED, ended_at=timezone.now()
    )
    return bool(left)


def _waiting_for_somebody(revision_ids: Collection[UUID]) -> set[UUID]:
    """Return the texts that somebody has in hand, or is asked to go through again: they go on with those."""
    held = Assignment.objects.filter(revision__in=revision_ids, status=AssignmentStatus.TAKEN)
    asked = open_recalls().filter(still_reviewing(), layer__revision__in=revision_ids)
    waiting = held.values_list("revision_id", flat=True)
    return {*waiting, *asked.values_list("layer__revision_id", flat=True)}
