"""Putting articles in by hand: pasted, or as files."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse

from corpus.admin.access import corpus_or_404, person
from corpus.admin.forms import PasteForm, UploadForm
from corpus.admin.pages import corpus_page
from corpus.api.authentication import admin_actor
from corpus.models import Corpus, IngestReport, Role
from corpus.readers import UnknownReader, reader_for
from corpus.readers.base import IncomingArticle, ReadOptions, RowRefused
from corpus.services.errors import ServiceError
from corpus.services.ingest import RowOutcome, ingest_articles

#: The outcomes that the page lists; the report keeps all the refused ones.
MAX_SHOWN = 500


def put_in_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one pasted article, or files, and show what became of each row. Twice changes nothing."""
    corpus = corpus_or_404(request, pk, Role.LEAD)
    pasting = request.method == "POST" and "text" in request.POST
    paste = PasteForm(request.POST if pasting else None, initial={"language": corpus.language})
    upload = UploadForm(*((request.POST, request.FILES) if request.method == "POST" and not pasting else ()))
    outcomes: list[RowOutcome] | None = None
    if pasting and paste.is_valid():
        outcomes = _put_in(request, corpus, [_pasted(paste)], source="pasted", form=paste)
        if outcomes and outcomes[0].outcome != "rejected":
            paste = PasteForm(initial={"language": corpus.language})
    elif upload.is_valid():
        files = upload.cleaned_data["uploaded"]
        source = ", ".join(str(file.name) for file in files)
        outcomes = _put_in(request, corpus, _rows(files), source=f"uploaded: {source}", form=upload)
    report = (
        IngestReport.objects.filter(corpus=corpus, started_by_id=person(request).pk).first()
        if outcomes
        else None
    )
    return corpus_page(
        request,
        corpus,
        "attest/corpus_put_in.html",
        tab="put_in",
        paste=paste,
        upload=upload,
        outcomes=outcomes and outcomes[:MAX_SHOWN],
        beyond=max(0, len(outcomes or ()) - MAX_SHOWN),
        report=report,
    )


def _put_in(
    request: HttpRequest,
    corpus: Corpus,
    rows: Iterable[IncomingArticle | RowRefused],
    *,
    source: str,
    form: PasteForm | UploadForm,
) -> list[RowOutcome] | None:
    try:
        return list(ingest_articles(admin_actor(request), corpus, rows, source=source))
    except ServiceError as error:
        form.add_error(None, error.message)
        return None


def _pasted(form: PasteForm) -> IncomingArticle:
    given = form.cleaned_data
    raw = given["text"].encode()
    return IncomingArticle(
        place="pasted",
        text=given["text"],
        external_id=given["external_id"] or f"pasted-{hashlib.sha256(raw).hexdigest()[:16]}",
        title=given["title"],
        outlet=given["outlet"],
        url=given["url"],
        language=given["language"],
        published_at=given["published_at"],
        licence=given["licence"],
        text_withheld=given["text_withheld"],
        raw=raw,
    )


def _rows(files: Iterable[UploadedFile[Any]]) -> Iterator[IncomingArticle | RowRefused]:
    for file in files:
        name = str(file.name)
        try:
            yield from reader_for(name)(cast(BinaryIO, file.file), name, ReadOptions())
        except UnknownReader as refusal:
            yield RowRefused(place=name, reason=str(refusal))
