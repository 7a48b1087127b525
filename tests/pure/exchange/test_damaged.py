"""Damaged files of every format: articles, refusals with their place, or a refused file, and nothing else."""

import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotations.exchange import FORMATS
from annotations.exchange.articles import FileRefused, Refusal
from annotations.exchange.fields import RecordRefused
from annotations.exchange.incoming import Taking, native_values
from annotations.exchange.labels import read_label_map
from annotations.exchange.native import Record, read_record
from annotations.exchange.source import source_of
from corpus.schemes import default_scheme
from tests.pure.exchange.made_up import articles
from tests.pure.exchange.test_formats import written

READERS = [name for name, format in FORMATS.items() if format.read and format.write]
SPACE = UUID(int=7)
#: What readers of these formats may take for a sign.
SIGNS = [
    b"", b"null", b"-1", b"1e999", b"true", b"[]", b"{}", b'"', b"\\", b"\x00", b"\xff", b"\n", b"\t", b"_",
    b"|", b"[1]", b"&a;", b"<", b"99999999999", b"\xed\xa0\x80", "\U0001f30a".encode(), b"{" * 70,
]  # fmt: skip


def damaged(data: bytes, place: int, cut: int, sign: bytes) -> bytes:
    start = place % (len(data) + 1)
    return data[:start] + sign + data[start + cut :]


def taken(name: str, data: bytes) -> list[Any]:
    """Return what an import would make of a file: records, or why not."""
    format = FORMATS[name]
    assert format.read is not None
    taking = Taking(format=format, labels=read_label_map(None, default_scheme()), space=SPACE)
    found: list[Any] = []
    try:
        for item in format.read(source_of(io.BytesIO(data), f"file{format.suffix}")):
            if isinstance(item, Refusal):
                assert item.reason and item.place
                found.append(item)
                continue
            assert item.place
            try:
                values, _ = native_values(item, taking)
                found.append(read_record(values, default_scheme()))
            except RecordRefused as refusal:
                found.append(refusal)
    except FileRefused as refusal:
        return [refusal]
    return found


@pytest.mark.parametrize("name", READERS)
def test_the_whole_file_is_taken(name: str) -> None:
    found = taken(name, written(FORMATS[name], articles()))
    assert found and not any(isinstance(item, Refusal | Exception) for item in found)


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_is_cut_off_gives_whole_articles_or_none(name: str) -> None:
    data = written(FORMATS[name], articles())
    sound = taken(name, data)
    for part in range(100):
        found = taken(name, data[: len(data) * part // 100])
        if FORMATS[name].suffix == ".jsonl":
            # What is cut off in the middle of its line has lost nothing but itself.
            assert [one for one in found if isinstance(one, Record)] == sound[: len(found) - _cut(found)]
        elif name == "csv":
            # Behind a row nobody can tell that others followed; what is there is as it was.
            assert all(is_part(one, sound) for one in found)
        else:
            assert _cut(found) == len(found) == 1, part


def _cut(found: Sequence[Any]) -> int:
    return sum(not isinstance(one, Record) for one in found)


def is_part(one: Any, sound: Sequence[Record]) -> bool:
    """Tell whether a record is one of these, with fewer annotations perhaps."""
    if not isinstance(one, Record):
        return True
    (whole,) = (other for other in sound if other.external_id == one.external_id)
    count = len(one.annotations)
    return (
        one.text == whole.text
        and one.annotations == whole.annotations[:count]
        and one.layers.items() <= whole.layers.items()
    )


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150)
@given(place=st.integers(0, 10**6), cut=st.integers(0, 40), sign=st.sampled_from(SIGNS))
def test_a_damaged_file_is_read_as_far_as_it_is_sound(name: str, place: int, cut: int, sign: bytes) -> None:
    data = written(FORMATS[name], articles())
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {entry: archive.read(entry) for entry in archive.namelist()}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for entry, content in files.items():
                archive.writestr(entry, damaged(content, place, cut, sign))
        assert taken(name, packed.getvalue())
    taken(name, damaged(data, place, cut, sign))


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=60)
@given(data=st.binary(max_size=200))
@example(data=b"\r\x00")
def test_any_bytes_are_no_reason_to_fall_over(name: str, data: bytes) -> None:
    taken(name, data)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for entry in ("a.json", "a.ann", "a.txt", "a.xmi", "a.tsv", "a.jsonl", "a.csv"):
            archive.writestr(entry, data)
    taken(name, packed.getvalue())


def test_a_link_that_stands_twice_is_refused_by_its_place_but_for_a_machine_s() -> None:
    link = {"label": "source", "head": 0, "child": 1}
    given: dict[str, Any] = {
        "external_id": "x",
        "text": "Late, Ida said.",
        "annotations": [
            {"label": "quote", "segments": [[0, 4]], "surface": "Late"},
            {"label": "attribution", "segments": [[6, 9]], "surface": "Ida"},
        ],
        "relations": [link, link],
    }
    person = "reviewer:0190a5c3-6c3e-7aaa-8aaa-0123456789ab"
    with pytest.raises(RecordRefused, match=re.escape("relations[1]: it says the same as relations[0]")):
        read_record(given | {"layer": person}, default_scheme())
    scored = [row | {"score": 0.9} for row in given["annotations"]]
    suggested = {"layer": "machine:rules@4", "annotations": scored, "relations": [link | {"score": 0.9}] * 2}
    assert len(read_record(given | suggested, default_scheme()).relations) == 2
