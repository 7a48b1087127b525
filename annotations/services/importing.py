"""Taking native records in: articles with their layers, each record whole or not at all.

Ids are kept where they are free, so that what was exported is recognised when it comes back. An article
that stands here already gets the layers that it has not; nothing that stands is changed. Rows go in by
columns, many records a transaction.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, models
from django.utils import timezone

from annotations.exchange.decided import Reviewed
from annotations.exchange.fields import RecordRefused, moment, plain_id
from annotations.exchange.native import LAYER, Labelled, Record, Related, is_whole, read_record
from annotations.extraction import PIPELINES
from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Job,
    JobStatus,
    Layer,
    LayerKind,
    Pipeline,
    Relation,
    Review,
    Segment,
    Settlement,
)
from annotations.services.decided_columns import (
    assignment_columns,
    dispute_columns,
    has_open_dispute,
    settlement_columns,
)
from annotations.services.identities import Identities, RecordIdentities, taken_ids
from annotations.services.jobs import active_pipelines, configuration_hash, finish_revisions
from annotations.services.opening import READY, close_passes, open_passes
from annotations.services.settling import end_work
from annotations.services.statuses import ORDER, status_by_layers, status_on_arrival
from corpus.bulk import collector_paused, insert_columns, insert_rows, json_text
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
from corpus.models.articles import MOVES
from corpus.readers.base import RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.schemes import SchemeDefinition
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import every_scheme_of, scheme_of
from corpus.services.describing import outlets_named
from corpus.services.errors import BadInput
from corpus.services.events import Change, record_many
from corpus.services.ingest import MAX_TEXT, RowOutcome, write_blocks, write_report
from corpus.services.racing import retried
from corpus.services.revisions import move_revision
from corpus.text.blocks import SEGMENTER, segment_blocks

#: Records a transaction, and the bytes at which it ends sooner. It holds SQLite's one writer for a fifth of
#: a second.
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


ANNOTATION = (
    "id", "layer", "label", "start", "end", "surface", "attributes", "origin", "score", "reason",
    "derived_from", "root",
)  # fmt: skip
RELATION = ("id", "layer", "label", "head", "child", "origin", "score", "reason", "derived_from", "root")
SEGMENT = ("annotation", "number", "start", "end", "surface")


def import_records(
    actor: Actor, corpus: Corpus, lines: Iterable[bytes], *, source: str
) -> Iterator[RowOutcome]:
    """Take native records, a line each; yield what became of each: created, amended, unchanged, rejected.

    `amended` means that something was new: a revision, or a layer on one that stands. Every `CHUNK` records
    are one transaction; doing it again changes nothing.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.INGEST)
    require(actor, corpus.pk, Role.LEAD, Scope.SUGGEST)
    report = IngestReport.objects.create(corpus=corpus, source=source[:512], started_by=actor.user)
    for chunk in _chunks(lines):
        with collector_paused():
            # What needs no database is done before the transaction begins.
            schemes = scheme_of(corpus.pk), every_scheme_of(corpus.pk)
            read = [_read(f"{source}:{number}", line, *schemes) for number, line in chunk]
            outcomes = _take(actor, corpus, report, read)
        yield from outcomes
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


def _read(place: str, line: bytes, newest: SchemeDefinition, every: SchemeDefinition) -> Read:
    """Check a line: a lossless record may use what any version of the scheme had, a view the newest."""
    try:
        values = loads_strict(line)
        return place, read_record(values, every if is_whole(values) else newest)
    except (JSONRefused, RecordRefused) as error:
        return RowRefused(place=place, reason=str(error))


def _take(actor: Actor, corpus: Corpus, report: IngestReport, read: Sequence[Read]) -> list[RowOutcome]:
    def take(items: Sequence[Read]) -> list[RowOutcome]:
        report.refresh_from_db()
        return Importer(actor, corpus, report).take(items)

    try:
        # Somebody else may put in one of these at the same moment; the next time it is found.
        return retried(lambda: take(read))
    except (IntegrityError, DataError) as error:
        if len(read) > 1:
            return [outcome for item in read for outcome in _take(actor, corpus, report, [item])]
        refused = RowRefused(
            place=read[0].place if isinstance(read[0], RowRefused) else read[0][0],
            reason=f"the database refuses it: {error}",
        )
        return retried(lambda: take([refused]))


