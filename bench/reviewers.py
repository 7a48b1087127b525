"""Many reviewers on one queue: take, decide, give back, hang up, disappear, submit and settle.

Gunicorn and the sweeper run as the demo runs them. Every person is a client over HTTP, with a thread and a
connection of its own, in two processes, and keeps what was answered. In the end that is compared with the
rows. The same is done with a queue that takes without a lock, which must be caught. One line of JSON.
"""

import argparse
import json
import os
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, connections

from annotations.models import Assignment, AssignmentStatus, Layer, LayerKind, Review, Settlement
from annotations.services.importing import import_records
from annotations.services.verifying import Lie, verify
from bench.articles import invent, native_line
from bench.people import Adjudicator, Desk, Kept, Person, Reviewer
from bench.servers import Servers, running_servers
from corpus.models import Corpus, Event, IdempotencyKey, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from corpus.services.tokens import make_token

ADJUDICATORS = 4
#: Not all of them have a span that is disputed; longer ones only take longer to decide.
SENTENCES = 2
#: The control needs no more to be caught.
CONTROL_ARTICLES = 200
SERVED = "bench.wsgi:application"
#: Seconds in which all is to be reviewed.
PATIENCE = 24 * 3600.0
#: Seconds, and two leases, without a move of any assignment; the control, which leaves some for good, has
#: shown what it can by then.
STALLED, CONTROL_STALLED = 30.0, 2.0
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Damage:
    """What must not be: each counts what it names, and all are 0."""

    #: Passes that two people were told to have, or that were taken by one before another ended.
    held_twice: int = 0
    articles_never_offered: int = 0
    #: Decisions, passes and settlements that were answered for and are not there, or are there otherwise.
    lost: int = 0
    #: Those that are there and that nobody asked for.
    unasked: int = 0
    #: Passes whose assignment says something else.
    statuses_that_differ: int = 0
    locked: int = 0
    errors: int = 0
    lies: int = 0


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    honest = run("honest", options)
    options.articles = min(options.articles, CONTROL_ARTICLES)
    os.environ["BENCH_WITHOUT_LOCK"] = "yes"
    control = run("control", options)
    caught = control["held_twice"]
    print(
        json.dumps(
            {"benchmark": "reviewers", "database": connection.vendor, **honest, "control_held_twice": caught}
        )
    )
    return 0 if caught and not any(honest[name] for name in asdict(Damage())) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench reviewers", description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--reviewers", type=int, default=200, help="50 are enough for SQLite")
    parser.add_argument("--second-share", type=float, default=0.25, help="of the articles gets two passes")
    parser.add_argument("--lease", type=float, default=60, help="seconds; whoever disappears is waited for")
    parser.add_argument("--pause", type=float, default=0, help="seconds of thought before an act, on average")
    parser.add_argument("--mishaps", type=int, default=1, help="times as many; for a run of few acts")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Let people work one corpus to its end and return the figures."""
    os.environ |= {"BENCH_LEASE": str(options.lease), "ATTEST_SWEEP_INTERVAL": "1"}
    corpus = prepare(name, options)
    with running_servers() as servers:
        port = servers.web(SERVED)
        servers.sweeper()
        desks = prepare_people(corpus, port, options)
        connections.close_all()
        start = time.monotonic()
        kept = work(servers, corpus, desks)
        seconds = time.monotonic() - start
    damage = inspect(corpus, kept)
    if locked():
        for error in kept.errors[:10]:
            print(error)
    own = Revision.objects.filter(corpus=corpus)
    return {
        "articles": options.articles,
        "reviewers": options.reviewers,
        "second_share": options.second_share,
        "pause": options.pause,
        "seconds": round(seconds, 1),
        "taken": len(kept.taken),
        "decisions": len(kept.decided),
        "settled": len(kept.settled),
        "gold": own.filter(status="gold").count(),
        "expired": Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.EXPIRED).count(),
        "left_open": Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN).count(),
        **asdict(damage),
        "met": dict(sorted(kept.met.items())),
        "ms": {act: spread(taken) for act, taken in sorted(kept.seconds.items())},
        "requests_per_second": round(sum(map(len, kept.seconds.values())) / seconds, 1),
        "seed": options.seed,
    }


def locked() -> bool:
    """Return whether the queue takes under its lock: not so in the control."""
    return "BENCH_WITHOUT_LOCK" not in os.environ


def prepare(name: str, options: argparse.Namespace) -> Corpus:
    """Make a corpus of labelled articles that one person is to read each, and of some of them another."""
    corpus = create_corpus(COMMAND, slug=name, name=name, second_share=options.second_share)
    lines = (native_line(invent(n, sentences=SENTENCES, seed=options.seed)) for n in range(options.articles))
    for outcome in import_records(COMMAND, corpus, lines, source="bench"):
        assert outcome.outcome == "created", outcome
    return corpus


def prepare_people(corpus: Corpus, port: int, options: argparse.Namespace) -> dict[Role, list[Desk]]:
    """Return where everybody sits, by their role."""
    many = {Role.REVIEWER: options.reviewers, Role.ADJUDICATOR: ADJUDICATORS}
    return {
        role: [
            seat(add_person(corpus, f"{corpus.slug}-{role}-{number}", role), corpus, port, options)
            for number in range(count)
        ]
        for role, count in many.items()
    }


def add_person(corpus: Corpus, name: str, role: Role) -> User:
    user = User.objects.create(username=name)
    set_member(COMMAND, corpus, user, role)
    return user


def token_of(user: User) -> str:
    scopes = ["read", "review", "manage"]
    return make_token(COMMAND, user=user, name="bench", scopes=scopes)[1]


def seat(user: User, corpus: Corpus, port: int, options: argparse.Namespace) -> Desk:
    return Desk(
        port=port,
        name=user.username,
        user=user.pk,
        token=token_of(user),
        corpus=corpus.slug,
        seed=str(options.seed),
        pause=options.pause,
        people=options.reviewers,
        mishaps=options.mishaps,
        keyed=locked(),
    )


def work(servers: Servers, corpus: Corpus, desks: dict[Role, list[Desk]]) -> Kept:
    """Let people work, a thread each, until nothing is left; return all that they kept."""
    kept = Kept()
    reviewed, settled = threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as rooms:
        reviewing = rooms.submit(sit_down, Reviewer, desks[Role.REVIEWER], reviewed)
        settling = rooms.submit(sit_down, Adjudicator, desks[Role.ADJUDICATOR], settled)
        ends = End(corpus, float(os.environ["BENCH_LEASE"]))
        servers.wait_until(lambda: reviewing.done() or ends.has_come(), "all is reviewed", patience=PATIENCE)
        reviewed.set()
        kept.add(reviewing.result())
        settled.set()
        kept.add(settling.result())
    return kept


class End:
    """When nothing is left to review, or nothing has moved for so long that the rest is left open."""

    def __init__(self, corpus: Corpus, lease: float) -> None:
        stalled = STALLED if locked() else CONTROL_STALLED
        self.patience = stalled + 2 * lease
        self.in_work = Assignment.objects.filter(corpus=corpus, status__in=("open", "taken"))
        self.seen: object = None
        self.since = time.monotonic()

    def has_come(self) -> bool:
        time.sleep(0.3)
        state = set(self.in_work.values_list("pk", "status", "lease_until"))
        if state != self.seen:
            self.seen, self.since = state, time.monotonic()
        return not state or time.monotonic() - self.since > self.patience


def sit_down(kind: type[Person], desks: list[Desk], ended: Any) -> Kept:
    """Let people of one kind work, a thread each, until they have ended."""
    people = [kind(desk, ended) for desk in desks]
    for person in people:
        person.start()
    kept = Kept()
    for person in people:
        person.join()
        kept.add(person.kept)
    return kept


def spread(seconds: list[float]) -> dict[str, float]:
    """Return the number of times, and their p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else (seconds or [0.0]) * 99
    return {"n": len(seconds), "p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1)}


# -- what came of it ----------------------------------------------------------------------------------------


def inspect(corpus: Corpus, kept: Kept) -> Damage:
    """Compare what people were told with the rows and the events, which are read as a stream."""
    lost, unasked = compare_decisions(corpus, kept)
    passes = {
        (str(article), reviewer or 0): submitted is not None
        for article, reviewer, submitted in Layer.objects.filter(
            revision__corpus=corpus, kind=LayerKind.REVIEWER
        ).values_list("revision__article", "reviewer", "submitted_at")
    }
    lost += sum(said is not None and passes.get(key, False) != said for key, said in kept.submitted.items())
    settlements = Settlement.objects.filter(layer__revision__corpus=corpus, dispute__isnull=False)
    settled = Counter(map(str, settlements.filter(implied_by=None).values_list("dispute", flat=True)))
    answered = Counter(pk for pk, _ in kept.settled)
    unheard = Counter(pk for pk in kept.unheard if pk in settled)
    offered = Event.objects.filter(corpus=corpus, action="assignment.taken").values("subject_id")
    return Damage(
        held_twice=held_twice(corpus, kept),
        articles_never_offered=Revision.objects.filter(corpus=corpus).exclude(pk__in=offered).count(),
        lost=lost + (answered - settled).total(),
        unasked=unasked + (settled - answered - unheard).total(),
        statuses_that_differ=statuses_that_differ(corpus, passes),
        locked=sum("locked" in error for error in kept.errors),
        errors=len(kept.errors),
        lies=sum(isinstance(found, Lie) for found in verify(corpus)),
    )


def compare_decisions(corpus: Corpus, kept: Kept) -> tuple[int, int]:
    """Return how many decisions are not there as they were answered, and how many nobody asked for."""
    own = Review.objects.filter(layer__revision__corpus=corpus, implied_by=None).order_by()
    missing, other, unknown = dict(kept.decided), 0, set()
    fields = ("pk", "layer__reviewer", "layer__revision__article", "line", "version", "verdict")
    for pk, user, article, line, version, verdict in own.values_list(*fields).iterator(chunk_size=5_000):
        said = missing.pop(str(pk), None)
        if said is None:
            unknown.add(str(pk))
        else:
            other += said != (user, str(article), str(line), version, verdict)
    return len(missing) + other, len(unknown - unheard_decisions(kept))


def unheard_decisions(kept: Kept) -> set[str]:
    """Return the reviews that came of decisions whose answer nobody waited for."""
    keys = sorted(kept.unheard)
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        rows = IdempotencyKey.objects.filter(key__in=keys[start : start + 500])
        found |= {row.body["review"] for row in rows if row.body}
    return found


def held_twice(corpus: Corpus, kept: Kept) -> int:
    """Count passes with two holders at one time, by what people were told, by the events and by the rows."""
    told = Counter(pk for pk, _ in kept.taken)
    taken = Event.objects.filter(corpus=corpus, action="assignment.taken").order_by()
    events = Counter(taken.values_list("object_id", flat=True).iterator(chunk_size=5_000))
    doubled = {pk for pk, times in told.items() if times > 1}
    doubled |= {pk for pk, times in events.items() if times > 1}
    return len(doubled) + overlapping(corpus)


def overlapping(corpus: Corpus) -> int:
    """Count the rows that were taken before the holder before them had ended."""
    until: dict[tuple[UUID, int], datetime] = {}
    found = 0
    rows = Assignment.objects.filter(corpus=corpus, taken_at__isnull=False).order_by("taken_at")
    for row in rows.iterator(chunk_size=5_000):
        assert row.taken_at
        key = row.revision_id, row.number
        found += key in until and until[key] > row.taken_at
        held = row.status in (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED)
        until[key] = FOR_EVER if held or row.ended_at is None else row.ended_at
    return found


def statuses_that_differ(corpus: Corpus, passes: dict[tuple[str, int], bool]) -> int:
    """Count the passes that are submitted without their assignment, and the other way round."""
    rows = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.SUBMITTED)
    assigned = {(str(article), user) for article, user in rows.values_list("revision__article", "reviewer")}
    return len(assigned ^ {key for key, submitted in passes.items() if submitted})
