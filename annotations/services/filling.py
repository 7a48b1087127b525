"""Going through the queues of corpora whose settings have changed, a part in each round of the sweeper."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
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
from annotations.services.settling import settle_without
from corpus.models import Corpus, Revision, RevisionStatus
from corpus.services.racing import retried

log = structlog.get_logger(__name__)

CHUNK = 200
#: The settings that say how many passes a text has, which comes first, and what becomes of those submitted.
FOLLOWED = (
    "queue_order",
    "seed",
    "passes",
    "second_share",
    "unaided_share",
    "agreed_is_gold",
    "single_is_gold",
)


def refill_changed_queues(seconds: float = 2.0) -> int:
    """Go on with the queues whose settings have changed; return how many passes were opened.

    Passes that are asked for no more are closed where nobody holds them, and texts that have as many as are
    asked for are settled. No chunk is begun after `seconds`, so that a sweeper has its other work done in
    between; the corpora take turns.
    """
    until, opened = time.monotonic() + seconds, 0
    changed = Corpus.objects.exclude(queue_state__version=F("version"), queue_state__filled=True)
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
    QueueState.objects.filter(corpus=corpus_id).update(filled=False, filled_to=None)


def _go_on(corpus_id: UUID) -> tuple[int, bool]:
    """Go through the next texts; return how many passes were opened, and whether more texts follow."""
    state, _ = QueueState.objects.get_or_create(corpus_id=corpus_id, defaults={"version": 0})
    corpus = Corpus.objects.get(pk=corpus_id)
    if state.settings != _followed(corpus):
        state.filled, state.filled_to = False, None
    texts = _texts(corpus).filter(pk__gt=state.filled_to) if state.filled_to else _texts(corpus)
    ids = [] if state.filled else list(texts.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    _settle_those_with_enough(corpus, ids)
    return retried(partial(_fill, corpus, state, ids))


def _followed(corpus: Corpus) -> dict[str, Any]:
    return {name: getattr(corpus, name) for name in FOLLOWED}


def _texts(corpus: Corpus) -> QuerySet[Revision]:
    texts = Revision.objects.filter(corpus=corpus, current=True, article__erased_at=None)
    return texts.filter(status__in=(RevisionStatus.NEW, *READY))


def _settle_those_with_enough(corpus: Corpus, revision_ids: Sequence[UUID]) -> None:
    """Let those go on whose submitted passes are as many as are asked for by now, each by itself.

    What waits for approval is left alone, unless a pass of it was still waited for.
    """
    submitted = count_submitted(revision_ids)
    enough = [pk for pk in revision_ids if submitted[pk] and submitted[pk] >= passes_of(corpus, pk)]
    if not enough:
        return
    waiting = Assignment.objects.filter(revision__in=enough, status=AssignmentStatus.OPEN)
    waited_for = set(waiting.values_list("revision_id", flat=True))
    for pk in enough:
        by_itself = corpus.single_is_gold if submitted[pk] == 1 else corpus.agreed_is_gold
        if pk not in waited_for and not by_itself:
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
    # Another sweeper that is at it, or a change since, and this is left to the next round.
    at = QueueState.objects.select_for_update(skip_locked=True).filter(corpus=corpus).first()
    now = Corpus.objects.get(pk=corpus.pk)
    if at is None or at.version != state.version or _followed(now) != _followed(corpus):
        return 0, False
    if at.settings == _followed(now) and (at.filled_to, at.filled) != (state.filled_to, state.filled):
        return 0, False
    texts = Revision.objects.filter(pk__in=revision_ids)
    opened = finish_revisions(corpus.pk, texts.filter(status=RevisionStatus.NEW))
    opened += open_passes(corpus, list(wait_for_no_machine(texts).values_list("pk", flat=True)))
    _order_anew(corpus, revision_ids)
    _close_spare(corpus, revision_ids)
    at.settings, at.version, at.filled = _followed(now), now.version, len(revision_ids) < CHUNK
    at.filled_to = revision_ids[-1] if revision_ids else state.filled_to
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


def _close_spare(corpus: Corpus, revision_ids: Sequence[UUID]) -> None:
    """Close the passes that nobody holds and that are asked for no more."""
    submitted = count_submitted(revision_ids)
    spare = []
    for row in _open(revision_ids):
        asked = passes_of(corpus, row.revision_id)
        if row.number > asked or submitted[row.revision_id] >= asked:
            spare.append(row.pk)
    Assignment.objects.filter(pk__in=spare, status=AssignmentStatus.OPEN).update(
        status=AssignmentStatus.EXPIRED, ended_at=timezone.now()
    )
