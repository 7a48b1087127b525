"""Lists of words in `lexicons/`, one entry a line; lines that start with `#` say what a group is.

Each language has a folder of its own. English, in which the grammar is written, has a list for each kind of
word; `languages.py` says what the other folders hold.
"""

from collections.abc import Iterator
from pathlib import Path

LEXICONS = Path(__file__).parent / "lexicons"
ENGLISH = LEXICONS / "en"


def read_words(name: str, folder: Path = ENGLISH) -> tuple[str, ...]:
    """Return the entries of one list."""
    lines = (folder / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def read_table(name: str, folder: Path = ENGLISH) -> Iterator[tuple[str, str]]:
    """Yield the entries of a list that says something of each: the words, and what is said of them."""
    for line in read_words(name, folder):
        words, _, rest = line.partition(":")
        yield words.strip(), rest.strip()


def read_sections(name: str, folder: Path = ENGLISH) -> dict[str, list[str]]:
    """Return the words of a list under each of its headings in square brackets."""
    sections: dict[str, list[str]] = {}
    words: list[str] = []
    for line in read_words(name, folder):
        if line.startswith("["):
            words = sections.setdefault(line.strip("[]"), [])
        else:
            words += line.split()
    return sections
