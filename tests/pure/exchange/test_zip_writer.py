"""Archives as others read them: whatever their number of files, size and names, in bounded memory."""

import io
import tempfile
import tracemalloc
import zipfile

from annotations.exchange.zip_writer import ZipWriter


def test_what_went_in_is_there_and_equal_data_make_equal_archives() -> None:
    given = {"a.txt": b"", "b/%C3%BC.txt": b"words" * 100_000, "Zoë 🌊.json": b"{}"}

    def packed() -> bytes:
        target = io.BytesIO()
        with ZipWriter(target) as archive:
            for name, data in given.items():
                archive.add(name, data)
        return target.getvalue()

    with zipfile.ZipFile(io.BytesIO(packed())) as found:
        assert found.testzip() is None
        assert {entry.filename: found.read(entry) for entry in found.infolist()} == given
    assert packed() == packed()


def test_many_files_are_an_archive_too_and_take_no_memory() -> None:
    count = 2**16 + 1  # More than fit the directory of a plain archive.
    with tempfile.TemporaryFile() as target:
        tracemalloc.start()
        with ZipWriter(target) as archive:
            for number in range(count):
                archive.add(f"{number}.txt", b"")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        with zipfile.ZipFile(target) as found:
            assert len(found.infolist()) == count
            assert found.read(f"{count - 1}.txt") == b""
    assert peak < 3 * 2**20


def test_an_archive_larger_than_four_gigabytes_is_read() -> None:
    with tempfile.TemporaryFile() as target:
        with ZipWriter(target) as archive:
            archive.add("first.txt", b"first")
            # A hole in the file stands for what would take minutes to write.
            target.seek(5 * 2**30)
            archive._offset = target.tell()
            archive.add("last.txt", b"last")
        with zipfile.ZipFile(target) as found:
            assert (found.read("first.txt"), found.read("last.txt")) == (b"first", b"last")


def test_what_fails_halfway_is_no_archive() -> None:
    target = io.BytesIO()
    try:
        with ZipWriter(target) as archive:
            archive.add("a.txt", b"words")
            raise ValueError
    except ValueError:
        assert not zipfile.is_zipfile(target)
