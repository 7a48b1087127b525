"""Exports that were made or are to be: asked for, followed, and their files by the byte."""

import base64
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.api.machines import CORPUS
from annotations.exchange import FORMATS, WRITABLE, file_kind
from annotations.exchange.native import NATIVE
from annotations.models import Export, FileState, WorkStatus
from annotations.services.exporting import download_name
from annotations.services.exports import WHY_GONE, ask_export, cancel_export, kept_until, open_file
from annotations.services.wanted import Wanted
from annotations.tasks import ring_exports_after_commit
from corpus.api.fields import Attributes, Choice, Flag, Input, Text, Whole
from corpus.api.idempotency import idempotent
from corpus.api.pagination import page_of
from corpus.api.ranges import answer_with
from corpus.api.schema import CURSOR, ETAG, IDEMPOTENCY_KEY, NDJSON, binary, documented, paged
from corpus.api.views import Route
from corpus.models import Role
from corpus.services.actors import Actor, Scope, find_corpus, require
from corpus.services.errors import NotAllowed, NotFound
from corpus.text.offsets import OffsetUnit

NO_SUCH_EXPORT = "There is no such export, or it is in no corpus of yours."
ERRORS = (403, 404)
OCTETS = "application/octet-stream"
#: What a body of another format may call itself; what it is, `format` says.
FILE_TYPES = (OCTETS, NDJSON, *dict.fromkeys(format.media_type for format in FORMATS.values()))


def files(*statuses: HTTPStatus) -> dict[Any, Any]:
    """Return, for the document, that a route answers with a file of any format."""
    return {
        key: value
        for status in statuses
        for name in FILE_TYPES
        for key, value in binary(name, status).items()
    }


def _header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """Return a header of answers with these statuses; of requests where there are none."""
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, response=list(statuses) or False, description=description
    )


FILE_HEADERS = (
    ETAG,
    _header("Repr-Digest", "The file's sha256.", 200),
    _header("Link", "Where its manifest is.", 200),
)
PARTS = (
    _header("Range", "One stretch of the file: `bytes=1000-`. Several at once bring all of it."),
    _header("If-Range", "The `ETag` of the part that you have: another file comes whole."),
    _header("If-None-Match", "The `ETag` of the file that you have: 304 where it is still the same."),
    _header("Content-Range", "Which stretch this is, of how many bytes.", 206, 416),
    _header("Accept-Ranges", "`bytes`", 200, 206),
)


class ProgressShape(serializers.Serializer[Any]):
    done = serializers.IntegerField(help_text="Revisions that were gone through.")
    total = serializers.IntegerField(help_text="Of how many; 0 until it has begun.")


class KeptFileShape(serializers.Serializer[Any]):
    url = serializers.CharField()
    name = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    kept_until = serializers.DateTimeField()


class ExportShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    url = serializers.CharField(help_text="Where to look how far it is.")
    corpus = serializers.CharField()
    format = serializers.CharField()
    layer = serializers.CharField()
    status = serializers.ChoiceField(WorkStatus.choices)
    asked_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    progress = ProgressShape()
    cause = serializers.CharField(help_text="Why the last attempt failed.")
    manifest = serializers.DictField(allow_null=True, help_text="Null until the file is made.")
    file = KeptFileShape(allow_null=True, help_text="Null where no file is kept.")
    gone = serializers.CharField(help_text="Why no file is kept of an export that is done.")


class ExportInput(Input):
    corpus = Text(help_text="Its slug.")
    layer = Text(help_text="all, gold, machine, machine:<name>@<version> or reviewer:<id>.")
    format = Choice(WRITABLE, default=NATIVE)
    filters = Attributes(default=dict, help_text="Only articles of this status, outlet or language.")
    strict = Flag(default=False, help_text="Refuse where the format cannot carry all of it.")
    since = Whole(
        default=None, allow_null=True, min_value=0, help_text="The event_position of an earlier manifest."
    )
    offset_unit = Choice(
        list(OffsetUnit),
        default=None,
        allow_null=True,
        help_text="What offsets count in native records; code points by default.",
    )


