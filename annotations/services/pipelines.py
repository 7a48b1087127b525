"""Which pipelines a corpus has, and runs of them over what they have not seen."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from annotations.extraction import PIPELINES, UnknownPipeline, build_pipeline
from annotations.models import Job, JobStatus, Pipeline, Run
from annotations.models.jobs import OPEN_JOBS
from annotations.services.filling import fill_anew
from annotations.services.jobs import configuration_hash, enqueue_jobs
from corpus.models import Corpus, Revision, Role
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, InvalidTransition, NotFound
from corpus.services.events import Change, record
from corpus.text.blocks import SEGMENTER

CHUNK = 1_000
DEFAULT_PIPELINE = "rules"


@transaction.atomic
def activate_pipeline(
    actor: Actor, corpus: Corpus, name: str, configuration: Mapping[str, Any] | None = None
) -> Pipeline:
    """Put the built-in pipeline `name` in service for new revisions; an earlier version of it steps down.

    Raises:
        BadInput: there is no such pipeline, or it cannot take that configuration.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    settings = dict(configuration or {})
    try:
        built = build_pipeline(name, settings)
    except (UnknownPipeline, ValueError) as error:
        raise BadInput(str(error), field="pipeline", known=sorted(PIPELINES)) from None
    Corpus.objects.select_for_update().get(pk=corpus.pk)
    pipeline, _ = Pipeline.objects.get_or_create(
        corpus=corpus,
        name=name,
        version=built.version,
        configuration_hash=configuration_hash(settings),
        defaults={"configuration": settings},
    )
    if pipeline.active:
        return pipeline
    Pipeline.objects.filter(corpus=corpus, name=name, active=True).update(active=False)
    pipeline.active = True
    pipeline.save(update_fields=["active"])
    record(
        actor,
        _change(corpus.pk, "pipeline.activated", "pipeline", pipeline.pk, {"identity": pipeline.identity}),
    )
    return pipeline


@transaction.atomic
def retire_pipeline(actor: Actor, pipeline: Pipeline) -> None:
    """Take a pipeline out of service: no new jobs, its suggestions no longer shown. What it said stays.

    Texts that waited for a parked job of it are given to people by the sweeper.
    """
    require(actor, pipeline.corpus_id, Role.LEAD, Scope.MANAGE)
    if Pipeline.objects.filter(pk=pipeline.pk, active=True).update(active=False):
        fill_anew(pipeline.corpus_id)
        record(
            actor,
            _change(
                pipeline.corpus_id,
                "pipeline.retired",
                "pipeline",
                pipeline.pk,
                {"identity": pipeline.identity},
            ),
        )


def external_pipeline(
    actor: Actor, corpus_id: UUID, name: str, version: str, configuration: Mapping[str, Any]
) -> Pipeline:
    """Return the pipeline that a machine client's layer belongs to; its first layer puts it in service."""
    digest = configuration_hash(dict(configuration))
    identity = {"corpus_id": corpus_id, "name": name, "version": version, "configuration_hash": digest}
    with transaction.atomic():
        known = Pipeline.objects.filter(**identity).first()
        if known:
            return known
        Corpus.objects.select_for_update().get(pk=corpus_id)
        if known := Pipeline.objects.filter(**identity).first():
            return known
        Pipeline.objects.filter(corpus_id=corpus_id, name=name, active=True).update(active=False)
        made = Pipeline.objects.create(
            **identity, configuration=dict(configuration), external=True, active=True
        )
        record(
            actor,
            _change(corpus_id, "pipeline.activated", "pipeline", made.pk, {"identity": made.identity}),
        )
        return made


def start_run(actor: Actor, corpus: Corpus, name: str = "") -> Run:
    """Start a run over every current revision that the active pipeline `name` has not seen.

    As `open_run` and `fill_run`; whoever calls this rings the bell afterwards.
    """
    run = open_run(actor, corpus, name)
    fill_run(run)
    return run


