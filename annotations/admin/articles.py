# ruff: noqa: ARG002 - the signatures are Django's
"""Articles to read: the list, and the page of one with its text, its layers and what may be done with it."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.urls.resolvers import URLPattern

from annotations.admin.comments import comments_page, open_threads
from annotations.admin.highlight import Mark, painted
from annotations.admin.reviewing import review_page
from annotations.admin.workbench import workbench_page, workbench_state
from annotations.admin.worklist import WorkList
from annotations.models import Layer, LayerKind
from annotations.services.due import demands_of, outdated_gold
from annotations.services.erasing import erase_article
from annotations.services.reading import LayerView, layer_name, layers_and_terms, read_layers
from annotations.services.seeing import status_seen_by
from annotations.services.showing import Shown, shown_to
from annotations.services.texts import text_blocks
from corpus.admin.access import ScopedAdmin, check_role, person, reaches, roles_of
from corpus.admin.pages import page
from corpus.api.authentication import admin_actor
from corpus.models import Article, Revision, RevisionStatus, Role, Scheme
from corpus.services.errors import ServiceError
from corpus.text.spans import SURFACE_JOINT

#: Addresses that become links. Everything else, javascript: above all, stays text.
LINKED = ("http://", "https://")
#: Articles of a story that the page of one of them names.
STORY_SHOWN = 20


@admin.register(Article)
class ArticleAdmin(ScopedAdmin[Article]):
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return WorkList(Revision, self.admin_site).changelist_view(request, extra_context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the article. There is no form for it: nobody edits a text."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        try:
            pk = UUID(unquote(object_id))
        except ValueError:
            raise Http404 from None
        return article_page(request, pk)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<uuid:pk>/review/", self.admin_site.admin_view(review_page), name="corpus_article_review"),
            path(
                "<uuid:pk>/workbench/",
                self.admin_site.admin_view(workbench_page),
                name="corpus_article_workbench",
            ),
            path(
                "<uuid:pk>/workbench/state/",
                self.admin_site.admin_view(workbench_state),
                name="corpus_article_state",
            ),
            path(
                "<uuid:pk>/comments/",
                self.admin_site.admin_view(comments_page),
                name="corpus_article_comments",
            ),
            path("<uuid:pk>/erase/", self.admin_site.admin_view(erase_page), name="corpus_article_erase"),
            *super().get_urls(),
        ]


def article_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    revisions = list(
        Revision.objects.filter(article_id=pk)
        .without_text()
        .order_by("-number")
        .values("pk", "number", "created_at")
    )
    revision = _wanted(request, pk)
    corpus = revision.article.corpus
    may_review = reaches(request, corpus.pk, Role.REVIEWER)
    actor = admin_actor(request)
    layers, terms = layers_and_terms(actor, corpus, roles_of(request)[corpus.pk], revision)
    shown = shown_to(actor, terms, revision, layers)
    chosen = _chosen(layers, request.GET.get("layer", ""))
    view = _read(shown, chosen) if chosen else None
    beside = next((layer for layer in layers if str(layer.pk) == request.GET.get("beside", "")), None)
    blocks = text_blocks([revision.pk])[revision.pk]
    older = _older(view, corpus.pk)
    others = _others_of_story(revision.article)
    return page(
        request,
        "attest/article.html",
        title=revision.article.title or revision.article.external_id,
        article=revision.article,
        corpus=corpus,
        revision=revision,
        revisions=revisions,
        layers=[(layer, _named(request, layer), layer == chosen) for layer in layers],
        chosen=chosen,
        chosen_name=_named(request, chosen) if chosen else "",
        beside=beside,
        beside_name=_named(request, beside) if beside else "",
        beside_text=painted(revision.text, blocks, _marks(_read(shown, beside))) if beside else "",
        standing=_said(view, older),
        older=older,
        text=painted(revision.text, blocks, _marks(view)),
        seen_status=RevisionStatus(revision.seen_status).label,  # type: ignore[attr-defined]
        status_name=revision.seen_status,  # type: ignore[attr-defined]
        linked_url=revision.article.url if revision.article.url.lower().startswith(LINKED) else "",
        metadata=sorted(revision.article.metadata.items()),
        scheme_number=Scheme.objects.filter(corpus=corpus).values_list("number", flat=True).first(),
        story=others[:STORY_SHOWN],
        story_goes_on=len(others) > STORY_SHOWN,
        may_review=may_review,
        open_threads=open_threads(request, revision.article) if may_review else 0,
        may_erase=reaches(request, corpus.pk, Role.OWNER),
    )


def _others_of_story(article: Article) -> list[Article]:
    """Return the other articles of the same story, the earliest first; at most one more than are shown."""
    if article.story is None:
        return []
    others = Article.objects.filter(story=article.story).exclude(pk=article.pk)
    return list(others.select_related("outlet").order_by("pk")[: STORY_SHOWN + 1])


def _read(shown: Shown | None, layer: Layer) -> LayerView:
    """Return a layer read whole, as it is shown to this person where the terms of their pass alter it."""
    return (shown.view_of(layer) if shown else None) or read_layers([layer])[0]


def _wanted(request: HttpRequest, pk: UUID) -> Revision:
    """Return the current revision of an article, or the one that the address numbers; 404 for strangers."""
    article = Article.objects.filter(pk=pk).select_related("corpus").first()
    if article is None:
        raise Http404
    check_role(request, article.corpus_id, Role.VIEWER)
    revisions: QuerySet[Revision] = Revision.objects.filter(article_id=pk)
    number = request.GET.get("revision", "")
    revisions = (
        revisions.filter(number=int(number))
        if number.isascii() and number.isdigit()
        else revisions.filter(current=True)
    )
    role = roles_of(request)[article.corpus_id]
    seen = status_seen_by(admin_actor(request), article.corpus, role, revisions)
    revision: Revision | None = seen.select_related("article", "article__corpus", "article__outlet").first()
    if revision is None:
        raise Http404
    return revision


def _chosen(layers: list[Layer], name: str) -> Layer | None:
    """Return the layer that the address names, or else gold, one's own, or an active machine's."""
    named = next((layer for layer in layers if str(layer.pk) == name), None)
    order = {"gold": 0, "reviewer": 1, "machine": 2}
    ranked = sorted(
        layers, key=lambda layer: (order[layer.kind], not (layer.pipeline and layer.pipeline.active))
    )
    return named or next(iter(ranked), None)


def _named(request: HttpRequest, layer: Layer) -> str:
    if layer.reviewer_id == person(request).pk:
        return "mine"
    return str(layer.reviewer) if layer.reviewer else layer_name(layer)


def _standing(view: LayerView | None) -> list[Any]:
    return sorted(view.standing.values(), key=lambda row: (row.start, row.end)) if view else []


def _older(view: LayerView | None, corpus_id: UUID) -> Collection[UUID]:
    """Return the lines of gold that a re-review asks for under a newer guideline."""
    if view is None or view.layer.kind != LayerKind.GOLD:
        return ()
    return outdated_gold(view, demands_of(corpus_id))


def _said(view: LayerView | None, older: Collection[UUID]) -> list[tuple[Any, str, bool]]:
    """Return what stands, each with its whole surface, and whether it was decided by an older rule."""
    return [
        (row, SURFACE_JOINT.join([row.surface, *view.further_surfaces.get(row.pk, ())]), row.root in older)
        for row in _standing(view)
        if view is not None
    ]


def _marks(view: LayerView | None) -> list[Mark]:
    return [
        Mark(row=str(row.pk), label=row.label, segments=view.segments_of(row), state="kept")
        for row in _standing(view)
        if view is not None
    ]


def erase_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask for a reason and for the external id once more, then erase; for owners."""
    article = Article.objects.filter(pk=pk).select_related("corpus").first()
    if article is None:
        raise Http404
    check_role(request, article.corpus_id, Role.OWNER)
    refused = ""
    if request.method == "POST":
        try:
            _erase(request, article)
        except ServiceError as error:
            refused = error.message
        else:
            messages.success(request, "The article is erased: its words are gone, its trail stays.")
            return redirect("admin:corpus_article_change", article.pk)
    return page(
        request,
        "attest/article_erase.html",
        title=f"Erase {article}",
        article=article,
        corpus=article.corpus,
        refused=refused,
        given=request.POST,
        status=400 if refused else 200,
    )


def _erase(request: HttpRequest, article: Article) -> None:
    if request.POST.get("confirm", "").strip() != article.external_id:
        raise ServiceError("The external id that you typed is another one. Nothing is erased.")
    erase_article(admin_actor(request), article, reason=request.POST.get("reason", ""))
