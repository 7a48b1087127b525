"""Say once, beside each route, what it takes and gives: the OpenAPI document and the checks come of it."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from corpus.api.guard import NDJSON

__all__ = ["NDJSON"]

Handler = TypeVar("Handler", bound=Callable[..., Any])

#: What any route may answer besides what it names itself.
USUAL_ERRORS = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE)
MEANING: dict[int, str] = {
    400: "What was sent cannot be used; the message names the place.",
    401: "No token or session, or one that no longer holds.",
    403: "Your role, or this token's scopes, do not reach so far.",
    404: "There is no such thing, or it is not yours to see: the two look the same.",
    409: "Not in this state.",
    410: "It was here, and is not any more; the message says why.",
    411: "Send the body with its length.",
    412: "Somebody was quicker: the version in If-Match is not the newest.",
    413: "The body is too large.",
    415: "This media type is not taken.",
    416: "No byte of the file lies in this range; `Content-Range` has its length.",
    422: "A span does not fit the text, or the Idempotency-Key was used for something else.",
    428: "If-Match is missing.",
    503: "The database does not answer; try again.",
}
CURSOR = (
    OpenApiParameter("cursor", str, description="Where the page begins, as `next` gave it."),
    OpenApiParameter("limit", int, description="Rows a page: 50, and 200 at most."),
)
OFFSET_UNIT = OpenApiParameter(
    "offset_unit", str, enum=["code_point", "utf16", "utf8"], description="What offsets count."
)
REVISION = OpenApiParameter(
    "revision", int, description="The number of a revision; the current one by default."
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag that you have read."
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Repeat a request with its key and you get its first answer, not a second effect.",
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200, 201], description="The version, for If-Match."
)


class ErrorShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField(help_text="A sentence for people.")
    details = serializers.DictField(help_text="What a program may want to know.")


def documented(
    name: str,
    summary: str,
    *,
    tag: str,
    response: Any = None,
    status: int = HTTPStatus.OK,
    responses: Mapping[Any, Any] | None = None,
    request: Any = None,
    query: Sequence[OpenApiParameter] = (),
    headers: Sequence[OpenApiParameter] = (),
    errors: Sequence[int] = (),
) -> Callable[[Handler], Handler]:
    """Document a method of a route. Query parameters that `query` does not name are refused with 400.

    `response` is what `status` brings, `responses` further successes; the usual errors need not be named.
    """
    found = dict(responses or {})
    if response is not None or not found:
        found[int(status)] = response
    failures = {*USUAL_ERRORS, *errors}
    if request is not None or IDEMPOTENCY_KEY in headers:
        failures |= {
            HTTPStatus.LENGTH_REQUIRED,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        }
    if IF_MATCH in headers:
        failures |= {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED}
    if IDEMPOTENCY_KEY in headers:
        failures.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    found |= {int(code): OpenApiResponse(ErrorShape, MEANING[int(code)]) for code in sorted(failures)}

    def document(handler: Handler) -> Handler:
        decorated = extend_schema(
            operation_id=name,
            summary=summary,
            description=(handler.__doc__ or "").strip() or summary,
            tags=[tag],
            request=request,
            responses=found,
            parameters=[*query, *headers],
        )(handler)
        decorated.query_names = frozenset(parameter.name for parameter in query)  # type: ignore[attr-defined]
        return decorated

    return document


def paged(shape: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the shape of a page by cursor of `shape`."""
    return type(
        f"{shape.__name__.removesuffix('Shape')}PageShape",
        (serializers.Serializer,),
        {
            "next": serializers.URLField(allow_null=True, help_text="The next page; null on the last one."),
            "results": shape(many=True),
        },
    )


def listed(shape: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the shape of a short list that is given whole."""
    return type(
        f"{shape.__name__.removesuffix('Shape')}ListShape",
        (serializers.Serializer,),
        {"results": shape(many=True)},
    )


def binary(media_type: str, status: int = HTTPStatus.OK) -> dict[tuple[int, str], Any]:
    return {(int(status), media_type): OpenApiTypes.BINARY}
