"""Tells a name from the digits of an id: `ada` and `dee` are hexadecimal, too."""

import re


def words_in(said: object) -> set[str]:
    """Return the words of what was said; an id gives its groups of four digits and more."""
    return set(re.findall(r"\w+", str(said)))
