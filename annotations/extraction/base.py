"""What goes into a pipeline and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from corpus.text.blocks import Block
from corpus.text.spans import Span

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"


@dataclass(frozen=True, kw_only=True)
class ArticleText:
    """One revision's text with its blocks, as a pipeline reads it.

    Attributes:
        text: exactly as delivered; all offsets of the result count its code points.
        blocks: sorted and disjoint; what no block covers is not read.
    """

    text: str
    language: str = "en"
    blocks: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """One proposed annotation.

    Attributes:
        key: its number within one `Suggestions`, by which links name it.
        segments: half-open, code points; sorted, with a gap between each two.
        score: in (0, 1); a rank, not a probability.
        reason: why it fired, for a person to read.
    """

    key: int
    label: str
    segments: tuple[Span, ...]
    score: float
    reason: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Link:
    """One proposed relation between two suggestions, named by their keys."""

    label: str
    head: int
    child: int
    score: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    """All that a pipeline proposes for one article, sorted by start, end and label."""

    annotations: tuple[Suggestion, ...] = ()
    relations: tuple[Link, ...] = ()


class Pipeline(Protocol):
    """Proposes suggestions; name, version and configuration are its identity."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def configuration(self) -> Mapping[str, JSON]: ...

    def suggest(self, article: ArticleText) -> Suggestions:
        """Return the suggestions for one article; the same article gives the same result."""
        ...
