"""Blocks of an article: what each stretch of it is, from headline to furniture."""

import re
from dataclasses import dataclass
from enum import StrEnum

from corpus.text.view import plain_view

#: Name and version of this segmenter; goes into the key of every job that reads blocks.
SEGMENTER = "blocks@1"


class BlockKind(StrEnum):
    """What a block is."""

    #: The title of the article.
    HEADLINE = "headline"
    #: The paragraph that sums the article up below its headline.
    STANDFIRST = "standfirst"
    #: Place and date, or the date alone.
    DATELINE = "dateline"
    #: Who wrote it.
    BYLINE = "byline"
    #: A heading between paragraphs.
    SUBHEAD = "subhead"
    #: A paragraph of the article's own text.
    BODY = "body"
    #: What a picture shows.
    CAPTION = "caption"
    #: Whose picture it is.
    CREDIT = "credit"
    #: What one speaker of a transcript says.
    SPEAKER_TURN = "speaker_turn"
    #: Navigation, player and station lines, agency codes, appeals, copyright, sound notes.
    FURNITURE = "furniture"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A stretch of a text with its kind; half-open, code points, no white space at its edges.

    A speaker turn that opens with a name knows the span of the name, without role and colon.
    """

    start: int
    end: int
    kind: BlockKind
    name_start: int | None = None
    name_end: int | None = None


_LINE = re.compile(r"[^ \n](?:[^\n]*[^ \n])?")


def segment_blocks(text: str, *, title: str = "") -> list[Block]:
    """Return the blocks of an article: sorted, disjoint, covering all but white space.

    Args:
        text: the text, exactly as delivered.
        title: the headline where it is known from elsewhere; "" where it is not.
    """
    return [
        Block(start=line.start(), end=line.end(), kind=BlockKind.BODY)
        for line in _LINE.finditer(plain_view(text))
    ]
