"""Releases read back: their files are a function of their rows, and so the same at any time.

A row keeps the record without what the immutable text of its revision gives again. An erased article has a
tombstone in its place, and the split says how many it has lost.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, NamedTuple
from uuid import UUID

import orjson
from django.db.models import Count

from annotations.exchange import FORMATS
from annotations.exchange.losses import Losses
from annotations.exchange.native import NATIVE
from annotations.models import Release, ReleasedArticle
from annotations.releasing.redaction import Names, redact
from annotations.releasing.splits import Split
from annotations.releasing.standoff import detach, rejoin, without_words
from annotations.services.backups.archive import Watch, unwatched
from annotations.services.exporting import Target, tombstone_record, write_records
from annotations.services.selection import Gone, Selection, Tombstone, pages_by_length
from corpus.services.errors import BadInput
from corpus.snapshot import snapshot

#: What formats of others lose: offsets without a text are nothing to them.
WITHOUT_TEXT = "articles_without_text"


class Packed(NamedTuple):
    """A record as it goes out, the line that it makes, and what a row keeps of it."""

    record: dict[str, Any]
    line: bytes
    kept: bytes
    #: Whether the record has its words.
    words: bool


class Row(NamedTuple):
    """One article of a release, with what its record is made of again."""

    revision: UUID
    article: UUID
    story: UUID
    split: str
    sha256: str
    record: bytes | None
    text: str
    external_id: str
    number: int
    erased_at: datetime | None


COLUMNS = (
    "revision_id", "article_id", "story", "split", "sha256", "record", "revision__text",
    "external_id", "revision__number", "article__erased_at",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReleaseFile:
    """A file that was made of one split."""

    split: str
    format: str
    articles: int
    erased: int
    bytes: int
    sha256: str
    losses: dict[str, int]

    @property
    def path(self) -> str:
        return f"{self.split}{FORMATS[self.format].suffix if self.format in FORMATS else '.jsonl'}"

    def body(self) -> dict[str, Any]:
        return dict(vars(self))


def pack(body: dict[str, Any], names: Names, *, words: bool) -> Packed:
    """Return what becomes of a record that names its layers, with protected `names` black.

    Without `words`, and where its text may not be passed on, no word of it goes out.
    """
    layers = body.pop("layers")
    record = redact(body, names)
    if words := words and not body.get("text_withheld"):
        kept_record = detach(record)
    else:
        record = kept_record = without_words(record)
    kept = {"layers": layers, "words": words, "record": kept_record}
    line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    return Packed(record, line, zlib.compress(orjson.dumps(kept)), words)


def kept_record(kept: bytes) -> dict[str, Any]:
    """Return a record as a row keeps it, without its text and surfaces."""
    record: dict[str, Any] = orjson.loads(zlib.decompress(kept))["record"]
    return record


def unpack(kept: bytes, text: str) -> dict[str, Any]:
    """Return a record again, with `words` and `layers` beside it as they were kept."""
    found: dict[str, Any] = orjson.loads(zlib.decompress(kept))
    if found["words"]:
        found["record"] = rejoin(found["record"], text)
    return found


def rows_of(release: Release, alias: str, split: Split | None = None) -> Iterator[Row]:
    """Yield the rows of a release in the order of its files, a page in memory at a time."""
    for one in [split] if split else Split:
        rows = ReleasedArticle.objects.using(alias).filter(release=release, split=one)
        for ids in pages_by_length(rows, "revision_id", "revision__length"):
            page = rows.filter(revision__in=ids).order_by("revision_id")
            yield from map(Row._make, list(page.values_list(*COLUMNS)))


def write_split(
    release: Release,
    split: Split,
    target: IO[bytes],
    *,
    format: str = NATIVE,
    strict: bool = False,
    watch: Watch = unwatched,
) -> ReleaseFile:
    """Write the file of a split as it was when the release was made; erased articles alone are gone.

    Raises:
        BadInput: the format cannot carry it, or the file is not what the manifest says, and nothing of it
            was erased.
    """
    losses, written = Losses(strict=strict), Target(target)
    told = release.manifest["splits"][split]
    counts: Counter[str] = Counter()
    with snapshot() as alias:
        rows = _watched(rows_of(release, alias, split), f"writing {split}", watch)
        records = _records(release, rows, format, losses, counts)
        write_records(records, format, written, losses)
    made = ReleaseFile(
        split=split,
        format=format,
        articles=counts["articles"],
        erased=counts["erased"],
        bytes=written.size,
        sha256=written.sha256.hexdigest(),
        losses=dict(losses.counts),
    )
    whole = format == NATIVE and not made.erased
    if made.articles + made.erased != told["articles"] or (whole and made.sha256 != told["sha256"]):
        raise BadInput(f"{split} of {release.name} is not what its manifest says; run verify.")
    return made


def _watched(rows: Iterator[Row], stage: str, watch: Watch) -> Iterator[Row]:
    for row in rows:
        yield row
        watch(stage, 1)


def _records(
    release: Release, rows: Iterator[Row], format: str, losses: Losses, counts: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield the records of rows as a format takes them, and count them."""
    selection = Selection(corpus=release.corpus, layer=release.layer, whole=False)
    for row in rows:
        counts["articles" if row.record else "erased"] += 1
        if row.record is None:
            if format == NATIVE:
                gone = Tombstone(row.article, row.external_id, row.number, Gone.ERASED)
                yield tombstone_record(selection, gone)
            continue
        try:
            found = unpack(bytes(row.record), row.text)
        except (zlib.error, ValueError):
            raise BadInput(
                f"The record of {row.external_id} in {release.name} is not what was frozen; run verify."
            ) from None
        if format == NATIVE:
            yield found["record"]
        elif found["words"]:
            yield found["record"] | {"layers": found["layers"]}
        else:
            losses.lose(row.external_id, WITHOUT_TEXT, 1)


