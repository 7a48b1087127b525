"""The rows that a chunk of records comes to, and how they go in: by columns, a statement a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models

from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Layer,
    Relation,
    Review,
    Segment,
    Settlement,
)
from corpus.bulk import insert_columns, insert_rows
from corpus.models import Article, Block, Corpus, IngestReport, RawSource, Revision, RevisionStatus
from corpus.services.events import Change
from corpus.services.ingest import write_blocks
from corpus.services.revisions import supersede
from corpus.text.blocks import segment_blocks

ANNOTATION = (
    "id", "layer", "label", "start", "end", "surface", "attributes", "origin", "score", "reason",
    "derived_from", "root",
)  # fmt: skip
RELATION = ("id", "layer", "label", "head", "child", "origin", "score", "reason", "derived_from", "root")
SEGMENT = ("annotation", "number", "start", "end", "surface")


@dataclass(kw_only=True)
class Batch:
    """The rows that a chunk of records comes to; each table is a list of dicts of columns or of tuples."""

    articles: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    raws: list[RawSource] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    unsegmented: list[tuple[UUID, str, str]] = field(default_factory=list)
    layers: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[tuple[Any, ...]] = field(default_factory=list)
    segments: list[tuple[Any, ...]] = field(default_factory=list)
    relations: list[tuple[Any, ...]] = field(default_factory=list)
    reviews: list[dict[str, Any]] = field(default_factory=list)
    disputes: list[dict[str, Any]] = field(default_factory=list)
    settlements: list[dict[str, Any]] = field(default_factory=list)
    assignments: list[dict[str, Any]] = field(default_factory=list)
    superseded: list[UUID] = field(default_factory=list)
    #: Standing revisions that get layers, with what those make of their status.
    moves: list[tuple[Revision, RevisionStatus]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    new_revisions: list[tuple[UUID, list[UUID]]] = field(default_factory=list)
    #: New revisions that people may be given, and that bring no assignments of their own.
    ready: list[UUID] = field(default_factory=list)

    def sizes(self) -> dict[str, int]:
        """Return how much each table has, for `cut_back`."""
        return {name: len(rows) for name, rows in vars(self).items()}

    def cut_back(self, sizes: Mapping[str, int]) -> None:
        """Take out what came in since `sizes`."""
        for name, length in sizes.items():
            del vars(self)[name][length:]

    def insert(self, corpus: Corpus, report: IngestReport) -> None:
        """Write the rows of every table."""
        insert(Article, self.articles, corpus=corpus.pk, erased_at=None)
        supersede(self.superseded)
        insert(Revision, self.revisions, corpus=corpus.pk, report=report.pk)
        RawSource.objects.bulk_create(self.raws)
        insert(Block, self.blocks, set_by=None)
        write_blocks((pk, segment_blocks(text, title=title)) for pk, text, title in self.unsegmented)
        insert(Layer, self.layers)
        insert_rows(Annotation, ANNOTATION, self.annotations)
        insert_rows(Segment, SEGMENT, self.segments)
        insert_rows(Relation, RELATION, self.relations)
        insert(Review, self.reviews)
        insert(Dispute, self.disputes, corpus=corpus.pk)
        insert(Settlement, self.settlements)
        insert(Assignment, self.assignments, corpus=corpus.pk)


def insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> None:
    if rows:
        insert_columns(model, len(rows), {name: [row[name] for row in rows] for name in rows[0]} | same)
