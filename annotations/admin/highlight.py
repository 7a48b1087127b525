"""An article's text with its labels, as HTML whose text nodes are the text itself, to the last character.

Where labels overlap, each piece between two boundaries is wrapped once for each label that covers it, the
longest outermost; so nothing hides anything, and the browser needs no layout of our own. A label is told by
its tag and the style of its line, and by colour only on top of that.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from corpus.text.blocks import Block, BlockKind
from corpus.text.spans import Span


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One label on the text; `state` is how it stands with whoever looks: suggested, skipped or kept."""

    row: str
    label: str
    segments: Sequence[Span]
    state: str


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A segment of a mark, clipped to one block."""

    mark: Mark
    attributes: SafeString
    start: int
    end: int
    length: int
    opens: bool
    first: bool


def painted(text: str, blocks: Sequence[Block], marks: Iterable[Mark]) -> SafeString:
    """Return the text in its blocks, with the marks drawn in.

    Blocks are sorted and disjoint; what lies between them is kept too. Cost: linear in the text, and in the
    marks with their overlaps.
    """
    blocks = blocks or (Block(start=0, end=len(text), kind=BlockKind.BODY),)
    by_block = _pieces(blocks, sorted(marks, key=lambda mark: mark.segments[0]))
    parts, place = [], 0
    for number, block in enumerate(blocks):
        if place < block.start:
            parts.append(_gap(text, place, block.start))
        parts.append(_block(text, block, by_block[number]))
        place = block.end
    if place < len(text):
        parts.append(_gap(text, place, len(text)))
    return _joined(parts)


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
    parts: list[SafeString] = []
    for number in sorted(shown):
        if parts and number - 1 not in shown:
            parts.append(format_html('<p class="at-cut">{}</p>', "…"))
        parts.append(_block(text, blocks[number], by_block[number]))
    return _joined(parts)


def exact(text: str) -> SafeString:
    """Return text escaped so that a browser has the same characters; it would read a CR as a line feed."""
    return SafeString(escape(text).replace("\r", "&#13;"))


def _joined(parts: Iterable[SafeString]) -> SafeString:
    """Return the parts as one; to escape each again, as `format_html_join` does, takes half of the time."""
    return SafeString("".join(parts))


def _gap(text: str, start: int, end: int) -> SafeString:
    return format_html('<span class="gap" data-start="{}">{}</span>', start, exact(text[start:end]))


def _block(text: str, block: Block, pieces: Sequence[_Piece]) -> SafeString:
    name = (block.name_start, block.name_end) if block.name_start is not None else None
    return format_html(
        '<div class="block {}" data-start="{}">{}</div>',
        block.kind.value,
        block.start,
        _joined(_inside(text, block, pieces, name)),
    )


def _inside(
    text: str, block: Block, pieces: Sequence[_Piece], name: tuple[int, int | None] | None
) -> Iterator[SafeString]:
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
        html = exact(text[start:end])
        if name is not None and name[0] <= start < (name[1] or 0):
            html = format_html('<b class="speaker">{}</b>', html)
        # The shortest goes in first, so that it ends up innermost.
        for piece in sorted(active, key=lambda piece: piece.length):
            html = _wrapped(html, piece, opens=piece.opens and piece.start == start)
        yield html


def _wrapped(html: SafeString, piece: _Piece, *, opens: bool) -> SafeString:
    """Return the words in their mark. Each part is escaped already: a long text has thousands of them."""
    if not opens:
        first = ""
    elif piece.first:
        first = format_html(' id="mark-{}" data-tag="{}"', piece.mark.row, piece.mark.label)
    else:
        first = format_html(' data-tag="… {}"', piece.mark.label)
    return SafeString(f"<mark{first}{piece.attributes}>{html}</mark>")


def _pieces(blocks: Sequence[Block], marks: Sequence[Mark]) -> list[list[_Piece]]:
    """Share the segments out to the blocks that they touch."""
    by_block: list[list[_Piece]] = [[] for _ in blocks]
    first_block = 0
    for mark in marks:
        while first_block < len(blocks) - 1 and blocks[first_block].end <= mark.segments[0].start:
            first_block += 1
        length = sum(span.end - span.start for span in mark.segments)
        attributes = format_html(' class="label-{} {}" data-row="{}"', mark.label, mark.state, mark.row)
        for order, span in enumerate(mark.segments):
            number = first_block
            while number < len(blocks) and blocks[number].start < span.end:
                start, end = max(span.start, blocks[number].start), min(span.end, blocks[number].end)
                if start < end:
                    piece = _Piece(
                        mark=mark,
                        attributes=attributes,
                        start=start,
                        end=end,
                        length=length,
                        opens=start == span.start,
                        first=order == 0,
                    )
                    by_block[number].append(piece)
                number += 1
    return by_block
