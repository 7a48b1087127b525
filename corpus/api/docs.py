"""The OpenAPI document of the API, and the page to read it by."""

import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView

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


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI without a word of inline script or style, as our Content-Security-Policy asks."""

    authentication_classes = ()
    permission_classes = ()
    metadata_class = None
    template_name = "corpus/api_docs.html"

    @staticmethod
    def _swagger_ui_resource(filename: str) -> str:
        return static(f"drf_spectacular_sidecar/swagger-ui-dist/{filename}")
