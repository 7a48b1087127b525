"""The map: the admin with the workbench, and the API. The probes come ahead of it (config/health.py)."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views import defaults

from corpus.admin.joining import join_page
from corpus.api import errors
from corpus.api.docs import docs, schema

API = "/api/"

api_patterns: list[URLPattern | URLResolver] = [
    path("", include("corpus.api.urls")),
    path("", include("annotations.api.urls")),
    path("schema/", schema, name="schema"),
    path("docs/", docs, name="docs"),
]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include(api_patterns)),
    path("join/<str:secret>/", join_page, name="join"),
]


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer in the one error shape below the API, and by a page elsewhere."""
    if request.path_info.startswith(API):
        return errors.not_found(request, exception)
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return (
        errors.server_error(request) if request.path_info.startswith(API) else defaults.server_error(request)
    )


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return errors.refusal(403, "not_allowed", "This is not allowed.")
    return defaults.permission_denied(request, exception)


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path_info.startswith(API):
        return errors.refusal(400, "bad_input", "The request cannot be read.")
    return defaults.bad_request(request, exception)
