"""What the pages that are no model's form have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from corpus.admin.access import reaches
from corpus.models import Corpus, Role
from corpus.services.errors import NotFound, ServiceError


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A page of a corpus, and the role that it is for."""

    name: str
    title: str
    role: Role

    @property
    def url_name(self) -> str:
        return f"admin:corpus_corpus_{self.name}"


def page(
    request: HttpRequest, template: str, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """Return a page of the admin."""
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), "title": title, **context}, status=status
    )


def corpus_page(
    request: HttpRequest, corpus: Corpus, template: str, *, tab: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """Return one of the pages of a corpus, with the tabs that the person's role reaches."""
    known: list[Tab] = admin.site.get_model_admin(Corpus).tabs  # type: ignore[attr-defined]
    tabs = [
        (known_tab.title, reverse(known_tab.url_name, args=[corpus.pk]), known_tab.name == tab)
        for known_tab in known
        if reaches(request, corpus.pk, known_tab.role)
    ]
    return page(
        request,
        template,
        title=corpus.name,
        status=status,
        corpus=corpus,
        tabs=tabs,
        is_lead=reaches(request, corpus.pk, Role.LEAD),
        is_owner=reaches(request, corpus.pk, Role.OWNER),
        **context,
    )


@contextmanager
def telling(request: HttpRequest, done: str = "") -> Iterator[None]:
    """Turn what a service refuses into a message, and success into `done`; what is missing stays a 404."""
    try:
        yield
    except NotFound as error:
        raise Http404(error.message) from None
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        if done:
            messages.success(request, done)
