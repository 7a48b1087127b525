"""Writing the native records of a layer, from one state of the database, at constant memory.

The file is made whole before anybody reads it: its checksum is known, and a slow client holds no transaction.
"""

import base64
import hashlib
import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap
from typing import IO, Any, NamedTuple, cast
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from annotations.exchange import FORMATS, file_kind
from annotations.exchange.format import Unwritable
from annotations.exchange.losses import Losses, Lost
from annotations.exchange.native import NATIVE, SCHEMA
from annotations.exchange.native_units import counted_in
from annotations.exchange.outgoing import outgoing
from annotations.models import Export, Layer, ReReview, WorkStatus
from annotations.services.decided_rows import Decided, assignment_rows, dispute_rows, settlement_rows
from annotations.services.reading import layer_name
from annotations.services.rows import (
    Said,
    add_reviews,
    driver_rows,
    iso_time,
    public_id,
    standing_rows,
    stored_id,
    stored_rows,
    text_id,
)
from annotations.services.selection import Selection, Tombstone
from annotations.services.wanted import Wanted
from corpus.bulk import collector_paused
from corpus.models import Block, Corpus, Guideline, Revision, Role, Scheme
from corpus.models.json import PlainDecoder
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import guideline_number
from corpus.services.errors import BadInput
from corpus.services.events import Change, record, sealed_events
from corpus.snapshot import snapshot
from corpus.text.blocks import SEGMENTER
from corpus.text.offsets import OffsetUnit
from corpus.text.spans import joined_surface

#: The fields of a record whose items a manifest counts; the last three are of lossless ones.
COUNTED = ("annotations", "relations", "reviews", "settlements", "disputes", "assignments")
#: Of articles that have gone since an earlier export, how many a manifest names at most.
MOST_NAMED = 10_000


@dataclass(kw_only=True)
class Counts:
    """What a file holds, for its manifest."""

    articles: int = 0
    revisions: int = 0
    annotations: int = 0
    relations: int = 0
    reviews: int = 0
    settlements: int = 0
    disputes: int = 0
    assignments: int = 0
    tombstones: int = 0


class Target(io.RawIOBase):
    """The file that an export goes to, with the size and checksum of what went in."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.sha256 = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        count = self._file.write(data)
        self.sha256.update(data)
        self.size += count
        return count

    def tell(self) -> int:
        return self.size


def export_corpus(
    actor: Actor,
    corpus: Corpus,
    *,
    layer: str,
    target: IO[bytes],
    filters: Mapping[str, str] | None = None,
    format: str = NATIVE,
    strict: bool = False,
    since: int | None = None,
    offset_unit: str = "",
) -> Export:
    """Write the records of `layer` to `target` and return the Export with its manifest.

    `all` in native records is lossless: every revision, layer, review and block, the raw page with it. Any
    other layer, and any other format, is a view of the current revisions that have it: what stands there, and
    what was decided. A surface that does not fit its text stops the export with an error, and so does, with
    `strict`, the first thing that the format cannot carry; otherwise the manifest counts these.

    With `since`, the `event_position` of an earlier manifest, only articles that have changed since: each
    whole, as it stands now. An article of a view that is not, or no longer, in it has a tombstone in its
    place: a line of native records, in other formats its entry under `removed` in the manifest. What changes
    while the file is made comes with the next one.

    Raises:
        BadInput: no such layer, a filter that is none of status, outlet and language, a position that is
            none, a unit that the format has not, something that the format cannot carry, or a package that it
            needs is not here.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.EXPORT)
    wanted = Wanted(
        layer=layer,
        format=format,
        filters=filters or {},
        strict=strict,
        since=since,
        offset_unit=offset_unit,
    )
    return _keep(actor, corpus, write_export(corpus, wanted, target))


