"""Writing the native records of a layer, from one state of the database, at constant memory.

The file is made whole before anybody reads it: its checksum is known, and a slow client holds no transaction.
"""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.exchange.native import LAYER, NATIVE, SCHEMA
from annotations.models import Export, Layer, LayerKind
from annotations.services.reading import layer_name
from annotations.services.rows import Said, add_reviews, standing_rows, stored_rows
from corpus.bulk import collector_paused
from corpus.models import Block, Corpus, Event, Revision, RevisionStatus, Role, Scheme
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import guideline_number
from corpus.services.errors import BadInput
from corpus.services.events import Change, record
from corpus.snapshot import snapshot
from corpus.text.blocks import SEGMENTER
from corpus.text.spans import joined_surface

PAGE = 200
#: What an export can be narrowed by, and the column it means.
FILTERS = {"status": "status", "outlet": "article__outlet__name", "language": "article__language"}


@dataclass(kw_only=True)
class Counts:
    """What a file holds, for its manifest."""

    articles: int = 0
    revisions: int = 0
    annotations: int = 0
    relations: int = 0
    reviews: int = 0
    bytes: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)


def export_corpus(
    actor: Actor,
    corpus: Corpus,
    *,
    layer: str,
    target: IO[bytes],
    filters: Mapping[str, str] | None = None,
) -> Export:
    """Write the records of `layer` to `target` and return the Export with its manifest.

    `all` is lossless: every revision, layer, review and block, the raw page with it. Any other layer is a
    view of the current revisions that have it: what stands there, and what was decided. A surface that does
    not fit its text stops the export with an error.

    Raises:
        BadInput: no such layer, or a filter that is none of status, outlet and language.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.EXPORT)
    _check(layer, filters or {})
    counts = Counts()
    with snapshot() as alias:
        position = (
            Event.objects.using(alias)
            .filter(corpus=corpus, position__isnull=False)
            .order_by("-position")
            .first()
        )
        scheme = Scheme.objects.using(alias).filter(corpus=corpus).order_by("-number").first()
        guideline = guideline_number(corpus.pk, using=alias)
        for page in _pages(alias, corpus, layer, filters or {}):
            with collector_paused():
                for line in _records(alias, corpus, layer, page, counts):
                    counts.bytes += len(line)
                    counts.sha256.update(line)
                    target.write(line)
    manifest = {
        "schema": SCHEMA,
        "format": NATIVE,
        "corpus": corpus.slug,
        "layer": layer,
        "lossless": layer == "all",
        "offset_unit": "code_point",
        "filters": dict(filters or {}),
        "counts": {
            name: getattr(counts, name)
            for name in ("articles", "revisions", "annotations", "relations", "reviews")
        },
        "bytes": counts.bytes,
        "sha256": counts.sha256.hexdigest(),
        "scheme": scheme.definition if scheme else None,
        "guideline": guideline,
        "event_position": position.position if position else 0,
        "exported_at": timezone.now().isoformat(),
    }
    return _keep(actor, corpus, layer, manifest)


@transaction.atomic
def _keep(actor: Actor, corpus: Corpus, layer: str, manifest: dict[str, Any]) -> Export:
    export = Export.objects.create(
        corpus=corpus, format=NATIVE, layer=layer, manifest=manifest, made_by=actor.user
    )
    record(
        actor,
        Change(
            action="export.made",
            object_type="export",
            object_id=export.pk,
            corpus_id=corpus.pk,
            after={name: manifest[name] for name in ("layer", "counts", "sha256", "filters")},
        ),
    )
    return export


def _check(layer: str, filters: Mapping[str, str]) -> None:
    if layer not in ("all", "machine") and not LAYER.match(layer):
        raise BadInput(
            f"There is no layer {layer!r}: all, gold, machine, machine:<name>@<version> or reviewer:<id>.",
            field="layer",
        )
    for name, value in filters.items():
        if name not in FILTERS:
            raise BadInput(f"There is no filter {name!r}; there are {', '.join(FILTERS)}.", field=name)
        if name == "status" and value not in RevisionStatus.values:
            raise BadInput(f"There is no status {value!r}.", field=name)


def _pages(alias: str, corpus: Corpus, layer: str, filters: Mapping[str, str]) -> Iterator[list[Revision]]:
    """Yield the revisions to write, oldest first, a page at a time by key.

    Keys first, and which of them have the layer at all (what nobody has read is not in its export): in one
    statement with the rest, every page would walk through all the layers before it.
    """
    whole = layer == "all"
    every = Revision.objects.using(alias).filter(corpus=corpus)
    related = ["article", "article__outlet", *(["raw"] if whole else [])]
    for ids in _keys(every if whole else every.filter(current=True, article__erased_at=None), filters):
        kept: Collection[UUID] = ids
        if not whole:
            layers = _named(Layer.objects.using(alias), layer).filter(revision__in=ids)
            kept = set(layers.order_by().values_list("revision_id", flat=True))
        if kept:
            yield list(every.filter(pk__in=kept).select_related(*related).order_by("pk"))


def _keys(revisions: QuerySet[Revision], filters: Mapping[str, str]) -> Iterator[list[UUID]]:
    for name, value in filters.items():
        revisions = revisions.filter(**{FILTERS[name]: value})
    last: UUID | None = None
    while True:
        page = revisions.filter(pk__gt=last) if last else revisions
        ids = list(page.order_by("pk").values_list("pk", flat=True)[:PAGE])
        if not ids:
            return
        yield ids
        last = ids[-1]


def _named(layers: QuerySet[Layer], name: str) -> QuerySet[Layer]:
    if name == "all":
        return layers
    if name == "machine":
        return layers.filter(kind=LayerKind.MACHINE, pipeline__active=True)
    kind, _, rest = name.partition(":")
    if kind == LayerKind.MACHINE:
        pipeline, _, version = rest.partition("@")
        return layers.filter(kind=kind, pipeline__name=pipeline, pipeline__version=version)
    if kind == LayerKind.REVIEWER:
        return layers.filter(kind=kind, reviewer__public_id=UUID(rest))
    return layers.filter(kind=LayerKind.GOLD)


def _records(
    alias: str, corpus: Corpus, layer: str, page: Sequence[Revision], counts: Counts
) -> Iterator[bytes]:
    whole = layer == "all"
    ids = [revision.pk for revision in page]
    layers: dict[UUID, list[Layer]] = defaultdict(list)
    found = _named(Layer.objects.using(alias), layer).filter(revision__in=ids)
    # One pipeline and few people speak in all the layers of a page: they are fetched apart, once.
    every = list(found.prefetch_related("pipeline", "reviewer").order_by("id"))
    for row in every:
        layers[row.revision_id].append(row)
    blocks = _blocks(alias, ids, whole=whole)
    said = stored_rows(alias, every) if whole else standing_rows(alias, every)
    if whole:
        add_reviews(alias, said, every)
    for revision in page:
        own = layers[revision.pk]
        yield _line(corpus, layer, revision, own, blocks[revision.pk], [said[row.pk] for row in own], counts)


def _line(
    corpus: Corpus,
    layer: str,
    revision: Revision,
    layers: Sequence[Layer],
    blocks: list[dict[str, Any]],
    said: Sequence[Said],
    counts: Counts,
) -> bytes:
    article = revision.article
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "id": str(article.pk),
        "external_id": article.external_id,
        "corpus": corpus.slug,
        "revision": revision.number,
        "text_sha256": revision.text_sha256,
        "text": revision.text,
        "title": article.title,
        "outlet": article.outlet.name if article.outlet else "",
        "url": article.url,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "language": article.language,
        "status": revision.status,
        "layer": layer,
        "blocks": blocks,
        "annotations": [item for part in said for item in part.annotations],
        "relations": [item for part in said for item in part.relations],
        "reviews": [item for part in said for item in part.reviews],
    }
    if layer == "all":
        body |= _rest(revision, layers)
        if article.erased_at:
            body |= {"annotations": [], "relations": [], "reviews": [], "layers": [], "blocks": []}
    _check_surfaces(revision, body["annotations"])
    counts.articles += revision.current
    counts.revisions += 1
    for name in ("annotations", "relations", "reviews"):
        setattr(counts, name, getattr(counts, name) + len(body[name]))
    return orjson.dumps(body) + b"\n"


def _rest(revision: Revision, layers: Sequence[Layer]) -> dict[str, Any]:
    """Return what a lossless record has on top of a view."""
    article = revision.article
    raw = getattr(revision, "raw", None)
    return {
        "revision_id": str(revision.pk),
        "current": revision.current,
        "created_at": revision.created_at.isoformat(),
        "article_created_at": article.created_at.isoformat(),
        "erased_at": article.erased_at.isoformat() if article.erased_at else None,
        "sha256": revision.sha256,
        "length": revision.length,
        "encoding": revision.encoding,
        "bom": revision.bom,
        "content_type": revision.content_type,
        "extractor": revision.extractor,
        "raw": base64.b64encode(bytes(raw.data)).decode() if raw else None,
        "byline": article.byline,
        "metadata": article.metadata,
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


def _blocks(alias: str, ids: Sequence[UUID], *, whole: bool) -> dict[UUID, list[dict[str, Any]]]:
    """Return the blocks of revisions: with `whole` those of every segmenter, and both kinds of each."""
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    blocks = Block.objects.using(alias).filter(revision__in=ids)
    if not whole:
        blocks = blocks.filter(segmenter=SEGMENTER)
    for revision_id, segmenter, start, end, kind, kind_set, name_start, name_end in blocks.order_by(
        "revision_id", "segmenter", "start"
    ).values_list("revision_id", "segmenter", "start", "end", "kind", "kind_set", "name_start", "name_end"):
        body: dict[str, Any] = {"start": start, "end": end, "kind": kind if whole else kind_set or kind}
        if name_start is not None:
            body["name"] = {"start": name_start, "end": name_end}
        if whole:
            body["segmenter"] = segmenter
            if kind_set:
                body["kind_set"] = kind_set
        found[revision_id].append(body)
    return found


def _check_surfaces(revision: Revision, annotations: Iterable[dict[str, Any]]) -> None:
    """Fail loudly on a span that does not fit its text; an erased one has nothing to fit."""
    text = revision.text
    if not text:
        return
    for item in annotations:
        if joined_surface(text, item["segments"]) != item["surface"]:
            raise BadInput(
                f"Annotation {item['id']} does not fit the text of revision {revision.pk}; "
                "run verify. Nothing was exported.",
                annotation=item["id"],
            )
