"""Taking native records in: articles with their layers, each record whole or not at all.

Ids are kept where they are free, so that what was exported is recognised when it comes back. An article
that stands here already gets the layers that it has not; nothing that stands is changed. Rows go in by
columns, many records a transaction.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from annotations.exchange.native import LAYER, Record, RecordRefused, moment, plain_id, read_record
from annotations.models import Annotation, Job, JobStatus, Layer, Pipeline, Relation, Review, Segment
from annotations.services.jobs import active_pipelines, configuration_hash
from corpus.bulk import insert_columns, insert_rows, json_text
from corpus.ids import uuid7_hex
from corpus.models import (
    Article,
    Block,
    Corpus,
    IngestReport,
    RawSource,
    Revision,
    RevisionStatus,
    Role,
    User,
)
from corpus.readers.base import RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.schemes import SchemeDefinition
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import scheme_of
from corpus.services.errors import BadInput
from corpus.services.events import Change, record_many
from corpus.services.ingest import RowOutcome, outlets_named, write_blocks, write_report
from corpus.text.blocks import SEGMENTER, BlockKind, segment_blocks

#: Records a transaction, and the bytes at which it ends sooner. It holds SQLite's one writer for a fifth of a second.
CHUNK = 500
CHUNK_BYTES = 8 * 2**20

#: The number of a line and its record, or why it is refused.
Read = tuple[str, Record] | RowRefused


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
    superseded: list[UUID] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    new_revisions: list[tuple[UUID, list[UUID]]] = field(default_factory=list)


ANNOTATION = (
    "id", "layer", "label", "start", "end", "surface", "attributes", "origin", "score", "reason", "derived_from",
    "root",
)  # fmt: skip
RELATION = ("id", "layer", "label", "head", "child", "origin", "score", "reason", "derived_from", "root")
SEGMENT = ("annotation", "number", "start", "end", "surface")


def import_records(
    actor: Actor, corpus: Corpus, lines: Iterable[bytes], *, source: str
) -> Iterator[RowOutcome]:
    """Take native records, a line each, and yield what became of each: created, amended, unchanged or rejected.

    `amended` means that something was new: a revision, or a layer on one that stands. Every `CHUNK` records
    are one transaction; doing it again changes nothing.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.INGEST)
    require(actor, corpus.pk, Role.LEAD, Scope.SUGGEST)
    report = IngestReport.objects.create(corpus=corpus, source=source[:512], started_by=actor.user)
    for chunk in _chunks(lines):
        # What needs no database is done before the transaction begins.
        scheme = scheme_of(corpus.pk)
        read = [_read(f"{source}:{number}", line, scheme) for number, line in chunk]
        yield from _take(actor, corpus, report, read)
    report.finished_at = timezone.now()
    report.save(update_fields=["finished_at"])


