"""Whether a backup that is taken while people and machines write holds just what was acknowledged before it.

Writers put in articles, take, decide and submit, a worker lands jobs, and the events are sealed and anchored;
each act has a number that its events carry. Every backup is restored beside: what was acknowledged before it
began must be there, nothing may be there in part, and `verify` and `replay` must find nothing. The control: a
plain copy, of the file on SQLite and of one table after the other on PostgreSQL, must be caught by the same
checks. Damaged backups must be refused. One line of JSON.
"""

import argparse
import json
import random
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import orjson
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models import Count

from annotations.models import Job, JobStatus, Verdict
from annotations.services.backups.archive import MANIFEST, add_part, check_archive, finish, read_part
from annotations.services.backups.contents import tables
from annotations.services.backups.engines import connected_to
from annotations.services.backups.making import make_backup
from annotations.services.backups.restoring import restore_backup
from annotations.services.decisions import Decision
from annotations.services.jobs import work_jobs
from annotations.services.passes import open_desk, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import take
from annotations.services.replay import differences
from annotations.services.reviewing import decide_many
from annotations.services.verifying import Lie, verify
from bench.articles import invent
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import Actor
from corpus.services.anchors import AnchorFile
from corpus.services.corpora import configure_corpus, create_corpus, set_member
from corpus.services.errors import BadInput
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article

#: Articles that are there before anybody writes, so that a copy takes its time.
FIRST = 20
SENTENCES = 12
#: Seconds between what one writer does and the next, who shares the interpreter with the backup.
PAUSE = 0.02


@dataclass
class Ledger:
    """What was acknowledged: the number of each act, and when; shared by all writers."""

    acts: dict[str, float] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def keep(self, kind: str, act: Callable[[str], bool]) -> None:
        number, began = f"act-{uuid.uuid4().hex}", time.monotonic()
        if act(number):
            self.acts[number] = time.monotonic()
            self.kinds[kind] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)

    def before(self, moment: float) -> set[str]:
        return {number for number, ended in list(self.acts.items()) if ended < moment}