def frozen_files(release: Release) -> list[ReleaseFile]:
    """Return the native files as they were when the release was made; none for a split without articles."""
    return [
        ReleaseFile(
            split=split,
            format=NATIVE,
            articles=told["articles"],
            erased=0,
            bytes=told["bytes"],
            sha256=told["sha256"],
            losses={},
        )
        for split, told in splits_told(release)
        if told["articles"]
    ]


def splits_told(release: Release) -> list[tuple[Split, dict[str, Any]]]:
    """Return what the manifest says of each split, in their order: JSON of PostgreSQL has one of its own."""
    return [(split, release.manifest["splits"][split]) for split in Split]


def erased_of(release: Release) -> dict[str, int]:
    """Return how many articles each split has lost to erasing. One query, over those alone."""
    rows = ReleasedArticle.objects.filter(release=release, record__isnull=True).order_by()
    return dict(rows.values_list("split").annotate(Count("pk")))


def false_rows(release: Release, alias: str) -> Iterator[tuple[str, str]]:
    """Yield what does not hold of a release, and where: its rows, their stories, its files."""
    stories: dict[UUID, str] = {}
    for split, told in splits_told(release):
        digest, count, erased = hashlib.sha256(), 0, 0
        for row in rows_of(release, alias, split):
            count += 1
            if stories.setdefault(row.story, split) != split:
                yield str(row.article), f"it is in {split}, and others of its story in {stories[row.story]}."
            if (row.record is None) != (row.erased_at is not None):
                yield str(row.article), "its record is here only if the article is not erased."
            if row.record is None:
                erased += 1
                continue
            line = _line(row)
            digest.update(line)
            if hashlib.sha256(line).hexdigest() != row.sha256:
                yield str(row.article), "its record is not what its hash says."
        if count != told["articles"]:
            yield split, f"it has {count} articles; its manifest says {told['articles']}."
        elif not erased and digest.hexdigest() != told["sha256"]:
            yield split, "its file is not what its manifest says."


def _line(row: Row) -> bytes:
    """Return the line of a row that is not erased; none where it gives none."""
    try:
        found = unpack(bytes(row.record or b""), row.text)
    except (zlib.error, ValueError):
        return b""
    return orjson.dumps(found["record"], option=orjson.OPT_APPEND_NEWLINE)


def release_body(release: Release) -> dict[str, Any]:
    return {
        "id": release.pk,
        "corpus": release.corpus.slug,
        "name": release.name,
        "layer": release.layer,
        "made_at": release.made_at,
        "made_by": release.made_by.public_id if release.made_by else None,
        "manifest": release.manifest,
    }
