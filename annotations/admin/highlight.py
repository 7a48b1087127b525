"""An article's text with its labels, as HTML whose text nodes are the text itself, to the last character.

Where labels overlap, each piece between two boundaries is wrapped once for each label that covers it, the
longest outermost; so nothing hides anything, and the browser needs no layout of our own. A label is told by
its tag and the style of its line, and by colour only on top of that.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.safestring import SafeString

from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import Span

#: Characters that a line of the page holds, about; from them the browser guesses how high a block will be.
LINE = 80


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One label on the text; `state` is how it stands with whoever looks: suggested, skipped or kept."""

    row: str
    label: str
    segments: Sequence[Span]
    state: str


@dataclass(kw_only=True, slots=True)
class _Piece:
    """A segment of a mark, clipped to one block. Of its tags the first is where the segment opens."""

    start: int
    end: int
    length: int
    opening: str
    further: str


def painted(text: str, blocks: Sequence[Block], marks: Iterable[Mark]) -> SafeString:
    """Return the text in its blocks, with the marks drawn in.

    Blocks are sorted and disjoint; what lies between them is kept too. Cost: linear in the text, and in the
    marks with their overlaps.
    """
    blocks = blocks or (Block(start=0, end=len(text), kind=BlockKind.BODY),)
    by_block = _pieces(blocks, sorted(marks, key=lambda mark: mark.segments[0]))
    parts: list[str] = []
    place = 0
    for number, block in enumerate(blocks):
        if place < block.start:
            parts.append(_gap(text, place, block.start))
        parts.append(_block(text, block, by_block[number]))
        place = block.end
    if place < len(text):
        parts.append(_gap(text, place, len(text)))
    return SafeString("".join(parts))


def passage(text: str, blocks: Sequence[Block], marks: Iterable[Mark], around: Iterable[Span]) -> SafeString:
    """Return the blocks that hold any of the spans, each with its neighbours, with the marks drawn in."""
    blocks = blocks or (Block(start=0, end=len(text), kind=BlockKind.BODY),)
    spans = list(around)
    held = {
        number
        for number, block in enumerate(blocks)
        if any(Span(block.start, block.end).overlaps(span) for span in spans)
    }
    shown = {near for number in held for near in (number - 1, number, number + 1) if 0 <= near < len(blocks)}
    by_block = _pieces(blocks, sorted(marks, key=lambda mark: mark.segments[0]))
    parts: list[str] = []
    for number in sorted(shown):
        if parts and number - 1 not in shown:
            parts.append('<p class="at-cut">…</p>')
        parts.append(_block(text, blocks[number], by_block[number]))
    return SafeString("".join(parts))


def exact(text: str) -> SafeString:
    """Return text escaped so that a browser has the same characters; it would read a CR as a line feed."""
    return SafeString(_escaped(text))


# A long text has thousands of pieces. Each is escaped once and joined as it is: Django's own functions would
# escape every part of every part again, which takes most of the time.


def _escaped(text: str) -> str:
    return html.escape(text).replace("\r", "&#13;")


def _gap(text: str, start: int, end: int) -> str:
    return f'<span class="gap" data-start="{start}">{_escaped(text[start:end])}</span>'


def _block(text: str, block: Block, pieces: Sequence[_Piece]) -> str:
    name = (block.name_start, block.name_end) if block.name_start is not None else None
    lines = (block.end - block.start) // LINE + text.count("\n", block.start, block.end) + 1
    opening = f'<div class="block {block.kind.value}" data-start="{block.start}" data-lines="{lines}">'
    return f"{opening}{''.join(_inside(text, block, pieces, name))}</div>"


def _inside(
    text: str, block: Block, pieces: Sequence[_Piece], name: tuple[int, int | None] | None
) -> Iterator[str]:
    edges = {block.start, block.end}
    edges.update(piece.start for piece in pieces)
    edges.update(piece.end for piece in pieces)
    if name is not None:
        edges.update(edge for edge in name if edge is not None)
    ordered = sorted(edges)
    opening = sorted(pieces, key=lambda piece: piece.start)
    active: list[_Piece] = []
    following = 0
    for start, end in pairwise(ordered):
        active = [piece for piece in active if piece.end > start]
        while following < len(opening) and opening[following].start <= start:
            active.append(opening[following])
            following += 1
        words = _escaped(text[start:end])
        if name is not None and name[0] <= start < (name[1] or 0):
            words = f'<b class="speaker">{words}</b>'
        # The longest opens first, the shortest is innermost; of two alike, the one that began first.
        around = sorted(active, key=lambda piece: piece.length)[::-1]
        tags = "".join(piece.opening if piece.start == start else piece.further for piece in around)
        yield f"{tags}{words}{'</mark>' * len(around)}"


def _pieces(blocks: Sequence[Block], marks: Sequence[Mark]) -> list[list[_Piece]]:
    """Share the segments out to the blocks that they touch."""
    by_block: list[list[_Piece]] = [[] for _ in blocks]
    first_block = 0
    for mark in marks:
        while first_block < len(blocks) - 1 and blocks[first_block].end <= mark.segments[0].start:
            first_block += 1
        length = sum(span.end - span.start for span in mark.segments)
        row, label = html.escape(mark.row), html.escape(mark.label)
        attributes = f'class="label-{label} {mark.state}" data-row="{row}"'
        further = f"<mark {attributes}>"
        for order, span in enumerate(mark.segments):
            first = f'id="mark-{row}" data-tag="{label}"' if order == 0 else f'data-tag="… {label}"'
            opening = f"<mark {first} {attributes}>"
            number = first_block
            while number < len(blocks) and blocks[number].start < span.end:
                start, end = max(span.start, blocks[number].start), min(span.end, blocks[number].end)
                if start < end:
                    piece = _Piece(
                        start=start,
                        end=end,
                        length=length,
                        opening=opening if start == span.start else further,
                        further=further,
                    )
                    by_block[number].append(piece)
                number += 1
    return by_block
