"""Many reviewers on one queue: take, decide, give back, disappear, submit and settle.

Every person is a thread with a connection of its own, in two processes, and keeps what was acknowledged. In
the end that is compared with the rows. The same is done with a queue that takes without a lock, which must
be caught. One line of JSON.
"""

import argparse
import json
import multiprocessing
import statistics
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections

from annotations.models import Assignment, AssignmentStatus, Layer, LayerKind, Review, Settlement
from annotations.services import queue
from annotations.services.importing import import_records
from annotations.services.opening import refill_changed_queues
from annotations.services.verifying import Lie, verify
from bench.articles import invent, native_line
from bench.people import Adjudicator, Kept, Reviewer, Sweeper, Take, take_without_lock
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, create_corpus, set_member

PROCESSES = 2
ADJUDICATORS = 2
#: Not all of them have a span that is disputed; longer ones only take longer to decide.
SENTENCES = 4
#: The control needs no more to be caught.
CONTROL_ARTICLES = 200
FOR_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(kw_only=True)
class Damage:
    """What must not be: each counts what it names, and all are 0."""

    #: Passes that two people were told to have, or that were taken by one before another ended.
    held_twice: int = 0
    articles_never_offered: int = 0
    #: Decisions, passes and settlements that were acknowledged and are not there, or are there otherwise.
    lost: int = 0
    #: Those that are there and were acknowledged to nobody.
    unasked: int = 0
    #: Passes whose assignment says something else.
    statuses_that_differ: int = 0
    locked: int = 0
    errors: int = 0
    lies: int = 0


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    honest = run("honest", options, queue.take)
    options.articles = min(options.articles, CONTROL_ARTICLES)
    control = run("control", options, take_without_lock)
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
    parser.add_argument("--lease", type=float, default=30, help="seconds; whoever disappears is waited for")
    parser.add_argument("--pause", type=float, default=0, help="seconds of thought before an act, on average")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace, take: Take) -> dict[str, Any]:
    """Let people work one corpus to its end and return the figures."""
    # The setting counts in minutes, too long to wait for.
    queue.lease_end = lambda corpus, now: now + timedelta(seconds=options.lease)  # noqa: ARG005
    corpus = prepare(name, options)
    connections.close_all()
    start = time.monotonic()
    kept = work(corpus, options, take)
    seconds = time.monotonic() - start
    damage = inspect(corpus, kept)
    for error in kept.errors[:10] if take is queue.take else ():
        print(error)
    own = Revision.objects.filter(corpus=corpus)
    return {
        "articles": options.articles,
        "reviewers": options.reviewers,
        "pause": options.pause,
        "seconds": round(seconds, 1),
        "taken": len(kept.taken),
        "decisions": len(kept.decided),
        "settled": len(kept.settled),
        "gold": own.filter(status="gold").count(),
        "left_open": Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN).count(),
        **asdict(damage),
        "met": dict(sorted(kept.met.items())),
        "ms": {act: spread(taken) for act, taken in sorted(kept.seconds.items())},
        "acts_per_second": round(sum(map(len, kept.seconds.values())) / seconds, 1),
        "seed": options.seed,
    }


def prepare(name: str, options: argparse.Namespace) -> Corpus:
    """Make a corpus of labelled articles that two people are to read each, and its people."""
    corpus = create_corpus(COMMAND, slug=name, name=name)
    lines = (native_line(invent(n, sentences=SENTENCES, seed=options.seed)) for n in range(options.articles))
    for outcome in import_records(COMMAND, corpus, lines, source="bench"):
        assert outcome.outcome == "created", outcome
    corpus = configure_corpus(COMMAND, corpus, version=corpus.version, changes={"passes": 2})
    refill_changed_queues()
    for number in range(options.reviewers):
        add_person(corpus, f"{name}-reviewer-{number}", Role.REVIEWER)
    for number in range(ADJUDICATORS * PROCESSES):
        add_person(corpus, f"{name}-adjudicator-{number}", Role.ADJUDICATOR)
    return corpus


def add_person(corpus: Corpus, name: str, role: Role) -> User:
    user = User.objects.create(username=name)
    set_member(COMMAND, corpus, user, role)
    return user


def work(corpus: Corpus, options: argparse.Namespace, take: Take) -> Kept:
    """Let people work in a few processes of many threads; return all that they kept."""
    kept = Kept()
    forking = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=forking) as processes:
        shares = [processes.submit(work_share, corpus, number, options, take) for number in range(PROCESSES)]
        for share in shares:
            kept.add(share.result())
    return kept


