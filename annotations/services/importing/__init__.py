"""Taking native records in: articles with their layers, each record whole or not at all.

Ids are kept where they are free, so that what was exported is recognised when it comes back. An article
that stands here already gets the layers that it has not; nothing that stands is changed. Rows go in by
columns, many records a transaction.
"""

from collections.abc import Iterable, Iterator
from typing import IO

from annotations.exchange.fields import RecordRefused
from annotations.exchange.native import is_whole, read_record
from annotations.services.importing.chunks import Schemes, take_in
from annotations.services.importing.placing import Read
from corpus.models import Corpus
from corpus.readers.base import MAX_BYTES, RowRefused
from corpus.readers.strict_json import JSONRefused, loads_strict
from corpus.services.actors import Actor
from corpus.services.ingest import RowOutcome

#: The longest line of a file: a text with escapes, its page in base64, and what many people said of it.
LONGEST_LINE = 8 * MAX_BYTES
_SKIPPED_AT_ONCE = 2**18


def record_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a file; of one that is too long for a record no more than shows that."""
    while line := stream.readline(LONGEST_LINE + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = stream.readline(_SKIPPED_AT_ONCE)


def import_records(
    actor: Actor, corpus: Corpus, lines: Iterable[bytes], *, source: str
) -> Iterator[RowOutcome]:
    """Take native records, a line each; yield what became of each: created, amended, unchanged, rejected.

    `amended` means that something was new: a revision, or a layer on one that stands. Doing it again changes
    nothing.
    """
    numbered = (
        (f"{source}:{number}", line, len(line)) for number, line in enumerate(lines, 1) if line.strip()
    )
    yield from take_in(actor, corpus, numbered, _read, source=source)


def _read(place: str, line: bytes, schemes: Schemes) -> Read:
    """Check a line: a lossless record may use what any version of the scheme had, a view the newest."""
    if len(line) > LONGEST_LINE:
        return RowRefused(place=place, reason=f"the line is longer than {LONGEST_LINE:,} bytes")
    try:
        values = loads_strict(line)
        return place, read_record(values, schemes.every if is_whole(values) else schemes.newest)
    except (JSONRefused, RecordRefused) as error:
        return RowRefused(place=place, reason=str(error))
