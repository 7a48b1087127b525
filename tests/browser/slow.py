"""Answers that come late, and pages in halves: they find tests that look before there is something to see."""

import os
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

#: How late, in seconds; where it is unset, they come as quickly as they can.
SLOW_PAGES = "ATTEST_SLOW_PAGES"


def slow_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The old page stays for a while, and of the new one the head comes first."""
    pause = float(os.environ[SLOW_PAGES])

    def halves(content: bytes) -> Iterator[bytes]:
        head = content.find(b"<body") if b"<body" in content else len(content) // 2
        yield content[:head]
        time.sleep(pause)
        yield content[head:]

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        time.sleep(pause)
        kind = response.headers.get("Content-Type", "")
        if not isinstance(response, HttpResponse) or "text/html" not in kind:
            return response
        slow = StreamingHttpResponse(
            halves(response.content), status=response.status_code, headers=response.headers
        )
        slow.cookies = response.cookies
        del slow.headers["Content-Length"]
        return slow

    return middleware
