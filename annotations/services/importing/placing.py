"""Putting a chunk of checked records in: articles, revisions and layers, each record whole or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from annotations.exchange.fields import RecordRefused, moment, plain_id
from annotations.exchange.native import Record
from annotations.models import Job, JobStatus, LayerKind
from annotations.services.decided_columns import (
    assignment_columns,
    dispute_columns,
    has_open_dispute,
    settlement_columns,
)
from annotations.services.identities import RecordIdentities
from annotations.services.importing.annotators import Annotators
from annotations.services.importing.batch import Batch, insert
from annotations.services.importing.rows import add_layer_rows
from annotations.services.importing.standing import Standing, name_standing
from annotations.services.jobs import active_pipelines, finish_revisions
from annotations.services.opening import READY, close_passes, hold_waiting, open_missing_passes, open_passes
from annotations.services.settling import end_work, settle_without
from annotations.services.statuses import ORDER, status_by_layers, status_on_arrival
from corpus.models import Corpus, IngestReport, RawSource, Revision, RevisionStatus
from corpus.models.articles import MOVES
from corpus.readers.base import RowRefused
from corpus.services.actors import Actor
from corpus.services.errors import BadInput
from corpus.services.events import Change, record_many
from corpus.services.ingest import MAX_TEXT, RowOutcome, write_report
from corpus.services.revisions import move_revision
from corpus.text.blocks import SEGMENTER

#: The place of a record and the record, or why it is refused.
Read = tuple[str, Record] | RowRefused


class Importer:
    """One chunk of records on its way in."""

    def __init__(self, actor: Actor, corpus: Corpus, report: IngestReport) -> None:
        self.actor, self.corpus, self.report = actor, corpus, report
        self.now = timezone.now()
        self.batch = Batch()
        self.annotators = Annotators(corpus)
        self.active = active_pipelines(corpus.pk)

    def take(self, read: Sequence[Read]) -> list[RowOutcome]:
        records = [item[1] for item in read if isinstance(item, tuple)]
        self._look_up(records)
        outcomes: list[RowOutcome] = []
        for item in read:
            if isinstance(item, RowRefused):
                outcomes.append(RowOutcome(place=item.place, outcome="rejected", reason=item.reason))
                continue
            place, record = item
            if record.external_id in self.touched:
                # Two revisions of one article in one chunk: the second must find the first.
                self._flush()
                self._look_up(records)
            outcomes.append(self._place(place, record))
        self._flush()
        write_report(self.report, outcomes)
        return outcomes

    def _look_up(self, records: Sequence[Record]) -> None:
        self.touched: set[str] = set()
        self.standing = Standing(self.corpus, records)

    def _place(self, place: str, record: Record) -> RowOutcome:
        """Put one record into the batch, or refuse it whole."""
        sizes = self.batch.sizes()
        try:
            outcome, article_id, revision_id, number = self._take_record(record)
        except (RecordRefused, BadInput) as error:
            self.batch.cut_back(sizes)
            return RowOutcome(
                place=place, outcome="rejected", external_id=record.external_id, reason=str(error)
            )
        if outcome != "unchanged":
            self.touched.add(record.external_id)
        return RowOutcome(
            place=place,
            outcome=outcome,
            external_id=record.external_id,
            article_id=article_id,
            revision_id=revision_id,
            number=number,
        )

    def _take_record(self, record: Record) -> tuple[str, UUID, UUID, int]:
        article = self.standing.articles.get(record.external_id)
        if article is not None and article.erased_at:
            raise RecordRefused("this article was erased here.")
        if len(record.text) > MAX_TEXT:
            raise RecordRefused(f"text has {len(record.text):,} characters; {MAX_TEXT:,} is the most.")
        ids = RecordIdentities(self.standing.taken)
        if article is None:
            stated = record.values.get("id") if record.values.get("external_id") else None
            article_id = UUID(ids.articles.keep(plain_id(stated, "id")))
            self._new_article(article_id, record)
            outcome = "created"
        else:
            article_id, outcome = article.pk, "unchanged"
        revision = self.standing.revision_of(article_id, record)
        if revision is None:
            if article is not None:
                self.standing.check_amended(article, record)
            revision_id, number = self._new_revision(article_id, record, ids)
            outcome = "amended" if article is not None else outcome
        else:
            revision_id, number = revision.pk, revision.number
        names, disputed = self._new_layers(revision_id, record, ids, fresh=revision is None)
        if record.assignments and revision_id not in self.standing.assigned and (names or revision is None):
            self.batch.assignments += assignment_columns(record, ids, revision_id, self.annotators.key_of)
            self._came(revision_id, "assignment", len(record.assignments))
        if names and revision is not None:
            self.batch.moves.append((revision, status_by_layers(record, names, disputed=disputed)))
            outcome = "amended"
        return outcome, article_id, revision_id, number

    # -- rows ----------------------------------------------------------------------------------------

    def _new_article(self, article_id: UUID, record: Record) -> None:
        values = record.values
        self.batch.articles.append(
            {
                "id": article_id,
                "external_id": record.external_id,
                "outlet": self.standing.outlets.get(values.get("outlet") or ""),
                "title": values.get("title") or "",
                "byline": values.get("byline") or "",
                "url": values.get("url") or "",
                "published_at": moment(values.get("published_at"), "published_at"),
                "language": values.get("language") or self.corpus.language,
                "licence": values.get("licence") or "",
                "text_withheld": bool(values.get("text_withheld")),
                "metadata": values.get("metadata") or {},
                "created_at": moment(values.get("article_created_at"), "article_created_at") or self.now,
            }
        )

    def _new_revision(self, article_id: UUID, record: Record, ids: RecordIdentities) -> tuple[UUID, int]:
        values = record.values
        newest = self.standing.revisions[article_id][-1] if self.standing.revisions[article_id] else None
        number = newest.number + 1 if newest else _number(record)
        revision_id = UUID(ids.revisions.keep(plain_id(values.get("revision_id"), "revision_id")))
        older = values.get("current") is False
        # An article has a current revision at any moment: one that was superseded is it until the next comes.
        current = not older or newest is None or not newest.current or _number(record) > newest.number
        if newest is not None and newest.current and current:
            self.batch.superseded.append(newest.pk)
            self.batch.changes.append(_superseded(self.corpus, newest))
        landed = [pipeline.pk for pipeline in self.active if f"machine:{pipeline.identity}" in record.layers]
        waiting = len(landed) < len(self.active)
        status = status_on_arrival(record, waiting=waiting) if current else RevisionStatus.SUPERSEDED
        waits = status in READY or (status == RevisionStatus.NEW and not waiting)
        if waits and not older:
            self.batch.ready.append(revision_id)
        self.batch.revisions.append(
            {
                "id": revision_id,
                "article": article_id,
                "number": number,
                "current": current,
                "status": status,
                "sha256": record.delivery.sha256,
                "text_sha256": record.text_sha256,
                "length": len(record.text),
                "encoding": record.delivery.encoding,
                "bom": record.delivery.bom,
                "content_type": values.get("content_type") or "text/plain",
                "extractor": values.get("extractor") or "",
                "created_at": moment(values.get("created_at"), "created_at") or self.now,
                "text": record.text,
            }
        )
        if record.delivery.raw is not None:
            self.batch.raws.append(RawSource(revision_id=revision_id, data=record.delivery.raw))
        self._blocks(revision_id, record)
        if not older:
            self.batch.new_revisions.append((revision_id, landed))
        facts = {
            "article": str(article_id),
            "number": number,
            "text_sha256": record.text_sha256,
            "length": len(record.text),
            "imported": True,
        }
        action = "article.created" if newest is None else "article.amended"
        self.batch.changes.append(self._change(action, "revision", revision_id, revision_id, facts))
        return revision_id, number

    def _blocks(self, revision_id: UUID, record: Record) -> None:
        """Keep the blocks that a record states for a segmenter; the text is segmented here otherwise."""
        if not any(block["segmenter"] == SEGMENTER for block in record.blocks):
            self.batch.unsegmented.append((revision_id, record.text, record.values.get("title") or ""))
        for block in record.blocks:
            name = block.get("name") or {}
            self.batch.blocks.append(
                {
                    "revision": revision_id,
                    "segmenter": block["segmenter"],
                    "start": block["start"],
                    "end": block["end"],
                    "kind": block["kind"],
                    "name_start": name.get("start"),
                    "name_end": name.get("end"),
                    "kind_set": block.get("kind_set") or None,
                }
            )

    def _new_layers(
        self, revision_id: UUID, record: Record, ids: RecordIdentities, *, fresh: bool
    ) -> tuple[dict[str, UUID], bool]:
        """Add the layers that the revision has not; return them by name, and whether one is in dispute."""
        names: dict[str, UUID] = {}
        known: dict[str, UUID] = {}
        for name, info in record.layers.items():
            kind, pipeline_id, reviewer_id = self.annotators.of_layer(name, info)
            if not fresh and (revision_id, pipeline_id, reviewer_id) in self.standing.layers:
                known[name] = self.standing.layers[revision_id, pipeline_id, reviewer_id]
                continue
            names[name] = known[name] = UUID(ids.layers.keep(plain_id(info.get("id"), "layers.id")))
            self.batch.layers.append(
                {
                    "id": names[name],
                    "revision": revision_id,
                    "kind": kind,
                    "pipeline": pipeline_id,
                    "reviewer": reviewer_id,
                    "created_at": moment(info.get("created_at"), "created_at") or self.now,
                    "submitted_at": moment(info.get("submitted_at"), "submitted_at"),
                }
            )
        if not names:
            return names, False
        disputes = self._come_along(revision_id, record, names)
        if len(names) < len(record.layers):
            name_standing(revision_id, record, names, ids, disputes=disputes)
        add_layer_rows(self.batch, record, names, ids, self.now)
        if disputes and record.disputes:
            self.batch.disputes += dispute_columns(record, ids, revision_id, known, self.now)
            self._came(revision_id, "dispute", len(record.disputes))
        if LayerKind.GOLD in names:
            gold = names[LayerKind.GOLD]
            self.batch.settlements += settlement_columns(record, ids, gold, self.annotators.key_of, self.now)
        self.batch.changes.extend(
            self._change("layer.imported", "layer", layer_id, revision_id, {"layer": name})
            for name, layer_id in names.items()
        )
        return names, disputes and has_open_dispute(record)

    def _come_along(self, revision_id: UUID, record: Record, names: Mapping[str, UUID]) -> bool:
        """Return whether the disputes of a record come in with its new layers `names`.

        They do where nobody here has begun to settle the text; gold that was settled elsewhere does not come
        to a text that is in dispute here.
        """
        gold = LayerKind.GOLD in names
        if gold and revision_id in self.standing.disputed:
            raise RecordRefused("people are settling this text here; gold from elsewhere is not taken.")
        if revision_id in self.standing.disputed or (LayerKind.GOLD in record.layers and not gold):
            return False
        return gold or any(layer in names for row in record.disputes for layer, _ in row.positions)

    # -- writing -------------------------------------------------------------------------------------

    def _flush(self) -> None:
        batch, self.batch = self.batch, Batch()
        batch.insert(self.corpus, self.report)
        record_many(self.actor, batch.changes, now=self.now)
        self._jobs(batch.new_revisions)
        end_work(self.actor, batch.superseded)
        if batch.ready:
            open_passes(self.corpus, batch.ready)
        for revision, status in batch.moves:
            self._move(revision, status)
            if status == RevisionStatus.SUBMITTED and hold_waiting([revision.pk]):
                # The pass that came may be the last that was missing, by the settings as they are now.
                open_missing_passes(Corpus.objects.get(pk=self.corpus.pk), revision.pk)
                settle_without(revision.pk)

    def _move(self, revision: Revision, status: RevisionStatus) -> None:
        """Let a standing revision follow the layers that it got; never back, and not while jobs are open."""
        if ORDER.index(status) <= ORDER.index(RevisionStatus(revision.status)):
            return
        if status == RevisionStatus.SUGGESTED:
            finish_revisions(self.corpus.pk, Revision.objects.filter(pk=revision.pk))
            return
        if status == RevisionStatus.DISPUTED and status not in MOVES[revision.status]:
            move_revision(self.actor, revision, RevisionStatus.SUBMITTED, reason="its layers came in")
        if status in MOVES[revision.status]:
            move_revision(self.actor, revision, status, reason="its layers came in")
        if status in (RevisionStatus.DISPUTED, RevisionStatus.GOLD):
            close_passes([revision.pk])

    def _jobs(self, new: Sequence[tuple[UUID, list[UUID]]]) -> None:
        """Give new revisions their jobs; those whose layer has come along are done already."""
        rows = [
            {
                "revision": revision_id,
                "pipeline": pipeline.pk,
                "status": (JobStatus.DONE if pipeline.pk in landed else JobStatus.QUEUED).value,
                "finished_at": self.now if pipeline.pk in landed else None,
            }
            for revision_id, landed in new
            for pipeline in self.active
        ]
        insert(
            Job, rows, segmenter=SEGMENTER, run=None, due_at=self.now, attempts=0, token=0, lease_until=None,
            heartbeat_at=None, worker="", cause="", created_at=self.now,
        )  # fmt: skip

    def _came(self, revision_id: UUID, what: str, count: int) -> None:
        """Tell of the assignments or disputes that a revision brought."""
        after = {"count": count}
        self.batch.changes.append(
            self._change(f"{what}.imported", "revision", revision_id, revision_id, after)
        )

    def _change(
        self, action: str, object_type: str, object_id: UUID, subject_id: UUID, after: dict[str, Any]
    ) -> Change:
        return Change(
            action=action,
            object_type=object_type,
            object_id=object_id,
            corpus_id=self.corpus.pk,
            subject_id=subject_id,
            after=after,
        )


def _number(record: Record) -> int:
    return record.values.get("revision") or 1


def _superseded(corpus: Corpus, revision: Revision) -> Change:
    return Change(
        action="revision.moved",
        object_type="revision",
        object_id=revision.pk,
        corpus_id=corpus.pk,
        subject_id=revision.pk,
        before=revision.status,
        after=RevisionStatus.SUPERSEDED.value,
        reason="an amended text came in",
    )