class ExportsRoute(Route):
    @documented(
        "list_exports",
        "List the exports that were made or asked for.",
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

    @documented(
        "ask_export",
        "Ask for an export, which a worker makes.",
        tag="files",
        response=ExportShape,
        status=202,
        request=ExportInput,
        headers=[IDEMPOTENCY_KEY],
        errors=(*ERRORS, 409),
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Look at its `url` until its `status` is done; then `file` says where the file is."""
        given = self.input(ExportInput)
        corpus = find_corpus(self.actor, given.pop("corpus"), Role.LEAD, Scope.EXPORT)
        unit = given.pop("offset_unit") or ""
        export = ask_export(self.actor, corpus, Wanted(**given, offset_unit=unit))
        ring_exports_after_commit()
        return Response(export_body(export), status=HTTPStatus.ACCEPTED)


class ExportManifestRoute(Route):
    @documented(
        "read_export",
        "See how far an export is, and read its manifest.",
        tag="files",
        response=ExportShape,
        errors=ERRORS,
    )
    def get(self, request: Request, export_id: UUID) -> Response:
        return Response(export_body(find_export(self.actor, export_id)))


class ExportFileRoute(Route):
    @documented(
        "read_export_file",
        "Download the file of an export, or a stretch of it.",
        tag="files",
        responses={
            **files(HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT),
            304: OpenApiResponse(description="You have it."),
        },
        headers=(*FILE_HEADERS, *PARTS),
        errors=(*ERRORS, 409, 410, 412, 416),
    )
    def get(self, request: Request, export_id: UUID) -> HttpResponseBase:
        """A download that broke off goes on with `Range`; `If-Range` makes sure that it is the same file.

        410 says why a file is gone; its manifest stays.
        """
        export = find_export(self.actor, export_id)
        file = open_file(export)
        headers = file_headers(export)
        return answer_with(
            request._request,
            file,
            size=export.manifest["bytes"],
            etag=headers.pop("ETag"),
            media_type=file_kind(export.format)[1],
            headers=headers,
        )


class CancelExportRoute(Route):
    @documented(
        "cancel_export",
        "Cancel an export that is not made yet.",
        tag="files",
        response=ExportShape,
        headers=[IDEMPOTENCY_KEY],
        errors=ERRORS,
    )
    @idempotent
    def post(self, request: Request, export_id: UUID) -> Response:
        """Doing it twice changes nothing."""
        cancel_export(self.actor, find_export(self.actor, export_id))
        return Response(export_body(find_export(self.actor, export_id)))


def find_export(actor: Actor, export_id: UUID) -> Export:
    export = Export.objects.select_related("corpus").filter(pk=export_id).first()
    if export is None:
        raise NotFound(NO_SUCH_EXPORT)
    try:
        require(actor, export.corpus_id, Role.LEAD, Scope.EXPORT)
    except NotFound:
        raise NotFound(NO_SUCH_EXPORT) from None
    return export


def export_body(export: Export) -> dict[str, Any]:
    done = export.status == WorkStatus.DONE
    return {
        "id": export.pk,
        "url": reverse("export-manifest", args=[export.pk]),
        "corpus": export.corpus.slug,
        "format": export.format,
        "layer": export.layer,
        "status": export.status,
        "asked_at": export.asked_at,
        "made_at": export.made_at,
        "progress": {"done": export.done, "total": export.total},
        "cause": export.cause,
        "manifest": export.manifest or None,
        "file": _kept_file(export) if export.file == FileState.KEPT else None,
        "gone": WHY_GONE[export.file] if done and export.file != FileState.KEPT else "",
    }


def _kept_file(export: Export) -> dict[str, Any]:
    return {
        "url": reverse("export-file", args=[export.pk]),
        "name": download_name(export),
        "bytes": export.manifest["bytes"],
        "sha256": export.manifest["sha256"],
        "kept_until": kept_until(export),
    }


def file_headers(export: Export) -> dict[str, str]:
    digest = export.manifest["sha256"]
    return {
        "ETag": f'"{digest}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(digest)).decode()}:",
        "Content-Disposition": f'attachment; filename="{download_name(export)}"',
        "Link": f'<{reverse("export-manifest", args=[export.pk])}>; rel="describedby"',
    }
