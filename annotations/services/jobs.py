"""The ledger of machine work. The database is the queue; Celery only rings the bell.

A job is claimed under a lease and a growing token, worked on outside of any transaction, and its layer
lands in one transaction that holds only while the token does. Kill any process at any moment: the lease
runs out, the sweeper queues the job again, and a result that comes late is refused.
"""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import orjson
import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotations.extraction.base import Suggestions
from annotations.models import Job, JobStatus, Layer, LayerKind, Pipeline
from annotations.models.jobs import OPEN_JOBS
from annotations.services.building import built
from annotations.services.layers import (
    NewAnnotation,
    NewRelation,
    Proposed,
    ProposedRelation,
    digest_of,
    propose,
    write_annotations,
    write_relations,
)
from annotations.services.leases import keep_lease, lease_end
from annotations.services.opening import open_ready_passes, wait_for_no_machine
from annotations.services.texts import article_text
from corpus.models import Revision, RevisionStatus
from corpus.services.actors import JOB
from corpus.services.corpora import scheme_of
from corpus.services.events import Change, record
from corpus.services.revisions import move_new_ones
from corpus.text.blocks import SEGMENTER

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
#: Seconds to wait after the first and the second failure.
BACK_OFF = (2, 20)
MAX_CAUSE = 2_000


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A job in one worker's hands; the token is what its result must come under."""

    job_id: int
    token: int
    revision_id: UUID
    pipeline_id: UUID
    attempts: int


def enqueue_jobs(
    pipelines: Sequence[Pipeline], revision_ids: Sequence[UUID], *, run_id: UUID | None = None
) -> int:
    """Make the jobs that are missing, inside the caller's transaction; return how many were asked for."""
    now = timezone.now()
    jobs = [
        Job(revision_id=revision_id, pipeline=pipeline, segmenter=SEGMENTER, run_id=run_id, due_at=now)
        for pipeline in pipelines
        for revision_id in revision_ids
    ]
    Job.objects.bulk_create(jobs, ignore_conflicts=True, batch_size=500)
    return len(jobs)


def active_pipelines(corpus_id: UUID) -> list[Pipeline]:
    """Return what our workers run on each new revision of a corpus."""
    return list(Pipeline.objects.filter(corpus_id=corpus_id, active=True, external=False))


def claim_job(worker: str) -> Claim | None:
    """Lease the oldest due job, or return None when nothing is due.

    Two workers never get one job: PostgreSQL skips locked rows, SQLite has one writer.
    """
    now = timezone.now()
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True, of=("self",))
            .due(now)
            .order_by("due_at", "id")
            .first()
        )
        if job is None:
            return None
        job.status = JobStatus.LEASED
        job.attempts += 1
        job.token += 1
        job.worker = worker[:128]
        job.lease_until = lease_end(now)
        job.heartbeat_at = now
        job.save(update_fields=["status", "attempts", "token", "worker", "lease_until", "heartbeat_at"])
    return Claim(
        job_id=job.pk,
        token=job.token,
        revision_id=job.revision_id,
        pipeline_id=job.pipeline_id,
        attempts=job.attempts,
    )


def work_jobs(worker: str, *, limit: int, seconds: float) -> dict[str, int]:
    """Work due jobs until none is left, `limit` are done or the time is up; return counts by outcome."""
    until = timezone.now() + timedelta(seconds=seconds)
    counts: dict[str, int] = {}
    while sum(counts.values()) < limit and timezone.now() < until:
        claim = claim_job(worker)
        if claim is None:
            break
        outcome = work_claim(claim)
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def work_claim(claim: Claim) -> str:
    """Work one claimed job to its end: done, failed, parked, or lost to whoever holds it by now."""
    try:
        with kept_lease(claim):
            revision, suggestions = _suggest(claim)
            return "done" if _land(claim, revision, suggestions) else "lost"
    except Exception as error:  # noqa: BLE001 - whatever a pipeline raises is that job's cause, not our end
        log.warning("job_failed", job=claim.job_id, attempts=claim.attempts, error=repr(error))
        return fail_job(claim, f"{type(error).__name__}: {error}")


def fail_job(claim: Claim, cause: str) -> str:
    """Put a failed job back with a pause, or park it with its cause after the third attempt."""
    parked = claim.attempts >= MAX_ATTEMPTS
    now = timezone.now()
    pause = timedelta(seconds=0 if parked else BACK_OFF[claim.attempts - 1])
    with transaction.atomic():
        held = _held(claim).update(
            status=JobStatus.PARKED if parked else JobStatus.QUEUED,
            due_at=now + pause,
            lease_until=None,
            cause=cause[:MAX_CAUSE],
            finished_at=now if parked else None,
        )
        if held and parked:
            _end_parked(claim.job_id, claim.revision_id, cause)
    return ("parked" if parked else "failed") if held else "lost"


def sweep_jobs() -> dict[str, int]:
    """Take back what dead workers held: queue it again, or park what has killed three of them."""
    now = timezone.now()
    with transaction.atomic():
        lost = list(
            Job.objects.select_for_update(skip_locked=True)
            .with_lost_lease(now)
            .order_by("lease_until")[:1000]
        )
        poison = [job for job in lost if job.attempts >= MAX_ATTEMPTS]
        again = [job.pk for job in lost if job.attempts < MAX_ATTEMPTS]
        Job.objects.filter(pk__in=again).update(
            status=JobStatus.QUEUED, due_at=now, lease_until=None, cause="The worker was lost."
        )
        for job in poison:
            cause = f"The worker was lost {job.attempts} times while it had this job."
            Job.objects.filter(pk=job.pk).update(
                status=JobStatus.PARKED, lease_until=None, cause=cause, finished_at=now
            )
            _end_parked(job.pk, job.revision_id, cause)
    return {"queued": len(again), "parked": len(poison)}


