"""Taking native records in: articles with their layers, each record whole or not at all.

Ids are kept where they are free, so that what was exported is recognised when it comes back. An article
that stands here already gets the layers that it has not; nothing that stands is changed. Rows go in by
columns, many records a transaction.
"""

from collections.abc import Iterable, Iterator, Sequence

from django.db import DataError, IntegrityError
from django.utils import timezone

from annotations.exchange.fields import RecordRefused
from annotations.exchange.native import is_whole, read_record
from annotations.services.importing.placing import Importer, Read
from corpus.bulk import collector_paused
from corpus.models import Corpus, IngestReport, Role
from corpus.readers.base import RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.schemes import SchemeDefinition
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import every_scheme_of, scheme_of
from corpus.services.ingest import RowOutcome
from corpus.services.racing import retried

#: Records a transaction, and the bytes at which it ends sooner. It holds SQLite's one writer for a fifth of
#: a second.
CHUNK = 500
CHUNK_BYTES = 8 * 2**20


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
