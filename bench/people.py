"""People for a benchmark: they take, decide, submit and settle, and keep what was acknowledged to them."""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connections
from django.utils import timezone

from annotations.models import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Dispute,
    DisputeStatus,
    Layer,
    LayerKind,
    Verdict,
)
from annotations.services.decisions import Decision, Receipt
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.queue import give_back, keep, sweep_assignments
from annotations.services.reading import read_layers, shown_layers
from annotations.services.reviewing import decide_many
from annotations.services.settling import Choice, reopen_dispute, settle_dispute
from corpus.models import Corpus, Revision, User
from corpus.services.actors import Actor
from corpus.services.errors import InvalidTransition, StaleVersion
from corpus.services.events import seal_events

Take = Callable[[Actor, Corpus], Assignment | None]
#: How often in a hundred articles somebody does what is not the rule.
RETURNS, DISCONNECTS, STALE, REPEATS, DIFFERS, REOPENS = 3, 4, 10, 15, 8, 3
#: Looks at an empty queue, some tenths of a second apart, after which a reviewer goes home.
LOOKS = 5


@dataclass(kw_only=True)
class Kept:
    """What the service acknowledged to people, and what they met; sent from process to process."""

    #: (assignment, user) of each take.
    taken: list[tuple[UUID, int]] = field(default_factory=list)
    #: By the id of its review: user, revision, line, version, verdict.
    decided: dict[str, tuple[int, UUID, str, int, str]] = field(default_factory=dict)
    #: Whether a pass is submitted, by (revision, user): the last that was acknowledged.
    submitted: dict[tuple[UUID, int], bool] = field(default_factory=dict)
    #: (dispute, version) of each settling.
    settled: list[tuple[UUID, int]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "Kept") -> None:
        self.taken += other.taken
        self.decided |= other.decided
        self.submitted |= other.submitted
        self.settled += other.settled
        self.met += other.met
        self.errors += other.errors
        for act, taken in other.seconds.items():
            self.seconds[act] += taken

    @contextmanager
    def timed(self, act: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[act].append(time.perf_counter() - start)


class Person(threading.Thread):
    """Somebody with a connection of their own who works until there is nothing left to do."""

    def __init__(self, user: User, corpus: Corpus, *, seed: str) -> None:
        super().__init__(name=user.username)
        self.user, self.corpus = user, corpus
        self.actor = Actor(user=user, via="api")
        self.chance = random.Random(f"{seed}:{user.username}")
        self.kept = Kept()

    def run(self) -> None:
        try:
            while self.works():
                pass
        except Exception as error:  # noqa: BLE001 - the benchmark counts it
            self.kept.errors.append(f"{self.name}: {type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def works(self) -> bool:
        """Do one piece of work; return whether there may be more."""
        raise NotImplementedError

    def happens(self, times: int) -> bool:
        return self.chance.randrange(100) < times


class Reviewer(Person):
    def __init__(self, user: User, corpus: Corpus, take: Take, *, seed: str, pause: float) -> None:
        super().__init__(user, corpus, seed=seed)
        self.take, self.looks, self.pause = take, 0, pause

    def think(self) -> None:
        time.sleep(self.chance.uniform(0, 2 * self.pause))

    def works(self) -> bool:
        self.think()
        start = time.perf_counter()
        assignment = self.take(self.actor, self.corpus)
        self.kept.seconds["take" if assignment else "take, in vain"].append(time.perf_counter() - start)
        if assignment is None:
            in_hand = Assignment.objects.filter(corpus=self.corpus, status=AssignmentStatus.TAKEN)
            self.looks = 0 if in_hand.exists() else self.looks + 1
            time.sleep(self.chance.uniform(0.1, 0.3))
            return self.looks < LOOKS
        self.looks = 0
        self.kept.taken.append((assignment.pk, self.user.pk))
        if self.happens(RETURNS):
            self.may_be_lost("return", lambda: give_back(self.actor, assignment))
            return True
        self.review(assignment)
        return True

    def review(self, assignment: Assignment) -> None:
        """Decide on everything in two parts and submit, or disappear in between."""
        self.may_be_lost("heartbeat", lambda: keep(self.actor, assignment))
        revision = Revision.objects.select_related("article__corpus").get(pk=assignment.revision_id)
        decisions = self.decisions(revision)
        middle = len(decisions) // 2
        self.decide(revision, decisions[:middle])
        if self.happens(DISCONNECTS):
            self.kept.met["disconnects"] += 1
            return
        self.decide(revision, decisions[middle:])
        self.submit(revision)
        if self.happens(REOPENS):
            self.reopen(revision)

    def decisions(self, revision: Revision) -> list[Decision]:
        """Return a decision on every suggestion that has none of this person's yet."""
        own = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, reviewer=self.user)
        views = read_layers([*own, *shown_layers(revision)])
        counting = views[0].counting if own else {}
        left = [
            row
            for view in views
            if view.layer.kind == LayerKind.MACHINE
            for row in view.annotations.values()
            if row.root not in counting
        ]
        # Sources and cues come along with their quotes; a decision on them alone is taken first.
        left.sort(key=lambda row: row.label in ("quote", "claim"))
        return [self.decision(row) for row in left]

    def decision(self, row: Annotation) -> Decision:
        key = uuid4().hex
        if row.label not in ("quote", "claim"):
            return Decision(verdict=Verdict.SKIP, on=row.pk, key=key)
        if self.happens(DIFFERS):
            return Decision(verdict=Verdict.REJECT, on=row.pk, reason="other", key=key)
        if self.happens(DIFFERS):
            segments = ((row.start, row.end - 1),)
            return Decision(verdict=Verdict.CORRECT, on=row.pk, segments=segments, key=key)
        return Decision(verdict=Verdict.ACCEPT, on=row.pk, key=key)

    def decide(self, revision: Revision, decisions: list[Decision]) -> None:
        """Send decisions, some of them twice with the same key and some with a stale version besides."""
        if not decisions:
            return
        self.think()
        with self.kept.timed("decide"):
            receipts = decide_many(self.actor, revision, decisions)
        for receipt in receipts:
            self.keep_receipt(revision, receipt)
        if self.happens(REPEATS):
            self.kept.met["repeats"] += 1
            again = decide_many(self.actor, revision, decisions)
            if [row.body for row in again] != [row.body for row in receipts]:
                self.kept.errors.append(f"{self.name}: a repetition got another receipt")
        if self.happens(STALE):
            self.kept.met["stale"] += 1
            stale = Decision(verdict=Verdict.SKIP, on=decisions[0].on, key=uuid4().hex)
            if not isinstance(decide_many(self.actor, revision, [stale])[0].error, StaleVersion):
                self.kept.errors.append(f"{self.name}: a stale decision was taken")

    def keep_receipt(self, revision: Revision, receipt: Receipt) -> None:
        if receipt.body is None:
            self.kept.errors.append(f"{self.name}: {receipt.error}")
            return
        body = receipt.body
        said = (body["line"], body["version"], body["verdict"])
        self.kept.decided[body["review"]] = (self.user.pk, revision.pk, *said)

    def submit(self, revision: Revision) -> None:
        self.think()
        with self.kept.timed("submit"):
            submit_pass(self.actor, revision)
        self.kept.submitted[revision.pk, self.user.pk] = True

    def reopen(self, revision: Revision) -> None:
        """Take the pass up again and submit it as it is, unless its text is gold by now."""
        try:
            reopen_pass(self.actor, revision)
        except InvalidTransition:
            self.kept.met["too late to reopen"] += 1
            return
        self.kept.met["reopened"] += 1
        self.kept.submitted[revision.pk, self.user.pk] = False
        self.submit(revision)

    def may_be_lost(self, act: str, does: Callable[[], Any]) -> None:
        """Do what is refused once the lease is lost; then the pass is somebody else's."""
        try:
            with self.kept.timed(act):
                does()
            self.kept.met[act] += 1
        except InvalidTransition:
            self.kept.met[f"{act} after the lease was lost"] += 1


class Adjudicator(Person):
    """Settles disputes in each of the four ways, beside others who do the same, until told to stop."""

    def __init__(self, user: User, corpus: Corpus, ended: threading.Event, *, seed: str) -> None:
        super().__init__(user, corpus, seed=seed)
        self.ended = ended

    def works(self) -> bool:
        # Looked at first: what was disputed before the last reviewer ended is settled yet.
        last = self.ended.is_set()
        waiting = list(
            Dispute.objects.filter(corpus=self.corpus, status=DisputeStatus.OPEN).order_by("id")[:20]
        )
        if not waiting:
            time.sleep(0.1)
            return not last
        self.settle(self.chance.choice(waiting))
        return True

    def settle(self, dispute: Dispute) -> None:
        choice = self.choice(dispute)
        try:
            with self.kept.timed("settle"):
                settled = settle_dispute(self.actor, dispute, choice, version=dispute.version)
        except (StaleVersion, InvalidTransition) as error:
            self.kept.met[f"settle: {error.code}"] += 1
            return
        self.kept.settled.append((dispute.pk, settled.version))
        if self.happens(REOPENS):
            try:
                reopen_dispute(self.actor, dispute, version=settled.version)
                self.kept.met["disputes opened again"] += 1
            except (StaleVersion, InvalidTransition) as error:
                self.kept.met[f"open again: {error.code}"] += 1

    def choice(self, dispute: Dispute) -> Choice:
        layers = [UUID(row["layer"]) for row in dispute.positions]
        filled = [UUID(row["layer"]) for row in dispute.positions if row["annotation"]]
        way = self.chance.randrange(4)
        if way == 0:
            return Choice(take=self.chance.choice(layers), reason="boundary")
        if way == 1:
            return Choice(merge={"content": self.chance.choice(filled)}, reason="source")
        if way == 2:
            segments = ((dispute.start, dispute.start + 5),)
            return Choice(label="claim", segments=segments, reason="other")
        return Choice(reject=True, reason="mistake")


class Sweeper(threading.Thread):
    """Does for the queue what `manage.py sweep` does, twice a second, until told to stop."""

    def __init__(self, ended: threading.Event) -> None:
        super().__init__(name="sweeper")
        self.ended, self.kept = ended, Kept()

    def run(self) -> None:
        try:
            while not self.ended.wait(0.5):
                self.kept.met["expired"] += sweep_assignments()
                seal_events()
        except Exception as error:  # noqa: BLE001 - the benchmark counts it
            self.kept.errors.append(f"sweeper: {type(error).__name__}: {error}")
        finally:
            connections.close_all()


def take_without_lock(actor: Actor, corpus: Corpus) -> Assignment | None:
    """Take as one would without a lock: look, and then write in a transaction of its own. The control."""
    assert actor.user is not None
    free = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN)
    found = free.exclude(revision__assignments__reviewer=actor.user).order_by("rank", "id").first()
    if found is not None:
        found.status, found.reviewer, found.taken_at = AssignmentStatus.TAKEN, actor.user, timezone.now()
        found.lease_until = timezone.now() + timedelta(minutes=1)
        found.save()
    return found
