"""Records out and in: downloads that are whole before they begin, and imports as they come."""

import base64
from collections.abc import Iterator
from typing import IO, Any
from uuid import UUID

from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.machines import CORPUS
from annotations.api.running_shapes import ExportShape
from annotations.exchange import FORMATS, UnknownFormat, check_format
from annotations.exchange.native import NATIVE
from annotations.models import Export
from annotations.services.exporting import FILTERS, export_corpus
from annotations.services.importing import import_records
from annotations.tasks import ring_after_commit
from corpus.api.ndjson import Lines, body_stream, is_ndjson, numbered_lines, results, written
from corpus.api.pagination import page_of
from corpus.api.schema import CURSOR, ETAG, NDJSON, binary, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.readers.base import RowRefused
from corpus.services.actors import Scope, find_corpus, require
from corpus.services.errors import BadInput, NotAllowed, NotFound
from corpus.services.ingest import RowOutcome

NO_SUCH_EXPORT = "There is no such export, or it is in no corpus of yours."
ERRORS = (403, 404)
FORMAT = OpenApiParameter("format", str, enum=list(FORMATS), description=f"`{NATIVE}` by default.")
LAYER = OpenApiParameter(
    "layer",
    str,
    required=True,
    description="all (which is lossless), gold, machine, machine:<name>@<version> or reviewer:<id>.",
)
NARROWED = tuple(
    OpenApiParameter(name, str, description=f"Only articles of this {name}.") for name in FILTERS
)
FILE_HEADERS = (
    ETAG,
    OpenApiParameter(
        "Repr-Digest", str, OpenApiParameter.HEADER, response=[200], description="The file's sha256."
    ),
    OpenApiParameter(
        "Link", str, OpenApiParameter.HEADER, response=[200], description="Where its manifest is."
    ),
)


class ExportRoute(Route):
    @documented(
        "download_export",
        "Download a layer of a corpus.",
        tag="files",
        responses=binary(NDJSON),
        query=(FORMAT, LAYER, *NARROWED),
        headers=FILE_HEADERS,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> FileResponse:
        """The file is made whole before the first byte is sent; its manifest is at the address in `Link`."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.EXPORT)
        asked = request.query_params
        try:
            check_format(asked.get("format", NATIVE))
        except UnknownFormat as error:
            raise BadInput(str(error), field="format") from None
        if "layer" not in asked:
            raise BadInput(f"Name the layer: {LAYER.description}", field="layer")
        filters = {name: asked[name] for name in FILTERS if name in asked}

        def write(target: IO[bytes]) -> dict[str, str]:
            export = export_corpus(self.actor, corpus, layer=asked["layer"], target=target, filters=filters)
            return _file_headers(export)

        return written(write, NDJSON)


class ExportsRoute(Route):
    @documented(
        "list_exports",
        "List the exports that were made.",
        tag="files",
        response=paged(ExportShape),
        query=(*CURSOR, CORPUS),
        errors=ERRORS,
    )
    def get(self, request: Request) -> Response:
        """Of the corpora that you lead."""
        if self.actor.narrowed_out(Scope.EXPORT):
            raise NotAllowed("This token lacks the scope export.")
        exports = Export.objects.select_related("corpus")
        if slug := request.query_params.get("corpus"):
            exports = exports.filter(corpus=find_corpus(self.actor, slug, Role.LEAD, Scope.EXPORT))
        else:
            leading = {
                "corpus__members__user": self.actor.user,
                "corpus__members__role__in": (Role.LEAD, Role.OWNER),
            }
            exports = exports.filter(**leading)
            if self.actor.corpus_id:
                exports = exports.filter(corpus_id=self.actor.corpus_id)
        return Response(page_of(request, exports, export_body))


class ExportManifestRoute(Route):
    @documented(
        "read_export", "Read the manifest of an export.", tag="files", response=ExportShape, errors=ERRORS
    )
    def get(self, request: Request, export_id: UUID) -> Response:
        export = Export.objects.select_related("corpus").filter(pk=export_id).first()
        if export is None:
            raise NotFound(NO_SUCH_EXPORT)
        try:
            require(self.actor, export.corpus_id, Role.LEAD, Scope.EXPORT)
        except NotFound:
            raise NotFound(NO_SUCH_EXPORT) from None
        return Response(export_body(export))


class ImportRoute(Route):
    @documented(
        "import_records",
        "Take native records in, with their layers, with a result a line.",
        tag="files",
        responses=binary(NDJSON),
        request={NDJSON: {"type": "string"}},
        errors=ERRORS,
    )
    def post(self, request: Request, slug: str) -> FileResponse:
        """Takes the scopes ingest and suggest. Sending the records again changes nothing."""
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.INGEST)
        require(self.actor, corpus.pk, Role.LEAD, Scope.SUGGEST)
        if not is_ndjson(request):
            raise UnsupportedMediaType(request.content_type)
        refused: list[RowOutcome] = []
        lines = _lines(body_stream(request._request), refused)
        outcomes = import_records(self.actor, corpus, lines, source=request.path)
        return results(_and_refused(outcomes, refused))


def export_body(export: Export) -> dict[str, Any]:
    return {
        "id": export.pk,
        "corpus": export.corpus.slug,
        "format": export.format,
        "layer": export.layer,
        "made_at": export.made_at,
        "manifest": export.manifest,
    }


def _file_headers(export: Export) -> dict[str, str]:
    digest = export.manifest["sha256"]
    name = f"{export.corpus.slug}-{export.layer.replace(':', '-')}.jsonl"
    return {
        "ETag": f'"{digest}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Link": f'<{reverse("export-manifest", args=[export.pk])}>; rel="describedby"',
    }


def _lines(stream: Lines, refused: list[RowOutcome]) -> Iterator[bytes]:
    """Yield the lines for an import; what cannot be a line goes to `refused`."""
    number = 0
    for place, line in numbered_lines(stream):
        here = int(place.removeprefix("line "))
        # Blank lines count, so that a result names the line as the sender counts it.
        yield from [b""] * (here - number - 1)
        number = here
        if isinstance(line, RowRefused):
            refused.append(RowOutcome(place=place, outcome="rejected", reason=line.reason))
            yield b""
        else:
            yield line


def _and_refused(outcomes: Iterator[RowOutcome], refused: list[RowOutcome]) -> Iterator[RowOutcome]:
    yield from outcomes
    yield from refused
    ring_after_commit()
