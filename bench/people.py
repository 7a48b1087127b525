"""People for a benchmark, over HTTP: they take, decide, submit and settle, and keep what was answered."""

import contextlib
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson

from bench.callers import API, Answer, TokenCaller

#: How often in a hundred times somebody does what is not the rule.
RETURNS, VANISHES, STALE, REPEATS, DIFFERS, REOPENS, HEARTBEATS, IN_PARTS, HANGS_UP = (
    3,
    2,
    5,
    10,
    8,
    3,
    10,
    30,
    2,
)
#: Of those who hung up before the answer: these ask again, with the same key.
COMES_BACK = 60
#: Looks at an empty queue in a second, by all together: those who wait are not to be the load.
LOOKS = 20
#: Tries to settle anything, one after the other and all refused, after which an adjudicator gives up.
IN_VAIN = 100


class HungUp(Exception):
    """The person has hung up before the answer, and does not come back to it."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Where somebody sits: the server, the key of the API, the corpus, and what leaves things to chance."""

    port: int
    name: str
    user: int
    token: str
    corpus: str
    seed: str
    pause: float
    #: How many there are in all.
    people: int
    #: How many times as often as usual somebody hangs up, repeats or is stale: few acts would else miss it.
    mishaps: int = 1
    #: Whether requests have keys. A key is taken in a transaction around its act, which hides a missing lock.
    keyed: bool = True


@dataclass(kw_only=True)
class Kept:
    """What the service answered to people, and what they met; sent from process to process."""

    #: (assignment, user) of each take.
    taken: list[tuple[str, int]] = field(default_factory=list)
    #: By the id of its review: user, article, line, version, verdict.
    decided: dict[str, tuple[int, str, str, int, str]] = field(default_factory=dict)
    #: The keys of what was sent and never heard of again: it may have been done or not.
    unheard: set[str] = field(default_factory=set)
    #: Whether a pass is submitted, by (article, user): the last that was answered, None for unheard.
    submitted: dict[tuple[str, int], bool | None] = field(default_factory=dict)
    #: (dispute, version) of each settling.
    settled: list[tuple[str, int]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: "Kept") -> None:
        self.taken += other.taken
        self.decided |= other.decided
        self.unheard |= other.unheard
        self.submitted |= other.submitted
        self.settled += other.settled
        self.met += other.met
        self.errors += other.errors
        for act, taken in other.seconds.items():
            self.seconds[act] += taken


