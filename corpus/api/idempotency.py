"""Idempotency-Key: repeat a request whose answer was lost, and get its answer instead of a second effect."""

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import IntegrityError, transaction
from django.http.request import RawPostDataException
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from corpus.api.parsing import TooLarge
from corpus.api.rendering import JSONRenderer
from corpus.models import IdempotencyKey
from corpus.services.errors import BadInput, KeyReused

KEY = re.compile(r"[\x21-\x7e]{1,128}\Z")

Handler = Callable[..., Response]


def idempotency_key(request: Request) -> str:
    """Return the key of a request; empty for none."""
    key = request.headers.get("Idempotency-Key", "")
    if key and not KEY.match(key):
        raise BadInput("An Idempotency-Key has 1 to 128 visible ASCII characters.", field="Idempotency-Key")
    return key


def idempotent(handler: Handler) -> Handler:
    """Keep the answer of a keyed request in the transaction of its effect, and give it to a repetition.

    The key is taken first, so a repetition that runs at the same time waits for the first to end. What was
    refused keeps no key. Fields named in a handler's `unkept` answer once only: a repetition has null there.
    """

    @wraps(handler)
    def keyed(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = idempotency_key(request)
        if not key:
            return handler(self, request, *args, **kwargs)
        fingerprint = _fingerprint(request)
        try:
            with transaction.atomic():
                return _first(self, handler, request, key, fingerprint, *args, **kwargs)
        except _Taken:
            return _again(request, key, fingerprint)

    return keyed


def earlier_answer(request: Request) -> Response | None:
    """Return what a keyed request was answered before, or None: it is the first.

    For an act that prepares for minutes before it changes anything. Its handler asks this, prepares outside
    of any transaction, and ends in an `idempotent` step that takes the key.
    """
    key = idempotency_key(request)
    if not key:
        return None
    # Before anybody parses the body, after which it cannot be read as it came.
    fingerprint = _fingerprint(request)
    if not IdempotencyKey.objects.filter(user_id=_user_id(request), key=key).exists():
        return None
    return _again(request, key, fingerprint)


class _Taken(Exception):
    """The key has its answer already."""


def _first(
    view: Any, handler: Handler, request: Request, key: str, fingerprint: str, *args: Any, **kwargs: Any
) -> Response:
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(
                user_id=_user_id(request), key=key, fingerprint=fingerprint, status=0
            )
    except IntegrityError:
        raise _Taken from None
    response = handler(view, request, *args, **kwargs)
    unkept = dict.fromkeys(getattr(view, "unkept", ()))
    body = {**response.data, **unkept} if unkept else response.data
    row.status = response.status_code
    # As a text, because PostgreSQL's jsonb would give the fields back in an order of its own.
    row.body = JSONRenderer().render(body).decode() if body is not None else None
    row.etag = response.headers.get("ETag", "")
    row.save(update_fields=["status", "body", "etag"])
    return response


def _again(request: Request, key: str, fingerprint: str) -> Response:
    row = IdempotencyKey.objects.get(user_id=_user_id(request), key=key)
    if row.fingerprint != fingerprint:
        raise KeyReused("This key was used before for another request.")
    body = orjson.loads(row.body) if isinstance(row.body, str) else row.body
    return Response(body, status=row.status, headers={"ETag": row.etag} if row.etag else {})


def _user_id(request: Request) -> int:
    """Return the id of who asks; the permissions let nobody else come this far."""
    return int(request.user.pk or 0)


def _fingerprint(request: Request) -> str:
    try:
        body = request._request.body
    except RequestDataTooBig:
        raise TooLarge from None
    except RawPostDataException:
        # The guard has read it as a form, which no route takes.
        raise UnsupportedMediaType(request.content_type) from None
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    digest.update(body)
    return digest.hexdigest()
