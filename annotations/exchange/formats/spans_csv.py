"""A table of spans: a row for each segment of each annotation, the text in the first row of its article.

Cells that a spreadsheet would take for a formula get an apostrophe in front, which reading takes away again
from tables that have exactly our columns. In tables of others the source says what their columns are called.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from annotations.exchange.articles import FIELDS, Annotation, Article, FileRefused, Found, Layer, Refusal
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.losses import METADATA, Losses, Part
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from corpus.readers.base import MAX_BYTES
from corpus.text.spans import SURFACE_JOINT, Span

COLUMNS = (
    "external_id", "layer", "annotation", "label", "segment", "start", "end", "words", "attributes", "score",
    "reason", "text", *FIELDS,
)  # fmt: skip
#: As tables were written before articles had a licence.
_OLDER_COLUMNS = tuple(column for column in COLUMNS if column != "licence")
_DELIMITERS = ",;\t"
_OFFSET = re.compile(r"[0-9]{1,9}\Z")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_DEFUSED = re.compile(r"'+[=+\-@\t\r]")

Row = Mapping[str, str]


@dataclass
class _Gathering:
    """The rows of one article so far."""

    place: str
    first: Row
    layers: dict[str, dict[str, list[Row]]] = field(default_factory=dict)
    refusal: str = ""


def read(source: Source) -> Iterator[Found]:
    for name in source.of_format(".csv", ".tsv"):
        with source.open(name) as stream:
            yield from _articles(name, _rows(stream, name, source.columns))


def _rows(stream: IO[bytes], name: str, columns: Mapping[str, str]) -> Iterator[tuple[int, Row]]:
    """Yield the rows of a table under our names for its columns."""
    csv.field_size_limit(MAX_BYTES)
    lines = _Lines(stream, name)
    heading = next(lines, "")
    delimiter = max(_DELIMITERS, key=heading.count)
    try:
        theirs = next(csv.reader([heading], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise FileRefused(f"{name}: the first line names no columns: {error}") from None
    named = {cell.strip().lower(): place for place, cell in enumerate(theirs)}
    places = {}
    for column in COLUMNS:
        wanted = columns.get(column, column).strip().lower()
        if wanted in named:
            places[column] = named[wanted]
        elif column in columns:
            raise FileRefused(f"{name}: there is no column {columns[column]!r}")
    if "text" not in places:
        raise FileRefused(f"{name}: there is no column text; say with the label map which one it is")
    ours = tuple(theirs) in (COLUMNS, _OLDER_COLUMNS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileRefused(f"{name}: line {reader.line_num + 1} is no row of CSV: {error}") from None
        if cells is None:
            if ours and not lines.ended:
                raise FileRefused(f"{name}: the last row has no end; the file was cut")
            return
        number += 1
        if cells:
            if len(cells) != len(theirs):
                raise FileRefused(f"{name}: row {number} has {len(cells)} cells for {len(theirs)} columns")
            if ours:
                cells = [cell[1:] if _DEFUSED.match(cell) else cell for cell in cells]
            yield number, {column: cells[place] for column, place in places.items()}


class _Lines:
    """The lines of a file with their ends; one that is longer than any cell is refused."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._number = 0
        #: Whether the last one had its end.
        self.ended = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(MAX_BYTES + 1)
        if not raw:
            raise StopIteration
        self._number += 1
        if len(raw) > MAX_BYTES:
            raise FileRefused(f"{self._name}: line {self._number} is longer than {MAX_BYTES:,} bytes")
        self.ended = raw.endswith(b"\n")
        try:
            return (raw.removeprefix(codecs.BOM_UTF8) if self._number == 1 else raw).decode()
        except UnicodeDecodeError as error:
            place = f"{self._name}: line {self._number}"
            raise FileRefused(f"{place}: byte 0x{error.object[error.start]:02x} is not UTF-8") from None


