# ruff: noqa: ARG002 - the signatures are Django's
"""One's own keys to the API: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils import timezone
from django.views.decorators.http import require_POST

from corpus.admin.access import ScopedAdmin, person
from corpus.admin.forms import TokenForm
from corpus.admin.pages import page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Token
from corpus.services.errors import ServiceError
from corpus.services.tokens import make_token, revoke_token


@admin.register(Token)
class TokenAdmin(ScopedAdmin[Token]):
    list_display = (
        "name",
        "hint",
        "scopes_listed",
        "corpus",
        "created_at",
        "expires_at",
        "last_used_at",
        "state",
    )
    list_select_related = ("corpus",)
    fields = ("name", "hint", "scopes_listed", "corpus", "created_at", "expires_at", "last_used_at", "state")
    change_form_template = "attest/token.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return admin.ModelAdmin.get_queryset(self, request).filter(user_id=person(request).pk)

    def has_view_permission(self, request: HttpRequest, obj: Token | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return True

    def get_urls(self) -> list[URLPattern]:
        revoke = path(
            "<uuid:pk>/revoke/", self.admin_site.admin_view(revoke_page), name="corpus_token_revoke"
        )
        return [revoke, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a token and show its secret on this one answer; no address shows it again."""
        form = TokenForm(request.POST or None, user_id=person(request).pk)
        if form.is_valid():
            try:
                token, secret = make_token(admin_actor(request), user=person(request), **form.cleaned_data)
            except ServiceError as error:
                form.add_error(error.details.get("field"), error.message)
            else:
                return page(request, "attest/token_made.html", title="Token made", token=token, secret=secret)
        return page(request, "attest/token_add.html", title="Make a token", form=form)

    @admin.display(description="scopes")
    def scopes_listed(self, token: Token) -> str:
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: Token) -> str:
        if token.revoked_at:
            return "revoked"
        return "expired" if token.expires_at and token.expires_at <= timezone.now() else "in use"


@require_POST
def revoke_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    token = get_object_or_404(Token, pk=pk, user_id=person(request).pk)
    with telling(request, f"{token.name} opens nothing any more."):
        revoke_token(admin_actor(request), token)
    return redirect("admin:corpus_token_changelist")
