import os
import subprocess
import sys

import pytest

from corpus.readers import READERS, UnknownReader, read_path, reader_for
from corpus.readers.base import IncomingArticle, RowRefused


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_a_file_is_named_by_its_name(tmp_path):
    write(tmp_path, one_dot_txt="Привет".encode("cp1251"))
    (row,) = read_path(tmp_path / "one.txt", encoding="cp1251")
    assert (row.place, row.external_id, row.text) == ("one.txt", "one.txt", "Привет")


def test_the_files_of_a_folder_come_in_order_and_are_named_from_it(tmp_path):
    write(
        tmp_path,
        b_dot_txt=b"b",
        a_dot_TXT=b"a",
        _dot_hidden_dot_txt=b"hidden",
        sub__deep__c_dot_text=b"c",
        sub__d_dot_jsonl=b'{"text": "d"}\n{"text": 5}\n',
        sub__e_dot_csv=b"text\ne\n",
        _dot_git__config_dot_txt=b"hidden",
        z_dot_pdf=b"%PDF",
        sub__f_dot_txt=b"\xff",
    )
    rows = list(read_path(tmp_path))
    assert [(row.place, row.text) for row in rows if isinstance(row, IncomingArticle)] == [
        ("a.TXT", "a"),
        ("b.txt", "b"),
        ("sub/d.jsonl:1", "d"),
        ("sub/e.csv:2", "e"),
        ("sub/deep/c.text", "c"),
    ]
    assert [row.place for row in rows if isinstance(row, RowRefused)] == [
        "z.pdf",
        "sub/d.jsonl:2",
        "sub/f.txt",
    ]


def test_links_to_folders_are_not_followed_and_broken_ones_are_refused(tmp_path):
    write(tmp_path, in__a_dot_txt=b"a", out__b_dot_txt=b"b")
    (tmp_path / "in" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "nowhere.txt")
    article, refused = read_path(tmp_path / "in")
    assert article.place == "a.txt"
    assert (refused.place, refused.reason) == (
        "link.txt",
        "not a file that can be read: a broken link, or a device",
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are not Unicode")
def test_a_file_name_that_is_not_unicode_is_refused(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff.txt", "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"x")
    (refused,) = read_path(tmp_path)
    assert refused.reason == "the name of the file is not UTF-8: rename it"
    assert refused.place.encode()


def test_a_file_that_no_reader_knows_is_an_error_that_names_those_known(tmp_path):
    write(tmp_path, a_dot_pdf=b"%PDF")
    with pytest.raises(UnknownReader, match=r"no reader for \.pdf: known are \.txt, .*\.csv"):
        read_path(tmp_path / "a.pdf")


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_path(tmp_path / "a.txt")


@pytest.mark.parametrize("suffix", READERS)
def test_a_suffix_may_be_written_in_capitals(suffix):
    assert reader_for(f"a{suffix.upper()}") is READERS[suffix]


def test_a_name_without_suffix_has_no_reader():
    with pytest.raises(UnknownReader, match="no reader for 'README'"):
        reader_for("README")


def test_the_extractor_of_pages_is_imported_only_for_pages():
    code = "import sys, corpus.readers; sys.exit('trafilatura' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