class Person(threading.Thread):
    """Somebody with a connection of their own who works until there is nothing left to do."""

    def __init__(self, desk: Desk, ended: Any) -> None:
        super().__init__(name=desk.name)
        self.desk, self.ended = desk, ended
        self.caller = TokenCaller(desk.port, desk.token)
        self.chance = random.Random(f"{desk.seed}:{desk.name}")
        self.kept = Kept()

    def run(self) -> None:
        try:
            while self.works():
                pass
        except Exception as error:  # noqa: BLE001 - the benchmark counts it
            self.kept.errors.append(f"{self.name}: {type(error).__name__}: {error}")
        self.caller.connection.close()

    def works(self) -> bool:
        """Do one piece of work; return whether there may be more."""
        raise NotImplementedError

    def happens(self, times: int) -> bool:
        return self.chance.randrange(100) < times

    def mishap(self, times: int) -> bool:
        return self.happens(times * self.desk.mishaps)

    def think(self) -> None:
        if self.desk.pause:
            time.sleep(self.chance.uniform(0, 2 * self.desk.pause))

    def read(self, path: str) -> Answer:
        return self.call("read", "GET", path)

    def call(
        self, act: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request and wait for its answer; what is no answer of ours is an error."""
        start = time.perf_counter()
        answer = self.caller.send(method, API + path, None if body is None else orjson.dumps(body), headers)
        self.kept.seconds[act].append(time.perf_counter() - start)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.kept.errors.append(f"{self.name}: {act} answered {answer.status}: {answer.body[:200]!r}")
        return answer

    def act(self, act: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send what changes something, under a key. Some hang up; of those some ask again by the key.

        Raises:
            HungUp: what came of it is not known.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.desk.keyed:
            named["Idempotency-Key"] = uuid4().hex
            self.may_hang_up(path, body, named)
        return self.call(act, "POST", path, body, named)

    def may_hang_up(self, path: str, body: Any, headers: Mapping[str, str]) -> None:
        if not self.mishap(HANGS_UP):
            return
        self.caller.hang_up("POST", API + path, None if body is None else orjson.dumps(body), headers)
        if not self.happens(COMES_BACK):
            self.kept.met["hung up for good"] += 1
            raise HungUp
        self.kept.met["hung up and asked again"] += 1


class Reviewer(Person):
    def works(self) -> bool:
        if self.ended.is_set():
            return False
        self.think()
        with contextlib.suppress(HungUp):
            self.work()
        return True

    def work(self) -> None:
        taken = self.act("take", "assignments/take/", {"corpus": self.desk.corpus})
        if taken.status == HTTPStatus.NO_CONTENT:
            self.kept.seconds["take, in vain"].append(self.kept.seconds["take"].pop())
            self.ended.wait(self.chance.uniform(0, 2 * self.desk.people / LOOKS))
            return
        if not taken.good:
            self.kept.errors.append(f"{self.name}: take answered {taken.status}: {taken.body[:200]!r}")
            return
        assignment = taken.json()
        self.kept.taken.append((assignment["id"], self.desk.user))
        if self.happens(RETURNS):
            self.may_be_lost("return", assignment["id"])
            return
        self.review(assignment["id"], assignment["article"])

    def review(self, assignment: str, article: str) -> None:
        """Decide on everything, at once or in two parts, and submit; or vanish in between."""
        if self.happens(HEARTBEATS):
            self.may_be_lost("heartbeat", assignment)
        found = self.read(f"articles/{article}/annotations/?layer=machine").json()["results"]
        decisions = self.decisions(found)
        middle = len(decisions) // 2 if self.happens(IN_PARTS) else len(decisions)
        self.decide(article, decisions[:middle])
        if self.happens(VANISHES):
            self.kept.met["vanished"] += 1
            return
        self.decide(article, decisions[middle:])
        self.submit(assignment, article)
        if self.happens(REOPENS):
            self.reopen(assignment, article)

    def decisions(self, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return a decision on every suggestion that has none of this person's yet."""
        left = [row for row in found if row["verdict"] is None]
        # Sources and cues come along with their quotes; a decision on them alone is taken first.
        left.sort(key=lambda row: row["label"] in ("quote", "claim"))
        return [
            {**self.said(row), "on": row["id"], "version": row["version"], "key": uuid4().hex} for row in left
        ]

    def said(self, row: dict[str, Any]) -> dict[str, Any]:
        if row["label"] not in ("quote", "claim"):
            return {"verdict": "skip"}
        if self.happens(DIFFERS):
            return {"verdict": "reject", "reason": "other"}
        if self.happens(DIFFERS):
            start, end = row["segments"][0]
            return {"verdict": "correct", "segments": [[start, end - 1]]}
        return {"verdict": "accept"}

    def decide(self, article: str, decisions: list[dict[str, Any]]) -> None:
        """Send decisions, some of them twice with the same keys and some with a stale version besides."""
        if not decisions:
            return
        self.think()
        path, body = f"articles/{article}/reviews/", {"decisions": decisions}
        try:
            self.may_hang_up(path, body, {})
        except HungUp:
            self.kept.unheard.update(item["key"] for item in decisions)
            raise
        answer = self.call("decide", "POST", path, body)
        results = answer.json().get("results", [])
        if len(results) != len(decisions):
            self.kept.errors.append(f"{self.name}: decide answered {answer.status}: {answer.body[:200]!r}")
        for result in results:
            self.keep_receipt(article, result)
        if self.mishap(REPEATS):
            self.kept.met["repeats"] += 1
            again = self.call("decide", "POST", path, body).json()["results"]
            if [row["body"] for row in again] != [row["body"] for row in results]:
                self.kept.errors.append(f"{self.name}: a repetition got another receipt")
        if self.mishap(STALE):
            self.kept.met["stale"] += 1
            stale = {"verdict": "skip", "on": decisions[0]["on"], "version": 0, "key": uuid4().hex}
            (result,) = self.call("decide", "POST", path, {"decisions": [stale]}).json()["results"]
            if result["status"] != HTTPStatus.PRECONDITION_FAILED:
                self.kept.errors.append(f"{self.name}: a stale decision was answered {result['status']}")

    def keep_receipt(self, article: str, result: dict[str, Any]) -> None:
        body = result["body"]
        if body is None:
            self.kept.errors.append(f"{self.name}: {result['error']}")
            return
        said = (body["line"], body["version"], body["verdict"])
        self.kept.decided[body["review"]] = (self.desk.user, article, *said)

    def submit(self, assignment: str, article: str) -> None:
        self.think()
        mine = article, self.desk.user
        try:
            answer = self.act("submit", f"assignments/{assignment}/submit/")
            if answer.status == HTTPStatus.CONFLICT:
                # The lease was lost, and a decision has taken the article up anew.
                self.kept.met["submit after the lease was lost"] += 1
                answer = self.act("submit", f"articles/{article}/pass/")
        except HungUp:
            self.kept.submitted[mine] = None
            raise
        if answer.good:
            self.kept.submitted[mine] = True
        else:
            self.kept.errors.append(f"{self.name}: submit answered {answer.status}: {answer.body[:200]!r}")

    def reopen(self, assignment: str, article: str) -> None:
        """Take the pass up again and submit it as it is, unless its text is gold by now."""
        answer = self.call("reopen", "DELETE", f"articles/{article}/pass/")
        if not answer.good:
            self.kept.met["too late to reopen"] += 1
            return
        self.kept.met["reopened"] += 1
        self.kept.submitted[article, self.desk.user] = False
        self.submit(assignment, article)

    def may_be_lost(self, act: str, assignment: str) -> None:
        """Do what is refused once the lease is lost; then the pass is somebody else's."""
        answer = self.act(act, f"assignments/{assignment}/{act}/")
        self.kept.met[act if answer.good else f"{act} after the lease was lost"] += 1


class Adjudicator(Person):
    """Settles disputes in each of the four ways, beside others who do the same, until told to stop."""

    #: Tries one after the other that settled nothing.
    in_vain = 0

    def works(self) -> bool:
        # Looked at first: what was disputed before the last reviewer ended is settled yet.
        last = self.ended.is_set()
        if last and self.in_vain >= IN_VAIN:
            self.kept.errors.append(f"{self.name}: disputes are left that nobody can settle")
            return False
        waiting = self.read(f"disputes/?corpus={self.desk.corpus}&limit=20").json()["results"]
        if not waiting:
            self.ended.wait(0.5)
            return not last
        before = len(self.kept.settled)
        try:
            self.settle(self.chance.choice(waiting))
        except HungUp:
            self.kept.met["settled unheard"] += 1
        self.in_vain = 0 if len(self.kept.settled) > before else self.in_vain + 1
        return True

    def settle(self, row: dict[str, Any]) -> None:
        found = self.read(f"disputes/{row['id']}/")
        if not found.good:
            return
        dispute = found.json()
        path = f"disputes/{dispute['id']}/"
        try:
            settled = self.act("settle", f"{path}settle/", self.choice(dispute), If_Match=found.etag)
        except HungUp:
            self.kept.unheard.add(dispute["id"])
            raise
        if not settled.good:
            self.kept.met[f"settle: {settled.json()['code']}"] += 1
            return
        self.kept.settled.append((dispute["id"], settled.json()["version"]))
        if self.happens(REOPENS):
            opened = self.act("open again", f"{path}reopen/", If_Match=settled.etag)
            self.kept.met["disputes opened again" if opened.good else "too late to open again"] += 1

    def choice(self, dispute: dict[str, Any]) -> dict[str, Any]:
        layers = [row["layer"] for row in dispute["positions"]]
        filled = [row["layer"] for row in dispute["positions"] if row["annotation"]]
        way = self.chance.randrange(4)
        if way == 0:
            return {"take": self.chance.choice(layers), "reason": "boundary"}
        if way == 1 and filled:
            return {"merge": {"content": self.chance.choice(filled)}, "reason": "source"}
        if way == 2:
            start = dispute["start"]
            return {"write": {"label": "claim", "segments": [[start, start + 5]]}, "reason": "other"}
        return {"reject": True, "reason": "mistake"}