class Importer:
    """One chunk of records on its way in."""

    def __init__(self, actor: Actor, corpus: Corpus, report: IngestReport) -> None:
        self.actor, self.corpus, self.report = actor, corpus, report
        self.now = timezone.now()
        self.batch = Batch()
        self.pipelines: dict[tuple[str, str], Pipeline] = {}
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
        """Find what stands of these records: articles, revisions, layers, outlets, ids that are taken."""
        self.touched: set[str] = set()
        self.articles = {
            article.external_id: article
            for article in Article.objects.select_for_update(no_key=True)
            .filter(corpus=self.corpus, external_id__in={record.external_id for record in records})
            .order_by("pk")
        }
        self.revisions: dict[UUID, list[Revision]] = defaultdict(list)
        known = Revision.objects.filter(article__in=self.articles.values()).defer("text").order_by("number")
        for revision in known:
            self.revisions[revision.article_id].append(revision)
        here = [row.pk for row in known]
        layers = Layer.objects.filter(revision__in=here)
        self.standing: dict[tuple[UUID, UUID | None, int | None], UUID] = {
            (revision_id, pipeline_id, reviewer_id): pk
            for revision_id, pipeline_id, reviewer_id, pk in layers.values_list(
                "revision_id", "pipeline_id", "reviewer_id", "pk"
            )
        }
        self.disputed = _revisions_of(Dispute, here)
        self.assigned = _revisions_of(Assignment, here)
        names = {record.values.get("outlet") or "" for record in records} - {""}
        self.outlets = outlets_named(self.corpus, names)
        self.taken = taken_ids(records)

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
        if len(record.text) > MAX_TEXT:
            raise RecordRefused(f"text has {len(record.text):,} characters; {MAX_TEXT:,} is the most.")
        ids = RecordIdentities(self.taken)
        if article is None:
            stated = record.values.get("id") if record.values.get("external_id") else None
            article_id = UUID(ids.articles.keep(plain_id(stated, "id")))
            self._new_article(article_id, record)
            outcome = "created"
        else:
            article_id, outcome = article.pk, "unchanged"
        revision = self._standing_revision(article_id, record)
        if revision is None:
            revision_id, number = self._new_revision(article_id, record, ids)
            outcome = "amended" if article is not None else outcome
        else:
            revision_id, number = revision.pk, revision.number
        names, disputed = self._new_layers(revision_id, record, ids, fresh=revision is None)
        if record.assignments and revision_id not in self.assigned and (names or revision is None):
            self.batch.assignments += assignment_columns(record, ids, revision_id, self._key_of)
            self._came(revision_id, "assignment", len(record.assignments))
        if names and revision is not None:
            self.batch.moves.append((revision, status_by_layers(record, names, disputed=disputed)))
            outcome = "amended"
        return outcome, article_id, revision_id, number

    def _standing_revision(self, article_id: UUID, record: Record) -> Revision | None:
        """Return the revision that a record is of: by id, by number, or else the current one of that text.

        A text may come back after another, so equal words alone do not make two revisions one.
        """
        same = [row for row in self.revisions[article_id] if row.text_sha256 == record.text_sha256]
        identity, number = plain_id(record.values.get("revision_id"), "id"), record.values.get("revision")
        for row in same:
            if row.pk.hex == identity:
                return row
        for row in same:
            if row.number == number:
                return row
        return next((row for row in reversed(same) if row.current or not record.whole), None)

    # -- rows ----------------------------------------------------------------------------------------

    def _new_article(self, article_id: UUID, record: Record) -> None:
        values = record.values
        self.batch.articles.append(
            {
                "id": article_id,
                "external_id": record.external_id,
                "outlet": self.outlets.get(values.get("outlet") or ""),
                "title": values.get("title") or "",
                "byline": values.get("byline") or "",
                "url": values.get("url") or "",
                "published_at": moment(values.get("published_at"), "published_at"),
                "language": values.get("language") or self.corpus.language,
                "metadata": values.get("metadata") or {},
                "created_at": moment(values.get("article_created_at"), "article_created_at") or self.now,
            }
        )

    def _new_revision(self, article_id: UUID, record: Record, ids: RecordIdentities) -> tuple[UUID, int]:
        values = record.values
        newest = self.revisions[article_id][-1] if self.revisions[article_id] else None
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
        if waits and not older and record.assignments is None:
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
            kind, pipeline_id, reviewer_id = self._annotator(name, info)
            if not fresh and (revision_id, pipeline_id, reviewer_id) in self.standing:
                known[name] = self.standing[revision_id, pipeline_id, reviewer_id]
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
            self._name_standing(revision_id, record, names, ids, disputes=disputes)
        self._rows(record, names, ids)
        if disputes and record.disputes:
            self.batch.disputes += dispute_columns(record, ids, revision_id, known, self.now)
            self._came(revision_id, "dispute", len(record.disputes))
        if LayerKind.GOLD in names:
            gold = names[LayerKind.GOLD]
            self.batch.settlements += settlement_columns(record, ids, gold, self._key_of, self.now)
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
        if gold and revision_id in self.disputed:
            raise RecordRefused("people are settling this text here; gold from elsewhere is not taken.")
        if revision_id in self.disputed or (LayerKind.GOLD in record.layers and not gold):
            return False
        return gold or any(layer in names for row in record.disputes for layer, _ in row.positions)

    def _name_standing(
        self,
        revision_id: UUID,
        record: Record,
        names: Mapping[str, UUID],
        ids: RecordIdentities,
        *,
        disputes: bool,
    ) -> None:
        """Let the new layers name what stands here already, where that goes by the same ids."""
        kinds: list[tuple[type[Annotation] | type[Relation], Sequence[Labelled | Related], Identities]] = [
            (Annotation, record.annotations, ids.annotations),
            (Relation, record.relations, ids.relations),
        ]
        on = {review.on for review in record.reviews if review.layer in names}
        if disputes:
            on |= {annotation for row in record.disputes for _, annotation in row.positions}
        for model, items, kept in kinds:
            named = {key for item in items if item.layer in names for key in (item.derived_from, item.root)}
            needed = {item.id for item in items if item.layer not in names} & (named | on)
            here = model._default_manager.filter(pk__in=needed, layer__revision=revision_id)
            found = {pk.hex for pk in here.values_list("pk", flat=True)}
            if needed - found:
                raise RecordRefused("its layers derive from others that stand here under other ids.")
            kept.stand(found)

    def _rows(self, record: Record, names: Mapping[str, UUID], ids: RecordIdentities) -> None:
        """Turn the annotations, relations and reviews of the new layers into rows."""
        layer_of = {name: pk.hex for name, pk in names.items()}
        annotations = [item for item in record.annotations if item.layer in layer_of]
        relations = [item for item in record.relations if item.layer in layer_of]
        kept = ids.annotations.keep_all([item.id for item in annotations])
        text, known = record.text, ids.annotations.known
        for item, identity in zip(annotations, kept, strict=True):
            (start, end), *further = item.segments
            self.batch.annotations.append(
                (
                    identity, layer_of[item.layer], item.label, start, end, text[start:end],
                    json_text(item.attributes), item.origin, item.score, item.reason,
                    known(item.derived_from),
                    (known(item.root) or item.root) if item.root else identity,
                )
            )  # fmt: skip
            for place, (start, end) in enumerate(further, 1):
                self.batch.segments.append((identity, place, start, end, text[start:end]))
        kept, line = ids.relations.keep_all([link.id for link in relations]), ids.relations.known
        for link, identity in zip(relations, kept, strict=True):
            self.batch.relations.append(
                (
                    identity, layer_of[link.layer], link.label, known(link.head), known(link.child),
                    link.origin, link.score, link.reason, line(link.derived_from),
                    (line(link.root) or link.root) if link.root else identity,
                )
            )  # fmt: skip
        self._reviews(record, layer_of, ids)

    def _reviews(self, record: Record, layer_of: Mapping[str, str], ids: RecordIdentities) -> None:
        """Keep the reviews of the new layers; what stands in a view was added by its reviewer."""
        people = {name: layer for name, layer in layer_of.items() if name.startswith("reviewer:")}
        reviews = [review for review in record.reviews if review.layer in people]
        # All of their ids first: a review may name one that comes after it.
        ids.reviews.keep_all([review.id for review in reviews])
        self.batch.reviews += [self._review(review, people[review.layer], ids) for review in reviews]
        if record.whole or not people:
            return
        for kind, rows in (("annotation", record.annotations), ("relation", record.relations)):
            for row in rows:
                layer = people.get(row.layer)
                if layer is not None:
                    self.batch.reviews.append(self._added(kind, row.id, row.root, layer, ids))

    def _review(self, review: Reviewed, layer: str, ids: RecordIdentities) -> dict[str, Any]:
        linked, values = review.kind == "relation", review.values
        things = ids.relations if linked else ids.annotations
        on, result = things.known(review.on), things.known(review.result)
        return {
            "id": ids.reviews.known(review.id),
            "layer": layer,
            "line": things.known(review.line) or review.line,
            "version": review.version,
            "verdict": review.verdict,
            "reason": values.get("reason") or "",
            "note": values.get("note") or "",
            "annotation": None if linked else on,
            "relation": on if linked else None,
            "result": None if linked else result,
            "result_relation": result if linked else None,
            "retracts": ids.reviews.known(review.retracts),
            "implied_by": ids.reviews.known(review.implied_by),
            "guideline": values.get("guideline") or 0,
            "suggestions_shown": values.get("suggestions_shown") is not False,
            "at": moment(values.get("at"), "at") or self.now,
        }

    def _added(
        self, kind: str, identity: str, root: str, layer: str, ids: RecordIdentities
    ) -> dict[str, Any]:
        things = ids.annotations if kind == "annotation" else ids.relations
        own = things.known(identity)
        return {
            "id": ids.reviews.keep(""),
            "layer": layer,
            "line": (things.known(root) or root) if root else own,
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
        configuration = info.get("configuration") or {}
        digest = configuration_hash(configuration)
        if (name, digest) not in self.pipelines:
            match = LAYER.match(name)
            if match is None:
                raise BadInput(f"{name!r} names no machine's layer.")
            # Whatever the record says of it: ours are those that our workers can run.
            external = match[1] not in PIPELINES
            identity = {"corpus": self.corpus, "name": match[1], "version": match[2]}
            known = Pipeline.objects.filter(
                **identity, configuration_hash__startswith=match[3] or digest
            ).first()
            if known is None:
                if not digest.startswith(match[3] or ""):
                    raise BadInput(f"The record does not state the configuration that {name!r} names.")
                free = not Pipeline.objects.filter(corpus=self.corpus, name=match[1], active=True).exists()
                known = Pipeline.objects.create(
                    **identity,
                    configuration=configuration,
                    configuration_hash=digest,
                    external=external,
                    active=external and free,
                )
            self.pipelines[name, digest] = known
        return self.pipelines[name, digest]

    def _person(self, public_id: str) -> User:
        """Return who that id is; a stranger becomes an account that nobody can sign in to."""
        if public_id not in self.people:
            identity = UUID(public_id)
            self.people[public_id], _ = User.objects.get_or_create(
                public_id=identity,
                defaults={
                    "username": f"imported-{identity.hex}",
                    "pseudonym": f"reviewer {identity.hex[-4:]}",
                    "is_active": False,
                    "password": "!",
                },
            )
        return self.people[public_id]

    def _key_of(self, public_id: str) -> int:
        return self._person(public_id).pk

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
        _insert(Dispute, batch.disputes, corpus=self.corpus.pk)
        _insert(Settlement, batch.settlements)
        _insert(Assignment, batch.assignments, corpus=self.corpus.pk)
        record_many(self.actor, batch.changes, now=self.now)
        self._jobs(batch.new_revisions)
        end_work(self.actor, batch.superseded)
        if batch.ready:
            open_passes(self.corpus, batch.ready)
        for revision, status in batch.moves:
            self._move(revision, status)

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
        _insert(
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


def _revisions_of(model: type[Dispute] | type[Assignment], revisions: Sequence[UUID]) -> set[UUID]:
    """Return those of the revisions that rows of `model` are of."""
    rows = model._default_manager.filter(revision__in=revisions).order_by()
    return set(rows.values_list("revision_id", flat=True).distinct())


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


def _insert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], **same: Any) -> None:
    if rows:
        insert_columns(model, len(rows), {name: [row[name] for row in rows] for name in rows[0]} | same)
