# ruff: noqa: ARG002 - the signatures are Django's
"""The audit trail, to read; in a blind corpus without what others reviewed."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from annotations.services.seeing import events_seen_by
from corpus.admin.access import ScopedAdmin, chosen_corpus, first_corpus_redirect, roles_of
from corpus.admin.filters import AddedFilter, CorpusFilter
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Event

ACTIONS = (
    "article.created", "article.amended", "article.described", "article.joined", "article.erased",
    "layer.landed", "job.parked", "revision.moved",
    "review.accept", "review.correct", "review.reject", "review.skip", "review.add", "review.retract",
    "pass.submitted", "pass.reopened", "run.started", "run.cancelled", "export.made", "release.made",
    "corpus.configured",
    "member.added", "member.changed", "member.removed", "guideline.published", "scheme.published",
    "rereview.opened", "rereview.closed",
)  # fmt: skip


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(action, action) for action in ACTIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class ObjectFilter(admin.SimpleListFilter):
    title = "object"
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = (
            "article",
            "revision",
            "layer",
            "review",
            "job",
            "run",
            "pipeline",
            "export",
            "release",
            "corpus",
            "token",
        )
        return [(kind, kind) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(object_type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ScopedAdmin[Event]):
    list_display = ("at", "actor_named", "via", "action", "object", "reason", "position")
    list_display_links = ("at", "action")
    list_select_related = ("actor",)
    list_filter = (CorpusFilter, ActionFilter, ObjectFilter, AddedFilter)
    allowed_lookups = ("corpus", "action", "object_type", "added", "object_id", "subject_id")
    fields = (
        "at", "actor_named", "via", "request_id", "corpus", "action", "object_type", "object_id",
        "subject_id", "before_shown", "after_shown", "reason", "versions", "position", "hash",
    )  # fmt: skip

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return first_corpus_redirect(request) or super().changelist_view(request, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Return the events of the chosen corpus that this person may see."""
        rows = super().get_queryset(request)
        corpus = chosen_corpus(request)
        return self._seen(request, corpus, rows.filter(corpus=corpus)) if corpus else rows.none()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        rows = ScopedAdmin.get_queryset(self, request)
        field = self.opts.pk
        try:
            event = rows.select_related("corpus").filter(pk=field.to_python(object_id)).first()
        except Exception:  # noqa: BLE001 - whatever is no id names nothing
            return None
        if event is None or event.corpus is None:
            return None
        return self._seen(request, event.corpus, rows.filter(pk=event.pk)).first()

    def _seen(self, request: HttpRequest, corpus: Corpus, rows: QuerySet[Event]) -> QuerySet[Event]:
        return events_seen_by(admin_actor(request), corpus, roles_of(request)[corpus.pk], rows)

    @admin.display(description="actor")
    def actor_named(self, event: Event) -> str:
        return str(event.actor) if event.actor else "Attest"

    @admin.display(description="object")
    def object(self, event: Event) -> str:
        return f"{event.object_type} …{event.object_id[-12:]}"

    @admin.display(description="before")
    def before_shown(self, event: Event) -> str:
        return _shown(event.before)

    @admin.display(description="after")
    def after_shown(self, event: Event) -> str:
        return _shown(event.after)


def _shown(value: Any) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False, indent=1)
