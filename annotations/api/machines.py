"""Pipelines, their runs, and the jobs that wait for a person."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.running_shapes import (
    JobShape,
    PipelineInput,
    PipelineShape,
    RunInput,
    RunProgressShape,
    RunShape,
)
from annotations.models import Job, JobStatus, Pipeline, Run
from annotations.services.pipelines import (
    activate_pipeline,
    cancel_run,
    fill_run,
    open_run,
    retire_pipeline,
    retry_job,
    run_progress,
)
from annotations.tasks import ring_after_commit
from corpus.api.corpora import own_corpora
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, IDEMPOTENCY_KEY, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Actor, Scope, find_corpus, require
from corpus.services.errors import BadInput, NotAllowed, NotFound

NO_SUCH_RUN = "There is no such run, or it is in no corpus of yours."
NO_SUCH_JOB = "There is no such job, or it is in no corpus of yours."
ERRORS = (403, 404)
CORPUS = OpenApiParameter("corpus", str, description="The slug of one corpus; all of yours by default.")
STATUS = OpenApiParameter("status", str, enum=JobStatus.values, description="`parked` by default.")


class PipelinesRoute(Route):
    @documented(
        "list_pipelines",
        "List the pipelines of a corpus.",
        tag="machines",
        response=paged(PipelineShape),
        query=CURSOR,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug)
        return Response(page_of(request, Pipeline.objects.filter(corpus=corpus), pipeline_body))

    @documented(
        "activate_pipeline",
        "Put a built-in pipeline in service for new texts.",
        tag="machines",
        response=PipelineShape,
        request=PipelineInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """An earlier version of it steps down. Doing it twice changes nothing."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        given = self.input(PipelineInput)
        pipeline = activate_pipeline(self.actor, corpus, given["name"], given.get("configuration"))
        return Response(pipeline_body(pipeline))


class PipelineRoute(Route):
    @documented(
        "retire_pipeline", "Take a pipeline out of service.", tag="machines", status=204, errors=ERRORS
    )
    def delete(self, request: Request, slug: str, pipeline_id: UUID) -> Response:
        """No new jobs, and its suggestions are no longer shown. What it said stays."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.MANAGE)
        pipeline = Pipeline.objects.filter(corpus=corpus, pk=pipeline_id).first()
        if pipeline is None:
            raise NotFound("There is no such pipeline in this corpus.")
        retire_pipeline(self.actor, pipeline)
        return Response(status=HTTPStatus.NO_CONTENT)


class RunsRoute(Route):
    @documented(
        "list_runs",
        "List runs, newest first.",
        tag="machines",
        response=paged(RunShape),
        query=(*CURSOR, CORPUS),
        errors=ERRORS,
    )
    def get(self, request: Request) -> Response:
        if self.actor.narrowed_out(Scope.READ):
            raise NotAllowed("This token lacks the scope read.")
        runs = Run.objects.select_related("corpus", "pipeline")
        if slug := request.query_params.get("corpus"):
            runs = runs.filter(corpus=find_corpus(self.actor, slug))
        else:
            runs = runs.filter(corpus__in=own_corpora(self.actor).values("pk"))
        return Response(page_of(request, runs, run_body))

    @documented(
        "start_run",
        "Start a run over what the pipeline has not seen.",
        tag="machines",
        response=RunShape,
        status=201,
        request=RunInput,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    def post(self, request: Request) -> Response:
        """Parked and cancelled jobs get another chance. `runs/{id}/` shows how far it is."""
        response = self.open_run(request)
        # Outside of the key's transaction, so that a million jobs block nobody. A repetition makes what
        # the first try was kept from making.
        fill_run(Run.objects.get(pk=response.data["id"]))
        ring_after_commit()
        return response

    @idempotent
    def open_run(self, request: Request) -> Response:
        given = self.input(RunInput)
        corpus = find_corpus(self.actor, given["corpus"], Role.LEAD, Scope.MANAGE)
        run = open_run(self.actor, corpus, given.get("pipeline", ""))
        return Response(run_body(run), status=HTTPStatus.CREATED)


class RunRoute(Route):
    @documented(
        "read_run", "See how far a run has come.", tag="machines", response=RunProgressShape, errors=ERRORS
    )
    def get(self, request: Request, run_id: UUID) -> Response:
        run = find_run(self.actor, run_id)
        return Response({**run_body(run), "jobs": run_progress(run)})


class CancelRunRoute(Route):
    @documented(
        "cancel_run",
        "Cancel the jobs of a run that have not ended.",
        tag="machines",
        response=RunProgressShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, run_id: UUID) -> Response:
        """What has landed stays. Doing it twice changes nothing."""
        run = find_run(self.actor, run_id, Role.LEAD, Scope.MANAGE)
        cancel_run(self.actor, run)
        run.refresh_from_db(fields=["cancelled_at"])
        return Response({**run_body(run), "jobs": run_progress(run)})


class JobsRoute(Route):
    @documented(
        "list_jobs",
        "List the jobs of a corpus in one state.",
        tag="machines",
        response=paged(JobShape),
        query=(*CURSOR, STATUS),
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> Response:
        corpus = find_corpus(self.actor, slug, Role.LEAD)
        status = request.query_params.get("status", JobStatus.PARKED)
        if status not in JobStatus.values:
            raise BadInput(f"status is one of {', '.join(JobStatus.values)}.", field="status")
        jobs = Job.objects.filter(pipeline__corpus=corpus, status=status)
        jobs = jobs.select_related("pipeline", "revision").defer("revision__text")
        return Response(page_of(request, jobs, job_body))


class RetryJobRoute(Route):
    @documented(
        "retry_job",
        "Queue a parked or cancelled job again.",
        tag="machines",
        response=JobShape,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request, job_id: int) -> Response:
        job = (
            Job.objects.select_related("pipeline", "revision")
            .defer("revision__text")
            .filter(pk=job_id)
            .first()
        )
        if job is None:
            raise NotFound(NO_SUCH_JOB)
        try:
            require(self.actor, job.pipeline.corpus_id, Role.LEAD, Scope.MANAGE)
        except NotFound:
            raise NotFound(NO_SUCH_JOB) from None
        job = retry_job(self.actor, job)
        ring_after_commit()
        return Response(job_body(job))


def find_run(actor: Actor, run_id: UUID, role: Role = Role.VIEWER, scope: Scope = Scope.READ) -> Run:
    run = Run.objects.select_related("corpus", "pipeline").filter(pk=run_id).first()
    if run is None:
        raise NotFound(NO_SUCH_RUN)
    try:
        require(actor, run.corpus_id, role, scope)
    except NotFound:
        raise NotFound(NO_SUCH_RUN) from None
    return run


def pipeline_body(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "id": pipeline.pk,
        "name": pipeline.name,
        "version": pipeline.version,
        "configuration": pipeline.configuration,
        "configuration_hash": pipeline.configuration_hash,
        "external": pipeline.external,
        "active": pipeline.active,
        "created_at": pipeline.created_at,
    }


def run_body(run: Run) -> dict[str, Any]:
    return {
        "id": run.pk,
        "corpus": run.corpus.slug,
        "pipeline": run.pipeline.identity,
        "started_at": run.started_at,
        "cancelled_at": run.cancelled_at,
    }


def job_body(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "article": job.revision.article_id,
        "revision": job.revision.number,
        "pipeline": job.pipeline.identity,
        "status": job.status,
        "attempts": job.attempts,
        "cause": job.cause,
        "due_at": job.due_at,
        "finished_at": job.finished_at,
    }
