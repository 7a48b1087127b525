"""Parquet: a row for each annotator of an article, which `datasets` loads as it is.

Relations name annotations by their place in the row's list.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

from annotations.exchange.articles import FIELDS, Article, Layer
from annotations.exchange.format import Format
from annotations.exchange.losses import EVERYTHING, Losses
from annotations.exchange.units import Unit

#: Rows that are packed together and held at once.
ROWS = 500


def write(articles: Iterable[Article], target: IO[bytes], losses: Losses) -> None:
    del losses
    import pyarrow as pa  # noqa: PLC0415 - it is not among the requirements
    from pyarrow import parquet  # noqa: PLC0415

    text, whole, number = pa.string(), pa.int32(), pa.float64()
    span = pa.struct([("start", whole), ("end", whole)])
    annotation = pa.struct(
        [
            ("id", text),
            ("label", text),
            ("segments", pa.list_(span)),
            ("words", pa.list_(text)),
            ("attributes", pa.list_(pa.struct([("name", text), ("value", text)]))),
            ("score", number),
            ("reason", text),
        ]
    )
    relation = pa.struct(
        [("label", text), ("head", whole), ("child", whole), ("score", number), ("reason", text)]
    )
    schema = pa.schema(
        [
            *((name, text) for name in ("external_id", "text", *FIELDS, "layer")),
            ("annotations", pa.list_(annotation)),
            ("relations", pa.list_(relation)),
        ]
    )
    rows = _rows(articles)
    with parquet.ParquetWriter(target, schema) as writer:
        while some := list(islice(rows, ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema=schema))


def _rows(articles: Iterable[Article]) -> Iterator[dict[str, Any]]:
    for article in articles:
        shared = {name: getattr(article, name) for name in ("external_id", "text", *FIELDS)}
        for layer in article.said():
            yield {**shared, "layer": layer.name, **_said(article, layer)}


def _said(article: Article, layer: Layer) -> dict[str, Any]:
    numbers = {row.key: number for number, row in enumerate(layer.annotations)}
    return {
        "annotations": [
            {
                "id": row.key,
                "label": row.label,
                "segments": [{"start": start, "end": end} for start, end in row.segments],
                "words": [span.of(article.text) for span in row.segments],
                "attributes": [{"name": name, "value": value} for name, value in row.attributes.items()],
                "score": row.score,
                "reason": row.reason,
            }
            for row in layer.annotations
        ],
        "relations": [
            {
                "label": link.label,
                "head": numbers[link.head],
                "child": numbers[link.child],
                "score": link.score,
                "reason": link.reason,
            }
            for link in layer.relations
        ],
    }


FORMAT = Format(
    name="parquet",
    title="Parquet, a row for each annotator of an article",
    suffix=".parquet",
    media_type="application/vnd.apache.parquet",
    unit=Unit.CODE_POINT,
    carries=EVERYTHING,
    write=write,
    needs="pyarrow",
)
