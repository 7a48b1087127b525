"""What every exchange format is read into and written from: articles with the layers that speak of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.text.spans import Span


class FileRefused(ValueError):
    """A file cannot be read at all; the message names the place and a mend. Nothing of it goes in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Annotation:
    """One label on one or more segments.

    A reader gives the segments as its file counts them; once the unit is settled they are code points.
    """

    #: Unique in its layer; relations name it.
    key: str
    label: str
    segments: tuple[Span, ...]
    #: What the file says stands there; None where it says nothing.
    words: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    score: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """A link between two annotations of its layer, by their keys."""

    label: str
    head: str
    child: str
    score: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """What one annotator says of the text.

    `name` is a layer's name as Attest writes it, the name of a person as the file has it, or empty where the
    file does not say.
    """

    name: str = ""
    annotations: tuple[Annotation, ...] = ()
    relations: tuple[Relation, ...] = ()

    @property
    def is_machine(self) -> bool:
        return self.name.startswith("machine:")


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    text: str
    #: Where it stands in the file that it comes from.
    place: str = ""
    external_id: str = ""
    title: str = ""
    outlet: str = ""
    url: str = ""
    published_at: str = ""
    language: str = ""
    licence: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()
    #: What the reader had to leave out, and how many of each.
    left_out: Mapping[str, int] = field(default_factory=dict)

    def said(self) -> Sequence[Layer]:
        """Return the layers, or one that says nothing: a text without labels is written as well."""
        return self.layers or (Layer(),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An article that could not be read; readers yield it and go on."""

    place: str
    reason: str


#: What a reader yields.
Found = Article | Refusal

#: The fields of an article beside its text that formats may carry.
FIELDS = ("title", "outlet", "url", "published_at", "language", "licence")


def fields_of(article: Article) -> dict[str, str]:
    """Return the fields of an article that say something, its `external_id` first."""
    named = ("external_id", *FIELDS)
    return {name: getattr(article, name) for name in named if getattr(article, name)}
