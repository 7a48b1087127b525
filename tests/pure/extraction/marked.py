"""Sentences with their labels written into them, and what the pipeline finds in the same sentences.

`[q …]` is a quote, a second `[+ …]` is its next segment, `[s …]` its source, `[c …]` its cue:
`[q "We stay,"] [s she] [c said], [+ "whatever comes."]`
"""

import re
from typing import NamedTuple

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Suggestions
from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import Span

_MARK = re.compile(r"\[(?P<label>[qsc+]) |(?P<close>\])")


class Said(NamedTuple):
    """One quote with its source and its cue, as spans."""

    segments: tuple[Span, ...]
    source: Span | None
    cue: Span | None


def unmark(marked: str) -> tuple[str, Said | None]:
    """Return the plain text and the one quote that is marked in it, if any."""
    text = ""
    position = 0
    opened: list[tuple[str, int]] = []
    found: dict[str, list[Span]] = {"q": [], "s": [], "c": []}
    for mark in _MARK.finditer(marked):
        text += marked[position : mark.start()]
        position = mark.end()
        if mark["label"]:
            opened.append((mark["label"].replace("+", "q"), len(text)))
        else:
            label, start = opened.pop()
            found[label].append(Span(start, len(text)))
    text += marked[position:]
    if not found["q"]:
        return text, None
    source, cue = (found[label][0] if found[label] else None for label in "sc")
    return text, Said(tuple(sorted(found["q"])), source, cue)


def paragraphs(text: str, kind: BlockKind = BlockKind.BODY) -> tuple[Block, ...]:
    """Return each line of a text as a block of one kind."""
    return tuple(
        Block(start=line.start(), end=line.end(), kind=kind) for line in re.finditer(r"\S(?:[^\n]*\S)?", text)
    )


def suggest(text: str, blocks: tuple[Block, ...] | None = None) -> Suggestions:
    """Return what the rules suggest; without blocks, each line is a paragraph of the body."""
    pipeline = build_pipeline("rules", {})
    return pipeline.suggest(ArticleText(text=text, blocks=paragraphs(text) if blocks is None else blocks))


def quotes_in(text: str) -> list[tuple[str, Said]]:
    """Return the quotes that the rules find, each with its type."""
    result = suggest(text)
    by_key = {annotation.key: annotation for annotation in result.annotations}
    links = {(link.label, link.head): by_key[link.child].segments[0] for link in result.relations}
    return [
        (
            annotation.attributes["type"],
            Said(
                annotation.segments, links.get(("source", annotation.key)), links.get(("cue", annotation.key))
            ),
        )
        for annotation in result.annotations
        if annotation.label == "quote"
    ]
