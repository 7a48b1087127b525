"""Pipelines, runs and jobs: to read, to start, to watch, to try again."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.urls.resolvers import URLPattern
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from annotations.models import Job, JobStatus, Pipeline, Run
from annotations.services.pipelines import cancel_run, retry_job, run_progress
from annotations.tasks import ring
from corpus.admin.access import ScopedAdmin, check_role, corpora_reached, reaches
from corpus.admin.filters import CorpusFilter
from corpus.admin.pages import page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Role

#: Parked jobs that the page of a run lists; the rest follow as these are tried again.
MAX_PARKED = 50
ENDED = (JobStatus.DONE, JobStatus.PARKED, JobStatus.CANCELLED)


@admin.register(Pipeline)
class PipelineAdmin(ScopedAdmin[Pipeline]):
    list_display = ("identity", "corpus", "active", "external", "created_at")
    list_select_related = ("corpus",)
    list_filter = (CorpusFilter,)
    allowed_lookups = ("corpus",)
    fields = ("identity", "corpus", "active", "external", "configuration", "configuration_hash", "created_at")

    @admin.display(description="pipeline")
    def identity(self, pipeline: Pipeline) -> str:
        return pipeline.identity


@admin.register(Run)
class RunAdmin(ScopedAdmin[Run]):
    list_display = ("started_at", "corpus", "pipeline", "started_by", "cancelled_at")
    list_select_related = ("corpus", "pipeline", "started_by")
    list_filter = (CorpusFilter,)
    allowed_lookups = ("corpus",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/progress.json", wrap(progress_of_run), name="annotations_run_progress"),
            path("<uuid:pk>/cancel/", wrap(cancel_page), name="annotations_run_cancel"),
            path("<uuid:pk>/retry/<int:job>/", wrap(retry_page), name="annotations_run_retry"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        if run is None or request.method == "POST":
            return super().change_view(request, object_id, form_url, extra_context)
        return run_page(request, run)


@admin.register(Job)
class JobAdmin(ScopedAdmin[Job]):
    corpus_path = "pipeline__corpus"
    list_display = ("id", "article", "pipeline", "status", "attempts", "cause", "created_at", "finished_at")
    list_select_related = ("pipeline", "revision__article")
    list_filter = (CorpusFilter, "status")
    allowed_lookups = ("corpus", "status__exact", "run")
    fields = (
        "id", "article", "pipeline", "segmenter", "run", "status", "due_at", "attempts", "token", "worker",
        "lease_until", "heartbeat_at", "cause", "created_at", "finished_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).defer("revision__text")

    @admin.display(description="article")
    def article(self, job: Job) -> str:
        url = reverse("admin:corpus_article_change", args=[job.revision.article_id])
        return format_html('<a href="{}">{}</a>', url, job.revision.article)


def run_page(request: HttpRequest, run: Run) -> HttpResponse:
    parked = Job.objects.filter(run=run, status=JobStatus.PARKED).select_related("revision__article")
    return page(
        request,
        "attest/run.html",
        title=f"Run of {run.pipeline}",
        run=run,
        corpus=run.corpus,
        progress=_progress(run),
        parked=list(parked.defer("revision__text").order_by("id")[:MAX_PARKED]),
        is_lead=reaches(request, run.corpus_id, Role.LEAD),
    )


@require_safe
def progress_of_run(request: HttpRequest, pk: UUID) -> HttpResponse:
    return JsonResponse(_progress(_find(request, pk)))


def _progress(run: Run) -> dict[str, Any]:
    counts = run_progress(run)
    total = sum(counts.values())
    ended = sum(counts[status] for status in ENDED)
    return {"counts": counts, "total": total, "ended": ended, "finished": ended == total}


@require_POST
def cancel_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    run = _find(request, pk)
    with telling(request):
        cancelled = cancel_run(admin_actor(request), run)
        messages.success(request, f"{cancelled} jobs are cancelled; what has landed stays.")
    return redirect("admin:annotations_run_change", run.pk)


@require_POST
def retry_page(request: HttpRequest, pk: UUID, job: int) -> HttpResponse:
    run = _find(request, pk)
    found = get_object_or_404(Job.objects.select_related("pipeline"), pk=job, run=run)
    with telling(request, "The job is queued again."):
        retry_job(admin_actor(request), found)
        ring()
    return redirect("admin:annotations_run_change", run.pk)


def _find(request: HttpRequest, pk: UUID) -> Run:
    mine = Run.objects.filter(corpus__in=corpora_reached(request, Role.VIEWER))
    run = get_object_or_404(mine.select_related("corpus", "pipeline"), pk=pk)
    check_role(request, run.corpus_id, Role.LEAD if request.method == "POST" else Role.VIEWER)
    return run
