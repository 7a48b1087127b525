"""What takes more than one call to be on the disk for good."""

import os
from pathlib import Path


def sync_directory(path: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
