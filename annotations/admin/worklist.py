# ruff: noqa: ARG002 - the signatures are Django's
"""The list of a corpus's articles, with the status that each has for whoever looks."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from annotations.admin.queue import in_hand
from annotations.services.seeing import OWN_STATUSES, sees_others_work, status_seen_by, with_seen_status
from corpus.admin.access import (
    ScopedAdmin,
    chosen_corpus,
    corpora_reached,
    first_corpus_redirect,
    person,
    reaches,
    roles_of,
)
from corpus.admin.filters import AddedFilter, CorpusFilter
from corpus.admin.lists import KeysetChangeList
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Revision, RevisionStatus, Role


class WorkChangeList(KeysetChangeList):
    def url_for_result(self, result: Any) -> str:
        return reverse("admin:corpus_article_change", args=[result.article_id])


class StatusFilter(admin.SimpleListFilter):
    """By the status as this person sees it, so that a filter tells no more than the list."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        corpus = chosen_corpus(request)
        if corpus is None:
            return []
        all_seen = sees_others_work(admin_actor(request), corpus, roles_of(request)[corpus.pk])
        known = [status for status in RevisionStatus if all_seen or status in OWN_STATUSES]
        return [(status.value, str(status.label)) for status in known if status != RevisionStatus.SUPERSEDED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Revision]) -> QuerySet[Revision]:
        status, corpus = self.value(), chosen_corpus(request)
        if not status or corpus is None:
            return queryset
        return with_seen_status(admin_actor(request), corpus, roles_of(request)[corpus.pk], queryset, status)


class LanguageFilter(admin.SimpleListFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        mine = Corpus.objects.visible_to(person(request).pk).order_by().values_list("language", flat=True)
        known = {*mine.distinct()[:50], self.value() or ""} - {""}
        return [(language, language) for language in sorted(known)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Revision]) -> QuerySet[Revision]:
        return queryset.filter(article__language=self.value()) if self.value() else queryset


class WorkList(ScopedAdmin[Revision]):
    """Rows are current revisions, which the indexes of the database hold in this order and by status.

    Not registered: the list of articles is its only page.
    """

    list_filter = (CorpusFilter, StatusFilter, LanguageFilter, AddedFilter)
    allowed_lookups = ("corpus", "status", "language", "added")
    list_display = ("titled", "outlet", "status_seen", "language", "published", "added", "review_link")
    list_display_links = ("titled",)
    search_fields = ("article__external_id",)
    search_help_text = "Words of the title, or the whole external id"
    change_list_template = "attest/articles.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        corpus = chosen_corpus(request)
        if corpus is None:
            return Revision.objects.none()
        rows = Revision.objects.filter(corpus=corpus).current().without_text().order_by("-pk")
        rows = rows.select_related("article", "article__outlet")
        return status_seen_by(admin_actor(request), corpus, roles_of(request)[corpus.pk], rows)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Revision], search_term: str
    ) -> tuple[QuerySet[Revision], bool]:
        words = search_term.split()[:10]
        if not words:
            return queryset, False
        titled = Q()
        for word in words:
            titled &= Q(article__title__icontains=word)
        return queryset.filter(titled | Q(article__external_id=search_term.strip())), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return WorkChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if redirect := first_corpus_redirect(request):
            return redirect
        corpus = chosen_corpus(request)
        context = {
            "heading": f"Articles of {corpus.name}" if corpus else "Articles",
            "corpus": corpus,
            "may_put_in": bool(corpus and reaches(request, corpus.pk, Role.LEAD)),
            "may_review": bool(corpus and reaches(request, corpus.pk, Role.REVIEWER)),
            "held": in_hand(person(request), corpus) if corpus else [],
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        mine = corpora_reached(request, Role.REVIEWER)
        corpus = chosen_corpus(request)
        shown = self.list_display if corpus and corpus.pk in mine else self.list_display[:-1]
        return tuple(str(name) for name in shown)

    @admin.display(description="title")
    def titled(self, revision: Revision) -> str:
        if revision.article.erased_at:
            return f"(erased) {revision.article.external_id}"
        return revision.article.title or revision.article.external_id

    @admin.display(description="outlet", empty_value="–")
    def outlet(self, revision: Revision) -> str | None:
        return revision.article.outlet.name if revision.article.outlet else None

    @admin.display(description="status")
    def status_seen(self, revision: Revision) -> str:
        status = RevisionStatus(revision.seen_status)  # type: ignore[attr-defined]
        return format_html('<span class="at-status at-{}">{}</span>', status.value, status.label)

    @admin.display(description="language", empty_value="–")
    def language(self, revision: Revision) -> str:
        return revision.article.language

    @admin.display(description="published", empty_value="–")
    def published(self, revision: Revision) -> Any:
        return revision.article.published_at and revision.article.published_at.date()

    @admin.display(description="put in")
    def added(self, revision: Revision) -> Any:
        return revision.created_at.date()

    @admin.display(description="workbench")
    def review_link(self, revision: Revision) -> str:
        url = reverse("admin:corpus_article_workbench", args=[revision.article_id])
        return format_html('<a href="{}">Review</a>', url)
