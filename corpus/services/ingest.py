"""Putting articles in: each row is created, amended, unchanged or rejected, and says so."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.utils import timezone

from corpus.bulk import insert_columns
from corpus.ids import uuid7
from corpus.models import (
    Article,
    Block,
    Corpus,
    IngestRejection,
    IngestReport,
    RawSource,
    Revision,
    RevisionStatus,
    Role,
)
from corpus.readers.base import IncomingArticle, RowRefused
from corpus.services.actors import Actor, Scope, require
from corpus.services.describing import Description, outlets_named, renew_metadata
from corpus.services.events import Change, record_many
from corpus.services.racing import Overtaken, retried
from corpus.services.revisions import supersede
from corpus.signals import revisions_made
from corpus.text.blocks import SEGMENTER, BlockKind, segment_blocks
from corpus.text.blocks import Block as TextBlock
from corpus.text.guard import TextRefused, check_text, encode

#: Rows a transaction. Larger ones gain little and hold SQLite's one writer for longer.
CHUNK = 200
MAX_TEXT = 5_000_000


@dataclass(frozen=True, kw_only=True)
class RowOutcome:
    """What became of one row: created, amended, unchanged, or rejected and then why."""

    place: str
    outcome: str
    external_id: str = ""
    reason: str = ""
    article_id: UUID | None = None
    revision_id: UUID | None = None
    number: int | None = None
    #: What else there is to say of it, and how many of each.
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class _Standing:
    """The article that an external id has already, and its current revision."""

    article_id: UUID
    revision_id: UUID
    number: int
    sha256: str
    text_sha256: str
    extractor: str
    erased: bool


@dataclass(kw_only=True, slots=True)
class _New:
    """A revision to be written, with its article where that is new too."""

    incoming: IncomingArticle
    article_id: UUID
    revision_id: UUID
    number: int
    sha256: str
    text_sha256: str
    replaces: UUID | None
    blocks: list[TextBlock]

    @property
    def title(self) -> str:
        """Return the title as stated, or else the words of the headline, for people to know it by."""
        if self.incoming.title:
            return self.incoming.title
        headline = next((block for block in self.blocks if block.kind == BlockKind.HEADLINE), None)
        return self.incoming.text[headline.start : headline.end] if headline else ""


def ingest_articles(
    actor: Actor, corpus: Corpus, rows: Iterable[IncomingArticle | RowRefused], *, source: str
) -> Iterator[RowOutcome]:
    """Put rows into a corpus and yield what became of each, in order.

    Works in transactions of `CHUNK` rows, so that what was yielded is kept whatever comes after; doing it
    again from the start changes nothing. An external id that stands with the same bytes is unchanged, unless
    they come with other metadata; with another text it gets a new revision, and the old one keeps its labels.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.INGEST)
    report = IngestReport.objects.create(corpus=corpus, source=source[:512], started_by=actor.user)
    iterator = iter(rows)
    while chunk := list(islice(iterator, CHUNK)):
        yield from _ingest_chunk(actor, corpus, report, chunk)
    report.finished_at = timezone.now()
    report.save(update_fields=["finished_at"])


def ingest_article(actor: Actor, corpus: Corpus, incoming: IncomingArticle, *, source: str) -> RowOutcome:
    """Put in one article; as `ingest_articles` for a single row."""
    return next(iter(list(ingest_articles(actor, corpus, [incoming], source=source))))


def _ingest_chunk(
    actor: Actor, corpus: Corpus, report: IngestReport, chunk: Sequence[IncomingArticle | RowRefused]
) -> list[RowOutcome]:
    def write() -> list[RowOutcome]:
        report.refresh_from_db()
        return _write_chunk(actor, corpus, report, chunk)

    # Somebody else may put in one of these external ids at the same moment; the next time it is found.
    return retried(write)


