"""Sentences of a text, bounded by its paragraphs."""

import re

from corpus.text.spans import Span
from corpus.text.view import plain_view

_SENTENCE = re.compile(r"[^ \n](?:[^\n.!?]*[.!?]*(?![^ \n]))?")


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Return the sentences of `text[start:end]`, trimmed of white space, in order."""
    view = plain_view(text[start:end])
    return [Span(start + found.start(), start + found.end()) for found in _SENTENCE.finditer(view)]
