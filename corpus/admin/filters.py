# ruff: noqa: ARG002 - the signatures are Django's
"""The filters that lists share."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from corpus.admin.access import person
from corpus.ids import first_id_of
from corpus.models import Corpus


class CorpusFilter(admin.SimpleListFilter):
    """One of my corpora. Needs `corpus_path` on the admin."""

    title = "corpus"
    parameter_name = "corpus"

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: Any
    ) -> None:
        self.path = model_admin.corpus_path
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        return list(Corpus.objects.visible_to(person(request).pk).values_list("slug", "name")[:100])

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 0

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        # The id is looked up first: a join by slug would keep the planner from the index (corpus, -id).
        corpus = Corpus.objects.visible_to(person(request).pk).filter(slug=value).first()
        return queryset.filter(**{self.path: corpus.pk}) if corpus else queryset.none()


class AddedFilter(admin.SimpleListFilter):
    """When a row came in, by its time-ordered id, so that it costs no more than the page."""

    title = "added"
    parameter_name = "added"

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: Any
    ) -> None:
        self.keyset = model_admin.keyset
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[Any, str]]:
        return [("1", "Past 24 hours"), ("7", "Past 7 days"), ("30", "Past 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in ("1", "7", "30"):
            return queryset
        since = timezone.now() - timedelta(days=int(value))
        return queryset.filter(**{f"{self.keyset}__gte": first_id_of(since)})