@transaction.atomic
def open_run(actor: Actor, corpus: Corpus, name: str = "") -> Run:
    """Make the record of a run, and the open, parked and cancelled jobs of its pipeline its own.

    With one active pipeline the name may be left out.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    pipeline = _pipeline_to_run(corpus, name)
    run = Run.objects.create(corpus=corpus, pipeline=pipeline, started_by=actor.user)
    record(actor, _change(corpus.pk, "run.started", "run", run.pk, {"pipeline": pipeline.identity}))
    _take_over_waiting(run)
    return run


def fill_run(run: Run) -> None:
    """Make the jobs that a run is missing; doing it twice changes nothing.

    They are made in chunks, each committed by itself, so a run over a million articles blocks nobody. A run
    that is cancelled meanwhile gets no more.
    """
    _make_missing(run)


@transaction.atomic
def cancel_run(actor: Actor, run: Run) -> int:
    """Cancel the jobs of a run that have not ended; return how many. What has landed stays.

    A worker that has one in hand finds its token worthless and drops the result. The sweeper gives the texts
    to people that no other job is to look at, queued or parked.
    """
    require(actor, run.corpus_id, Role.LEAD, Scope.MANAGE)
    if not Run.objects.filter(pk=run.pk, cancelled_at__isnull=True).update(cancelled_at=timezone.now()):
        return 0
    cancelled = Job.objects.filter(run=run, status__in=OPEN_JOBS).update(
        status=JobStatus.CANCELLED, lease_until=None, finished_at=timezone.now()
    )
    fill_anew(run.corpus_id)
    record(actor, _change(run.corpus_id, "run.cancelled", "run", run.pk, {"cancelled": cancelled}))
    return cancelled


@transaction.atomic
def retry_job(actor: Actor, job: Job) -> Job:
    """Queue a parked or cancelled job again, with its attempts forgotten."""
    corpus_id = job.pipeline.corpus_id
    require(actor, corpus_id, Role.LEAD, Scope.MANAGE)
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status not in (JobStatus.PARKED, JobStatus.CANCELLED):
        raise InvalidTransition(f"A job that is {locked.status} cannot be queued again.")
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.QUEUED, attempts=0, due_at=timezone.now(), finished_at=None
    )
    record(actor, _change(corpus_id, "job.retried", "job", job.pk, None))
    job.refresh_from_db()
    return job


def run_progress(run: Run) -> dict[str, int]:
    """Return how many jobs of a run are in each state. One query over the run's own jobs."""
    counts: dict[str, int] = {str(status): 0 for status in JobStatus}
    for row in Job.objects.filter(run=run).order_by().values("status").annotate(number=Count("pk")):
        counts[row["status"]] = row["number"]
    return counts


def _pipeline_to_run(corpus: Corpus, name: str) -> Pipeline:
    active = list(Pipeline.objects.filter(corpus=corpus, active=True, external=False))
    named = [pipeline for pipeline in active if not name or name in (pipeline.name, pipeline.identity)]
    if not named:
        known = ", ".join(pipeline.identity for pipeline in active) or "none"
        raise NotFound(f"No active pipeline {name!r} in this corpus; active: {known}.")
    if len(named) > 1:
        raise BadInput(
            f"Name one of the active pipelines: {', '.join(p.identity for p in named)}.", field="pipeline"
        )
    return named[0]


def _take_over_waiting(run: Run) -> None:
    """Make the open, parked and cancelled jobs of this pipeline the run's own."""
    own = Job.objects.filter(
        pipeline=run.pipeline,
        segmenter=SEGMENTER,
        revision__current=True,
        revision__article__erased_at__isnull=True,
    )
    own.filter(status__in=OPEN_JOBS, run__isnull=True).update(run=run)
    own.filter(status__in=(JobStatus.PARKED, JobStatus.CANCELLED)).update(
        run=run, status=JobStatus.QUEUED, attempts=0, due_at=timezone.now(), finished_at=None
    )


def _make_missing(run: Run) -> None:
    last: UUID | None = None
    while True:
        page = Revision.objects.filter(corpus_id=run.corpus_id, current=True, article__erased_at__isnull=True)
        if last is not None:
            page = page.filter(pk__gt=last)
        ids = list(page.order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return
        seen = set(
            Job.objects.filter(pipeline=run.pipeline, segmenter=SEGMENTER, revision__in=ids).values_list(
                "revision_id", flat=True
            )
        )
        with transaction.atomic():
            if not _is_open(run):
                return
            enqueue_jobs([run.pipeline], [pk for pk in ids if pk not in seen], run_id=run.pk)
        last = ids[-1]


def _is_open(run: Run) -> bool:
    """Return whether nobody has cancelled a run, and let nobody do so until the transaction ends."""
    held = Run.objects.select_for_update(no_key=True).filter(pk=run.pk, cancelled_at__isnull=True)
    return bool(list(held.values_list("pk")))


def _change(corpus_id: UUID, action: str, object_type: str, object_id: object, after: Any) -> Change:
    return Change(
        action=action, object_type=object_type, object_id=object_id, corpus_id=corpus_id, after=after
    )
