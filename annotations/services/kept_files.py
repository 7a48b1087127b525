"""Files kept beside the database, which says which of them there are to be.

A file is written under a draft's name, and gets its own once every byte of it is on the disk; the database is
told afterwards. So a file that was interrupted has no name, and one that the database was not told of is
removed by the sweeper, as any that is there without a reason.
"""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

from corpus.disk import sync_directory

#: An id and a token; other files in the directory are none of ours.
NAME = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9]+)(?:\.draft)?\Z")


@contextmanager
def written(name: str) -> Iterator[IO[bytes]]:
    """Give a file that gets its name when the body has ended well, and is gone when it has not."""
    directory: Path = settings.ATTEST_EXPORTS
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = directory / f"{name}.draft"
    try:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(directory / name)
        sync_directory(directory)
    finally:
        draft.unlink(missing_ok=True)


def opened(name: str) -> IO[bytes]:
    """Open a kept file to read. FileNotFoundError where there is none."""
    path: Path = settings.ATTEST_EXPORTS / name
    return path.open("rb")


def files_there() -> dict[str, str]:
    """Return the files in the directory: what each is called, and the name that it has or is to get."""
    directory: Path = settings.ATTEST_EXPORTS
    if not directory.is_dir():
        return {}
    found = (NAME.match(path.name) for path in directory.iterdir())
    return {match[0]: match[1] for match in found if match}


def remove(names: Collection[str]) -> None:
    """Remove files that are there, and wait until they are gone from the disk."""
    directory: Path = settings.ATTEST_EXPORTS
    for name in names:
        (directory / name).unlink(missing_ok=True)
    if names and directory.is_dir():
        sync_directory(directory)
