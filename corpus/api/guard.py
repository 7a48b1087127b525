"""The input guard: what no view should ever see is refused before one does, admin included."""

import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from corpus.api.errors import refusal

#: The one kind of body that may come without a length.
NDJSON = "application/x-ndjson"
MAX_PATH = 2_000
MAX_QUERY = 4_000
#: A number of more digits fits no column, and Python refuses to read one of thousands.
MAX_DIGITS = 18


class InputGuardMiddleware:
    """Refuse hostile paths, queries and forms with a clear 400, and give each request its id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META["attest.request_id"] = uuid.uuid4().hex
        response = _refused(request) or self.get_response(request)
        response["X-Request-ID"] = request.META["attest.request_id"]
        response.headers.setdefault("Cache-Control", "no-store")
        # A refusal comes from outside of the middleware that sets the policy of pages.
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        return response


def _refused(request: HttpRequest) -> HttpResponse | None:
    try:
        reason = _bad_path(request) or _bad_query(request) or _bad_form(request)
    except (RequestDataTooBig, TooManyFieldsSent):
        return refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The form is too large.")
    except (SuspiciousOperation, UnreadablePostError, UnicodeError, ValueError):
        return refusal(HTTPStatus.BAD_REQUEST, "bad_input", "The request cannot be read.")
    if reason:
        return refusal(HTTPStatus.BAD_REQUEST, "bad_input", reason)
    return _bad_transfer(request)


def _bad_transfer(request: HttpRequest) -> HttpResponse | None:
    """Refuse bodies that would be taken for empty ones, or for what they are packed in."""
    if request.method not in ("POST", "PUT", "PATCH"):
        return None
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() not in ("", "identity"):
        return refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send the body unpacked.")
    chunked = "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH")
    if chunked and request.content_type != NDJSON:
        return refusal(HTTPStatus.LENGTH_REQUIRED, "length_required", "Send the body with a Content-Length.")
    return None


def _bad_path(request: HttpRequest) -> str:
    if len(request.path) > MAX_PATH:
        return "The path is too long."
    return _bad_text(request.path, "path")


def _bad_query(request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    if len(query) > MAX_QUERY:
        return "The query is too long."
    for name, values in request.GET.lists():
        for value in (name, *values):
            if reason := _bad_text(value, "query"):
                return reason
            if value.lstrip("+-").isdigit() and len(value) > MAX_DIGITS:
                return f"The number in the query at {name[:40]!r} is too large."
    return ""


def _bad_form(request: HttpRequest) -> str:
    if request.method != "POST" or request.content_type not in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        return ""
    for name, values in request.POST.lists():
        for value in (name, *values):
            if reason := _bad_text(value, f"form at {name[:40]!r}"):
                return reason
    return ""


def _bad_text(value: str, place: str) -> str:
    if "\x00" in value:
        return f"There is a NUL character in the {place}."
    try:
        value.encode()
    except UnicodeEncodeError:
        return f"There is a lone surrogate in the {place}."
    return "" if "\ufffd" not in value or place != "path" else "The path is not UTF-8."
