"""Records out and in: downloads that are whole before they begin, and imports as they come."""

import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from itertools import repeat
from typing import IO, Any

from django.conf import settings
from django.http import FileResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request

from annotations.api.exports import FILE_HEADERS, FILE_TYPES, file_headers, files
from annotations.exchange import READABLE, WRITABLE, UnknownFormat, check_readable, file_kind
from annotations.exchange.articles import FileRefused
from annotations.exchange.native import NATIVE
from annotations.exchange.source import source_of
from annotations.exchange.units import Unit
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.importing.articles import import_articles
from annotations.services.selection import FILTERS
from annotations.tasks import ring_after_commit
from corpus.api.ndjson import Lines, body_stream, is_ndjson, numbered_lines, results, written
from corpus.api.parsing import TooLarge
from corpus.api.schema import NDJSON, OFFSET_UNIT, binary, documented
from corpus.api.views import Route
from corpus.models import Corpus, Role
from corpus.readers.base import RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.services.actors import Scope, find_corpus, require
from corpus.services.errors import BadInput
from corpus.services.ingest import RowOutcome

ERRORS = (403, 404)
#: What is read of a body at once, in bytes.
PIECE = 2**16
WRITTEN_AS = OpenApiParameter("format", str, enum=list(WRITABLE), description=f"`{NATIVE}` by default.")
READ_AS = OpenApiParameter("format", str, enum=list(READABLE), description=f"`{NATIVE}` by default.")
STRICT = OpenApiParameter(
    "strict", bool, description="Refuse where the format cannot carry all of it; false by default."
)
SINCE = OpenApiParameter(
    "since",
    int,
    description="Only what has changed since an earlier export, and tombstones: its `event_position`.",
)
TAKING = (
    OpenApiParameter("map", str, description="What its labels are here, as JSON; docs/exchange.md."),
    OpenApiParameter("annotator", str, description="Who said what the file names nobody for."),
    OpenApiParameter(
        "offset_unit", str, enum=list(Unit), description="What offsets count where no words tell."
    ),
)
LAYER = OpenApiParameter(
    "layer",
    str,
    required=True,
    description="all (which is lossless), gold, machine, machine:<name>@<version> or reviewer:<id>.",
)
NARROWED = tuple(
    OpenApiParameter(name, str, description=f"Only articles of this {name}.") for name in FILTERS
)


class ExportRoute(Route):
    @documented(
        "download_export",
        "Download a layer of a corpus.",
        tag="files",
        responses=files(HTTPStatus.OK),
        query=(WRITTEN_AS, LAYER, STRICT, SINCE, OFFSET_UNIT, *NARROWED),
        headers=FILE_HEADERS,
        errors=ERRORS,
    )
    def get(self, request: Request, slug: str) -> FileResponse:
        """The file is made whole before the first byte is sent; its manifest is at the address in `Link`.

        `losses` of the manifest counts what the format could not carry. A long one is better asked for at
        `exports/`, where an interrupted download goes on.
        """
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.EXPORT)
        asked = request.query_params
        name = asked.get("format", NATIVE)
        if "layer" not in asked:
            raise BadInput(f"Name the layer: {LAYER.description}", field="layer")
        filters = {name: asked[name] for name in FILTERS if name in asked}

        def write(target: IO[bytes]) -> dict[str, str]:
            export = export_corpus(
                self.actor,
                corpus,
                layer=asked["layer"],
                target=target,
                filters=filters,
                format=name,
                strict=read_truth(asked.get("strict", "false")),
                since=_position(asked.get("since")),
                offset_unit=asked.get("offset_unit", ""),
            )
            return file_headers(export)

        return written(write, file_kind(name)[1])


class ImportRoute(Route):
    @documented(
        "import_records",
        "Take articles in, with their layers, with a result a line.",
        tag="files",
        responses=binary(NDJSON),
        request={name: {"type": "string"} for name in FILE_TYPES},
        query=(READ_AS, *TAKING),
        errors=ERRORS,
    )
    def post(self, request: Request, slug: str) -> FileResponse:
        """Takes the scopes ingest and suggest. Sending the records again changes nothing.

        The body is native records, a line each, or a file in another format, an archive of several included.
        """
        corpus = find_corpus(self.actor, slug, Role.LEAD, Scope.INGEST)
        require(self.actor, corpus.pk, Role.LEAD, Scope.SUGGEST)
        name = request.query_params.get("format", NATIVE)
        try:
            check_readable(name)
        except UnknownFormat as error:
            raise BadInput(str(error), field="format") from None
        if name != NATIVE:
            return self._file(request, corpus, name)
        if not is_ndjson(request):
            raise UnsupportedMediaType(request.content_type)
        refused: list[RowOutcome] = []
        lines = _lines(body_stream(request._request), refused)
        outcomes = import_records(self.actor, corpus, lines, source=request.path)
        return results(_and_refused(outcomes, refused))

    def _file(self, request: Request, corpus: Corpus, name: str) -> FileResponse:
        """Take a file of another format, which is kept until it has been read twice."""
        asked = request.query_params
        if request.content_type.partition(";")[0].strip().lower() not in FILE_TYPES:
            raise UnsupportedMediaType(request.content_type)
        unit = asked.get("offset_unit")
        if unit and unit not in list(Unit):
            raise BadInput(
                f"There is no offset unit {unit!r}; there are {', '.join(Unit)}.", field="offset_unit"
            )
        with tempfile.TemporaryFile() as file:
            stream = body_stream(request._request)
            while piece := stream.readline(PIECE):
                file.write(piece)
                if file.tell() > settings.ATTEST_MAX_STREAM_BYTES:
                    raise TooLarge(f"The body is over {settings.ATTEST_MAX_STREAM_BYTES} bytes.")
            try:
                source = source_of(file, "body")
            except FileRefused as error:
                raise BadInput(f"{error}. Nothing was imported.", field="file") from None
            outcomes = import_articles(
                self.actor,
                corpus,
                source,
                format=name,
                labels=_label_map(asked.get("map")),
                annotator=asked.get("annotator", ""),
                unit=Unit(unit) if unit else None,
            )
            return results(_and_refused(outcomes, []))


def read_truth(value: str) -> bool:
    if value not in ("true", "false"):
        raise BadInput(f"strict is {value[:40]!r}; it is true or false.", field="strict")
    return value == "true"


def _position(value: str | None) -> int | None:
    if value is None:
        return None
    # A position is what 63 bits hold; more digits would not be read as a number at all.
    if not (value.isascii() and value.isdecimal() and len(value) <= 18):
        raise BadInput(f"since is {value[:40]!r}; it is the event_position of an export.", field="since")
    return int(value)


def _label_map(value: str | None) -> Any:
    try:
        return loads_strict(value) if value else None
    except JSONRefused as error:
        raise BadInput(f"map is no JSON: {error}", field="map") from None


def _lines(stream: Lines, refused: list[RowOutcome]) -> Iterator[bytes]:
    """Yield the lines for an import; what cannot be a line goes to `refused`."""
    number = 0
    for place, line in numbered_lines(stream):
        here = int(place.removeprefix("line "))
        # Blank lines count, so that a result names the line as the sender counts it.
        yield from repeat(b"", here - number - 1)
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
