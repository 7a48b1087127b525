"""Exchange formats: pure readers and writers. A new one is a file in `formats` and a line in `FORMATS`."""

from annotations.exchange.format import Format
from annotations.exchange.formats import (
    brat,
    cas_json,
    cas_xmi,
    citron,
    conll,
    doccano,
    label_studio,
    parquet,
    prodigy,
    schema_org,
    spacy_docbin,
    spacy_json,
    spans_csv,
    web_annotation,
    webanno_tsv,
)
from annotations.exchange.native import NATIVE

#: The formats of others, by name; the native records are read and written by services of their own.
FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        label_studio.FORMAT,
        doccano.FORMAT,
        doccano.SPANS,
        doccano.GRAPHEMES,
        prodigy.FORMAT,
        brat.FORMAT,
        cas_json.FORMAT,
        cas_xmi.FORMAT,
        webanno_tsv.FORMAT,
        web_annotation.FORMAT,
        citron.FORMAT,
        spacy_json.FORMAT,
        spacy_docbin.FORMAT,
        parquet.FORMAT,
        spans_csv.FORMAT,
        conll.FORMAT,
        schema_org.FORMAT,
        schema_org.REVIEWS,
    )
}
READABLE = (NATIVE, *(name for name, format in FORMATS.items() if format.read))
WRITABLE = (NATIVE, *(name for name, format in FORMATS.items() if format.write))

#: How the name of a file of native records ends, and its media type.
NATIVE_FILE = (".jsonl", "application/x-ndjson")


class UnknownFormat(ValueError):
    """The message names the formats that there are."""


def check_readable(name: str) -> None:
    if name not in READABLE:
        raise UnknownFormat(f"There is no format {name!r} to import; there are {', '.join(READABLE)}.")


def check_writable(name: str) -> None:
    if name not in WRITABLE:
        raise UnknownFormat(f"There is no format {name!r} to export; there are {', '.join(WRITABLE)}.")


def file_kind(name: str) -> tuple[str, str]:
    """Return how the name of a file in a format ends, and its media type."""
    return (FORMATS[name].suffix, FORMATS[name].media_type) if name in FORMATS else NATIVE_FILE
