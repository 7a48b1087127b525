"""Training, and how well a pipeline does: figures, constructions, and the errors in their text."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from annotations.extraction.mistakes import Judgement, Kind
from annotations.models import Pipeline, Training, TrainingStatus
from annotations.models.learning import OPEN_TRAININGS, LearnerName
from annotations.services.evaluating import report_on
from annotations.services.in_hand import in_hand
from annotations.services.trainings import cancel_training, open_learners, start_training
from annotations.tasks import ring_trainings
from corpus.admin.access import corpus_or_404, person
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Revision, Role
from corpus.text.spans import Span

#: Errors a page, and the characters of context on each side of one.
PAGE = 30
CONTEXT = 90
FIGURES = (
    ("found", "Found", "quotes that share half of their words or more with one that people marked (F1)"),
    ("attributed", "With the right source", "found, and said by whom people say (F1)"),
    ("trimmed", "Word for word", "the same words, but for marks at the ends (F1)"),
    ("source_right", "Source right", "of those found that have a source"),
    ("cue_right", "Cue right", "of those found that have a cue"),
    ("recall_direct", "Direct", "share of the direct quotes that is found"),
    ("recall_mixed", "Mixed", "share of the mixed quotes that is found"),
    ("recall_indirect", "Indirect", "share of the indirect quotes that is found"),
)
WORDS = {
    Kind.MISSED: "missed",
    Kind.SPURIOUS: "no quote",
    Kind.SOURCE: "wrong source",
    Kind.BOUNDARY: "wrong boundary",
    Kind.CUE: "wrong cue",
    Kind.RIGHT: "right",
}


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """A stretch of the text around one error, as one side marks it."""

    before: str
    marked: str
    after: str
    source: str
    cue: str


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One error as the page shows it."""

    title: str
    url: str
    kind: str
    words: str
    reason: str
    people: Excerpt | None
    machine: Excerpt | None


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One construction: how often it is right, and in which ways wrong, as parts of a bar of 100."""

    name: str
    total: int
    parts: list[tuple[str, str, int, float, float]]


def training_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the trainings of a corpus; a lead starts one."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    if request.method == "POST":
        with telling(request, "The training waits for a worker; this page follows it."):
            start_training(admin_actor(request), corpus, request.POST.get("learner") or LearnerName.LIGHT)
            ring_trainings()
        return redirect("admin:corpus_corpus_training", corpus.pk)
    trainings = list(
        Training.objects.filter(corpus=corpus).select_related("pipeline", "rival", "started_by")[:20]
    )
    return corpus_page(
        request,
        corpus,
        "attest/corpus_training.html",
        tab="machines",
        trainings=trainings,
        learners=[(name, label) for name, label in LearnerName.choices if name in open_learners()],
        working=next((row for row in trainings if row.status in OPEN_TRAININGS), None),
    )


@require_safe
def training_progress(request: HttpRequest, pk: UUID, training_id: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD)
    training = get_object_or_404(Training, pk=training_id, corpus=corpus)
    return JsonResponse(
        {
            "status": training.status,
            "stage": training.stage,
            "finished": training.status not in OPEN_TRAININGS,
        }
    )


@require_POST
def cancel_training_page(request: HttpRequest, pk: UUID, training_id: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD)
    training = get_object_or_404(Training, pk=training_id, corpus=corpus)
    with telling(request):
        if cancel_training(admin_actor(request), training):
            messages.success(request, "The training is cancelled.")
    return redirect("admin:corpus_corpus_training", corpus.pk)


@require_safe
def evaluation_page(request: HttpRequest, pk: UUID, pipeline_id: UUID) -> HttpResponse:
    """Show how a pipeline does on what people settled. For leads: it shows what others decided."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    pipeline = get_object_or_404(Pipeline, pk=pipeline_id, corpus=corpus)
    kind, construction = request.GET.get("kind", ""), request.GET.get("construction", "")
    if kind and kind not in list(Kind):
        raise Http404("There is no such kind of error.")
    report = report_on(corpus, pipeline)
    # Nobody is shown what others say of a text that they have in hand themselves.
    held = Revision.objects.filter(in_hand(person(request).pk), corpus=corpus)
    hidden = set(held.values_list("pk", flat=True))
    wrong = [
        (revision, judged)
        for revision, judged in report.judgements
        if revision.pk not in hidden
        and (judged.kind == kind if kind else judged.kind is not Kind.RIGHT)
        and construction in ("", judged.construction)
    ]
    shown = Paginator(wrong, PAGE).get_page(request.GET.get("page"))
    counts = Counter(judged.kind for _, judged in report.judgements)
    return corpus_page(
        request,
        corpus,
        "attest/corpus_evaluation.html",
        tab="machines",
        pipeline=pipeline,
        training=Training.objects.filter(pipeline=pipeline, status=TrainingStatus.DONE).first(),
        report=report,
        figures=[(name, report.figures.get(key), words) for key, name, words in FIGURES],
        kinds=[(item.value, WORDS[item], counts[item]) for item in Kind],
        legend=[(item.value, WORDS[item]) for item in Kind],
        bars=[_bar(name, held) for name, held in list(report.constructions.items())[:40]],
        kind=kind,
        construction=construction,
        shown=shown,
        mistakes=[_mistake(revision, judged) for revision, judged in shown],
    )


def _bar(name: str, counts: Counter[Kind]) -> Bar:
    parts, place = [], 0.0
    for kind in reversed(Kind):
        if counts[kind]:
            width = 100 * counts[kind] / counts.total()
            parts.append((kind.value, WORDS[kind], counts[kind], round(place, 2), round(width, 2)))
            place += width
    return Bar(name=name, total=counts.total(), parts=parts)


def _mistake(revision: Revision, judged: Judgement) -> Mistake:
    url = reverse("admin:corpus_article_change", args=[revision.article_id])
    return Mistake(
        title=str(revision.article),
        url=url,
        kind=judged.kind.value,
        words=WORDS[judged.kind],
        reason=judged.found.reason if judged.found else "",
        people=_excerpt(revision.text, judged, people=True),
        machine=_excerpt(revision.text, judged, people=False),
    )


def _excerpt(text: str, judged: Judgement, *, people: bool) -> Excerpt | None:
    said = judged.gold if people else judged.found
    if said is None:
        return None
    start, end = said.span
    return Excerpt(
        before=("…" if start > CONTEXT else "") + text[max(0, start - CONTEXT) : start],
        marked=text[start:end],
        after=text[end : end + CONTEXT] + ("…" if end + CONTEXT < len(text) else ""),
        source=_words(text, said.source),
        cue=_words(text, said.cue),
    )


def _words(text: str, span: Span | None) -> str:
    return text[span.start : span.end] if span else ""


def pages() -> list[tuple[str, Any, str]]:
    """Return the addresses of these pages below a corpus, with their views and names."""
    return [
        ("machines/training/", training_page, "training"),
        ("machines/training/<uuid:training_id>/progress.json", training_progress, "training_progress"),
        ("machines/training/<uuid:training_id>/cancel/", cancel_training_page, "training_cancel"),
        ("machines/<uuid:pipeline_id>/", evaluation_page, "evaluation"),
    ]
