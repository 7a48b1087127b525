"""One error shape for everything: {"code", "message", "details"}."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from corpus.api.rendering import JSONRenderer
from corpus.services import errors

log = structlog.get_logger(__name__)

STATUS: dict[type[errors.ServiceError], HTTPStatus] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.SpanRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.BadInput: HTTPStatus.BAD_REQUEST,
    errors.InvalidTransition: HTTPStatus.CONFLICT,
    errors.Gone: HTTPStatus.GONE,
    errors.StaleVersion: HTTPStatus.PRECONDITION_FAILED,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class PreconditionRequired(exceptions.APIException):
    """An unsafe request on a versioned thing came without the version that it knows of."""

    status_code = HTTPStatus.PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag that you have read."
    default_code = "precondition_required"


class OtherPerson(exceptions.APIException):
    """The request was meant in another person's name than the one who is signed in."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "Somebody else is signed in here now; nothing was done in their name."
    default_code = "other_person"


def status_of(error: errors.ServiceError) -> int:
    return next(int(status) for kind, status in STATUS.items() if isinstance(error, kind))


def error_body(error: errors.ServiceError) -> dict[str, Any]:
    return {"code": error.code, "message": error.message, "details": error.details}


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Map whatever a view raised to a status and the one shape; None makes it a 500 without a leak."""
    if isinstance(error, errors.ServiceError):
        response = Response(error_body(error), status=status_of(error))
    elif isinstance(error, Http404):
        response = _plain(HTTPStatus.NOT_FOUND, "not_found", "There is no such thing here.")
    elif isinstance(error, PermissionDenied):
        response = _plain(HTTPStatus.FORBIDDEN, "not_allowed", "This is not allowed.")
    elif isinstance(error, exceptions.ValidationError):
        response = Response(
            {
                "code": "bad_input",
                "message": first_message(error.detail),
                "details": {"fields": _named(error.detail)},
            },
            status=HTTPStatus.BAD_REQUEST,
        )
    elif isinstance(error, exceptions.APIException):
        response = _plain(error.status_code, _code(error), str(error.detail))
        if (header := getattr(error, "auth_header", None)) is not None:
            response["WWW-Authenticate"] = header
        if (wait := getattr(error, "wait", None)) is not None:
            response["Retry-After"] = str(int(wait))
    elif isinstance(error, IntegrityError):
        log.warning("done_at_once", error=str(error))
        message = "Somebody did the same at the same moment; look again, and try again."
        response = _plain(HTTPStatus.CONFLICT, "conflict", message)
    elif isinstance(error, UnreadablePostError):
        response = _plain(HTTPStatus.BAD_REQUEST, "bad_input", "The body broke off.")
    elif isinstance(error, DataError | OverflowError):
        response = _plain(HTTPStatus.BAD_REQUEST, "bad_input", "A value is out of range.")
    elif isinstance(error, OperationalError):
        log.error("database_unavailable", error=str(error))
        response = _plain(
            HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "The database does not answer; try again."
        )
        response["Retry-After"] = "2"
    else:
        return None
    set_rollback()
    return response


def refusal(status: int, code: str, message: str) -> HttpResponse:
    """Return an error outside of DRF, in the same shape."""
    body = JSONRenderer().render({"code": code, "message": message, "details": {}})
    return HttpResponse(body, status=status, content_type="application/json")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return refusal(HTTPStatus.NOT_FOUND, "not_found", "There is no such thing here.")


def server_error(request: HttpRequest) -> HttpResponse:
    return refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR, "error", "Something went wrong here; it has been logged."
    )


def _plain(status: int, code: str, message: str) -> Response:
    return Response({"code": code, "message": message, "details": {}}, status=status)


def _code(error: exceptions.APIException) -> str:
    codes = error.get_codes()
    return codes if isinstance(codes, str) else str(error.default_code)


def _named(detail: Any) -> Any:
    """Return what is wrong with each field. DRF numbers list items; in JSON every name is a string."""
    if isinstance(detail, dict):
        return {str(name): _named(value) for name, value in detail.items()}
    return [_named(value) for value in detail] if isinstance(detail, list) else str(detail)


def first_message(detail: Any, path: str = "") -> str:
    if isinstance(detail, dict) and detail:
        name, value = next(iter(detail.items()))
        return first_message(value, f"{path}.{name}" if path else str(name))
    if isinstance(detail, list) and detail:
        index = next((number for number, value in enumerate(detail) if value), 0)
        nested = isinstance(detail[index], dict | list)
        return first_message(detail[index], f"{path}[{index}]" if nested else path)
    return f"{path}: {detail}" if path else str(detail)
