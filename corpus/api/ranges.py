"""A file by the byte, as RFC 9110 has it in sections 13 and 14: what broke off goes on where it did.

WhiteNoise knows ranges of static files alone, and no `If-Range`; Django knows none.
"""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from corpus.api.errors import refusal
from corpus.services.errors import StaleVersion

_ASKED = re.compile(r"bytes=[ \t]*(?:([0-9]{1,100})-([0-9]{1,100})?|-([0-9]{1,100}))[ \t]*\Z", re.IGNORECASE)


class Unsatisfiable(ValueError):
    """No byte of the file lies in the range."""


def asked_range(header: str, if_range: str, *, etag: str, size: int) -> range | None:
    """Return the bytes of a file of `size` that are asked for; None for all of it.

    All of it is the answer to a header that means nothing, to another unit than bytes and to several ranges
    at once, which a server may leave aside; and where `if_range` tells that the client's part is of another
    file.

    Raises:
        Unsatisfiable: the range begins behind the end.
    """
    found = _ASKED.match(header)
    if found is None or (if_range and if_range.strip() != etag):
        return None
    first, last, suffix = found.groups()
    if suffix is not None:
        if not int(suffix):
            raise Unsatisfiable
        return range(max(size - int(suffix), 0), size) if size else None
    start, end = int(first), int(last) + 1 if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return range(start, min(end, size))


def answer_with(
    request: HttpRequest,
    file: IO[bytes],
    *,
    size: int,
    etag: str,
    media_type: str,
    headers: Mapping[str, str],
) -> HttpResponseBase:
    """Answer with a file of `size` bytes, or with what of it is asked for, and close it in the end.

    Raises:
        StaleVersion: If-Match names another file.
    """
    with ExitStack() as unless_sent:
        unless_sent.callback(file.close)
        unchanged = get_conditional_response(request, etag=etag)
        if unchanged is not None:
            if unchanged.status_code == HTTPStatus.PRECONDITION_FAILED:
                raise StaleVersion("The file is another one than that of If-Match.")
            unchanged["ETag"] = etag
            return unchanged
        try:
            # Of other methods than GET the header means nothing.
            header = request.headers.get("Range", "") if request.method == "GET" else ""
            asked = asked_range(header, request.headers.get("If-Range", ""), etag=etag, size=size)
        except Unsatisfiable:
            refused = refusal(
                HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                "range_not_satisfiable",
                f"The file has {size} bytes, and the range begins behind them.",
            )
            refused["Content-Range"] = f"bytes */{size}"
            return refused
        stretch = range(size) if asked is None else asked
        sent = {**headers, "ETag": etag, "Accept-Ranges": "bytes", "Content-Length": str(len(stretch))}
        if request.method == "HEAD":
            return HttpResponse(content_type=media_type, headers=sent)
        if asked is not None:
            sent["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{size}"
        unless_sent.pop_all()
        return FileResponse(
            Part(file, stretch),
            status=HTTPStatus.OK if asked is None else HTTPStatus.PARTIAL_CONTENT,
            content_type=media_type,
            headers=sent,
        )


class Part:
    """A stretch of an open file, to read."""

    def __init__(self, file: IO[bytes], stretch: range) -> None:
        file.seek(stretch.start)
        self._file = file
        self._left = len(stretch)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()
