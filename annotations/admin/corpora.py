"""The pages of a corpus that are about labels: its machines, its exports, the work on it."""

from typing import ClassVar
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls.resolvers import URLPattern

from annotations.admin import exports, learning
from annotations.admin.agreement import agreement_page, differences_page
from annotations.admin.comments import corpus_comments_page
from annotations.admin.disputes import dispute_page, disputes_page
from annotations.admin.figures import figures_page
from annotations.admin.queue import return_page, take_page, work_page
from annotations.admin.releases import release_page, releases_page
from annotations.admin.rereviews import rereviews_page
from annotations.admin.sheet import workbench_styles
from annotations.admin.vigilance import vigilance_page
from annotations.admin.webhooks import webhook_page, webhooks_page
from annotations.extraction import CONFIGURED, PIPELINES
from annotations.models import Pipeline, Run
from annotations.services.pipelines import activate_pipeline, retire_pipeline, start_run
from annotations.tasks import ring
from corpus.admin.access import corpus_or_404
from corpus.admin.corpora import CorpusAdmin
from corpus.admin.pages import Tab, corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role


@admin.register(Corpus)
class LabelledCorpusAdmin(CorpusAdmin):
    tabs: ClassVar[list[Tab]] = [
        *CorpusAdmin.tabs,
        Tab(name="machines", title="Machines", role=Role.VIEWER),
        Tab(name="comments", title="Comments", role=Role.REVIEWER),
        Tab(name="disputes", title="Disputes", role=Role.ADJUDICATOR),
        Tab(name="work", title="Work", role=Role.LEAD),
        Tab(name="rereviews", title="Re-review", role=Role.LEAD),
        Tab(name="figures", title="Figures", role=Role.ADJUDICATOR),
        Tab(name="agreement", title="Agreement", role=Role.ADJUDICATOR),
        Tab(name="vigilance", title="Vigilance", role=Role.REVIEWER),
        Tab(name="export", title="Export", role=Role.LEAD),
        Tab(name="releases", title="Releases", role=Role.LEAD),
        Tab(name="webhooks", title="Webhooks", role=Role.LEAD),
    ]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("machines/", machines_page, "machines"),
            *(self.route(*place) for place in learning.pages()),
            *(self.route(*place) for place in exports.pages()),
            self.route("take/", take_page, "take"),
            self.route("return/", return_page, "return"),
            self.route("work/", work_page, "work"),
            self.route("rereviews/", rereviews_page, "rereviews"),
            self.route("disputes/", disputes_page, "disputes"),
            self.route("disputes/<uuid:dispute_id>/", dispute_page, "dispute"),
            self.route("figures/", figures_page, "figures"),
            self.route("agreement/", agreement_page, "agreement"),
            self.route("agreement/articles/", differences_page, "differences"),
            self.route("vigilance/", vigilance_page, "vigilance"),
            self.route("comments/", corpus_comments_page, "comments"),
            self.route("releases/", releases_page, "releases"),
            self.route("releases/<uuid:release_id>/", release_page, "release"),
            self.route("workbench-<int:number>.css", workbench_styles, "workbench_styles", cacheable=True),
            self.route("webhooks/", webhooks_page, "webhooks"),
            self.route("webhooks/<uuid:webhook_id>/", webhook_page, "webhook"),
            *super().get_urls(),
        ]


def machines_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show pipelines and runs; a lead puts pipelines in and out of service and starts runs."""
    corpus = corpus_or_404(request, pk, Role.LEAD if request.method == "POST" else Role.VIEWER)
    if request.method == "POST":
        return _tell_machines(request, corpus)
    pipelines = list(Pipeline.objects.filter(corpus=corpus).order_by("-active", "name", "-pk")[:100])
    active = {pipeline.name for pipeline in pipelines if pipeline.active}
    return corpus_page(
        request,
        corpus,
        "attest/corpus_machines.html",
        tab="machines",
        pipelines=pipelines,
        runnable=[pipeline for pipeline in pipelines if pipeline.active and not pipeline.external],
        offered=sorted(set(PIPELINES) - CONFIGURED - active),
        runs=Run.objects.filter(corpus=corpus).select_related("pipeline", "started_by")[:10],
    )


def _tell_machines(request: HttpRequest, corpus: Corpus) -> HttpResponse:
    actor, form = admin_actor(request), request.POST
    if "activate" in form:
        with telling(request, "The pipeline is in service: each new article gets its suggestions."):
            activate_pipeline(actor, corpus, form["activate"])
    elif "retire" in form:
        pipeline = Pipeline.objects.filter(corpus=corpus, name=form["retire"], active=True).first()
        if pipeline:
            with telling(request, "The pipeline is out of service; what it said stays."):
                retire_pipeline(actor, pipeline)
    elif "run" in form:
        with telling(request):
            run = start_run(actor, corpus, form["run"])
            ring()
            return redirect("admin:annotations_run_change", run.pk)
    return redirect("admin:corpus_corpus_machines", corpus.pk)
