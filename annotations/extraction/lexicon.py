"""Lists of words in `lexicons/`, one entry a line; lines that start with `#` say what a group is."""

from collections.abc import Iterator
from pathlib import Path

_FOLDER = Path(__file__).parent / "lexicons"


def read_words(name: str) -> tuple[str, ...]:
    """Return the entries of one list."""
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def read_table(name: str) -> Iterator[tuple[str, str]]:
    """Yield the entries of a list that says something of each: the words, and what is said of them."""
    for line in read_words(name):
        words, _, rest = line.partition(":")
        yield words.strip(), rest.strip()
