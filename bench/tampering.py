"""Whether `verify` finds every change of the table of events that was made past the database's guards.

Random changes, one at a time, each taken back before the next: fields of every column, rows taken out, put
in, put in another order, a tail cut off, and hashes computed anew behind a change. The last two leave a chain
that fits together, and are found by the anchors. The control: rounds that change nothing, in which nothing is
found.
"""

import argparse
import json
import random
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from annotations.services.verifying import Lie, verify_chain
from corpus.guards import CORPUS_GUARDS
from corpus.ids import uuid7
from corpus.models import Corpus, Event, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.anchors import Anchor, AnchorFile, read_anchors
from corpus.services.corpora import create_corpus, set_member
from corpus.services.events import chained_hash, seal_events, sealed_events
from corpus.services.ingest import ingest_article
from corpus.triggers import install, remove

ARTICLES = 12
#: Of so many rounds one changes nothing.
CONTROL = 10
#: What a column may be changed to, in turn by chance.
OTHER_TEXTS = ("", "x", "api", "command", "‘", "0", "null")
OTHER_VALUES: tuple[Any, ...] = (None, {}, [], 0, 1, "", "null", {"a": None}, [1.5], True)

Rows = list[Event]
Damage = Callable[[random.Random, Rows], bool]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench tampering", description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    figures = tamper(make_corpus(), changes=options.changes, seed=options.seed)
    print(json.dumps({"benchmark": "tampering", "database": connection.vendor, **figures}))
    return 1 if figures["missed"] or figures["false_alarms"] or not figures["control_rounds"] else 0


def make_corpus() -> Corpus:
    """Return a corpus with a chain of some dozens of events of several kinds, next to another one."""
    owner = User.objects.create(username="owner")
    corpus = create_corpus(COMMAND, slug="tampering", name="Tampering", owner=owner)
    create_corpus(COMMAND, slug="beside", name="Beside", owner=owner)
    for number in range(ARTICLES):
        set_member(COMMAND, corpus, User.objects.create(username=f"p{number}"), Role.REVIEWER)
        text = f"“Pier {number} is a ruin,” said Ida Holm.\n"
        incoming = IncomingArticle(
            place="bench", text=text, external_id=str(number), raw=text.encode(), metadata={}
        )
        ingest_article(COMMAND, corpus, incoming, source="bench")
    while seal_events():
        pass
    return corpus


def tamper(corpus: Corpus, *, changes: int, seed: int) -> dict[str, Any]:
    """Change the chain of a corpus at random, so many times, and return what was found and what was not."""
    rng = random.Random(seed)
    anchors = _anchors()
    found: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    missed: list[str] = []
    false_alarms = control_rounds = 0
    with guards_away():
        for number in range(changes):
            if number % CONTROL == 0:
                control_rounds += 1
                false_alarms += bool(lies_after(write_back, rng, corpus, anchors)[0])
            kind = rng.choice(list(DAMAGE))
            with_anchors, without = lies_after(DAMAGE[kind], rng, corpus, anchors)
            found[kind] += with_anchors
            alone[kind] += without
            if not with_anchors:
                missed.append(f"{kind} in round {number}")
    return {
        "seed": seed,
        "events": sealed_events(corpus.pk).count(),
        "changes": changes,
        "found": dict(sorted(found.items())),
        "found_without_anchors": dict(sorted(alone.items())),
        "missed": missed[:20],
        "control_rounds": control_rounds,
        "false_alarms": false_alarms,
    }


def _anchors() -> list[Anchor]:
    with tempfile.TemporaryDirectory() as directory:
        AnchorFile(directory=Path(directory)).append_heads()
        return read_anchors(Path(directory))


class guards_away:
    """Take the triggers of the events away for as long as the body lasts: what nobody may do is tried."""

    def __enter__(self) -> None:
        remove(CORPUS_GUARDS, connection)

    def __exit__(self, *_: object) -> None:
        install(CORPUS_GUARDS, connection)


class Undo(Exception):
    """Ends a transaction whose changes are to go."""


def lies_after(
    damage: Damage, rng: random.Random, corpus: Corpus, anchors: Collection[Anchor]
) -> tuple[bool, bool]:
    """Make a change, return whether the chain lies with its anchors and without, and take it back."""
    outcome = (False, False)
    try:
        with transaction.atomic(), connection.constraint_checks_disabled():
            while not damage(rng, list(sealed_events(corpus.pk))):
                pass
            outcome = (lies(corpus, anchors), lies(corpus, ()))
            raise Undo
    except Undo:
        return outcome


def lies(corpus: Corpus, anchors: Collection[Anchor]) -> bool:
    return any(isinstance(found, Lie) for found in verify_chain(corpus.pk, anchors))


# -- the changes: each returns whether it has changed anything -----------------------------------------------


def write_back(rng: random.Random, rows: Rows) -> bool:
    """The control: write a row as it is."""
    rng.choice(rows).save()
    return True


def change_field(rng: random.Random, rows: Rows) -> bool:
    event, name = rng.choice(rows), rng.choice(list(FIELDS))
    before = getattr(event, name)
    setattr(event, name, FIELDS[name](rng, event))
    if _same(getattr(event, name), before):
        return False
    event.save()
    return True


def change_id(rng: random.Random, rows: Rows) -> bool:
    event = rng.choice(rows)
    Event.objects.filter(pk=event.pk).update(id=uuid7())
    return True


