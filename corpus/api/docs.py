"""The OpenAPI document of the API, and the page to read it by."""

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from corpus.api.reference import shapes_of, subjects_of

MEDIA_TYPE = "application/vnd.oai.openapi+json"


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    """Return the document; it is the same for everybody and for as long as the process runs."""
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return document


@lru_cache(maxsize=1)
def openapi_bytes() -> bytes:
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False, default=str).encode()


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(openapi_bytes(), content_type=MEDIA_TYPE)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    api = request.build_absolute_uri(reverse("schema")).removesuffix("/schema/")
    return HttpResponse(docs_page(api))


@lru_cache(maxsize=4)
def docs_page(api: str) -> str:
    """Return the page for the address that a service goes by, or one of its few."""
    document = openapi_document()
    return render_to_string(
        "corpus/api_docs.html",
        {
            "info": document["info"],
            "api": api,
            "subjects": subjects_of(document),
            "shapes": shapes_of(document),
        },
    )
