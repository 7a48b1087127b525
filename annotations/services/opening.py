"""Which passes are open: as many for each text as the settings ask for, until it is settled."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Job, JobStatus, Layer, LayerKind
from annotations.models.jobs import OPEN_JOBS
from annotations.models.queue import HELD
from annotations.services.ordering import ORDERS
from annotations.services.ordering.chance import share
from annotations.services.recalls import open_recalls, still_reviewing
from corpus.models import Corpus, Revision, RevisionStatus

#: Statuses of texts that people may be given: what machines have looked at, and until it is settled.
READY = (RevisionStatus.SUGGESTED, RevisionStatus.IN_REVIEW, RevisionStatus.SUBMITTED)


def passes_of(corpus: Corpus, revision_id: UUID) -> int:
    """Return how many people are to read a text: the corpus's number, and one more for its drawn share."""
    return corpus.passes + (_drawn(corpus, revision_id) < max(corpus.second_share, corpus.unaided_share))


def is_unaided(corpus: Corpus, revision_id: UUID, number: int) -> bool:
    """Return whether a pass of a text is the one more that is made without suggestions."""
    return number == corpus.passes + 1 and _drawn(corpus, revision_id) < corpus.unaided_share


def _drawn(corpus: Corpus, revision_id: UUID) -> float:
    return share(corpus.seed, "second pass", revision_id)


def wait_for_no_machine(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Keep the texts that no job is to look at first; a new one with a parked job waits for a person there.

    What is suggested stays with the people while another pipeline looks at it.
    """
    jobs = Job.objects.filter(revision=OuterRef("pk"))
    working = Exists(jobs.filter(status__in=OPEN_JOBS))
    parked = Exists(jobs.filter(status=JobStatus.PARKED, pipeline__active=True))
    begun = Q(status__in=(RevisionStatus.IN_REVIEW, RevisionStatus.SUBMITTED)) & ~working
    new = Q(status=RevisionStatus.NEW) & ~working & ~parked
    return revisions.filter(Q(status=RevisionStatus.SUGGESTED) | begun | new)


def open_passes(corpus: Corpus, revision_ids: Sequence[UUID]) -> int:
    """Open the passes that these texts miss, in the caller's transaction; again, it changes nothing."""
    waiting = hold_waiting(revision_ids)
    ranks = ORDERS[corpus.queue_order](corpus, revision_ids)
    there = _numbers_there(revision_ids)
    submitted, came = _submitted_and_came_along(revision_ids)
    missing = [
        Assignment(corpus=corpus, revision_id=pk, number=number, rank=ranks[pk])
        for pk in revision_ids
        if pk in waiting and submitted[pk] < passes_of(corpus, pk)
        for number in range(came[pk] + 1, passes_of(corpus, pk) + 1)
        if (pk, number) not in there
    ]
    Assignment.objects.bulk_create(missing, ignore_conflicts=True, batch_size=500)
    return len(missing)


def hold_waiting(revision_ids: Sequence[UUID]) -> set[UUID]:
    """Lock texts until the caller's transaction ends, and return those that may still be given to people.

    Whoever ends a pass, or opens one, holds its text first and its row afterwards, as deciding and submitting
    do: nothing is offered of a text that is amended or erased meanwhile, and nobody waits in a circle.
    """
    texts = Revision.objects.filter(pk__in=revision_ids)
    list(texts.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    # After the locks: whoever had one may have erased the article.
    waiting = texts.filter(current=True, status__in=(RevisionStatus.NEW, *READY), article__erased_at=None)
    return set(waiting.values_list("pk", flat=True))


def _numbers_there(revision_ids: Sequence[UUID]) -> set[tuple[UUID, int]]:
    """Return the numbers of the passes that are offered, in hand or submitted, and kept for one person.

    Whoever lost the lease of a pass that a re-review asks for has it kept: nobody else can confirm it.
    """
    recalls = open_recalls().filter(still_reviewing())
    asked = recalls.filter(layer__revision=OuterRef("revision"), reviewer=OuterRef("reviewer"))
    kept = Q(Exists(asked), status=AssignmentStatus.EXPIRED)
    rows = Assignment.objects.filter(kept | Q(status__in=HELD), revision__in=revision_ids)
    return set(rows.values_list("revision_id", "number"))


def count_submitted(revision_ids: Sequence[UUID]) -> Counter[UUID]:
    """Count the submitted passes of each text, by whatever way they came."""
    return _submitted_and_came_along(revision_ids)[0]


def _submitted_and_came_along(revision_ids: Sequence[UUID]) -> tuple[Counter[UUID], Counter[UUID]]:
    """Count the submitted passes of each text, and how many came without an assignment: imported ones."""
    own = Assignment.objects.filter(revision=OuterRef("revision"), reviewer=OuterRef("reviewer"))
    layers = Layer.objects.filter(
        revision__in=revision_ids, kind=LayerKind.REVIEWER, submitted_at__isnull=False
    )
    rows = list(layers.values_list("revision_id", Exists(own)))
    return Counter(pk for pk, _ in rows), Counter(pk for pk, assigned in rows if not assigned)


def open_missing_passes(corpus: Corpus, revision_id: UUID) -> None:
    """Open the passes that a text of the caller's misses; one query where none does, as nearly always.

    Some do where the settings changed while the text came in, or what else was to open them did not.
    """
    held = Assignment.objects.filter(revision=revision_id, status__in=HELD).count()
    text = Revision.objects.filter(pk=revision_id)
    if held < passes_of(corpus, revision_id) and wait_for_no_machine(text).exists():
        open_passes(corpus, [revision_id])


def open_ready_passes(corpus_id: UUID, revision_ids: Sequence[UUID]) -> int:
    """Open the passes of texts that have just become ready for people; two statements more than none."""
    if not revision_ids:
        return 0
    return open_passes(Corpus.objects.get(pk=corpus_id), revision_ids)


def close_passes(revision_ids: Iterable[UUID]) -> None:
    """Take the passes that nobody holds out of the queue: their text was superseded, erased or settled."""
    Assignment.objects.filter(revision__in=list(revision_ids), status=AssignmentStatus.OPEN).update(
        status=AssignmentStatus.EXPIRED, ended_at=timezone.now()
    )
