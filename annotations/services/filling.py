"""Filling the queues of corpora whose settings have changed, a part in each round of the sweeper."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Job, JobStatus, QueueState
from annotations.models.jobs import OPEN_JOBS
from annotations.services.opening import READY, count_submitted, open_passes, passes_of
from annotations.services.ordering import ORDERS
from annotations.services.settling import settle_without
from corpus.models import Corpus, Revision, RevisionStatus
from corpus.services.racing import retried

CHUNK = 1_000
#: The settings that say how many passes a text has, and which comes first.
FOLLOWED = ("queue_order", "seed", "passes", "second_share", "unaided_share")


def refill_changed_queues(limit: int = 5) -> int:
    """Go on filling queues by settings that have changed; return how many passes were opened.

    Passes that were asked for before and are no longer are closed where nobody holds them. `limit` bounds the
    chunks of texts of one round, so that a sweeper has its other work done in between.
    """
    opened = 0
    changed = Corpus.objects.exclude(queue_state__version=F("version"), queue_state__filled=True)
    for pk in changed.order_by("pk").values_list("pk", flat=True):
        filled = False
        while not filled and limit > 0:
            missing, filled = retried(partial(_fill_on, pk))
            opened, limit = opened + missing, limit - 1
    return opened


def _fill_on(corpus_id: UUID) -> tuple[int, bool]:
    """Fill a queue for the next texts; return how many passes were opened, and whether those were the last.

    The settings are read anew: a change begins with the first text again, whoever made it meanwhile.
    """
    state, _ = QueueState.objects.select_for_update().get_or_create(
        corpus_id=corpus_id, defaults={"version": 0}
    )
    corpus = Corpus.objects.get(pk=corpus_id)
    followed = {name: getattr(corpus, name) for name in FOLLOWED}
    if state.settings != followed:
        state.settings, state.filled_to, state.filled = followed, None, False
    texts = _ready(corpus).filter(pk__gt=state.filled_to) if state.filled_to else _ready(corpus)
    ids = [] if state.filled else list(texts.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    opened = _fill(corpus, ids) if ids else 0
    state.version, state.filled = corpus.version, len(ids) < CHUNK
    state.filled_to = ids[-1] if ids else state.filled_to
    state.save()
    return opened, state.filled


def _ready(corpus: Corpus) -> QuerySet[Revision]:
    """Return the texts that may be given to people, but for those that a job is to look at first."""
    working = Job.objects.filter(revision=OuterRef("pk"), status__in=(*OPEN_JOBS, JobStatus.PARKED))
    return Revision.objects.filter(corpus=corpus, current=True, article__erased_at=None).filter(
        Q(status__in=READY) | (Q(status=RevisionStatus.NEW) & ~Exists(working))
    )


def _fill(corpus: Corpus, revision_ids: Sequence[UUID]) -> int:
    opened = open_passes(corpus, revision_ids)
    waiting = list(Assignment.objects.filter(revision__in=revision_ids, status=AssignmentStatus.OPEN))
    ranks = ORDERS[corpus.queue_order](corpus, revision_ids)
    moved = [row for row in waiting if row.rank != ranks[row.revision_id]]
    for row in moved:
        row.rank = ranks[row.revision_id]
    Assignment.objects.bulk_update(moved, ["rank"], batch_size=500)
    _close_spare(corpus, waiting)
    return opened


def _close_spare(corpus: Corpus, waiting: Sequence[Assignment]) -> None:
    """Close those of the open passes that are asked for no more, and let their texts go on.

    Unless somebody has one in hand: then it goes on once they end theirs.
    """
    submitted = count_submitted([row.revision_id for row in waiting])
    spare = []
    for row in waiting:
        asked = passes_of(corpus, row.revision_id)
        if row.number > asked or submitted[row.revision_id] >= asked:
            spare.append(row)
    Assignment.objects.filter(pk__in=[row.pk for row in spare], status=AssignmentStatus.OPEN).update(
        status=AssignmentStatus.EXPIRED, ended_at=timezone.now()
    )
    texts = {row.revision_id for row in spare}
    held = Assignment.objects.filter(revision__in=texts, status=AssignmentStatus.TAKEN)
    for pk in sorted(texts - set(held.values_list("revision_id", flat=True))):
        settle_without(pk)
