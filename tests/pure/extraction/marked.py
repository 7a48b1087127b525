"""Sentences with their labels written into them, and what the pipeline finds in the same sentences.

`[d …]`, `[i …]` and `[m …]` are a direct, indirect or mixed quote, `[+ …]` is its next segment,
`[s …]` its source, `[c …]` its cue: `[d "We stay,"] [s she] [c said], [+ "whatever comes."]`
Where a sentence holds several quotes, digits say which is whose:
`[s12 She] [c1 said] [i1 it rained], [c2 adding] [i2 that it was cold].`
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from annotations.extraction import build_pipeline
from annotations.extraction.base import ArticleText, Suggestions
from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import Span

_MARK = re.compile(r"\[(?P<label>[dimsc+])(?P<quotes>\d*) |(?P<close>\])")
_TYPES = {"d": "direct", "i": "indirect", "m": "mixed"}


class Said(NamedTuple):
    """One quote with its source and its cue, as spans."""

    segments: tuple[Span, ...]
    source: Span | None
    cue: Span | None


@dataclass
class _Marked:
    """A quote while its marks are read."""

    type: str = ""
    spans: dict[str, list[Span]] = field(default_factory=lambda: {"q": [], "s": [], "c": []})

    def said(self) -> Said:
        source, cue = (self.spans[label][0] if self.spans[label] else None for label in "sc")
        return Said(tuple(sorted(self.spans["q"])), source, cue)


def unmark(marked: str) -> tuple[str, list[tuple[str, Said]]]:
    """Return the plain text and the quotes that are marked in it, each with its type, in order."""
    text = ""
    position = 0
    opened: list[tuple[str, str, int]] = []
    found: dict[str, _Marked] = {}
    for mark in _MARK.finditer(marked):
        text += marked[position : mark.start()]
        position = mark.end()
        if mark["label"]:
            opened.append((mark["label"], mark["quotes"] or "1", len(text)))
            continue
        label, quotes, start = opened.pop()
        for number in quotes:
            quote = found.setdefault(number, _Marked())
            quote.type = _TYPES.get(label, quote.type)
            quote.spans[label if label in "sc" else "q"].append(Span(start, len(text)))
    text += marked[position:]
    said = [(quote.type, quote.said()) for quote in found.values()]
    return text, sorted(said, key=lambda one: (one[1].segments[0].start, one[1].segments[-1].end))


def paragraphs(text: str, kind: BlockKind = BlockKind.BODY) -> tuple[Block, ...]:
    """Return each line of a text as a block of one kind."""
    return tuple(
        Block(start=line.start(), end=line.end(), kind=kind) for line in re.finditer(r"\S(?:[^\n]*\S)?", text)
    )


def suggest(text: str, blocks: tuple[Block, ...] | None = None, language: str = "en") -> Suggestions:
    """Return what the rules suggest; without blocks, each line is a paragraph of the body."""
    return build_pipeline("rules", {}).suggest(article(text, blocks, language))


def article(text: str, blocks: tuple[Block, ...] | None = None, language: str = "en") -> ArticleText:
    """Return a text as pipelines read it; without blocks, each line is a paragraph of the body."""
    return ArticleText(text=text, blocks=paragraphs(text) if blocks is None else blocks, language=language)


def quotes_in(text: str, language: str = "en") -> list[tuple[str, Said]]:
    """Return the quotes that the rules find, each with its type."""
    return quotes_of(suggest(text, language=language))


def quotes_of(result: Suggestions) -> list[tuple[str, Said]]:
    """Return the quotes among suggestions, each with its type."""
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
