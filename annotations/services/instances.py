"""Rows of layers as instances of their models, read whole or made anew.

A layer is read with every decision on it. The ORM would take three times as long for it, most of that to put
together the same statement and the same converters again, and to set each value by itself.
"""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState

from annotations.models import Annotation, Layer, Relation, Review, Segment, Settlement

Row = TypeVar("Row", bound=models.Model)
OfLayer = TypeVar("OfLayer", Annotation, Relation, Review, Settlement)


def rows_of_layers(
    model: type[OfLayer], layers: Collection[UUID], order: Sequence[str], using: str
) -> list[OfLayer]:
    """Return the rows of `model` in `layers`, sorted by the columns `order`. One statement."""
    return _read(model, "layer_id IN ({})", layers, order, using)


def segments_of_layers(layers: Collection[UUID], using: str) -> list[Segment]:
    """Return the further segments of the annotations in `layers`, in order. One statement."""
    inside = "annotation_id IN (SELECT id FROM annotations_annotation WHERE layer_id IN ({}))"
    return _read(Segment, inside, layers, ("annotation_id", "number"), using)


def new_row(model: type[OfLayer], **values: Any) -> OfLayer:
    """Return an instance that is not stored yet, of the values of all of its columns."""
    missing = {field.attname for field in model._meta.concrete_fields} ^ values.keys()
    if missing:
        raise TypeError(f"{model.__name__} has other columns: {', '.join(sorted(missing))}.")
    instance = model.__new__(model)
    vars(instance).update(values, _state=ModelState())
    return instance


def _read(
    model: type[Row], condition: str, layers: Collection[UUID], order: Sequence[str], using: str
) -> list[Row]:
    connection = connections[using]
    fields, stored_id = model._meta.concrete_fields, Layer._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_listed(connection, [field.attname for field in fields])} "  # noqa: S608 - own names alone
            f"FROM {model._meta.db_table} WHERE {condition.format(', '.join(['%s'] * len(layers)))} "
            f"ORDER BY {_listed(connection, order)}",
            [stored_id(layer, connection) for layer in layers],
        )
        rows = cursor.fetchall()
    columns = zip(*rows, strict=True)
    converted = [_converted(connection, *pair) for pair in zip(fields, columns, strict=bool(rows))]
    names = [field.attname for field in fields]
    return [_instance(model, using, names, values) for values in zip(*converted, strict=True)]


def _instance(model: type[Row], using: str, names: Sequence[str], values: Sequence[Any]) -> Row:
    """Return a stored row as `from_db` does; that takes five times as long, to set each value by itself."""
    instance = model.__new__(model)
    state = ModelState()
    state.adding, state.db = False, using
    vars(instance).update(zip(names, values, strict=True), _state=state)
    return instance


def _listed(connection: BaseDatabaseWrapper, columns: Sequence[str]) -> str:
    return ", ".join(map(connection.ops.quote_name, columns))


def _converted(connection: BaseDatabaseWrapper, field: models.Field[Any, Any], values: Any) -> Any:
    """Return the values of a column as Django's own converters make them."""
    column = field.get_col(field.model._meta.db_table)
    for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection)):
        values = [convert(value, column, connection) for value in values]
    return values