def _write_chunk(
    actor: Actor, corpus: Corpus, report: IngestReport, chunk: Sequence[IncomingArticle | RowRefused]
) -> list[RowOutcome]:
    now = timezone.now()
    standing = _standing_articles(
        corpus, [row.external_id for row in chunk if isinstance(row, IncomingArticle)]
    )
    outcomes: list[RowOutcome] = []
    fresh: list[_New] = []
    touched: set[str] = set()
    for row in chunk:
        if isinstance(row, IncomingArticle) and row.external_id in touched:
            # A second row of one external id in one chunk must see what the first has written.
            _write_new(actor, corpus, report, fresh, now)
            standing.update(_standing_articles(corpus, list(touched)))
            fresh, touched = [], set()
        outcome, new = _judge(row, standing)
        outcomes.append(outcome)
        if new is not None:
            fresh.append(new)
            touched.add(new.incoming.external_id)
    _write_new(actor, corpus, report, fresh, now)
    outcomes = _describe_anew(actor, corpus, chunk, outcomes)
    write_report(report, outcomes)
    return outcomes


def _describe_anew(
    actor: Actor,
    corpus: Corpus,
    chunk: Sequence[IncomingArticle | RowRefused],
    outcomes: Sequence[RowOutcome],
) -> list[RowOutcome]:
    """Renew the metadata of articles whose text came again as it stands; return the outcomes that follow."""
    same = [
        Description(article_id=outcome.article_id, revision_id=outcome.revision_id, title=row.title, row=row)
        for row, outcome in zip(chunk, outcomes, strict=True)
        if outcome.outcome == "unchanged"
        and isinstance(row, IncomingArticle)
        and outcome.article_id
        and outcome.revision_id
    ]
    renewed = renew_metadata(actor, corpus, same) if same else {}
    return [
        replace(
            outcome,
            outcome="amended",
            reason=f"Its text is the same; renewed: {', '.join(renewed[outcome.article_id])}.",
        )
        if outcome.outcome == "unchanged" and outcome.article_id in renewed
        else outcome
        for outcome in outcomes
    ]


def _judge(
    row: IncomingArticle | RowRefused, standing: dict[str, _Standing]
) -> tuple[RowOutcome, _New | None]:
    """Decide what one row is against what stands; return its outcome and the revision to write, if any."""
    if isinstance(row, RowRefused):
        return RowOutcome(place=row.place, outcome="rejected", reason=row.reason), None
    if refusal := _refusal(row):
        return _outcome(row, "rejected", reason=refusal), None
    text_sha256 = hashlib.sha256(row.text.encode()).hexdigest()
    sha256 = hashlib.sha256(row.raw).hexdigest() if row.raw else text_sha256
    old = standing.get(row.external_id)
    if old is None:
        new = _new(row, uuid7(), 1, sha256, text_sha256, None)
        return _outcome(row, "created", new=new), new
    if old.erased:
        return _outcome(row, "rejected", reason="This article was erased; it cannot be put in again."), None
    # The page may be the same while a newer extractor reads it otherwise: text from HTML changes only when
    # asked.
    if old.sha256 == sha256 or old.text_sha256 == text_sha256:
        return _outcome(row, "unchanged", old=old), None
    new = _new(row, old.article_id, old.number + 1, sha256, text_sha256, old.revision_id)
    return _outcome(row, "amended", new=new), new


def _refusal(row: IncomingArticle) -> str:
    if not row.external_id:
        return "It has no external_id; give each article one that stays the same."
    if len(row.external_id) > 512:
        return "Its external_id is longer than 512 characters."
    if len(row.language) > 35:
        return "Its language is longer than 35 characters; give a tag such as en or de-CH."
    if not row.text.strip():
        return "Its text is empty."
    if len(row.text) > MAX_TEXT:
        return f"Its text has {len(row.text):,} characters; {MAX_TEXT:,} is the most."
    try:
        for name in ("text", "external_id", "title", "outlet", "url", "byline", "language", "licence"):
            check_text(getattr(row, name))
    except TextRefused as error:
        return str(error)
    return ""


def _new(
    row: IncomingArticle, article_id: UUID, number: int, sha256: str, text_sha256: str, replaces: UUID | None
) -> _New:
    return _New(
        incoming=row,
        article_id=article_id,
        revision_id=uuid7(),
        number=number,
        sha256=sha256,
        text_sha256=text_sha256,
        replaces=replaces,
        blocks=segment_blocks(row.text, title=row.title),
    )