def _articles(name: str, rows: Iterable[tuple[int, Row]]) -> Iterator[Found]:
    """Yield an article for rows that follow each other with one id, or where there is none, one text."""
    gathering: _Gathering | None = None
    known = ""
    for number, row in rows:
        identity = row.get("external_id") or row["text"]
        if gathering is None or identity != known:
            if gathering:
                yield _article(gathering)
            gathering, known = _Gathering(f"{name}:{number}", row), identity
        if row["text"] not in ("", gathering.first["text"]):
            gathering.refusal = f"row {number} has another text under the same external_id"
        layer = gathering.layers.setdefault(row.get("layer", ""), {})
        if row.get("label") or row.get("start"):
            layer.setdefault(row.get("annotation") or f"#{number}", []).append(row)
    if gathering:
        yield _article(gathering)


def _article(gathering: _Gathering) -> Found:
    first = gathering.first
    try:
        if gathering.refusal:
            raise RecordRefused(gathering.refusal)
        if not first["text"]:
            raise RecordRefused("the first row of an article has its text; here it is empty")
        layers = tuple(
            Layer(name=name, annotations=tuple(_annotation(key, rows) for key, rows in said.items()))
            for name, said in gathering.layers.items()
            if name or said
        )
        fields: dict[str, Any] = {name: first.get(name, "") for name in ("external_id", *FIELDS)}
        return Article(place=gathering.place, text=first["text"], layers=layers, **fields)
    except RecordRefused as refusal:
        return Refusal(place=gathering.place, reason=str(refusal))


def _annotation(key: str, rows: Sequence[Row]) -> Annotation:
    first = rows[0]
    if any(row.get("label") != first.get("label") for row in rows):
        raise RecordRefused(f"the annotation {key!r} has two labels")
    pieces = [row.get("words", "") for row in rows]
    score = first.get("score", "")
    try:
        return Annotation(
            key=key,
            label=first.get("label", ""),
            segments=tuple(_span(row) for row in rows),
            words=SURFACE_JOINT.join(pieces) if all(pieces) else None,
            attributes=_attributes(first.get("attributes", "")),
            score=float(score) if score else None,
            reason=first.get("reason", ""),
        )
    except ValueError as error:
        raise RecordRefused(f"the annotation {key!r}: {error}") from None


def _span(row: Row) -> Span:
    start, end = (row.get(name, "").strip() for name in ("start", "end"))
    if not (_OFFSET.match(start) and _OFFSET.match(end)):
        raise RecordRefused(f"start and end are {start[:20]!r} and {end[:20]!r}, which are no offsets")
    if int(start) >= int(end):
        raise RecordRefused(f"the span from {start} to {end} holds nothing")
    return Span(int(start), int(end))


def _attributes(cell: str) -> dict[str, str]:
    found = json.loads(cell) if cell else {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise RecordRefused("attributes is no JSON object of texts")
    return found


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for article in articles:
        shared = {"external_id": article.external_id, "text": article.text}
        shared |= {name: getattr(article, name) for name in FIELDS}
        for row in _written(article):
            cells = [shared.get(column, "") or row.get(column, "") for column in COLUMNS]
            writer.writerow([f"'{cell}" if _FORMULA.match(cell) else cell for cell in map(str, cells)])
            shared = {"external_id": article.external_id}
        target.write(_taken_out(text))
    target.write(_taken_out(text))


def _written(article: Article) -> Iterator[dict[str, Any]]:
    """Yield a row for each segment, and one for a layer that says nothing."""
    for layer in article.said():
        if not layer.annotations:
            yield {"layer": layer.name}
        for row in layer.annotations:
            attributes = json.dumps(dict(row.attributes), ensure_ascii=False) if row.attributes else ""
            score = "" if row.score is None else row.score
            more = {"attributes": attributes, "score": score, "reason": row.reason}
            for number, span in enumerate(row.segments):
                place = {"segment": number, "start": span.start, "end": span.end}
                same = {"layer": layer.name, "annotation": row.key, "label": row.label}
                yield {**same, **place, "words": span.of(article.text), **(more if number == 0 else {})}


def _taken_out(text: io.StringIO) -> bytes:
    found = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return found


FORMAT = Format(
    name="csv",
    title="a table of spans",
    suffix=".csv",
    media_type="text/csv",
    unit=Unit.CODE_POINT,
    carries=METADATA
    | {Part.ANNOTATORS, Part.OVERLAPS, Part.SEGMENTS, Part.ATTRIBUTES, Part.SCORES, Part.REASONS},
    read=read,
    write=write,
)
