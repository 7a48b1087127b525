"""Pages by cursor: their cost does not grow with the corpus, and nothing is skipped while others write."""

from typing import Any

from rest_framework.pagination import CursorPagination


class CursorPage(CursorPagination):
    """Newest first; `limit` asks for fewer or more, up to a hard cap."""

    page_size = 50
    max_page_size = 200
    page_size_query_param = "limit"
    ordering: Any = "-id"
    # A cursor is an id; DRF's own offset within equal values is never needed, as ids are unique.
    offset_cutoff = 0
