"""The OpenAPI document as people read it: operations by subject, and the shapes that they name."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
#: What stands before the name of a shape that a schema refers to.
SHAPES = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True)
class Type:
    """What a value is. Words and the name of a shape that they lead to, which may be empty."""

    words: str
    shape: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    types: Sequence[Type]
    required: bool
    description: str
    #: Of a parameter: path, query or header.
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    """A body that is sent or answered: its media type, and what it is."""

    media: str
    types: Sequence[Type]


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: str
    description: str
    contents: Sequence[Content]


@dataclass(frozen=True, kw_only=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Field]
    body: Sequence[Content]
    answers: Sequence[Answer]
    curl: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    name: str
    description: str
    operations: Sequence[Operation]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A named schema: an object with fields, or one of a few values."""

    name: str
    description: str
    fields: Sequence[Field]
    values: Sequence[str]


def subjects_of(document: Schema) -> list[Subject]:
    """Return the operations of a document, by their tags and in their order."""
    found = [
        (operation["tags"][0], _operation(method, path, operation))
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return [
        Subject(
            name=tag["name"],
            description=tag.get("description", ""),
            operations=[operation for name, operation in found if name == tag["name"]],
        )
        for tag in document["tags"]
    ]


def shapes_of(document: Schema) -> list[Shape]:
    """Return the named schemas of a document by their names."""
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    return [
        Shape(
            name=name,
            description=schema.get("description", "") if "properties" in schema else "",
            fields=_fields(schema),
            values=[json.dumps(value) for value in schema.get("enum", ())],
        )
        for name, schema in sorted(schemas.items())
    ]


def _operation(method: str, path: str, operation: Schema) -> Operation:
    body = operation.get("requestBody", {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[_parameter(one) for one in operation.get("parameters", ())],
        body=_contents(body),
        answers=[
            Answer(
                status=status,
                description=answer.get("description", ""),
                contents=_contents(answer.get("content", {})),
            )
            for status, answer in operation["responses"].items()
        ],
        curl=_curl(method, path, body),
    )


def _parameter(one: Schema) -> Field:
    return Field(
        name=one["name"],
        types=types_of(one.get("schema", {})),
        required=one.get("required", False),
        description=one.get("description", ""),
        where=one["in"],
    )


def _contents(contents: Mapping[str, Schema]) -> list[Content]:
    return [
        Content(media=media, types=types_of(content.get("schema", {}))) for media, content in contents.items()
    ]


def _fields(schema: Schema) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(
            name=name,
            types=types_of(field),
            required=name in required,
            description=field.get("description", ""),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def types_of(schema: Schema) -> list[Type]:
    """Return what a value of a schema may be, as words in a row."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(SHAPES)
        return [Type(words=name, shape=name)]
    for combined in ("allOf", "oneOf", "anyOf"):
        if combined in schema:
            return list(_joined([types_of(part) for part in schema[combined]]))
    if "enum" in schema:
        return [Type(words=" | ".join(json.dumps(value) for value in schema["enum"]))]
    kinds = schema.get("type", "anything")
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    return list(_joined([_kind(kind, schema) for kind in kinds]))


def _kind(kind: str, schema: Schema) -> list[Type]:
    if kind == "array":
        return [Type(words="list of"), *types_of(schema.get("items", {}))]
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return [Type(words="object of"), *types_of(schema["additionalProperties"])]
    if kind == "string" and "format" in schema:
        return [Type(words=schema["format"])]
    return [Type(words=kind)]


def _joined(ways: Sequence[Sequence[Type]]) -> Iterable[Type]:
    for number, way in enumerate(ways):
        if number:
            yield Type(words="or")
        yield from way


def _curl(method: str, path: str, body: Mapping[str, Schema]) -> str:
    """Return a command to begin with; what is in capitals is to be filled in."""
    address = path.replace("{", "$").replace("}", "").replace("/api/v1", "$API", 1)
    parts = ["curl", '-H "Authorization: Bearer $TOKEN"']
    if method != "get":
        parts.append(f"-X {method.upper()}")
    if body:
        parts.append(f'-H "Content-Type: {next(iter(body))}" -d @BODY')
    return " ".join([*parts, f'"{address}"'])
