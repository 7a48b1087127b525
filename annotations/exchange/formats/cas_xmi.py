"""UIMA CAS as XMI, a file for each annotator of an article with its type system, in an archive.

A document type is refused, and with it every entity. Texts with characters that XML cannot hold are left out.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from annotations.exchange.articles import Article, Found
from annotations.exchange.cas import (
    CARRIES,
    SOFA,
    Structure,
    article_of,
    features_of,
    structures_of,
)
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses
from annotations.exchange.packing import path_of, read_files
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from annotations.exchange.zip_writer import ZipWriter

XMI = "http://www.omg.org/XMI"
#: What attributes are numbers or ids of structures, whatever the type system.
NUMBERS = frozenset({"begin", "end", "sofaNum"})
REFERENCES = frozenset({"Governor", "Dependent"})
TYPE_SYSTEM = "TypeSystem.xml"
_NUMBER = re.compile(r"[0-9]{1,10}\Z")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: An attribute would have its line ends and tabs made spaces.
_KEPT = {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


def read(source: Source) -> Iterator[Found]:
    names = [name for name in source.of_format(".xmi", ".xml") if not name.endswith(TYPE_SYSTEM)]
    yield from read_files(names, lambda name: article_of(name, _structures(source.read(name))))


def _structures(data: bytes) -> list[Structure]:
    found: list[Structure] = []

    def begin(element: str, attributes: dict[str, str]) -> None:
        structure = _structure(element, attributes)
        if structure:
            found.append(structure)

    def refuse(*_: object) -> None:
        raise RecordRefused("it declares a document type; send it without, entities are not read")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - the parser takes it by place
    except RecordRefused:
        raise
    except (expat.ExpatError, LookupError, ValueError) as error:
        # The last two of an encoding that Python or the parser has not.
        raise RecordRefused(f"no XML that can be read: {error}") from None
    return found


def _structure(element: str, attributes: dict[str, str]) -> Structure | None:
    space, _, name = element.partition(" ")
    identity = attributes.get(f"{XMI} id", "")
    if not identity or not space.startswith("http:///") or not name:
        return None
    package = space.removeprefix("http:///").removesuffix(".ecore").replace("/", ".")
    kind = SOFA if (package, name) == ("uima.cas", "Sofa") else f"{package}.{name}".lstrip(".")
    if not _NUMBER.match(identity):
        raise RecordRefused(f"xmi:id of {kind} is {identity[:40]!r}, which is no number")
    features: dict[str, Any] = {}
    references: dict[str, int] = {}
    for key, value in attributes.items():
        if " " in key or key == "sofa":
            continue
        if key in REFERENCES or key in NUMBERS:
            if not _NUMBER.match(value):
                raise RecordRefused(f"{key} of {kind} {identity} is {value[:40]!r}, which is no number")
            (references if key in REFERENCES else features)[key] = int(value)
        elif key == "score":
            features[key] = _score(value)
        else:
            features[key] = value
    return Structure(id=int(identity), type=kind, features=features, references=references)


def _score(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise RecordRefused(f"score is {value[:40]!r}, which is no number") from None


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    with ZipWriter(target) as archive:
        for article in articles:
            for layer in article.said():
                found = structures_of(article, layer, losses)
                document = _document(found)
                if _NOT_XML.search(document):
                    losses.lose(article.external_id, "layers of texts with characters that XML has not", 1)
                    continue
                path = path_of(article, layer)
                archive.add(f"{path}.xmi", document.encode())
                archive.add(f"{path}/{TYPE_SYSTEM}", _type_system(found).encode())


def _document(structures: Sequence[Structure]) -> str:
    sofa, *rest = structures
    spaces = {kind.rpartition(".")[0] for kind in (row.type for row in rest)}
    prefixes = {package: f"p{number}" for number, package in enumerate(sorted(spaces))}
    declared = "".join(
        f' xmlns:{prefix}="http:///{package.replace(".", "/")}.ecore"' for package, prefix in prefixes.items()
    )
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<xmi:XMI xmlns:xmi="{XMI}" xmlns:cas="http:///uima/cas.ecore"{declared} xmi:version="2.0">',
        '<cas:NULL xmi:id="0"/>',
    ]
    for row in rest:
        package, _, name = row.type.rpartition(".")
        values = {"sofa": sofa.id, **row.features, **row.references}
        lines.append(f'<{prefixes[package]}:{name} xmi:id="{row.id}"{_attributes(values)}/>')
    members = " ".join(str(row.id) for row in rest)
    lines.append(f'<cas:Sofa xmi:id="{sofa.id}"{_attributes(sofa.features)}/>')
    lines.append(f'<cas:View sofa="{sofa.id}" members="{members}"/>')
    return "\n".join([*lines, "</xmi:XMI>", ""])


def _attributes(values: Any) -> str:
    return "".join(f" {name}={quoteattr(str(value), _KEPT)}" for name, value in values.items())


def _type_system(structures: Sequence[Structure]) -> str:
    supertypes = {row.type: row.supertype for row in structures}
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">',
        "<types>",
    ]
    for kind, features in features_of(structures).items():
        lines.append(
            f"<typeDescription><name>{kind}</name><description/>"
            f"<supertypeName>{supertypes[kind]}</supertypeName><features>"
        )
        lines += [
            f"<featureDescription><name>{name}</name><description/>"
            f"<rangeTypeName>{range}</rangeTypeName></featureDescription>"
            for name, range in features.items()
        ]
        lines.append("</features></typeDescription>")
    return "\n".join([*lines, "</types>", "</typeSystemDescription>", ""])


FORMAT = Format(
    name="cas-xmi",
    title="UIMA CAS as XMI, an archive of documents with their type systems",
    suffix=".zip",
    media_type="application/zip",
    unit=Unit.UTF16,
    carries=CARRIES,
    read=read,
    write=write,
)
