"""Taking articles in from the exchange formats of others, with the layers of their people and models.

A file is read through before anything of it goes in: one that is cut off, damaged or no file of its format
changes nothing. After that each article is taken whole or rejected, as native records are.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from annotations.exchange import FORMATS
from annotations.exchange.articles import FileRefused, Found, Refusal
from annotations.exchange.fields import RecordRefused
from annotations.exchange.format import Reader
from annotations.exchange.incoming import Taking, native_values
from annotations.exchange.labels import MapRefused, columns_of, read_label_map
from annotations.exchange.native import read_record
from annotations.exchange.source import Source
from annotations.exchange.units import Unit
from annotations.services.importing.chunks import Schemes, take_in
from annotations.services.importing.placing import Read
from corpus.models import Corpus, Role
from corpus.readers.base import RowRefused
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import scheme_of
from corpus.services.errors import BadInput
from corpus.services.ingest import RowOutcome

#: How long an annotation or relation of a native record is, about.
RECORD_OF_ONE = 300


def import_articles(
    actor: Actor,
    corpus: Corpus,
    source: Source,
    *,
    format: str,
    labels: object = None,
    annotator: str = "",
    unit: Unit | None = None,
) -> Iterator[RowOutcome]:
    """Return what becomes of each article of a file in another format, with notes, as it is taken in.

    Args:
        actor: who asks.
        corpus: where they go.
        source: the file, folder or archive.
        format: a name of `FORMATS`.
        labels: what its labels are here, as `read_label_map` reads it.
        annotator: who said what the file names nobody for: a name, or a layer's name.
        unit: what its offsets count where no words tell.

    Raises:
        BadInput: the file or the label map cannot be read; nothing has gone in.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.INGEST)
    chosen = FORMATS[format]
    if chosen.read is None:
        raise BadInput(f"{format} can be exported, and not imported.", field="format")
    try:
        label_map = read_label_map(labels, scheme_of(corpus.pk))
        source.columns = columns_of(labels)
        _read_through(chosen.read, source)
    except MapRefused as refusal:
        raise BadInput(str(refusal), field="map") from None
    except FileRefused as refusal:
        raise BadInput(f"{refusal}. Nothing was imported.", field="file") from None
    taking = Taking(format=chosen, labels=label_map, space=corpus.pk, annotator=annotator, unit=unit)
    return _taken(actor, corpus, source, _Reading(taking), chosen.read(source))


def _taken(
    actor: Actor, corpus: Corpus, source: Source, reading: "_Reading", articles: Iterator[Found]
) -> Iterator[RowOutcome]:
    items = ((found.place, found, _size(found)) for found in articles)
    for outcome in take_in(actor, corpus, items, reading.read, source=source.name):
        yield replace(outcome, notes=reading.notes.pop(outcome.place, {}))


def _read_through(read: Reader, source: Source) -> None:
    """Raise FileRefused where any part of the file does."""
    for _ in read(source):
        pass


def _size(found: Found) -> int:
    """Return about how long the native record of an article is."""
    if isinstance(found, Refusal):
        return 0
    said = sum(len(layer.annotations) + len(layer.relations) for layer in found.layers)
    return 4 * len(found.text) + RECORD_OF_ONE * said


class _Reading:
    """Reads the articles of one file; none may stand twice with two texts, or by one annotator."""

    def __init__(self, taking: Taking) -> None:
        self.taking = taking
        #: Of the articles in hand, by place.
        self.notes: dict[str, Counter[str]] = {}
        self._seen = _Seen()

    def read(self, place: str, found: Found, schemes: Schemes) -> Read:
        if isinstance(found, Refusal):
            return RowRefused(place=place, reason=found.reason)
        try:
            values, notes = native_values(found, self.taking)
            record = read_record(values, schemes.newest)
            self._seen.add(record.external_id, record.text_sha256, list(record.layers))
        except RecordRefused as refusal:
            return RowRefused(place=place, reason=str(refusal))
        self.notes[place] = notes
        return place, record


class _Seen:
    """The articles of a file so far and who spoke of each, on disk: a file may hold any number of them."""

    def __init__(self) -> None:
        # The name of a database that is a temporary file and goes when it is closed.
        self._rows = sqlite3.connect("")
        self._rows.execute("CREATE TABLE text (article PRIMARY KEY, sha256) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE layer (article, name, PRIMARY KEY (article, name)) WITHOUT ROWID")

    def add(self, external_id: str, text_sha256: str, layers: Sequence[str]) -> None:
        """Keep an article.

        Raises:
            RecordRefused: it stands in the file already, with another text or by one of these annotators.
        """
        article = external_id.encode()
        with self._rows:
            self._rows.execute("INSERT OR IGNORE INTO text VALUES (?, ?)", (article, text_sha256))
            known = self._rows.execute("SELECT sha256 FROM text WHERE article = ?", (article,)).fetchone()
            if known != (text_sha256,):
                raise RecordRefused(f"the id {external_id!r} stands twice in the file, with two texts")
            try:
                self._rows.executemany(
                    "INSERT INTO layer VALUES (?, ?)", [(article, name) for name in layers]
                )
            except sqlite3.IntegrityError:
                raise RecordRefused(f"{external_id!r} stands twice in the file, by one annotator") from None
