"""The admin site: for every member of a corpus, not for staff alone."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AttestAdminSite(admin.AdminSite):
    site_header = "Attest"
    site_title = "Attest"
    index_title = _("Work")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Let in whoever has an account; what each sees is a matter of the corpora they are members of."""
        return request.user.is_active and request.user.is_authenticated


class AttestAdminConfig(AdminConfig):
    default_site = "config.admin.AttestAdminSite"
