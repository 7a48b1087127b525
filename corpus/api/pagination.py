"""Pages by cursor: their cost does not grow with the corpus, and nothing is skipped while others write."""

import re
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from corpus.services.errors import BadInput

PAGE = 50
MAX_PAGE = 200
WHOLE = re.compile(r"[0-9]{1,9}\Z")

Row = TypeVar("Row", bound=Model)


def page_of(
    request: Request,
    rows: QuerySet[Row, Any],
    render: Callable[[Any], dict[str, Any]],
    *,
    newest_first: bool = True,
) -> dict[str, Any]:
    """Return a page of `rows` by their id, which is their order in time, and the address of the next one.

    One query of one row more than the page has; `render` gets what the query set yields.
    """
    limit = page_limit(request)
    cursor = request.query_params.get("cursor")
    if cursor:
        place = cursor_id(cursor, whole=rows.model._meta.pk.get_internal_type() != "UUIDField")
        rows = rows.filter(pk__lt=place) if newest_first else rows.filter(pk__gt=place)
    found = list(rows.order_by("-pk" if newest_first else "pk")[: limit + 1])
    page = found[:limit]
    return {
        "next": next_address(request, page[-1].pk) if len(found) > limit else None,
        "results": [render(row) for row in page],
    }


def page_limit(request: Request) -> int:
    """Return how many rows were asked for, within the hard cap."""
    asked = request.query_params.get("limit")
    if asked is None:
        return PAGE
    if not WHOLE.match(asked) or int(asked) < 1:
        raise BadInput("limit is a whole number from 1.", field="limit")
    return min(int(asked), MAX_PAGE)


def cursor_id(cursor: str, *, whole: bool = False) -> UUID | int:
    try:
        return int(cursor) if whole and WHOLE.match(cursor) else UUID(hex=cursor)
    except ValueError:
        raise BadInput("This cursor is none of ours; begin again without one.", field="cursor") from None


def next_address(request: Request, last: object) -> str:
    query = request.query_params.copy()
    query["cursor"] = last.hex if isinstance(last, UUID) else str(last)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