@dataclass(kw_only=True)
class Found:
    """What a copy holds: the events of each act, and what is wrong with it by itself."""

    acts: dict[str, int] = field(default_factory=dict)
    missing: int = 0
    lies: int = 0
    differences: int = 0
    unreadable: int = 0

    def wrong(self, whole: dict[str, int]) -> dict[str, int]:
        """Return what is wrong; `whole` has how many events each act has when it is whole."""
        half = sum(count != whole.get(number) for number, count in self.acts.items())
        return {
            "missing": self.missing,
            "half": half,
            "lies": self.lies,
            "differences": self.differences,
            "unreadable": self.unreadable,
        }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench backups", description=__doc__)
    parser.add_argument("--backups", type=int, default=20)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--every", type=float, default=2.0, help="seconds from one backup to the next")
    parser.add_argument("--damages", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    ledger, home = Ledger(), Path(settings.ATTEST_HOME)
    corpus, people = make_corpus(options.writers)
    with writing(ledger, corpus, people, options.seed):
        copies, seconds, files = take_backups(ledger, corpus, home, options)
        control = plain_copy(ledger, corpus, home)
    whole = events_of_acts()
    wrong: Counter[str] = Counter()
    for copy in copies:
        wrong.update(copy.wrong(whole))
    caught = control.wrong(whole)
    figures = {
        "benchmark": "backups",
        "database": connection.vendor,
        "backups": len(copies),
        "writers": options.writers,
        "acts": dict(ledger.kinds),
        "jobs": Job.objects.filter(status=JobStatus.DONE).count(),
        "slowest_act": round(ledger.slowest, 2),
        "bytes": files[-1].stat().st_size,
        **{name: round(sum(each) / len(each), 2) for name, each in seconds.items()},
        **wrong,
        "failures": ledger.failures[:3],
        "control": caught,
        "damaged": damage(files, options),
        "seed": options.seed,
    }
    print(json.dumps(figures))
    refused = figures["damaged"]["refused"] == figures["damaged"]["tried"]
    good = not wrong.total() and not ledger.failures and refused and any(caught.values())
    return 0 if good else 1


def make_corpus(writers: int) -> tuple[Corpus, list[User]]:
    owner = User.objects.create(username="owner")
    corpus = create_corpus(_operator(""), slug="backups", name="Backups", owner=owner)
    changes = {"passes": 2, "agreed_is_gold": True}
    configure_corpus(_operator(""), corpus, version=corpus.version, changes=changes)
    corpus.refresh_from_db()
    people = [User.objects.create(username=f"reviewer-{number}") for number in range(writers)]
    for one in people:
        set_member(_operator(""), corpus, one, Role.REVIEWER)
    activate_pipeline(_operator(""), corpus, "rules")
    for number in range(FIRST):
        put_in(corpus, number, "")
    work_jobs("bench", limit=FIRST, seconds=300)
    if connection.vendor == "sqlite":
        # So that the plain copy can be read, and lacks only what was written since.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return corpus, people


# -- writing -------------------------------------------------------------------------------------------------


@contextmanager
def writing(ledger: Ledger, corpus: Corpus, people: list[User], seed: int) -> Iterator[None]:
    """Let everybody write as fast as they can, each in a thread with a connection of its own."""
    ended = threading.Event()
    anchors = AnchorFile(directory=settings.ATTEST_ANCHORS)
    works: list[Callable[[], object]] = [
        partial(write, ledger, corpus, one, random.Random(f"{seed}:{one.pk}")) for one in people
    ]
    works += [partial(work_jobs, "bench", limit=5, seconds=5), partial(seal_and_anchor, anchors)]
    threads = [threading.Thread(target=until, args=(ended, work, ledger)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def until(ended: threading.Event, work: Callable[[], object], ledger: Ledger) -> None:
    try:
        while not ended.wait(PAUSE):
            work()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        ledger.failures.append(repr(error))
    finally:
        connection.close()


def seal_and_anchor(anchors: AnchorFile) -> None:
    seal_events()
    anchors.append_heads()


def write(ledger: Ledger, corpus: Corpus, user: User, chance: random.Random) -> None:
    """Put an article in, or take one, decide on all of it in parts, and submit."""
    if chance.random() < 0.3:
        ledger.keep("ingest", lambda number: put_in(corpus, FIRST + chance.randrange(10**9), number))
        return
    held: list[Revision] = []
    ledger.keep("take", lambda number: bool(taken(user, corpus, number, held)))
    if held:
        for verdict in (Verdict.ACCEPT, Verdict.SKIP):
            ledger.keep("decide", lambda number, say=verdict: decided(user, held[0], say, number, chance))  # type: ignore[misc]
        ledger.keep("submit", lambda number: bool(submit_pass(_acting(user, number), held[0])))


def put_in(corpus: Corpus, number: int, request: str) -> bool:
    text = invent(number, sentences=SENTENCES).text
    row = IncomingArticle(place="x", text=text, external_id=str(number), raw=text.encode(), metadata={})
    return ingest_article(_operator(request), corpus, row, source="bench").outcome == "created"


def taken(user: User, corpus: Corpus, number: str, held: list[Revision]) -> bool:
    assignment = take(_acting(user, number), corpus)
    if assignment is not None:
        held.append(Revision.objects.select_related("article__corpus").get(pk=assignment.revision_id))
    return bool(held)


def decided(user: User, revision: Revision, verdict: Verdict, number: str, chance: random.Random) -> bool:
    """Decide on what is open: at first on half of it, then on the rest."""
    actor = _acting(user, number)
    own = open_desk(actor, Role.REVIEWER, revision)
    left = [
        Decision(verdict=verdict, on=row.pk, version=own.own.versions.get(row.root, 0))
        for view in own.machines
        for row in view.annotations.values()
        if row.root not in own.own.counting and (verdict == Verdict.SKIP or chance.random() < 0.5)
    ]
    return any(not receipt.error for receipt in decide_many(actor, revision, left)) if left else False


def _acting(user: User, number: str) -> Actor:
    return Actor(user=user, via="api", request_id=number)


def _operator(number: str) -> Actor:
    return Actor(user=None, via="command", request_id=number)


# -- copying -------------------------------------------------------------------------------------------------


def take_backups(
    ledger: Ledger, corpus: Corpus, home: Path, options: argparse.Namespace
) -> tuple[list[Found], dict[str, list[float]], list[Path]]:
    """Back up again and again, restore each beside, and look at what it holds."""
    seconds: dict[str, list[float]] = {"backup_seconds": [], "restore_seconds": []}
    copies, files = [], []
    for number in range(options.backups):
        time.sleep(options.every)
        began = time.monotonic()
        files.append(make_backup(home / f"{number}.backup").path)
        seconds["backup_seconds"].append(time.monotonic() - began)
        with beside(home, f"restored_{number}"):
            before = time.monotonic()
            restore_backup(files[-1], anchors=False)
            seconds["restore_seconds"].append(time.monotonic() - before)
            copies.append(inspect(corpus, ledger.before(began)))
    return copies, seconds, files


@contextmanager
def beside(home: Path, name: str) -> Iterator[None]:
    """Work on another database, which goes in the end."""
    name = (
        str(home / f"{name}.sqlite3") if connection.vendor == "sqlite" else f"{name}_{uuid.uuid4().hex[:8]}"
    )
    try:
        with connected_to(name):
            yield
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for left in home.glob(f"{Path(name).name}*"):
            left.unlink()


def inspect(corpus: Corpus, acknowledged: set[str]) -> Found:
    found = Found()
    try:
        found.acts = events_of_acts()
        found.missing = len(acknowledged - found.acts.keys())
        # A plain copy of tables has none of the guards: that alone is not what catches it.
        found.lies = sum(isinstance(one, Lie) and one.check != "guards" for one in verify())
        found.differences = sum(len(messages) for _, messages in differences(corpus))
    except DatabaseError:
        found.unreadable = 1
    return found


def events_of_acts() -> dict[str, int]:
    counted = Event.objects.filter(request_id__startswith="act-").values_list("request_id").order_by()
    return dict(counted.annotate(events=Count("pk")))


def plain_copy(ledger: Ledger, corpus: Corpus, home: Path) -> Found:
    """Copy as one should not, and look at it with the same eyes."""
    acknowledged = ledger.before(time.monotonic())
    source = str(connection.settings_dict["NAME"])
    with beside(home, "plain"):
        if connection.vendor == "sqlite":
            shutil.copyfile(source, str(connection.settings_dict["NAME"]))
        else:
            copy_tables(source)
        return inspect(corpus, acknowledged)


def copy_tables(source: str) -> None:
    """Copy one table after the other into a new database, each as it is then."""
    name = connection.settings_dict["NAME"]
    with connected_to(source), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    call_command("migrate", verbosity=0)
    with connection.cursor() as target:
        # Neither guards nor foreign keys: rows come as they are.
        target.execute("SET session_replication_role = replica")
        for table in tables(connection):
            target.execute(f'DELETE FROM "{table}"')
            rows = rows_now(source, table)
            with target.cursor.copy(f'COPY "{table}" FROM STDIN') as into:
                into.write(rows)
    connection.close()


def rows_now(source: str, table: str) -> bytes:
    with connected_to(source), connection.cursor() as reader:
        copying = reader.cursor.copy(f'COPY "{table}" TO STDOUT')
        with copying as out:
            return b"".join(bytes(block) for block in out)


# -- damage --------------------------------------------------------------------------------------------------


def damage(files: list[Path], options: argparse.Namespace) -> dict[str, int]:
    """Damage the last backup again and again; return how often, and how often it was refused."""
    whole, chance, refused = files[-1].read_bytes(), random.Random(options.seed), 0
    other = swapped(files[-1], files[0])
    for number in range(options.damages):
        place = chance.randrange(len(whole))
        ways = {
            "a flipped bit": whole[:place] + bytes([whole[place] ^ 1 << number % 8]) + whole[place + 1 :],
            "a cut": whole[:place],
            "another manifest": other,
        }
        damaged = ways[chance.choices(list(ways), (70, 25, 5))[0]]
        files[-1].write_bytes(damaged)
        try:
            check_archive(files[-1])
        except BadInput:
            refused += 1
    files[-1].write_bytes(whole)
    check_archive(files[-1])
    return {"tried": options.damages, "refused": refused}


def swapped(path: Path, other: Path) -> bytes:
    """Return a backup with the manifest of another, finished anew."""
    forged = path.with_suffix(".forged")
    for name in check_archive(path)[0]["parts"]:
        add_part(forged, name, read_part(path, name), packed=False)
    finish(forged, orjson.loads(b"".join(read_part(other, MANIFEST))))
    data = forged.read_bytes()
    forged.unlink()
    return data
