"""Hostile files: refused with their place, in bounded memory, whatever they are."""

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from annotations.exchange.articles import FileRefused, Refusal
from annotations.exchange.json_items import json_items, json_lines
from annotations.exchange.source import Archive, Folder, PlainFile, open_source, source_of


def plain(data: bytes) -> PlainFile:
    return PlainFile(io.BytesIO(data), "file.json")


def items(data: bytes) -> list[object]:
    return [value for _, value in json_items(plain(data), "file.json")]


def archive(*names: str, data: bytes = b"{}", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name in names:
            packed.writestr(name, data)
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"[]", []),
        (b" [ ] \n", []),
        (b"[{}]", [{}]),
        (b'{"a": 1}', [{"a": 1}]),
        (b"\xef\xbb\xbf[1,2 , 3]", [1, 2, 3]),
        (b"[12345]\n\n", [12345]),
        (b'["' + b"x" * 300_000 + b'", 7]', ["x" * 300_000, 7]),
        ("[" + ",".join(['{"t": "🌊"}'] * 30_000) + "]", [{"t": "🌊"}] * 30_000),
    ],
)
def test_a_list_is_read_item_by_item(data: bytes | str, found: list[object]) -> None:
    assert items(data if isinstance(data, bytes) else data.encode()) == found


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut"),
        (b"[", "cut"),
        (b"[{}", "cut"),
        (b"[{},", "cut"),
        (b'[{"a": "b', "item 1 is cut off"),
        (b"[{} {}]", "item 1 is followed by"),
        (b"[] []", "follows the end"),
        (b"{} {}", "follows the end"),
        (b"[" * 200_000, "too deep"),
        (b"\xff\xfe[\x00]\x00", "not UTF-8"),
        (b'["\xe9"]', "not UTF-8"),
        (b"[nonsense]", "no JSON"),
        (b'["' + b"x" * 11_000_000 + b'"]', "longer than"),
    ],
)
def test_a_file_that_is_no_list_of_json_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        items(data)


def test_an_item_that_cannot_be_kept_is_refused_alone() -> None:
    first, second, third = items(b'[{"a": 1, "a": 2}, {"a": "\\u0000"}, {"a": 3}]')
    assert isinstance(first, Refusal) and "twice" in first.reason and first.place == "file.json[0]"
    assert isinstance(second, Refusal) and third == {"a": 3}


def test_a_line_of_ten_megabytes_is_refused_and_the_next_one_read() -> None:
    data = b'{"a": "' + b"x" * 30_000_000 + b'"}\n{"a": 1}\n{"a": \n\n{"b": 2}'
    source = plain(data)
    tracemalloc.start()
    found = dict(json_lines(source, "file.json"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 32 * 2**20
    assert isinstance(found["file.json:1"], Refusal) and "longer than" in found["file.json:1"].reason
    assert found["file.json:2"] == {"a": 1} and found["file.json:5"] == {"b": 2}
    assert isinstance(found["file.json:3"], Refusal)


@pytest.mark.parametrize("name", ["../x.json", "/etc/x.json", "a/../../x.json", "..\\x.json", "c:/x.json"])
def test_a_name_that_leads_out_of_an_archive_is_refused(name: str) -> None:
    with pytest.raises(FileRefused, match="leads out"):
        source_of(io.BytesIO(archive("fine.json", name)), "a.zip")


def test_an_archive_is_read_in_place() -> None:
    source = source_of(io.BytesIO(archive("b.json", "a/c.json", data=b"[1]")), "a.zip")
    assert isinstance(source, Archive) and source.names == ["a/c.json", "b.json"]
    assert source.text("b.json") == "[1]"
    with pytest.raises(FileRefused, match="twice"), pytest.warns(UserWarning, match="Duplicate"):
        source_of(io.BytesIO(archive("a.json", "a.json")), "a.zip")


@pytest.mark.parametrize("name", [".", "./."])
def test_a_file_of_an_archive_has_a_name(name: str) -> None:
    with pytest.raises(FileRefused, match="no name"):
        source_of(io.BytesIO(archive(name)), "a.zip")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = archive("bomb.json", data=b"0" * 80_000_000)
    with pytest.raises(FileRefused, match="bomb"):
        source_of(io.BytesIO(packed), "a.zip")
    small = bytearray(archive("bomb.json", data=b"0" * 30_000_000))
    # The directory lies about the size: no more than it states is ever read.
    at = small.rindex(b"PK\x01\x02") + 24
    small[at : at + 4] = struct.pack("<I", 5)
    with pytest.raises(FileRefused, match="damaged"):
        source_of(io.BytesIO(bytes(small)), "a.zip").read("bomb.json")


@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-10], lambda data: data[:40], lambda data: b"PK\x03\x04" + b"0" * 99]
)
def test_an_archive_that_is_damaged_is_refused(spoil) -> None:
    with pytest.raises(FileRefused):
        source_of(io.BytesIO(spoil(archive("a.json", "b.json"))), "a.zip")


def test_an_archive_packed_otherwise_is_refused() -> None:
    with pytest.raises(FileRefused, match="use deflate"):
        source_of(io.BytesIO(archive("a.json", method=zipfile.ZIP_BZIP2)), "a.zip")


def test_a_file_that_is_longer_than_any_article_is_refused() -> None:
    with pytest.raises(FileRefused, match="no article"):
        plain(b"x" * 10_000_001).read("file.json")
    with pytest.raises(FileRefused, match="byte 0"):
        plain(b"\xff").text("file.json")


def test_a_folder_is_its_files_and_no_links(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_text("[1]")
    (tmp_path / "in" / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "secret")
    with open_source(tmp_path / "in") as source:
        assert isinstance(source, Folder) and source.names == ["a.json"]
        assert source.text("a.json") == "[1]"
    with pytest.raises(FileRefused), open_source(tmp_path / "none"):
        pass
