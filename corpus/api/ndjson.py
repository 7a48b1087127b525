"""Many lines in, a result per line out, at constant memory and with nothing held while a client is slow.

The answer is written to a temporary file while the body is read, and sent when it has ended: a client that
sends all before it reads anything, as most do, would otherwise wait for us while we wait for it.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import IO, Any, BinaryIO, Protocol, cast

import orjson
from django.conf import settings
from django.http import FileResponse, HttpRequest, UnreadablePostError
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from corpus.api.parsing import TooLarge
from corpus.api.schema import NDJSON
from corpus.readers.base import MAX_BYTES, RowRefused
from corpus.services.ingest import RowOutcome

SKIPPED_AT_ONCE = 2**16
IN_MEMORY = 2**20


class LengthRequired(APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED
    default_code = "length_required"
    default_detail = "Send the body with a Content-Length."


class Lines(Protocol):
    def readline(self, limit: int = -1, /) -> bytes: ...


def is_ndjson(request: Request) -> bool:
    return request.content_type.partition(";")[0].strip().lower() == NDJSON


def body_stream(request: HttpRequest) -> Lines:
    """Return the body as it comes in, chunked or with a length.

    Raises:
        TooLarge: the stated length is over the limit.
        LengthRequired: neither a length nor a server that marks the end of a chunked body.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdigit():
        if int(length) > settings.ATTEST_MAX_STREAM_BYTES:
            raise TooLarge(f"The body is over {settings.ATTEST_MAX_STREAM_BYTES} bytes; send it in parts.")
        return cast("Lines", request)
    if request.META.get("HTTP_TRANSFER_ENCODING") and request.META.get("wsgi.input_terminated"):
        return cast("BinaryIO", request.META["wsgi.input"])
    raise LengthRequired


def numbered_lines(stream: Lines) -> Iterator[tuple[str, bytes | RowRefused]]:
    """Yield each line that is not blank with its place, as `line 1`; one that is too long comes as a refusal.

    A body over the limit, or one that breaks off, ends with a refusal: what came before it is kept.
    """
    number, taken = 0, 0
    while True:
        number += 1
        place = f"line {number}"
        try:
            line = stream.readline(MAX_BYTES + 1)
            taken += len(line)
            too_long = len(line) > MAX_BYTES
            while too_long and not line.endswith(b"\n") and (line := stream.readline(SKIPPED_AT_ONCE)):
                taken += len(line)
        except (UnreadablePostError, OSError):
            yield place, RowRefused(place=place, reason="The body broke off here; send the rest again.")
            return
        if taken > settings.ATTEST_MAX_STREAM_BYTES:
            reason = f"The body is over {settings.ATTEST_MAX_STREAM_BYTES} bytes; send the rest by itself."
            yield place, RowRefused(place=place, reason=reason)
            return
        if too_long:
            reason = f"The line is over {MAX_BYTES} bytes."
            yield place, RowRefused(place=place, reason=reason)
        elif not line:
            return
        elif line.strip():
            yield place, line


def outcome_body(outcome: RowOutcome) -> dict[str, Any]:
    return {
        "place": outcome.place,
        "outcome": outcome.outcome,
        "external_id": outcome.external_id,
        "reason": outcome.reason,
        "article": outcome.article_id,
        "revision": outcome.number,
        **({"notes": outcome.notes} if outcome.notes else {}),
    }


def results(outcomes: Iterable[RowOutcome]) -> FileResponse:
    """Work through outcomes, then answer with a line for each."""

    def write(target: IO[bytes]) -> None:
        for outcome in outcomes:
            target.write(orjson.dumps(outcome_body(outcome)) + b"\n")

    return written(write, NDJSON)


def written(write: Callable[[IO[bytes]], Mapping[str, str] | None], media_type: str) -> FileResponse:
    """Answer with what `write` puts into a temporary file, and the headers that it returns."""
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    try:
        headers = write(target)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return FileResponse(target, content_type=media_type, headers=dict(headers or {}))
