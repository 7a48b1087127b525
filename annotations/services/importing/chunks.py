"""Articles on their way in, many a transaction: what needs no database is done before it begins."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from django.db import DataError, IntegrityError
from django.utils import timezone

from annotations.services.importing.placing import Importer, Read
from corpus.bulk import collector_paused
from corpus.models import Corpus, IngestReport, Role
from corpus.readers.base import RowRefused
from corpus.schemes import SchemeDefinition
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import every_scheme_of, scheme_of
from corpus.services.ingest import RowOutcome
from corpus.services.racing import retried

#: Records a transaction, and the bytes at which it ends sooner. It holds SQLite's one writer for a fifth of
#: a second.
CHUNK = 500
CHUNK_BYTES = 2 * 2**20


Item = TypeVar("Item")


class Schemes(NamedTuple):
    """The scheme of a corpus now, and what any version of it has allowed."""

    newest: SchemeDefinition
    every: SchemeDefinition


def take_in(
    actor: Actor,
    corpus: Corpus,
    items: Iterable[tuple[str, Item, int]],
    read: Callable[[str, Item, Schemes], Read],
    *,
    source: str,
) -> Iterator[RowOutcome]:
    """Take items in, each with its place and size; yield what became of each, in order.

    Every `CHUNK` of them, or `CHUNK_BYTES`, are one transaction.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.INGEST)
    require(actor, corpus.pk, Role.LEAD, Scope.SUGGEST)
    report = IngestReport.objects.create(corpus=corpus, source=source[:512], started_by=actor.user)
    for chunk in _chunks(items):
        with collector_paused():
            schemes = Schemes(scheme_of(corpus.pk), every_scheme_of(corpus.pk))
            outcomes = _take(actor, corpus, report, [read(place, item, schemes) for place, item in chunk])
        yield from outcomes
    report.finished_at = timezone.now()
    report.save(update_fields=["finished_at"])


def _chunks(items: Iterable[tuple[str, Item, int]]) -> Iterator[list[tuple[str, Item]]]:
    chunk: list[tuple[str, Item]] = []
    total = 0
    for place, item, size in items:
        chunk.append((place, item))
        total += size
        if len(chunk) == CHUNK or total >= CHUNK_BYTES:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


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