def _outcome(
    row: IncomingArticle,
    outcome: str,
    *,
    reason: str = "",
    new: _New | None = None,
    old: _Standing | None = None,
) -> RowOutcome:
    stands = new or old
    return RowOutcome(
        place=row.place,
        outcome=outcome,
        external_id=row.external_id,
        reason=reason,
        article_id=stands.article_id if stands else None,
        revision_id=stands.revision_id if stands else None,
        number=stands.number if stands else None,
    )


def _standing_articles(corpus: Corpus, external_ids: list[str]) -> dict[str, _Standing]:
    rows = Revision.objects.filter(
        article__corpus=corpus, article__external_id__in=set(external_ids), current=True
    ).values_list(
        "article__external_id",
        "article_id",
        "id",
        "number",
        "sha256",
        "text_sha256",
        "extractor",
        "article__erased_at",
    )
    return {
        row[0]: _Standing(
            article_id=row[1],
            revision_id=row[2],
            number=row[3],
            sha256=row[4],
            text_sha256=row[5],
            extractor=row[6],
            erased=row[7] is not None,
        )
        for row in rows
    }


def _write_new(actor: Actor, corpus: Corpus, report: IngestReport, new: list[_New], now: datetime) -> None:
    """Write revisions with their articles, blocks, raw pages and events, and tell who labels them."""
    if not new:
        return
    fresh = [item for item in new if item.replaces is None]
    amended = [item for item in new if item.replaces is not None]
    _hold_articles(amended)
    # In one order, so that two deliveries of the same articles wait for one another, and not in a circle.
    _write_articles(corpus, sorted(fresh, key=lambda item: item.incoming.external_id), now)
    _supersede(actor, corpus, amended)
    renew_metadata(
        actor,
        corpus,
        [
            Description(
                article_id=item.article_id,
                revision_id=item.revision_id,
                title=item.title,
                row=item.incoming,
            )
            for item in amended
        ],
    )
    _write_revisions(corpus, report, new, now)
    _write_raw(new)
    write_blocks((item.revision_id, item.blocks) for item in new)
    record_many(actor, [_ingested(corpus, item) for item in new], now=now)
    revisions_made.send(sender=Revision, corpus_id=corpus.pk, revision_ids=[item.revision_id for item in new])


def _hold_articles(amended: list[_New]) -> None:
    """Lock the articles that get another text; one that was erased meanwhile takes none."""
    articles = Article.objects.select_for_update(no_key=True).filter(
        pk__in=[item.article_id for item in amended]
    )
    if any(articles.order_by("pk").values_list("erased_at", flat=True)):
        raise Overtaken


def _write_articles(corpus: Corpus, new: list[_New], now: datetime) -> None:
    outlets = outlets_named(corpus, {item.incoming.outlet for item in new if item.incoming.outlet})
    insert_columns(
        Article,
        len(new),
        {
            "id": [item.article_id for item in new],
            "corpus": corpus.pk,
            "external_id": [item.incoming.external_id for item in new],
            "outlet": [outlets.get(item.incoming.outlet) for item in new],
            "title": [item.title for item in new],
            "byline": [item.incoming.byline for item in new],
            "url": [item.incoming.url for item in new],
            "published_at": [item.incoming.published_at for item in new],
            "language": [item.incoming.language or corpus.language for item in new],
            "licence": [item.incoming.licence for item in new],
            "text_withheld": [bool(item.incoming.text_withheld) for item in new],
            "metadata": [item.incoming.metadata for item in new],
            "created_at": now,
            "erased_at": None,
        },
    )