def due_jobs(limit: int) -> int:
    """Return how many jobs wait for a worker right now, counted up to `limit`."""
    return len(Job.objects.due(timezone.now()).order_by("due_at", "id").values_list("pk")[:limit])


def kept_lease(claim: Claim) -> AbstractContextManager[None]:
    """Renew the lease of a job while the body works."""

    def renew(until: datetime) -> int:
        return _held(claim).update(heartbeat_at=timezone.now(), lease_until=until)

    return keep_lease(renew, work=claim.job_id)


def configuration_hash(configuration: object) -> str:
    return hashlib.sha256(orjson.dumps(configuration, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _held(claim: Claim) -> "QuerySet[Job]":
    return Job.objects.filter(pk=claim.job_id, token=claim.token, status=JobStatus.LEASED)


def _suggest(claim: Claim) -> tuple[Revision, Suggestions]:
    """Run the pipeline on the revision's text, outside of any transaction."""
    revision = Revision.objects.select_related("article").get(pk=claim.revision_id)
    pipeline = Pipeline.objects.get(pk=claim.pipeline_id)
    return revision, built(pipeline).suggest(article_text(revision))


def _land(claim: Claim, revision: Revision, suggestions: Suggestions) -> bool:
    """Write the layer and end the job in one transaction; False when the job is somebody else's by now."""
    scheme = scheme_of(revision.corpus_id)
    with transaction.atomic():
        held = _held(claim).update(
            status=JobStatus.DONE, lease_until=None, finished_at=timezone.now(), cause=""
        )
        if not held:
            return False
        # Two jobs of one revision land one after the other, so that the later one sees that it is the last.
        locked = Revision.objects.select_for_update(of=("self",)).select_related("article")
        erased = locked.defer("text").get(pk=revision.pk).article.erased_at
        layer, made = Layer.objects.get_or_create(
            revision_id=claim.revision_id, pipeline_id=claim.pipeline_id, kind=LayerKind.MACHINE
        )
        if made and not erased:
            annotations, relations = propose(
                layer.pk,
                revision.text,
                scheme,
                (
                    Proposed(
                        key=found.key,
                        label=found.label,
                        segments=found.segments,
                        score=found.score,
                        attributes=found.attributes,
                        reason=found.reason,
                    )
                    for found in suggestions.annotations
                ),
                (
                    ProposedRelation(
                        label=link.label,
                        head=link.head,
                        child=link.child,
                        score=link.score,
                        reason=link.reason,
                    )
                    for link in suggestions.relations
                ),
            )
            write_annotations(annotations)
            write_relations(relations)
            _record_landed(claim, revision, layer, annotations, relations)
        finish_revisions(revision.corpus_id, Revision.objects.filter(pk=claim.revision_id))
    return True


def finish_revisions(corpus_id: UUID, revisions: "QuerySet[Revision]") -> int:
    """Give those to people of which the last job has ended; what a machine has looked at is called suggested.

    What people began meanwhile is offered to others too. Return how many passes were opened.
    """
    waiting = Job.objects.filter(revision_id=OuterRef("pk"), status__in=OPEN_JOBS)
    looked_at = Layer.objects.filter(revision_id=OuterRef("pk"), kind=LayerKind.MACHINE)
    ended = revisions.filter(Exists(looked_at), ~Exists(waiting), status=RevisionStatus.NEW)
    suggested = list(ended.order_by().values_list("pk", flat=True))
    others = wait_for_no_machine(revisions.exclude(status=RevisionStatus.SUGGESTED)).exclude(pk__in=suggested)
    ready = [*suggested, *others.order_by().values_list("pk", flat=True)]
    move_new_ones(JOB, [(corpus_id, pk) for pk in suggested], RevisionStatus.SUGGESTED)
    return open_ready_passes(corpus_id, ready)


def _record_landed(
    claim: Claim,
    revision: Revision,
    layer: Layer,
    annotations: Sequence[NewAnnotation],
    relations: Sequence[NewRelation],
) -> None:
    record(
        JOB,
        Change(
            action="layer.landed",
            object_type="layer",
            object_id=layer.pk,
            corpus_id=revision.corpus_id,
            subject_id=revision.pk,
            after={
                "job": claim.job_id,
                "pipeline": str(claim.pipeline_id),
                "annotations": len(annotations),
                "relations": len(relations),
                "digest": digest_of((row.label, row.segments, row.score) for row in annotations),
            },
            versions={"segmenter": SEGMENTER},
        ),
    )


def _end_parked(job_id: int, revision_id: UUID, cause: str) -> None:
    """Tell of a parked job, and let its revision go on with what the other pipelines said."""
    # As in `_land`: the last of two that end at once must see that it is the last.
    corpus_id = (
        Revision.objects.select_for_update(no_key=True)
        .values_list("corpus_id", flat=True)
        .get(pk=revision_id)
    )
    finish_revisions(corpus_id, Revision.objects.filter(pk=revision_id))
    record(
        JOB,
        Change(
            action="job.parked",
            object_type="job",
            object_id=job_id,
            corpus_id=corpus_id,
            subject_id=revision_id,
            # An error may quote the text, and events outlive an erased one: its kind is enough here.
            reason=cause.partition(":")[0][:MAX_CAUSE],
        ),
    )
