"""Lists of words, one entry a line, in `lexicons/`."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "lexicons"


def read_lexicon(name: str) -> tuple[str, ...]:
    """Return the entries of one list; lines that start with `#` are comments, `_` at an end is a space."""
    lines = (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines()
    return tuple(f"{line[:-1]} " if line.endswith("_") else line for line in lines if line and line[0] != "#")


def any_of(name: str) -> str:
    """Return a pattern that matches any entry of one list as whole words, the longest first."""
    entries = sorted(read_lexicon(name), key=len, reverse=True)
    return rf"\b(?:{'|'.join(map(re.escape, entries))})\b"