def _chunks(lines: Iterable[bytes]) -> Iterator[list[tuple[int, bytes]]]:
    """Yield lines that are not blank with their numbers, as many at once as go into one transaction."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for number, line in enumerate(lines, 1):
        if line.strip():
            chunk.append((number, line))
            size += len(line)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _read(place: str, line: bytes, scheme: SchemeDefinition) -> Read:
    try:
        return place, read_record(loads_strict(line), scheme)
    except (JSONRefused, RecordRefused) as error:
        return RowRefused(place=place, reason=str(error))


def _take(actor: Actor, corpus: Corpus, report: IngestReport, read: Sequence[Read]) -> list[RowOutcome]:
    try:
        with transaction.atomic():
            return Importer(actor, corpus, report).take(read)
    except IntegrityError:
        # Somebody else has put in one of these at the same moment; this time it is found.
        report.refresh_from_db()
        with transaction.atomic():
            return Importer(actor, corpus, report).take(read)


class Importer:
    """One chunk of records on its way in."""

    def __init__(self, actor: Actor, corpus: Corpus, report: IngestReport) -> None:
        self.actor, self.corpus, self.report = actor, corpus, report
        self.now = timezone.now()
        self.batch = Batch()
        self.pipelines: dict[str, Pipeline] = {}
        self.people: dict[str, User] = {}
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

    # -- what stands ---------------------------------------------------------------------------------

    def _look_up(self, records: Sequence[Record]) -> None:
        """Find what stands of these records: their articles, revisions, layers, outlets, and ids that are taken."""
        self.touched: set[str] = set()
        self.articles = {
            article.external_id: article
            for article in Article.objects.filter(
                corpus=self.corpus, external_id__in={record.external_id for record in records}
            )
        }
        self.revisions: dict[tuple[UUID, str], Revision] = {}
        self.newest: dict[UUID, Revision] = {}
        known = Revision.objects.filter(article__in=self.articles.values()).defer("text").order_by("number")
        for revision in known:
            self.revisions[revision.article_id, revision.text_sha256] = revision
            self.newest[revision.article_id] = revision
        self.standing = set(
            Layer.objects.filter(revision__in=[row.pk for row in known]).values_list(
                "revision_id", "pipeline_id", "reviewer_id"
            )
        )
        names = {str(record.values.get("outlet") or "") for record in records} - {""}
        self.outlets = outlets_named(self.corpus, names)
        self.taken = _taken_ids(records)

    def _place(self, place: str, record: Record) -> RowOutcome:
        """Put one record into the batch, or refuse it whole."""
        kept = {name: len(rows) for name, rows in vars(self.batch).items()}
        try:
            outcome, article_id, revision_id, number = self._take_record(record)
        except (RecordRefused, BadInput) as error:
            for name, length in kept.items():
                del vars(self.batch)[name][length:]
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
        article = self.articles.get(record.external_id)
        if article is not None and article.erased_at:
            raise RecordRefused("this article was erased here.")
        ids = _Ids(self.taken)
        if article is None:
            article_id = UUID(
                ids.keep(plain_id(record.values.get("id") if "external_id" in record.values else None, "id"))
            )
            self._new_article(article_id, record)
            outcome = "created"
        else:
            article_id, outcome = article.pk, "unchanged"
        revision = self.revisions.get((article_id, record.text_sha256))
        if revision is None:
            revision_id, number = self._new_revision(article_id, record, ids)
            outcome = "amended" if article is not None else outcome
        else:
            revision_id, number = revision.pk, revision.number
        if self._new_layers(revision_id, record, ids, fresh=revision is None) and outcome == "unchanged":
            outcome = "amended"
        return outcome, article_id, revision_id, number

    # -- rows ----------------------------------------------------------------------------------------

    def _new_article(self, article_id: UUID, record: Record) -> None:
        values = record.values
        self.batch.articles.append(
            {
                "id": article_id,
                "external_id": record.external_id,
                "outlet": self.outlets.get(str(values.get("outlet") or "")),
                "title": _words(values, "title"),
                "byline": _words(values, "byline"),
                "url": _words(values, "url"),
                "published_at": moment(values.get("published_at"), "published_at"),
                "language": _words(values, "language") or self.corpus.language,
                "metadata": values.get("metadata") or {},
                "created_at": moment(values.get("article_created_at"), "article_created_at") or self.now,
            }
        )

    def _new_revision(self, article_id: UUID, record: Record, ids: "_Ids") -> tuple[UUID, int]:
        values = record.values
        newest = self.newest.get(article_id)
        number = newest.number + 1 if newest else 1
        if newest is None and isinstance(values.get("revision"), int) and values["revision"] > 0:
            number = values["revision"]
        revision_id = UUID(ids.keep(plain_id(values.get("revision_id"), "revision_id")))
        superseded = values.get("current") is False
        if newest is not None and not superseded and newest.current:
            self.batch.superseded.append(newest.pk)
        self.batch.revisions.append(
            {
                "id": revision_id,
                "article": article_id,
                "number": number,
                "current": not superseded,
                "status": _status(record, superseded=superseded),
                "sha256": values.get("sha256") or record.text_sha256,
                "text_sha256": record.text_sha256,
                "length": len(record.text),
                "encoding": values.get("encoding") or "utf-8",
                "bom": bool(values.get("bom")),
                "content_type": values.get("content_type") or "text/plain",
                "extractor": values.get("extractor") or "",
                "created_at": moment(values.get("created_at"), "created_at") or self.now,
                "text": record.text,
            }
        )
        if values.get("raw"):
            self.batch.raws.append(RawSource(revision_id=revision_id, data=base64.b64decode(values["raw"])))
        self._blocks(revision_id, record)
        landed = [pipeline.pk for pipeline in self.active if f"machine:{pipeline.identity}" in record.layers]
        if not superseded:
            self.batch.new_revisions.append((revision_id, landed))
        self.batch.changes.append(
            self._change("article.created" if newest is None else "article.amended", "revision", revision_id, revision_id, {
                "article": str(article_id), "number": number, "text_sha256": record.text_sha256,
                "length": len(record.text), "imported": True,
            })
        )  # fmt: skip
        return revision_id, number

    def _blocks(self, revision_id: UUID, record: Record) -> None:
        """Keep the blocks that a record states for a segmenter; the text is segmented here otherwise."""
        stated = [block for block in record.values.get("blocks") or () if block.get("segmenter")]
        if not any(block["segmenter"] == SEGMENTER for block in stated):
            self.batch.unsegmented.append((revision_id, record.text, _words(record.values, "title")))
        for block in stated:
            name = block.get("name") or {}
            if block.get("kind") not in set(BlockKind) or block.get("kind_set") not in {None, *BlockKind}:
                raise RecordRefused(f"there is no block kind {block.get('kind')!r}.")
            self.batch.blocks.append(
                {
                    "revision": revision_id,
                    "segmenter": block["segmenter"],
                    "start": block["start"],
                    "end": block["end"],
                    "kind": block["kind"],
                    "name_start": name.get("start"),
                    "name_end": name.get("end"),
                    "kind_set": block.get("kind_set"),
                }
            )

    def _new_layers(self, revision_id: UUID, record: Record, ids: "_Ids", *, fresh: bool) -> bool:
        """Add the layers that the revision has not; return whether there were any."""
        names: dict[str, UUID] = {}
        for name, info in record.layers.items():
            kind, pipeline_id, reviewer_id = self._annotator(name, info)
            if not fresh and (revision_id, pipeline_id, reviewer_id) in self.standing:
                continue
            names[name] = UUID(ids.keep(plain_id(info.get("id"), "layers.id")))
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
            return False
        self._rows(record, names, ids)
        self.batch.changes.extend(
            self._change("layer.imported", "layer", layer_id, revision_id, {"layer": name})
            for name, layer_id in names.items()
        )
        return True

    def _rows(self, record: Record, names: Mapping[str, UUID], ids: "_Ids") -> None:
        """Turn the annotations, relations and reviews of the new layers into rows."""
        layer_of = {name: pk.hex for name, pk in names.items()}
        annotations = [item for item in record.annotations if item.layer in layer_of]
        relations = [item for item in record.relations if item.layer in layer_of]
        text, known = record.text, ids.known
        for item, identity in zip(annotations, ids.keep_all([item.id for item in annotations]), strict=True):
            (start, end), *further = item.segments
            self.batch.annotations.append(
                (
                    identity, layer_of[item.layer], item.label, start, end, text[start:end],
                    json_text(item.attributes), item.origin, item.score, item.reason, known(item.derived_from),
                    (known(item.root) or item.root) if item.root else identity,
                )
            )  # fmt: skip
            for place, (start, end) in enumerate(further, 1):
                self.batch.segments.append((identity, place, start, end, text[start:end]))
        for link, identity in zip(relations, ids.keep_all([link.id for link in relations]), strict=True):
            head, child = known(link.head), known(link.child)
            if head is None or child is None:
                raise RecordRefused("a relation leads out of its layer.")
            self.batch.relations.append(
                (
                    identity, layer_of[link.layer], link.label, head, child, link.origin, link.score, link.reason,
                    known(link.derived_from), (known(link.root) or link.root) if link.root else identity,
                )
            )  # fmt: skip
        self._reviews(record, layer_of, ids)

    def _reviews(self, record: Record, layer_of: Mapping[str, str], ids: "_Ids") -> None:
        """Keep the reviews whose things are all here; what then stands without one was added by its reviewer."""
        people = {name: layer for name, layer in layer_of.items() if name.startswith("reviewer:")}
        if not people:
            return
        annotations = {item.id for item in record.annotations}
        relations = {item.id for item in record.relations}
        whole = record.values.get("layer") == "all"
        if whole:
            # All of their ids first: a review may name one that comes after it.
            for item in record.reviews:
                ids.keep(plain_id(item.get("id"), "id"))
        for item in record.reviews if whole else ():
            layer = people.get(item.get("layer") or f"reviewer:{item.get('reviewer')}")
            on = plain_id(item["on"], "on")
            if layer is None or on not in annotations | relations:
                continue
            result = plain_id(item.get("result"), "result")
            self.batch.reviews.append(self._review(item, layer, on, result, relations, ids))
        if whole:
            return
        for kind, rows in (("annotation", record.annotations), ("relation", record.relations)):
            for row in rows:
                layer = people.get(row.layer)
                if layer is not None:
                    self.batch.reviews.append(self._added(kind, row.id, row.root, layer, ids))

    def _review(
        self, item: Mapping[str, Any], layer: str, on: str, result: str, relations: set[str], ids: "_Ids"
    ) -> dict[str, Any]:
        linked = on in relations
        known = ids.known
        return {
            "id": ids.keep(plain_id(item.get("id"), "id")),
            "layer": layer,
            "line": known(plain_id(item.get("line"), "line"))
            or plain_id(item.get("line"), "line")
            or known(on),
            "version": item.get("version", 1),
            "verdict": item["verdict"],
            "reason": item.get("reason") or "",
            "note": item.get("note") or "",
            "annotation": None if linked else known(on),
            "relation": known(on) if linked else None,
            "result": None if linked else known(result),
            "result_relation": known(result) if linked else None,
            "retracts": known(plain_id(item.get("retracts"), "retracts")),
            "implied_by": known(plain_id(item.get("implied_by"), "implied_by")),
            "guideline": item.get("guideline") or 0,
            "suggestions_shown": bool(item.get("suggestions_shown", True)),
            "at": moment(item.get("at"), "at") or self.now,
        }

    def _added(self, kind: str, identity: str, root: str, layer: str, ids: "_Ids") -> dict[str, Any]:
        own = ids.known(identity)
        return {
            "id": ids.keep(""),
            "layer": layer,
            "line": (ids.known(root) or root) if root else own,
            "version": 1,
            "verdict": "add",
            "reason": "",
            "note": "",
            "annotation": own if kind == "annotation" else None,
            "relation": own if kind == "relation" else None,
            "result": own if kind == "annotation" else None,
            "result_relation": own if kind == "relation" else None,
            "retracts": None,
            "implied_by": None,
            "guideline": 0,
            "suggestions_shown": False,
            "at": self.now,
        }

    def _annotator(self, name: str, info: Mapping[str, Any]) -> tuple[str, UUID | None, int | None]:
        """Return the kind of a layer and who says it, made known here if need be."""
        kind = name.partition(":")[0]
        if kind == "machine":
            return kind, self._pipeline(name, info).pk, None
        if kind == "reviewer":
            return kind, None, self._person(name.partition(":")[2]).pk
        return kind, None, None

    def _pipeline(self, name: str, info: Mapping[str, Any]) -> Pipeline:
        if name not in self.pipelines:
            match = LAYER.match(name)
            assert match is not None
            configuration = info.get("configuration") or {}
            external = bool(info.get("external", True))
            identity = {"corpus": self.corpus, "name": match[1], "version": match[2]}
            known = Pipeline.objects.filter(**identity).order_by("-active", "-id").first()
            if known is None:
                free = not Pipeline.objects.filter(corpus=self.corpus, name=match[1], active=True).exists()
                known = Pipeline.objects.create(
                    **identity,
                    configuration=configuration,
                    configuration_hash=configuration_hash(configuration),
                    external=external,
                    active=external and free,
                )
            self.pipelines[name] = known
        return self.pipelines[name]

    def _person(self, public_id: str) -> User:
        """Return who that id is; a stranger becomes an account that nobody can sign in to."""
        if public_id not in self.people:
            identity = UUID(public_id)
            self.people[public_id], _ = User.objects.get_or_create(
                public_id=identity,
                defaults={
                    "username": f"imported-{identity.hex[-12:]}",
                    "pseudonym": f"reviewer {identity.hex[-4:]}",
                    "is_active": False,
                    "password": "!",
                },
            )
        return self.people[public_id]

    # -- writing -------------------------------------------------------------------------------------

    def _flush(self) -> None:
        batch, self.batch = self.batch, Batch()
        _insert(Article, batch.articles, corpus=self.corpus.pk, erased_at=None)
        Revision.objects.filter(pk__in=batch.superseded).update(
            status=RevisionStatus.SUPERSEDED, current=False
        )
        _insert(Revision, batch.revisions, corpus=self.corpus.pk, report=self.report.pk)
        RawSource.objects.bulk_create(batch.raws)
        _insert(Block, batch.blocks, set_by=None)
        write_blocks((pk, segment_blocks(text, title=title)) for pk, text, title in batch.unsegmented)
        _insert(Layer, batch.layers)
        insert_rows(Annotation, ANNOTATION, batch.annotations)
        insert_rows(Segment, SEGMENT, batch.segments)
        insert_rows(Relation, RELATION, batch.relations)
        _insert(Review, batch.reviews)
        record_many(self.actor, batch.changes, now=self.now)
        self._jobs(batch.new_revisions)

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
        _insert(
            Job, rows, segmenter=SEGMENTER, run=None, due_at=self.now, attempts=0, token=0, lease_until=None,
            heartbeat_at=None, worker="", cause="", created_at=self.now,
        )  # fmt: skip

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


class _Ids:
    """The ids of one record: its own where they are free, new ones for the rest.

    An id that begins with # stands for none: it holds within the record alone. What is kept is taken from
    then on, for the records after this one.
    """

    def __init__(self, taken: set[str]) -> None:
        self._taken = taken
        self._became: dict[str, str] = {}

    def keep(self, identity: str) -> str:
        """Return the id of the row that `identity` becomes."""
        return self.keep_all([identity])[0]

    def keep_all(self, identities: Sequence[str]) -> list[str]:
        """Return the ids of the rows that these become, in order."""
        became, taken = self._became, self._taken
        kept = []
        for identity, new in zip(identities, uuid7_hex(len(identities)), strict=True):
            own = became.get(identity)
            if own is None:
                own = new if not identity or identity[0] == "#" or identity in taken else identity
                if identity:
                    became[identity] = own
                    taken.add(own)
            kept.append(own)
        return kept

    def known(self, identity: str) -> str | None:
        """Return what an id of this record became, or None for one that it does not hold."""
        return self._became.get(identity)


def _taken_ids(records: Sequence[Record]) -> set[str]:
    """Return those ids of the records that rows here have already. A statement a table at most."""
    taken: set[str] = set()
    sources: list[tuple[type[models.Model], list[str]]] = [
        (Article, [record.values.get("id", "") for record in records if "external_id" in record.values]),
        (Revision, [record.values.get("revision_id", "") for record in records]),
        (Layer, [info.get("id", "") for record in records for info in record.layers.values()]),
        (Annotation, [item.id for record in records for item in record.annotations if item.id[0] != "#"]),
        (Relation, [item.id for record in records for item in record.relations if item.id[0] != "#"]),
        (Review, [item.get("id", "") for record in records for item in record.reviews]),
    ]
    for model, ids in sources:
        given = [identity for identity in ids if identity]
        for start in range(0, len(given), 900):
            found = model._default_manager.filter(pk__in=given[start : start + 900]).values_list(
                "pk", flat=True
            )
            taken.update(pk.hex for pk in found)
    return taken


def _status(record: Record, *, superseded: bool) -> str:
    if superseded:
        return RevisionStatus.SUPERSEDED.value
    stated = record.values.get("status")
    if stated in RevisionStatus.values and stated != RevisionStatus.SUPERSEDED:
        return str(stated)
    if "gold" in record.layers:
        return RevisionStatus.GOLD.value
    if any(name.startswith("reviewer:") for name in record.layers):
        return RevisionStatus.IN_REVIEW.value
    machine = any(name.startswith("machine:") for name in record.layers)
    return (RevisionStatus.SUGGESTED if machine else RevisionStatus.NEW).value


def _words(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key) or ""
    if not isinstance(value, str):
        raise RecordRefused(f"{key} must be a text.")
    return value


def _insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> None:
    if rows:
        insert_columns(model, len(rows), {name: [row[name] for row in rows] for name in rows[0]} | same)
