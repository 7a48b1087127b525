"""The admin site: for every member of a corpus, not for staff alone."""

from http import HTTPStatus
from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class AttestAdminSite(admin.AdminSite):
    site_header = "Attest"
    site_title = "Attest"
    site_url = None
    index_title = _("Start")
    enable_nav_sidebar = False
    index_template = "attest/index.html"
    app_index_template = "attest/app_index.html"
    login_template = "attest/login.html"
    logout_template = "attest/logged_out.html"
    password_change_template = "attest/password_change.html"  # noqa: S105 - a template
    password_change_done_template = "attest/password_changed.html"  # noqa: S105 - a template

    @property
    def login_form(self) -> type[Form]:  # type: ignore[override]
        """Looked up late: this module is read before there are models."""
        form: type[Form] = import_string("corpus.admin.signing_in.SignInForm")
        return form

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Answer too many tries with their own status."""
        response = super().login(request, extra_context)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if wait := getattr(form, "seconds_to_wait", 0):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
            response.headers["Retry-After"] = str(wait)
        return response

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever has an account; what each sees is a matter of the corpora they are members of."""
        return bool(request.user.is_active and request.user.is_authenticated)


class AttestAdminConfig(AdminConfig):
    default_site = "config.admin.AttestAdminSite"