def move_to_another_corpus(rng: random.Random, rows: Rows) -> bool:
    """Give an event to the other chain, behind its end."""
    other = rng.choice([None, Corpus.objects.get(slug="beside").pk])
    Event.objects.filter(pk=rng.choice(rows).pk).update(corpus=other, position=10_000)
    return True


def unseal(rng: random.Random, rows: Rows) -> bool:
    Event.objects.filter(pk=rng.choice(rows).pk).update(position=None, hash=None)
    return True


def take_out(rng: random.Random, rows: Rows) -> bool:
    """Delete some rows that are not the end."""
    gone = rng.sample(rows[:-1], rng.randint(1, 5))
    Event.objects.filter(pk__in=[event.pk for event in gone]).delete()
    return True


def take_out_and_close_up(rng: random.Random, rows: Rows) -> bool:
    """Delete a row that is not the end, and move those behind it up."""
    place = rng.randrange(len(rows) - 1)
    rows[place].delete()
    for event in rows[place + 1 :]:
        Event.objects.filter(pk=event.pk).update(position=(event.position or 0) - 1)
    return True


def put_in(rng: random.Random, rows: Rows) -> bool:
    """Copy a row behind the end, under its old hash or none that fits."""
    event = rng.choice(rows)
    event.pk, event.position = uuid7(), len(rows) + 1
    event.hash = rng.choice([event.hash, rows[-1].hash, "0" * 64])
    event.save(force_insert=True)
    return True


def swap(rng: random.Random, rows: Rows) -> bool:
    """Let two events change places, with their hashes or leaving those where they are."""
    one, two = rng.sample(rows, 2)
    with_hashes = rng.random() < 0.5
    places = ((one.position, one.hash), (two.position, two.hash))
    Event.objects.filter(pk=one.pk).update(position=100_000)
    for event, (position, digest) in ((two, places[0]), (one, places[1])):
        kept = event.hash if with_hashes else digest
        Event.objects.filter(pk=event.pk).update(position=position, hash=kept)
    return True


def cut_tail(rng: random.Random, rows: Rows) -> bool:
    gone = rows[-rng.randint(1, len(rows)) :]
    Event.objects.filter(pk__in=[event.pk for event in gone]).delete()
    return True


def cut_tail_and_go_on(rng: random.Random, rows: Rows) -> bool:
    """Cut the end off and write other events in its place, properly sealed."""
    place = rng.randrange(1, len(rows))
    Event.objects.filter(pk__in=[event.pk for event in rows[place:]]).delete()
    for event in rows[place:]:
        event.pk = uuid7()
    _seal_anew(rows, place, insert=True)
    return True


def compute_anew(rng: random.Random, rows: Rows) -> bool:
    """Change a field, and every hash from there on, so that the chain fits together again."""
    place, name = rng.randrange(len(rows)), rng.choice(list(set(FIELDS) - {"hash", "position"}))
    before = getattr(rows[place], name)
    setattr(rows[place], name, FIELDS[name](rng, rows[place]))
    if _same(getattr(rows[place], name), before):
        return False
    _seal_anew(rows, place)
    return True


def take_out_and_compute_anew(rng: random.Random, rows: Rows) -> bool:
    """Delete a row, close the gap, and compute every hash behind it anew."""
    place = rng.randrange(len(rows))
    rows[place].delete()
    del rows[place]
    _seal_anew(rows, place)
    return True


def _seal_anew(rows: Rows, place: int, *, insert: bool = False) -> None:
    previous = rows[place - 1].hash or "" if place else "0" * 64
    for position, event in enumerate(rows[place:], place + 1):
        event.position = position
        event.hash = previous = chained_hash(previous, event)
        event.save(force_insert=insert)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same in the database: 1 is not True there."""
    return repr(one) == repr(other)


def _text(rng: random.Random, _: Event) -> str:
    return rng.choice(OTHER_TEXTS)


def _value(rng: random.Random, _: Event) -> Any:
    return rng.choice(OTHER_VALUES)


def _hash(rng: random.Random, event: Event) -> str:
    digits = list(event.hash or "")
    digits[rng.randrange(64)] = rng.choice("0123456789abcdef")
    return "".join(digits)


#: What another value of each column may be.
FIELDS: dict[str, Callable[[random.Random, Event], Any]] = {
    "at": lambda rng, event: event.at + timedelta(microseconds=rng.choice([-1, 1, 10**6, -(10**12)])),
    "actor_id": lambda rng, _: rng.choice([None, *User.objects.values_list("pk", flat=True)[:3]]),
    "via": lambda rng, event: _text(rng, event)[:16],
    "request_id": _text,
    "action": _text,
    "object_type": _text,
    "object_id": _text,
    "subject_id": lambda rng, event: rng.choice([None, uuid.UUID(int=rng.getrandbits(128)), event.pk]),
    "before": _value,
    "after": _value,
    "reason": _text,
    "versions": lambda rng, _: rng.choice([{}, {"guideline": 9}, {"segmenter": ""}]),
    "position": lambda rng, _: rng.choice([0, 1_000 + rng.randrange(1_000)]),
    "hash": _hash,
}

DAMAGE: dict[str, Damage] = {
    "a field": change_field,
    "an id": change_id,
    "another corpus": move_to_another_corpus,
    "unsealed": unseal,
    "rows taken out": take_out,
    "a row taken out, the gap closed": take_out_and_close_up,
    "a row put in": put_in,
    "order": swap,
    "a tail cut off": cut_tail,
    "a tail cut off, others in its place": cut_tail_and_go_on,
    "hashes computed anew": compute_anew,
    "a row taken out, hashes computed anew": take_out_and_compute_anew,
}
