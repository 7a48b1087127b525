# ruff: noqa: ARG002 - the signatures are Django's
"""Who may see what on the pages: roles decide, as in the services. A foreign object is a missing one."""

from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from corpus.admin.lists import KeysetChangeList
from corpus.models import Corpus, Membership, Role, User

M = TypeVar("M", bound=Model)


def person(request: HttpRequest) -> User:
    """Return who is signed in; the site lets nobody else onto a page."""
    return cast(User, request.user)


def roles_of(request: HttpRequest) -> dict[UUID, Role]:
    """Return the roles of whoever is signed in, by corpus. One query a request."""
    kept: dict[UUID, Role] | None = request.META.get("attest.roles")
    if kept is None:
        rows = Membership.objects.filter(user_id=person(request).pk).values_list("corpus_id", "role")
        kept = request.META["attest.roles"] = {corpus_id: Role(role) for corpus_id, role in rows}
    return kept


def corpora_reached(request: HttpRequest, role: Role) -> list[UUID]:
    """Return the corpora in which whoever is signed in has `role` or more."""
    return [corpus_id for corpus_id, own in roles_of(request).items() if own.reaches(role)]


def reaches(request: HttpRequest, corpus_id: UUID, role: Role) -> bool:
    own = roles_of(request).get(corpus_id)
    return own is not None and own.reaches(role)


def check_role(request: HttpRequest, corpus_id: UUID, role: Role) -> None:
    """Refuse a page: 404 to strangers of the corpus, 403 to members whose role does not reach so far."""
    if corpus_id not in roles_of(request):
        raise Http404
    if not reaches(request, corpus_id, role):
        raise PermissionDenied


def corpus_or_404(request: HttpRequest, pk: UUID, role: Role = Role.VIEWER) -> Corpus:
    check_role(request, pk, role)
    return Corpus.objects.get(pk=pk)


def chosen_corpus(request: HttpRequest) -> Corpus | None:
    """Return the corpus that a list's address names, if one is a member of it. One query a request."""
    if "attest.corpus" not in request.META:
        mine = Corpus.objects.visible_to(person(request).pk)
        request.META["attest.corpus"] = mine.filter(slug=request.GET.get("corpus", "")).first()
    chosen: Corpus | None = request.META["attest.corpus"]
    return chosen


def first_corpus_redirect(request: HttpRequest) -> HttpResponse | None:
    """Lead a list without a corpus to that of one of my corpora, the newest; None for whoever has none."""
    if "corpus" in request.GET:
        return None
    mine = Corpus.objects.visible_to(person(request).pk).order_by("-pk")
    newest = mine.values_list("slug", flat=True).first()
    if newest is None:
        return None
    query = request.GET.copy()
    query["corpus"] = newest
    return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")


class ScopedAdmin(admin.ModelAdmin[M]):
    """Rows of the corpora that one is a member of, to read. Pages that write call a service."""

    #: Path of the ORM from a row to its corpus.
    corpus_path: ClassVar[str] = "corpus"
    view_role: ClassVar[Role] = Role.VIEWER
    #: Path of the ORM, and attribute of a row, of the column that lists are ordered and paged by.
    keyset: ClassVar[str] = "pk"
    keyset_attribute: ClassVar[str] = "pk"
    #: The parameters of a list that are obeyed; every other is refused, so that no one filters by a regex.
    allowed_lookups: ClassVar[tuple[str, ...]] = ()

    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 50
    change_list_template = "attest/change_list.html"
    change_form_template = "attest/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        mine = corpora_reached(request, self.view_role)
        return super().get_queryset(request).filter(**{f"{self.corpus_path}__in": mine})

    def get_ordering(self, request: HttpRequest) -> Any:
        return [f"-{self.keyset}"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.allowed_lookups

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return bool(corpora_reached(request, self.view_role))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the audit trail, which knows more than the admin's own log."""
        corpora = self.get_queryset(request).filter(pk=unquote(object_id))
        try:
            slug = corpora.values_list(
                "slug" if self.corpus_path == "pk" else f"{self.corpus_path}__slug", flat=True
            ).first()
        except (ValidationError, ValueError):
            slug = None
        if slug is None:
            raise Http404
        wanted = {"corpus": slug, "object_id": unquote(object_id)}
        return HttpResponseRedirect(f"{reverse('admin:corpus_event_changelist')}?{urlencode(wanted)}")

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Leave the log to the services' events."""

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Leave the log to the services' events."""
