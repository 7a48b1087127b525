"""What a block is: its kinds and its record."""

from dataclasses import dataclass
from enum import StrEnum


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
    One without a name goes on with the turn before it.
    """

    start: int
    end: int
    kind: BlockKind
    name_start: int | None = None
    name_end: int | None = None
