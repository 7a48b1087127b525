"""The audit trail: every change writes its event in its own transaction; the sealer orders them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from corpus.bulk import insert_columns
from corpus.ids import uuid7_hex
from corpus.models import Event
from corpus.services.actors import Actor
from corpus.snapshot import snapshot

#: An arbitrary number that every sealer agrees on, for PostgreSQL's advisory locks.
SEALER_LOCK = 0x5EA1
GENESIS = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Change:
    """What an event says; offsets, ids and hashes, but never a word of an article."""

    action: str
    object_type: str
    object_id: object
    corpus_id: UUID | None
    subject_id: UUID | None = None
    before: Any = None
    after: Any = None
    reason: str = ""
    versions: Mapping[str, Any] = field(default_factory=dict)


def record(actor: Actor, change: Change) -> None:
    record_many(actor, [change])


def record_many(actor: Actor, changes: Iterable[Change], *, now: datetime | None = None) -> None:
    """Write one event a change. The caller's transaction carries them. One statement."""
    changes = list(changes)
    insert_columns(
        Event,
        len(changes),
        {
            "id": uuid7_hex(len(changes)),
            "corpus": [change.corpus_id for change in changes],
            "at": now or timezone.now(),
            "actor": actor.user.pk if actor.user else None,
            "via": actor.via,
            "request_id": actor.request_id,
            "action": [change.action for change in changes],
            "object_type": [change.object_type for change in changes],
            "object_id": [str(change.object_id) for change in changes],
            "subject_id": [change.subject_id for change in changes],
            "before": [change.before for change in changes],
            "after": [change.after for change in changes],
            "reason": [change.reason for change in changes],
            "versions": [dict(change.versions) for change in changes],
            "position": None,
            "hash": None,
        },
    )


def seal_events(limit: int = 5_000) -> int:
    """Give committed events their place in their corpus's chain; return how many.

    An event has no position until its transaction is seen as committed, and positions only grow, so a reader
    that remembers the last one misses nothing. Two sealers never work at once: SQLite has one writer,
    PostgreSQL an advisory lock.
    """
    with transaction.atomic():
        if not _only_sealer():
            return 0
        events = list(Event.objects.filter(position__isnull=True).order_by("id")[:limit])
        heads = {corpus_id: chain_head(corpus_id) for corpus_id in {event.corpus_id for event in events}}
        for event in events:
            position, previous = heads[event.corpus_id]
            event.position = position + 1
            event.hash = chained_hash(previous, event)
            heads[event.corpus_id] = (event.position, event.hash)
        _store_seals(events)
    return len(events)


def chain_head(corpus_id: UUID | None, using: str = DEFAULT_DB_ALIAS) -> tuple[int, str]:
    """Return the position and the hash of the last sealed event; 0 and GENESIS where there is none."""
    last = sealed_events(corpus_id, using).reverse().values_list("position", "hash").first()
    return (last[0] or 0, last[1] or GENESIS) if last else (0, GENESIS)


def sealed_events(corpus_id: UUID | None, using: str = DEFAULT_DB_ALIAS) -> QuerySet[Event]:
    """Return the chain of a corpus, or of what belongs to none, in its order."""
    sealed = Event.objects.using(using).filter(Q(corpus=corpus_id), position__isnull=False)
    return sealed.order_by("position")


def canonical_event(event: Event) -> bytes:
    """Return what the hash of an event is taken of: JSON with sorted keys, times in UTC and no spaces."""
    body = {
        "id": str(event.id),
        "corpus": str(event.corpus_id) if event.corpus_id else None,
        "position": event.position,
        "at": event.at.isoformat(),
        "actor": event.actor_id,
        "via": event.via,
        "request_id": event.request_id,
        "action": event.action,
        "object_type": event.object_type,
        "object_id": event.object_id,
        "subject_id": str(event.subject_id) if event.subject_id else None,
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "versions": event.versions,
    }
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def chained_hash(previous: str, event: Event) -> str:
    """Return the sha256 of the hash before and the event in its canonical form."""
    return hashlib.sha256(previous.encode() + canonical_event(event)).hexdigest()


def write_chain(corpus_id: UUID | None, target: IO[bytes]) -> tuple[int, str]:
    """Write the chain, a line an event; return how many, and the last hash.

    A line is `{"hash":"…","event":…}`, the event in the very bytes that its hash is taken of, so that nobody
    who checks it has to write JSON as we do (docs/verify_chain.py).
    """
    count, last = 0, GENESIS
    with snapshot() as alias:
        for event in sealed_events(corpus_id, alias).iterator(chunk_size=2_000):
            count, last = count + 1, event.hash or ""
            target.write(b'{"hash":"%s","event":%s}\n' % (last.encode(), canonical_event(event)))
    return count, last


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALER_LOCK])
        return bool(cursor.fetchone()[0])


def _store_seals(events: list[Event]) -> None:
    convert = Event._meta.pk.get_db_prep_value
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE {Event._meta.db_table} SET "position" = %s, "hash" = %s WHERE "id" = %s',  # noqa: S608
            [(event.position, event.hash, convert(event.id, connection)) for event in events],
        )