def _write_revisions(corpus: Corpus, report: IngestReport, new: list[_New], now: datetime) -> None:
    insert_columns(
        Revision,
        len(new),
        {
            "id": [item.revision_id for item in new],
            "article": [item.article_id for item in new],
            "corpus": corpus.pk,
            "number": [item.number for item in new],
            "current": True,
            "status": RevisionStatus.NEW.value,
            "sha256": [item.sha256 for item in new],
            "text_sha256": [item.text_sha256 for item in new],
            "length": [len(item.incoming.text) for item in new],
            "encoding": [item.incoming.encoding for item in new],
            "bom": [item.incoming.bom for item in new],
            "content_type": [item.incoming.content_type for item in new],
            "extractor": [item.incoming.extractor for item in new],
            "report": report.pk,
            "created_at": now,
            "text": [item.incoming.text for item in new],
        },
    )


def _write_raw(new: list[_New]) -> None:
    """Keep the delivered bytes of those whose text cannot give them back."""
    kept = [
        item
        for item in new
        if item.incoming.raw
        and item.incoming.raw != encode(item.incoming.text, item.incoming.encoding, bom=item.incoming.bom)
    ]
    RawSource.objects.bulk_create(
        [RawSource(revision_id=item.revision_id, data=item.incoming.raw) for item in kept]
    )


def write_blocks(found: Iterable[tuple[UUID, Sequence[TextBlock]]]) -> None:
    """Store the blocks that this version of the segmenter has found in each (revision id, blocks)."""
    revisions: list[UUID] = []
    blocks: list[TextBlock] = []
    for revision_id, own in found:
        blocks += own
        revisions += [revision_id] * len(own)
    insert_columns(
        Block,
        len(blocks),
        {
            "revision": revisions,
            "segmenter": SEGMENTER,
            "start": [block.start for block in blocks],
            "end": [block.end for block in blocks],
            "kind": [block.kind.value for block in blocks],
            "name_start": [block.name_start for block in blocks],
            "name_end": [block.name_end for block in blocks],
            "kind_set": None,
            "set_by": None,
        },
    )


def _supersede(actor: Actor, corpus: Corpus, new: list[_New]) -> None:
    """Put the revisions that are replaced out of service; their labels and passes in hand stay."""
    replaced = [item.replaces for item in new if item.replaces]
    if not replaced:
        return
    # Locked, so that the event tells of the status that it takes away, and in one order.
    held = Revision.objects.select_for_update(no_key=True).filter(pk__in=replaced).order_by("pk")
    before = dict(held.values_list("pk", "status"))
    supersede(replaced)
    record_many(
        actor,
        [
            Change(
                action="revision.moved",
                object_type="revision",
                object_id=revision_id,
                corpus_id=corpus.pk,
                subject_id=revision_id,
                before=status,
                after=RevisionStatus.SUPERSEDED.value,
                reason="an amended text came in",
            )
            for revision_id, status in before.items()
        ],
    )


def _ingested(corpus: Corpus, item: _New) -> Change:
    return Change(
        action="article.created" if item.replaces is None else "article.amended",
        object_type="revision",
        object_id=item.revision_id,
        corpus_id=corpus.pk,
        subject_id=item.revision_id,
        before={"revision": str(item.replaces)} if item.replaces else None,
        after={
            "article": str(item.article_id),
            "number": item.number,
            "sha256": item.sha256,
            "text_sha256": item.text_sha256,
            "length": len(item.incoming.text),
        },
        versions={"segmenter": SEGMENTER, "extractor": item.incoming.extractor},
    )


def write_report(report: IngestReport, outcomes: list[RowOutcome]) -> None:
    """Count what became of a chunk of rows, and keep the refused ones with their reasons."""
    for outcome in outcomes:
        setattr(report, outcome.outcome, getattr(report, outcome.outcome) + 1)
    report.save(update_fields=["created", "amended", "unchanged", "rejected"])
    IngestRejection.objects.bulk_create(
        [
            IngestRejection(
                report=report,
                place=outcome.place[:512],
                external_id=_storable(outcome.external_id),
                reason=outcome.reason,
            )
            for outcome in outcomes
            if outcome.outcome == "rejected"
        ]
    )


def _storable(external_id: str) -> str:
    """Return the external id that a refused row states, or nothing where no article can have it."""
    try:
        check_text(external_id)
    except TextRefused:
        return ""
    return external_id if len(external_id) <= 512 else ""
