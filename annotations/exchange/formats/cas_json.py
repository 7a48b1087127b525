"""UIMA CAS JSON 0.4.0, a file for each annotator of an article, in an archive."""

from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import orjson

from annotations.exchange.articles import Article, Found
from annotations.exchange.cas import CARRIES, SOFA, VIEW, Structure, article_of, features_of, structures_of
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.losses import Losses
from annotations.exchange.packing import path_of, read_files
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from annotations.exchange.zip_writer import ZipWriter
from corpus.readers.strict_json import JSONRefused, loads_strict

TYPES, STRUCTURES, VIEWS = "%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"


def read(source: Source) -> Iterator[Found]:
    yield from read_files(source.of_format(".json"), lambda name: _article(name, source.read(name)))


def _article(name: str, data: bytes) -> Article:
    try:
        values = loads_strict(data)
    except JSONRefused as refusal:
        raise RecordRefused(str(refusal)) from None
    structures = values.get(STRUCTURES) if isinstance(values, dict) else None
    if not isinstance(structures, list) or not all(isinstance(item, dict) for item in structures):
        raise RecordRefused(f"it has no list {STRUCTURES}")
    return article_of(name, [_structure(item) for item in structures])


def _structure(item: Any) -> Structure:
    identity, kind = item.get("%ID"), item.get("%TYPE")
    if type(identity) is not int or not isinstance(kind, str):
        raise RecordRefused("a feature structure has no %ID or no %TYPE")
    return Structure(
        id=identity,
        type=kind,
        features={name: value for name, value in item.items() if name[:1] not in "%@#^"},
        references={
            name[1:]: value
            for name, value in item.items()
            if name[:1] == "@" and name != "@sofa" and type(value) is int
        },
    )


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    with ZipWriter(target) as archive:
        for article in articles:
            for layer in article.said():
                found = structures_of(article, layer, losses)
                archive.add(f"{path_of(article, layer)}.json", orjson.dumps(_document(found)))


def _document(structures: Sequence[Structure]) -> dict[str, Any]:
    sofa, *rest = structures
    return {
        TYPES: _types(structures),
        STRUCTURES: [_written(row) for row in structures],
        VIEWS: {VIEW: {"%SOFA": sofa.id, "%MEMBERS": [row.id for row in rest]}},
    }


def _types(structures: Sequence[Structure]) -> dict[str, Any]:
    supertypes = {row.type: row.supertype for row in structures}
    return {
        kind: {
            "%NAME": kind,
            "%SUPER_TYPE": supertypes[kind],
            **{name: {"%NAME": name, "%RANGE": range} for name, range in features.items()},
        }
        for kind, features in features_of(structures).items()
    }


def _written(row: Structure) -> dict[str, Any]:
    head: dict[str, Any] = {"%ID": row.id, "%TYPE": row.type}
    if row.type != SOFA:
        head["@sofa"] = 1
    return {**head, **row.features, **{f"@{name}": other for name, other in row.references.items()}}


FORMAT = Format(
    name="cas-json",
    title="UIMA CAS JSON, an archive of documents",
    suffix=".zip",
    media_type="application/zip",
    unit=Unit.UTF16,
    carries=CARRIES,
    read=read,
    write=write,
)
