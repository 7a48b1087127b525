"""Blocks of an article: what each stretch of it is, from headline to furniture."""

from collections.abc import Callable

from corpus.text.kinds import Block, BlockKind
from corpus.text.layout import (
    Page,
    mark_closing,
    mark_continuations,
    mark_furniture,
    mark_headline,
    mark_opening,
    mark_pictures,
    mark_subheads,
    mark_turns,
)
from corpus.text.lines import read_lines
from corpus.text.pictures import split_fused
from corpus.text.view import plain_view

__all__ = ["RULES", "SEGMENTER", "Block", "BlockKind", "segment_blocks"]

#: Name and version of this segmenter; goes into the key of every job that reads blocks.
SEGMENTER = "blocks@1"

#: In order: a rule gives kinds to lines that the ones before it left open; what is left is body.
RULES: tuple[Callable[[Page], None], ...] = (
    mark_furniture,
    mark_turns,
    mark_pictures,
    mark_closing,
    mark_headline,
    mark_opening,
    mark_subheads,
    mark_continuations,
)


def segment_blocks(text: str, *, title: str = "") -> list[Block]:
    """Return the blocks of an article: sorted, disjoint, covering all but white space.

    A block is a line, or a paragraph whose lines were wrapped, or the part of a line that a page
    fused with a credit or a player phrase.

    Args:
        text: the text, exactly as delivered.
        title: the headline where it is known from elsewhere; "" where it is not.

    Cost: linear in the text.
    """
    page = Page([part for line in read_lines(plain_view(text)) for part in split_fused(line)], title)
    for rule in RULES:
        rule(page)
    return [
        _block(line.start, line.end, kind or BlockKind.BODY, page.names.get(number))
        for number, (line, kind) in enumerate(zip(page.lines, page.kinds, strict=True))
    ]


def _block(start: int, end: int, kind: BlockKind, name: tuple[int, int] | None) -> Block:
    if name is None:
        return Block(start=start, end=end, kind=kind)
    return Block(start=start, end=end, kind=kind, name_start=name[0], name_end=name[1])