def work_share(corpus: Corpus, number: int, options: argparse.Namespace, take: Take) -> Kept:
    """Run every PROCESSES-th person of a corpus, and a sweeper, until the reviewers have nothing left."""
    ended = threading.Event()
    members = corpus.members.select_related("user").order_by("user_id")
    reviewers = [
        Reviewer(row.user, corpus, take, seed=str(options.seed), pause=options.pause)
        for row in members.filter(role=Role.REVIEWER)[number::PROCESSES]
    ]
    others = [
        Adjudicator(row.user, corpus, ended, seed=str(options.seed))
        for row in members.filter(role=Role.ADJUDICATOR)[number::PROCESSES]
    ]
    connections.close_all()
    people: list[Reviewer | Adjudicator | Sweeper] = [*reviewers, *others, Sweeper(ended)]
    for person in people:
        person.start()
    for reviewer in reviewers:
        reviewer.join()
    ended.set()
    kept = Kept()
    for person in people:
        person.join()
        kept.add(person.kept)
    return kept


def spread(seconds: list[float]) -> dict[str, float]:
    """Return the number of times, and their p50 and p99 in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    return {"n": len(seconds), "p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1)}


# -- what came of it ----------------------------------------------------------------------------------------


def inspect(corpus: Corpus, kept: Kept) -> Damage:
    """Compare what people were told with the rows and the events."""
    lost, unasked = compare_decisions(corpus, kept)
    passes = {
        (row.revision_id, row.reviewer_id or 0): row.submitted_at is not None
        for row in Layer.objects.filter(revision__corpus=corpus, kind=LayerKind.REVIEWER)
    }
    lost += sum(passes.get(key, False) != said for key, said in kept.submitted.items())
    settlements = Settlement.objects.filter(layer__revision__corpus=corpus, dispute__isnull=False)
    settled = Counter(settlements.filter(implied_by=None).values_list("dispute", flat=True))
    acknowledged = Counter(pk for pk, _ in kept.settled)
    offered = Event.objects.filter(corpus=corpus, action="assignment.taken").values("subject_id")
    return Damage(
        held_twice=held_twice(corpus, kept),
        articles_never_offered=Revision.objects.filter(corpus=corpus).exclude(pk__in=offered).count(),
        lost=lost + (acknowledged - settled).total(),
        unasked=unasked + (settled - acknowledged).total(),
        statuses_that_differ=statuses_that_differ(corpus, passes),
        locked=sum("locked" in error for error in kept.errors),
        errors=len(kept.errors),
        lies=sum(isinstance(found, Lie) for found in verify(corpus)),
    )


def compare_decisions(corpus: Corpus, kept: Kept) -> tuple[int, int]:
    """Return how many acknowledged decisions are not there as they were, and how many nobody asked for."""
    own = Review.objects.filter(layer__revision__corpus=corpus, implied_by=None)
    rows = {
        str(pk): (user, revision, str(line), version, verdict)
        for pk, user, revision, line, version, verdict in own.values_list(
            "pk", "layer__reviewer", "layer__revision", "line", "version", "verdict"
        )
    }
    lost = sum(rows.get(pk) != said for pk, said in kept.decided.items())
    return lost, len(rows.keys() - kept.decided.keys())


def held_twice(corpus: Corpus, kept: Kept) -> int:
    """Count passes with two holders at one time, by what people were told, by the events and by the rows."""
    told = Counter(pk for pk, _ in kept.taken)
    taken = Event.objects.filter(corpus=corpus, action="assignment.taken")
    events = Counter(taken.values_list("object_id", flat=True))
    doubled = {str(pk) for pk, times in told.items() if times > 1}
    doubled |= {pk for pk, times in events.items() if times > 1}
    return len(doubled) + overlapping(corpus)


def overlapping(corpus: Corpus) -> int:
    """Count the rows that were taken before the holder before them had ended."""
    until: dict[tuple[UUID, int], datetime] = {}
    found = 0
    rows = Assignment.objects.filter(corpus=corpus, taken_at__isnull=False).order_by("taken_at")
    for row in rows:
        assert row.taken_at
        key = row.revision_id, row.number
        found += key in until and until[key] > row.taken_at
        held = row.status in (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED)
        until[key] = FOR_EVER if held or row.ended_at is None else row.ended_at
    return found


def statuses_that_differ(corpus: Corpus, passes: dict[tuple[UUID, int], bool]) -> int:
    """Count the passes that are submitted without their assignment, and the other way round."""
    rows = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.SUBMITTED)
    assigned = set(rows.values_list("revision_id", "reviewer_id"))
    return len(assigned ^ {key for key, submitted in passes.items() if submitted})
