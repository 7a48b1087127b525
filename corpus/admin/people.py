# ruff: noqa: ARG002 - the signatures are Django's
"""Accounts, for superusers alone. Nobody else can give anybody any right, whatever a form says."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from corpus.admin.lists import KeysetChangeList
from corpus.api.authentication import admin_actor
from corpus.models import User
from corpus.services.people import record_account

admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """A superuser's rights are over accounts; they give no look into a corpus."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email", "pseudonym", "public_id")}),
        ("Rights", {"fields": ("is_active", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("public_id", "last_login", "date_joined")
    filter_horizontal = ()
    list_display = ("username", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    allowed_lookups = ("is_active__exact", "is_superuser__exact")
    ordering = ("-pk",)
    sortable_by = ()
    keyset = keyset_attribute = "pk"
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    change_list_template = "attest/change_list.html"
    change_form_template = "attest/change_form.html"
    add_form_template = "attest/person_add.html"
    change_user_password_template = "attest/person_password.html"  # noqa: S105 - a template

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup in self.allowed_lookups

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never: what people decided keeps its author."""
        return False

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return super().user_change_password(request, id, form_url)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no page for it: the trail of accounts belongs to no corpus."""
        raise Http404

    def log_addition(self, request: HttpRequest, obj: User, message: Any) -> Any:
        record_account(admin_actor(request), obj, "account.made", fields=[])

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        fields = [name for part in message for name in part.get("changed", {}).get("fields", [])]
        record_account(admin_actor(request), obj, "account.changed", fields=fields)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)
