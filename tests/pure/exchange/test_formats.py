"""Each format byte for byte, and there and back again: what it carries comes back equal."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from annotations.exchange import FORMATS
from annotations.exchange.articles import Annotation, Article, Layer, Refusal
from annotations.exchange.format import Format
from annotations.exchange.losses import EVERYTHING, Losses, Lost, Part, count_losses
from annotations.exchange.source import source_of
from annotations.exchange.units import Unit, settle_offsets
from tests.pure.exchange.made_up import any_article, articles, carried

GOLDEN = Path(__file__).parent / "golden"
#: Those that write on any machine and for any corpus.
WRITERS = [
    name for name, format in FORMATS.items() if format.write and not format.needs and name != "claim-review"
]
BOTH = [name for name in WRITERS if FORMATS[name].read]


def written(format: Format, given: Iterable[Article], losses: Losses | None = None) -> bytes:
    target = io.BytesIO()
    assert format.write is not None
    format.write(given, target, losses or Losses())
    return target.getvalue()


def unpacked(data: bytes) -> Any:
    """Return what an archive holds, for how it is packed depends on the machine; any other file as it is."""
    if not data.startswith(b"PK"):
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(entry.filename, entry.date_time, archive.read(entry)) for entry in archive.infolist()]


def read(format: Format, data: bytes, declared: Unit | None = None) -> list[Article]:
    """Return the articles of a file with their spans in code points."""
    assert format.read is not None
    found = list(format.read(source_of(io.BytesIO(data), f"file{format.suffix}")))
    assert [item for item in found if isinstance(item, Refusal)] == []
    return [
        settle_offsets(item, own=format.unit, declared=declared, spelling=format.spelling).article
        for item in found
        if isinstance(item, Article)
    ]


def said(layer: Layer) -> tuple[Counter[Any], Counter[Any]]:
    """Return what a layer says, whatever its ids and their order."""
    rows = {row.key: _row(row) for row in layer.annotations}
    links = [
        (link.label, rows[link.head], rows[link.child], link.score, link.reason) for link in layer.relations
    ]
    return Counter(rows[row.key] for row in layer.annotations), Counter(links)


def _row(row: Annotation) -> tuple[Any, ...]:
    return row.label, row.segments, tuple(sorted(row.attributes.items())), row.score, row.reason


def comparable(given: Iterable[Article], format: Format) -> dict[Any, Any]:
    """Return articles by what they are known by, with what each layer says."""
    found: dict[Any, Any] = {}
    for article in given:
        fields = tuple(
            getattr(article, part.value) for part in Part if part.value in Article.__dataclass_fields__
        )
        layers = found.setdefault((article.text, fields), Counter())
        for layer in article.layers:
            rows, links = said(layer)
            if rows or Part.ANNOTATORS in format.carries:
                key = layer.name if Part.ANNOTATORS in format.carries else ""
                layers[key, frozenset(rows.items()), frozenset(links.items())] += 1
    return found


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_is_what_it_was_byte_by_byte(name: str, request: pytest.FixtureRequest) -> None:
    format = FORMATS[name]
    data = written(format, articles())
    golden = GOLDEN / f"{name}{format.suffix}"
    if not golden.exists():
        golden.write_bytes(data)
        pytest.fail(f"{golden.name} was missing and is written now: read it, then commit it")
    assert unpacked(data) == unpacked(golden.read_bytes())


@pytest.mark.parametrize("name", [name for name in BOTH if name != "citron"])
def test_what_was_written_comes_back(name: str) -> None:
    format = FORMATS[name]
    given = [carried(article, format) for article in articles()]
    losses = Losses()
    # Citron has no place for claims: what it does carry has a test of its own.
    assert comparable(read(format, written(format, given, losses)), format) == comparable(given, format)
    assert not losses.counts


def test_a_table_from_before_there_were_licences_is_still_ours() -> None:
    format = FORMATS["csv"]
    rows = list(csv.reader(io.StringIO(written(format, articles()).decode(), newline="")))
    assert rows[0][-1] == "licence"
    older = io.StringIO(newline="")
    csv.writer(older).writerows(row[:-1] for row in rows)
    given = [carried(replace(article, licence=""), format) for article in articles()]
    assert comparable(read(format, older.getvalue().encode()), format) == comparable(given, format)


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=60)
@given(article=any_article())
def test_whatever_a_format_carries_comes_back_equal(name: str, article: Article) -> None:
    format = FORMATS[name]
    losses = Losses()
    article = carried(article, format)
    count_losses(article, format.carries, losses)
    data = written(format, [article], losses)
    if not losses.counts:
        # A short text may fit its words in two units: whoever imports it then says which.
        assert comparable(read(format, data, format.unit), format) == comparable([article], format)


@pytest.mark.parametrize("name", BOTH)
def test_a_writer_that_forgets_something_is_found_out(name: str) -> None:
    format = FORMATS[name]
    whole = carried(articles()[0], format)
    for part in range(len(whole.layers)):
        layers = list(whole.layers)
        layers[part] = replace(layers[part], annotations=layers[part].annotations[:-1], relations=())
        less = replace(whole, layers=tuple(layers))
        assert comparable(read(format, written(format, [less])), format) != comparable([whole], format)


@pytest.mark.parametrize("name", WRITERS)
def test_what_is_lost_is_counted_and_strict_refuses_it(name: str) -> None:
    format = FORMATS[name]
    losses = Losses()
    for article in articles():
        count_losses(article, format.carries, losses)
    written(format, articles(), losses)
    if format.carries < EVERYTHING:
        assert losses.counts
        with pytest.raises(Lost):
            for article in articles():
                count_losses(article, format.carries, Losses(strict=True))
            written(format, articles(), Losses(strict=True))
    else:
        assert not losses.counts


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_without_articles_is_a_file(name: str) -> None:
    format = FORMATS[name]
    data = written(format, [])
    if format.read:
        assert read(format, data) == []


def test_the_documentation_has_every_format() -> None:
    page = (Path(__file__).parents[3] / "docs" / "exchange.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"`{name}`" not in page] == []
