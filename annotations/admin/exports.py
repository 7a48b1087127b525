"""Exports of a corpus: downloaded at once, or made in the background, followed, fetched and cancelled."""

import tempfile
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from annotations.exchange import FORMATS, file_kind
from annotations.exchange.native import NATIVE
from annotations.models import Export, FileState, Layer, LayerKind, Pipeline
from annotations.services.exporting import download_name, export_corpus
from annotations.services.exports import WHY_GONE, ask_export, cancel_export, kept_until
from annotations.services.wanted import Wanted, own_unit
from annotations.tasks import ring_exports
from corpus.admin.access import corpus_or_404, person
from corpus.admin.pages import corpus_page, telling
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, Role
from corpus.services.errors import ServiceError

#: Bytes of an export that stay in memory; a longer one waits in a temporary file.
SPOOL = 8 * 2**20
#: Exports that the page lists; the rest are in the list of all.
LISTED = 20
UNITS = (
    ("", "those of the format (native records: code points)"),
    ("utf16", "UTF-16 (JavaScript, Java); native records alone"),
    ("utf8", "UTF-8 bytes (Go, Rust, C); native records alone"),
)


def export_page(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Offer the layers, list what was made, and make one: at once, or by a worker."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    refused, wanted = "", Wanted(layer="all")
    if request.method == "POST":
        wanted = _wanted(request)
        try:
            if "background" not in request.POST:
                return _downloaded(request, corpus, wanted)
            ask_export(admin_actor(request), corpus, wanted)
            ring_exports()
            messages.success(request, "The file is asked for; this page follows it.")
            return redirect("admin:corpus_corpus_export", corpus.pk)
        except ServiceError as error:
            refused = error.message
    pipelines = Pipeline.objects.filter(corpus=corpus).order_by("-active", "name", "-pk")[:50]
    exports = list(Export.objects.filter(corpus=corpus).select_related("made_by")[:LISTED])
    return corpus_page(
        request,
        corpus,
        "attest/corpus_export.html",
        tab="export",
        layers=_layers_offered(request, corpus, list(pipelines)),
        formats=formats_offered(),
        units=UNITS,
        wanted=wanted,
        refused=refused,
        rows=[_row(export) for export in exports],
        working=any(export.is_open for export in exports),
        status=400 if refused else 200,
    )


@require_safe
def exports_progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say how far each export is that is not made yet."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    exports = [export for export in Export.objects.filter(corpus=corpus)[:LISTED] if export.is_open]
    return JsonResponse(
        {
            "open": {
                str(export.pk): {"status": export.status, "done": export.done, "total": export.total}
                for export in exports
            }
        }
    )


@require_POST
def cancel_export_page(request: HttpRequest, pk: UUID, export_id: UUID) -> HttpResponse:
    corpus = corpus_or_404(request, pk, Role.LEAD)
    export = get_object_or_404(Export, pk=export_id, corpus=corpus)
    with telling(request):
        if cancel_export(admin_actor(request), export):
            messages.success(request, "The export is cancelled.")
    return redirect("admin:corpus_corpus_export", corpus.pk)


def _wanted(request: HttpRequest) -> Wanted:
    form = request.POST
    return Wanted(
        layer=form.get("layer", ""),
        format=form.get("format", NATIVE),
        strict="strict" in form,
        offset_unit=form.get("offset_unit", ""),
    )


def _row(export: Export) -> dict[str, Any]:
    """Return an export as the list shows it."""
    kept = export.file == FileState.KEPT
    return {
        "export": export,
        "asked": _asked(export),
        "kept_until": kept_until(export) if kept else None,
        "gone": WHY_GONE[export.file] if export.file and not kept else "",
    }


def _asked(export: Export) -> str:
    """Return what was asked for beside layer and format, as one reads it."""
    options = export.manifest or export.options
    asked = [f"{name} {value}" for name, value in sorted(options.get("filters", {}).items())]
    if options.get("since") is not None:
        asked.append(f"what changed since event {options['since']}")
    unit = options.get("offset_unit") or own_unit(export.format)
    if unit != own_unit(export.format):
        asked.append(f"offsets in {unit}")
    return ", ".join(asked)


def _layers_offered(request: HttpRequest, corpus: Corpus, pipelines: list[Pipeline]) -> list[tuple[str, str]]:
    mine = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=person(request).pk, revision__corpus=corpus)
    offered = [
        ("all", "all: every layer, review and revision; nothing is lost"),
        ("gold", "gold: what is settled"),
        ("machine", "machine: what the active pipelines suggest"),
        *((f"machine:{pipeline.identity}", f"machine:{pipeline.identity}") for pipeline in pipelines),
    ]
    if mine.exists():
        offered.append((f"reviewer:{person(request).public_id}", "my own layer"))
    return offered


def formats_offered() -> list[tuple[str, str]]:
    """Return the name of each format that can be written here, with what it is."""
    others = [(name, format.title) for name, format in FORMATS.items() if format.is_offered]
    return [(NATIVE, "native records: JSON, one article a line"), *others]


def _downloaded(request: HttpRequest, corpus: Corpus, wanted: Wanted) -> FileResponse:
    """Make a file whole and checked before its first byte leaves."""
    # The response closes it, once the last byte is out.
    target = tempfile.SpooledTemporaryFile(max_size=SPOOL)  # noqa: SIM115
    try:
        export = export_corpus(
            admin_actor(request),
            corpus,
            layer=wanted.layer,
            target=target,
            format=wanted.format,
            strict=wanted.strict,
            offset_unit=wanted.offset_unit,
        )
    except BaseException:
        target.close()
        raise
    target.seek(0)
    response = FileResponse(
        target,
        as_attachment=True,
        filename=download_name(export),
        content_type=file_kind(export.format)[1],
    )
    response["X-Content-SHA256"] = str(export.manifest["sha256"])
    return response


def pages() -> list[tuple[str, Any, str]]:
    """Return the addresses of these pages below a corpus, with their views and names."""
    return [
        ("export/", export_page, "export"),
        ("export/progress.json", exports_progress, "export_progress"),
        ("export/<uuid:export_id>/cancel/", cancel_export_page, "export_cancel"),
    ]