def write_export(
    corpus: Corpus, wanted: Wanted, target: IO[bytes], tell: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Write what is wanted to `target` and return its manifest; raises as `export_corpus` does.

    `tell` hears after each page how many revisions were gone through, and of how many.
    """
    counts, losses, written = Counts(), Losses(strict=wanted.strict), Target(target)
    with snapshot() as alias:
        position = sealed_events(corpus.pk, alias).values_list("position", flat=True).last() or 0
        selection = wanted.selection(corpus, position)
        rules = rules_of(alias, corpus, whole=wanted.whole)
        records = _records(alias, selection, counts, wanted.format, tell)
        removed = write_records(records, wanted.format, written, losses, unit=wanted.unit)
    manifest = {
        "schema": SCHEMA,
        "format": wanted.format,
        "corpus": corpus.slug,
        "layer": wanted.layer,
        "lossless": wanted.whole and wanted.since is None,
        "offset_unit": wanted.unit,
        "filters": dict(wanted.filters),
        "counts": {name: getattr(counts, name) for name in ("articles", "revisions", *COUNTED)},
        "losses": dict(losses.counts),
        "bytes": written.size,
        "sha256": written.sha256.hexdigest(),
        **rules,
        "event_position": position,
        "exported_at": timezone.now().isoformat(),
    }
    if wanted.since is not None:
        manifest |= {"since": wanted.since, "tombstones": counts.tombstones, "removed": removed}
    return manifest


def write_records(
    records: Iterable[dict[str, Any]], format: str, target: Target, losses: Losses, *, unit: str = ""
) -> list[dict[str, Any]]:
    """Write records in a format, which counts in `losses` what it cannot carry; return its tombstones.

    Native records count offsets in `unit`, code points where it is none.
    """
    removed: list[dict[str, Any]] = []
    if format == NATIVE:
        counted = OffsetUnit(unit or OffsetUnit.CODE_POINT)
        for record in records:
            target.write(orjson.dumps(counted_in(record, counted), option=orjson.OPT_APPEND_NEWLINE))
        return removed
    chosen = FORMATS[format]
    if chosen.write is None:
        raise BadInput(f"{format} can be imported, and not exported.", field="format")
    try:
        chosen.write(
            outgoing(_without_tombstones(records, removed), chosen, losses), cast(IO[bytes], target), losses
        )
    except Lost as lost:
        raise BadInput(f"{lost} in {format}. Nothing was exported.", field="strict") from None
    except Unwritable as refusal:
        raise BadInput(f"{refusal}. Nothing was exported.", field="format") from None
    except ModuleNotFoundError as error:
        if error.name != chosen.needs:
            raise
        raise BadInput(
            f"{format} needs the package {chosen.needs}: install it first.", field="format"
        ) from None
    return removed


def _without_tombstones(
    records: Iterable[dict[str, Any]], removed: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Pass on what is no tombstone, and keep the tombstones."""
    for line in records:
        if "tombstone" not in line:
            yield line
            continue
        if len(removed) == MOST_NAMED:
            raise BadInput(
                f"More than {MOST_NAMED:,} articles have gone since: export the whole layer anew, or in "
                f"{NATIVE}.",
                field="since",
            )
        removed.append({name: line[name] for name in ("id", "external_id", "revision", "tombstone")})


def rules_of(alias: str, corpus: Corpus, *, whole: bool) -> dict[str, Any]:
    """Return the scheme and guideline that count now and what is due, and with `whole` every version."""
    schemes = Scheme.objects.using(alias).filter(corpus=corpus).order_by("number")
    newest = schemes.last()
    open_ones = ReReview.objects.using(alias).filter(corpus=corpus, closed_at__isnull=True)
    rules: dict[str, Any] = {
        "scheme": newest.definition if newest else None,
        "guideline": guideline_number(corpus.pk, using=alias),
        "rereviews": list(open_ones.order_by("id").values("guideline", "labels")),
    }
    if whole:
        guidelines = Guideline.objects.using(alias).filter(corpus=corpus).order_by("number")
        rules["schemes"] = list(schemes.values("number", "definition"))
        rules["guidelines"] = list(guidelines.values("number", "text"))
    return rules


@transaction.atomic
def _keep(actor: Actor, corpus: Corpus, manifest: dict[str, Any]) -> Export:
    """Keep the record of a file that is sent as it was made."""
    now = timezone.now()
    export = Export.objects.create(
        corpus=corpus,
        format=manifest["format"],
        layer=manifest["layer"],
        manifest=manifest,
        made_by=actor.user,
        made_at=now,
        status=WorkStatus.DONE,
        finished_at=now,
    )
    record(actor, made_change(export, manifest))
    return export


def download_name(export: Export) -> str:
    """Return what a file is called where it is saved."""
    suffix, _ = file_kind(export.format)
    return re.sub(r"[^a-z0-9@.-]+", "-", f"{export.corpus.slug}-{export.layer}".lower()) + suffix


def made_change(export: Export, manifest: Mapping[str, Any]) -> Change:
    """Return the event of a file that was made."""
    return Change(
        action="export.made",
        object_type="export",
        object_id=export.pk,
        corpus_id=export.corpus_id,
        after={name: manifest[name] for name in ("format", "layer", "counts", "sha256", "filters")},
    )


def _records(
    alias: str,
    selection: Selection,
    counts: Counts,
    format: str,
    tell: Callable[[int, int], None] | None,
) -> Iterator[dict[str, Any]]:
    """Yield the records to write, a page of revisions in memory at a time."""
    done, total = 0, selection.total(alias) if tell else 0
    for ids, gone, seen in selection.pages(alias):
        # Each record is written before the collector looks again: it would go through the page in vain.
        with collector_paused():
            if ids:
                yield from records_of(alias, selection, ids, counts, name_layers=format != NATIVE)
        yield from (tombstone_record(selection, row) for row in gone)
        counts.tombstones += len(gone)
        done += seen
        if tell:
            tell(done, total)


def tombstone_record(selection: Selection, gone: Tombstone) -> dict[str, Any]:
    """Return the line of an article that a reader of an earlier export has to drop."""
    return {
        "schema": SCHEMA,
        "id": str(gone.article),
        "external_id": gone.external_id,
        "corpus": selection.corpus.slug,
        "revision": gone.revision,
        "layer": selection.layer,
        "tombstone": gone.why,
    }


def records_of(
    alias: str, selection: Selection, ids: Sequence[UUID], counts: Counts, *, name_layers: bool
) -> Iterator[dict[str, Any]]:
    """Yield the records of some revisions, oldest first; with `name_layers` views list theirs."""
    whole = selection.whole
    layers: dict[str, list[Layer]] = defaultdict(list)
    found = selection.layers(alias).filter(revision__in=ids)
    # One pipeline and few people speak in all the layers of a page: they are fetched apart, once.
    every = list(found.prefetch_related("pipeline", "reviewer").order_by("id"))
    for row in every:
        layers[stored_id(alias, row.revision_id)].append(row)
    blocks = _blocks(alias, ids, whole=whole)
    said = stored_rows(alias, every) if whole else standing_rows(alias, every)
    decided: dict[str, Decided] = {}
    if whole:
        add_reviews(alias, said, every)
        decided = {
            "settlements": settlement_rows(alias, every),
            "disputes": dispute_rows(alias, ids, every),
            "assignments": assignment_rows(alias, ids),
        }
    for text in _texts(alias, ids, whole=whole):
        own = layers[text.id]
        body = _body(selection, text, blocks[text.id], [said[row.pk] for row in own])
        if whole:
            body |= _rest(text, own) | {name: rows.get(text.id, []) for name, rows in decided.items()}
            if text.erased_at:
                body |= {name: [] for name in ("blocks", "layers", *COUNTED)}
        elif name_layers:
            # Those that say nothing included: who read a text and found nothing says something, too.
            body["layers"] = [layer_name(row) for row in own]
        _check_surfaces(text, body["annotations"])
        _count(body, counts, current=text.current)
        yield body


class _Text(NamedTuple):
    """A revision and its article, as the driver gives them."""

    id: str
    number: int
    status: str
    current: bool
    text_sha256: str
    text: str
    article: str
    external_id: str
    title: str
    url: str
    published_at: datetime | None
    language: str
    length: int
    licence: str
    text_withheld: bool
    erased_at: datetime | None
    outlet: str | None
    # The rest is for lossless records alone.
    created_at: datetime
    sha256: str
    encoding: str
    bom: bool
    content_type: str
    extractor: str
    article_created_at: datetime
    byline: str
    metadata: str
    raw: bytes | None = None


def _texts(alias: str, ids: Sequence[UUID], *, whole: bool) -> Iterator[_Text]:
    rows = Revision.objects.using(alias).filter(pk__in=ids).order_by("pk")
    raw = ["raw__data"] if whole else []
    return starmap(
        _Text,
        driver_rows(
            rows.values_list(
                text_id("id"), "number", "status", "current", "text_sha256", "text", text_id("article_id"),
                *(f"article__{name}" for name in ("external_id", "title", "url", "published_at", "language")),
                "length", "article__licence", "article__text_withheld", "article__erased_at",
                "article__outlet__name", "created_at", "sha256", "encoding", "bom", "content_type",
                "extractor", "article__created_at", "article__byline", "article__metadata", *raw,
            )
        ),
    )  # fmt: skip


def _body(
    selection: Selection, text: _Text, blocks: list[dict[str, Any]], said: Sequence[Said]
) -> dict[str, Any]:
    """Return what every record has."""
    return {
        "schema": SCHEMA,
        "id": public_id(text.article),
        "external_id": text.external_id,
        "corpus": selection.corpus.slug,
        "revision": text.number,
        "text_sha256": text.text_sha256,
        "length": text.length,
        "text": text.text,
        "title": text.title,
        "outlet": text.outlet or "",
        "url": text.url,
        "published_at": iso_time(text.published_at),
        "language": text.language,
        "licence": text.licence,
        "text_withheld": text.text_withheld,
        "status": text.status,
        "layer": selection.layer,
        "blocks": blocks,
        "annotations": [item for part in said for item in part.annotations],
        "relations": [item for part in said for item in part.relations],
        "reviews": [item for part in said for item in part.reviews],
    }


def _count(body: Mapping[str, Any], counts: Counts, *, current: bool) -> None:
    counts.articles += current
    counts.revisions += 1
    for name in COUNTED:
        setattr(counts, name, getattr(counts, name) + len(body.get(name, ())))


def _rest(text: _Text, layers: Sequence[Layer]) -> dict[str, Any]:
    """Return what a lossless record has on top of a view."""
    return {
        "revision_id": public_id(text.id),
        "current": text.current,
        "created_at": iso_time(text.created_at),
        "article_created_at": iso_time(text.article_created_at),
        "erased_at": iso_time(text.erased_at),
        "sha256": text.sha256,
        "encoding": text.encoding,
        "bom": text.bom,
        "content_type": text.content_type,
        "extractor": text.extractor,
        "raw": None if text.raw is None else base64.b64encode(text.raw).decode(),
        "byline": text.byline,
        "metadata": {} if text.metadata == "{}" else json.loads(text.metadata, cls=PlainDecoder),
        "layers": [_layer(row) for row in layers],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": layer_name(layer),
        "id": str(layer.pk),
        "created_at": layer.created_at.isoformat(),
        "submitted_at": layer.submitted_at.isoformat() if layer.submitted_at else None,
    }
    if layer.pipeline:
        body["configuration"] = layer.pipeline.configuration
        body["external"] = layer.pipeline.external
    return body


def _blocks(alias: str, ids: Sequence[UUID], *, whole: bool) -> dict[str, list[dict[str, Any]]]:
    """Return the blocks of revisions: with `whole` those of every segmenter, and both kinds of each."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    blocks = Block.objects.using(alias).filter(revision__in=ids).order_by("revision_id", "segmenter", "start")
    if not whole:
        blocks = blocks.filter(segmenter=SEGMENTER)
    for revision, segmenter, start, end, kind, kind_set, name_start, name_end in driver_rows(
        blocks.values_list(
            text_id("revision_id"), "segmenter", "start", "end", "kind", "kind_set", "name_start", "name_end"
        )
    ):
        body: dict[str, Any] = {"start": start, "end": end, "kind": kind if whole else kind_set or kind}
        if name_start is not None:
            body["name"] = {"start": name_start, "end": name_end}
        if whole:
            body["segmenter"] = segmenter
            if kind_set:
                body["kind_set"] = kind_set
        found[revision].append(body)
    return found


def _check_surfaces(revision: _Text, annotations: Iterable[dict[str, Any]]) -> None:
    """Fail loudly on a span that does not fit its text; an erased one has nothing to fit."""
    text = revision.text
    if not text:
        return
    for item in annotations:
        segments = item["segments"]
        start, end = segments[0]
        words = text[start:end] if len(segments) == 1 else joined_surface(text, segments)
        if words != item["surface"]:
            raise BadInput(
                f"Annotation {item['id']} does not fit the text of revision {public_id(revision.id)}; "
                "run verify. Nothing was exported.",
                annotation=item["id"],
            )
