"""The style of the workbench in one file: each that a page asks for holds up its first paint."""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path
from uuid import UUID

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from corpus.admin.corpora import LABEL_RULE, label_rules

#: In the order in which the pages of the admin ask for them.
PARTS = (
    "admin/css/base.css",
    "admin/css/dark_mode.css",
    "attest/attest.css",
    "annotations/text.css",
    "annotations/workbench.css",
    "admin/css/responsive.css",
)
#: An address that is relative to its file.
RELATIVE = re.compile(r"url\((?!['\"]?(?:/|data:|https?:))['\"]?([^)'\"]+)['\"]?\)")


@require_safe
@gzip_page
def workbench_styles(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Answer with all styles of a corpus's workbench. Its address has a version, so that browsers keep it.

    Under the address of another release, while one takes the place of the other, they do not.
    """
    response = HttpResponse(joined() + label_rules(request, pk, number), content_type="text/css")
    lasts = request.GET.get("v") == _version()
    response["Cache-Control"] = "private, max-age=31536000, immutable" if lasts else "private, no-cache"
    return response


def styles_url(corpus_id: UUID, number: int) -> str:
    address = reverse("admin:corpus_corpus_workbench_styles", args=[corpus_id, number])
    return f"{address}?v={_version()}"


def _version() -> str:
    """Return what changes with all that a scheme, which never does, is put into."""
    return hashlib.sha256(f"{joined()}\0{LABEL_RULE}".encode()).hexdigest()[:12]


@cache
def joined() -> str:
    return "\n".join(_part(name) for name in PARTS)


def _part(name: str) -> str:
    """Return a static file of styles whose addresses hold wherever it is served from."""

    def absolute(found: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(name), found[1]))
        return f"url({static(place)})"

    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(name)
    return RELATIVE.sub(absolute, Path(path).read_text())
