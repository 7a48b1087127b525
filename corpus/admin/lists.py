"""Lists whose cost does not grow with the table: no count, and pages by key instead of by offset."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

BEFORE = "before"


class KeysetChangeList(ChangeList):
    """Newest first; `?before=<key>` goes on where a page ended."""

    older: str = ""
    first_page: bool = True
    #: What it takes of an admin: `keyset` and `keyset_attribute`, see ScopedAdmin.
    model_admin: Any

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(BEFORE, None)
        return found

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        return super().get_query_string(new_params, [*(remove or []), BEFORE])

    def get_results(self, request: HttpRequest) -> None:
        queryset = self._after_the_last_page(request)
        rows = list(queryset[: self.list_per_page + 1])
        shown = rows[: self.list_per_page]
        if len(rows) > len(shown):
            key = getattr(shown[-1], self.model_admin.keyset_attribute)
            self.older = super().get_query_string({BEFORE: str(key)})
        self.result_list = shown
        self.result_count = self.full_result_count = len(shown)
        self.show_full_result_count = False
        self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.paginator = Paginator(shown, self.list_per_page)

    def _after_the_last_page(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.queryset
        before = request.GET.get(BEFORE)
        self.first_page = not before
        if not before:
            return rows
        keyset = self.model_admin.keyset
        field = self.opts.pk if keyset == "pk" else get_fields_from_path(self.model, keyset)[-1]
        try:
            key = field.to_python(before)
        except ValidationError as error:
            raise IncorrectLookupParameters(error) from error
        return rows.filter(**{f"{keyset}__lt": key})
