# ruff: noqa: ARG002 - the signatures are Django's
"""What became of each delivery."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from corpus.admin.access import ScopedAdmin
from corpus.admin.filters import CorpusFilter
from corpus.models import IngestRejection, IngestReport, Role


class RejectionInline(admin.TabularInline[IngestRejection, IngestReport]):
    model = IngestRejection
    fields = readonly_fields = ("place", "reason")
    extra = 0
    max_num = 0
    can_delete = False
    verbose_name_plural = "refused rows"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(IngestReport)
class IngestReportAdmin(ScopedAdmin[IngestReport]):
    view_role = Role.LEAD
    allowed_lookups = ("corpus",)
    list_filter = (CorpusFilter,)
    list_display = (
        "started_at", "corpus", "source", "created", "amended", "unchanged", "rejected", "started_by",
    )  # fmt: skip
    list_select_related = ("corpus", "started_by")
    fields = (
        "corpus", "source", "started_by", "started_at", "finished_at", "created", "amended",
        "unchanged", "rejected",
    )  # fmt: skip
    inlines = (RejectionInline,)
