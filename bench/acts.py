"""Many clients on few things: decisions, disputes, settings and guidelines, some of them from old pages.

Gunicorn serves as the demo's does. An act is a request of the API with its If-Match, or a form of the admin
with its CSRF token, and says which version it has seen; some say one that is older than what their client
knows of. What was acknowledged is kept by the client and compared with the history: each acknowledged act has
the version of its own, in one chain without a gap. The same is done with settings that are checked apart from
being written and with guidelines that are not checked, which must be caught. One line of JSON.
"""

import argparse
import json
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, connections

from annotations.models import Dispute, Review, Settlement, Verdict
from annotations.services.decisions import Decision
from annotations.services.importing import import_records
from annotations.services.passes import submit_pass
from annotations.services.reading import read_layers, shown_layers
from annotations.services.reviewing import decide_many
from annotations.services.verifying import Lie, verify
from bench.articles import invent, native_line
from bench.callers import API, Answer, PageCaller, TokenCaller
from bench.people import Kept
from bench.reviewers import SERVED, add_person, spread, token_of
from bench.servers import running_servers
from corpus.admin.forms import SettingsForm
from corpus.models import Corpus, Event, Guideline, Revision, Role, User
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import create_corpus

PROCESSES = 2
#: Of a hundred acts: these say a version that is older than what their client knows of.
STALE = 20
#: A decision reads those before it in its layer, so that nobody decides thousands of times on one text.
ACTS_A_PLACE = 500
#: The control needs no more to be caught.
CONTROL_ACTS = 400
PASSWORD = "one-for-the-benchmark"
LABELS = ("claim", "attribution", "cue")


@dataclass(kw_only=True)
class Damage:
    """What must not be: acts of which another wrote over the effect, or that have none; errors; lies."""

    lost_updates: int = 0
    stale_taken: int = 0
    locked: int = 0
    errors: int = 0
    lies: int = 0


#: On what, the version that it has since, and the word that tells whose act it is; re-opening has none.
Acknowledged = tuple[str, int, str]


@dataclass(frozen=True)
class Said:
    """The version that an act says it has seen, and whether its client's process knew of a newer one."""

    version: int
    old: bool


@dataclass(frozen=True, kw_only=True)
class Suggested:
    id: str
    label: str
    segments: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A text in hand with its suggestions, and the disputes over another."""

    article: str
    suggestions: list[Suggested]
    disputes: list[str]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What somebody acts with: a token of the API, and the cookies of a session."""

    token: str
    cookies: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all act on: the settings and the guideline of a corpus, and its places one after the other."""

    port: int
    slug: str
    corpus: str
    settings: dict[str, Any]
    reviewer: Keys
    lead: Keys
    adjudicator: Keys
    places: list[Place]


class Refused(Exception):
    """The act came too late, as its answer says."""


class Desk:
    """One person at one client: over the API, or on the pages."""

    def __init__(self, port: int, keys: Keys) -> None:
        self.program = TokenCaller(port, keys.token)
        self.pages = PageCaller(port, keys.cookies)

    def call(self, method: str, path: str, version: int, body: Any, key: str) -> Answer:
        headers = {"If-Match": f'"{version}"', "Idempotency-Key": key}
        return self.program.send(method, API + path, orjson.dumps(body), headers)

    def close(self) -> None:
        self.program.connection.close()
        self.pages.connection.close()


class ClientThread(threading.Thread):
    """One client, who acts as three people. What its process knows of versions is in `known`."""

    def __init__(self, site: Site, known: dict[str, int], number: int, acts: int, seed: int) -> None:
        super().__init__(name=f"client-{number}")
        self.site, self.known, self.acts = site, known, acts
        self.chance, self.kept = random.Random(f"{seed}:{number}"), Kept()
        self.acknowledged: list[Acknowledged] = []
        self.place = site.places[0]
        self.stale_taken = 0
        self.reviewer, self.lead, self.adjudicator = (
            Desk(site.port, keys) for keys in (site.reviewer, site.lead, site.adjudicator)
        )

    def run(self) -> None:
        kinds = (self.decide, self.decide, self.configure, self.publish, self.settle)
        try:
            for number in range(self.acts):
                # All clients are at one place at about one time.
                self.place = self.site.places[number * len(self.site.places) // self.acts]
                self.once(self.chance.choice(kinds), f"{self.name}.{number}")
        except Exception as error:  # noqa: BLE001 - the benchmark counts it
            self.kept.errors.append(f"{self.name}: {type(error).__name__}: {error}")
        for desk in (self.reviewer, self.lead, self.adjudicator):
            desk.close()

    def once(self, act: Any, word: str) -> None:
        stale = self.chance.randrange(100) < STALE
        pages = self.chance.randrange(2) == 1
        start = time.perf_counter()
        done: Acknowledged | None = None
        try:
            done = act(word, stale=stale, pages=pages)
        except Refused as refusal:
            self.kept.met[str(refusal)] += 1
        name = f"{act.__name__}, {'page' if pages else 'API'}"
        self.kept.seconds[name].append(time.perf_counter() - start)
        if done is not None:
            self.acknowledged.append(done)

    # -- versions --------------------------------------------------------------------------------------

    def version(self, thing: str, first: int, *, stale: bool) -> Said:
        """Return the version to say: the newest that this client's process knows of, or one before that."""
        known = self.known.get(thing, first)
        old = stale and known > first
        return Said(known - 1 if old else known, old)

    def came_of(self, answer: Answer, thing: str, said: Said, word: str) -> Acknowledged:
        """Return what an answer of the API or of a page acknowledges.

        Raises:
            Refused: another was quicker, or the version was too old.
        """
        # A form that was taken leads elsewhere; one that was not comes back, with a 200 or a 409.
        if answer.status == HTTPStatus.FOUND or (answer.good and not is_refusal(answer)):
            # What is learned while the act is under way does not make it an old one.
            self.stale_taken += said.old
            self.known[thing] = max(said.version + 1, self.known.get(thing, 0))
            return thing, said.version + 1, word
        if not is_refusal(answer):
            raise RuntimeError(f"{thing} answered {answer.status}: {answer.body[:300]!r}")
        if answer.status == HTTPStatus.PRECONDITION_FAILED:
            newest = answer.json()["details"]["version"]
            self.known[thing] = max(newest, self.known.get(thing, 0))
        raise Refused(f"{'page' if b'<html' in answer.body else 'API'}: {answer.status}")

    # -- acts ------------------------------------------------------------------------------------------

    def decide(self, word: str, *, stale: bool, pages: bool) -> Acknowledged:
        on = self.chance.choice(self.place.suggestions)
        thing = f"line {on.id}"
        said = self.version(thing, 0, stale=stale)
        if pages:
            path = f"/admin/corpus/article/{self.place.article}/review/"
            fields = {"on": on.id, "label": on.label, "segments": on.segments}
            answer = self.reviewer.pages.fill(path, act="panel", version=said.version, note=word, **fields)
        else:
            path, body = f"annotations/{on.id}/review/", {"verdict": "skip", "note": word}
            answer = self.reviewer.call("POST", path, said.version, body, word)
        self.learn_line(answer, thing, on.id)
        return self.came_of(answer, thing, said, word)

    def learn_line(self, answer: Answer, thing: str, on: str) -> None:
        """Read the version of a line anew, as somebody does who is shown a conflict."""
        if answer.status == HTTPStatus.CONFLICT:
            found = self.reviewer.program.send("GET", f"{API}annotations/{on}/").json()
            self.known[thing] = max(found["version"], self.known.get(thing, 0))

    def configure(self, word: str, *, stale: bool, pages: bool) -> Acknowledged:
        said = self.version("settings", 1, stale=stale)
        if pages:
            path = f"/admin/corpus/corpus/{self.site.corpus}/change/"
            settings = self.site.settings | {"description": word, "version": said.version}
            answer = self.lead.pages.fill(path, **settings)
        else:
            answer = self.lead.call(
                "PATCH", f"corpora/{self.site.slug}/", said.version, {"description": word}, word
            )
        return self.came_of(answer, "settings", said, word)

    def publish(self, word: str, *, stale: bool, pages: bool) -> Acknowledged:
        said = self.version("guideline", 1, stale=stale)
        if pages:
            path = f"/admin/corpus/corpus/{self.site.corpus}/guideline/"
            answer = self.lead.pages.fill(path, text=word, version=said.version)
        else:
            path = f"corpora/{self.site.slug}/guideline/"
            answer = self.lead.call("POST", path, said.version, {"text": word}, word)
        return self.came_of(answer, "guideline", said, word)

    def settle(self, word: str, *, stale: bool, pages: bool) -> Acknowledged:
        """Settle what is open and open what is settled: each makes a version, so that odd ones are open."""
        dispute = self.chance.choice(self.place.disputes)
        thing = f"dispute {dispute}"
        said = self.version(thing, 1, stale=stale)
        is_open = (said.version + said.old) % 2 == 1
        path = f"/admin/corpus/corpus/{self.site.corpus}/disputes/{dispute}/"
        if is_open and pages:
            fields = {"act": "reject", "reason": "other", "note": word, "version": said.version}
            answer = self.adjudicator.pages.fill(path, **fields)
        elif is_open:
            body = {"reject": True, "reason": "other", "note": word}
            answer = self.adjudicator.call("POST", f"disputes/{dispute}/settle/", said.version, body, word)
        else:
            # The page that opens a dispute again says in words alone whether it has.
            answer = self.adjudicator.call("POST", f"disputes/{dispute}/reopen/", said.version, {}, word)
        if answer.status == HTTPStatus.CONFLICT:
            found = self.adjudicator.program.send("GET", f"{API}disputes/{dispute}/").json()
            self.known[thing] = max(found["version"], self.known.get(thing, 0))
        return self.came_of(answer, thing, said, word if is_open else "")


def is_refusal(answer: Answer) -> bool:
    """Return whether an answer says that the version is old; the page of a guideline says so with a 200."""
    too_late = HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED
    return answer.status in too_late or b"What stands now is shown beneath" in answer.body


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    honest = run("honest", options)
    options.acts = min(options.acts, CONTROL_ACTS)
    os.environ["BENCH_WITHOUT_LOCK"] = "yes"
    careless = run("control", options)
    control = {
        "control_lost_updates": careless["lost"].get("settings", 0),
        "control_stale_taken": careless["stale_taken"],
    }
    print(json.dumps({"benchmark": "acts", "database": connection.vendor, **honest, **control}))
    return 0 if all(control.values()) and not any(honest[name] for name in asdict(Damage())) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench acts", description=__doc__)
    parser.add_argument("--acts", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Let clients act on a site at once and return the figures."""
    os.environ["BENCH_LEASE"] = "86400"
    with running_servers() as servers:
        site, corpus = prepare(name, options, servers.web(SERVED))
        servers.sweeper()
        connections.close_all()
        start = time.monotonic()
        kept, acknowledged, stale_taken = act_at_once(site, options)
        seconds = time.monotonic() - start
    for error in kept.errors[:10]:
        print(error)
    lost = lost_updates(site, corpus, acknowledged)
    damage = Damage(
        lost_updates=lost.total(),
        stale_taken=stale_taken,
        locked=sum("locked" in error for error in kept.errors),
        errors=len(kept.errors),
        lies=sum(isinstance(found, Lie) for found in verify(corpus)),
    )
    return {
        "acts": options.acts,
        "clients": options.clients,
        "seconds": round(seconds, 1),
        "acknowledged": len(acknowledged),
        "refused": dict(sorted(kept.met.items())),
        **asdict(damage),
        "lost": dict(lost),
        "ms": {act: spread(taken) for act, taken in sorted(kept.seconds.items())},
        "acts_per_second": round(options.acts / seconds, 1),
        "seed": options.seed,
    }


def prepare(name: str, options: argparse.Namespace, port: int) -> tuple[Site, Corpus]:
    """Make a corpus whose articles are by turns to be decided on and in dispute between two passes."""
    corpus = create_corpus(COMMAND, slug=name, name=name, passes=2)
    people = [
        add_person(corpus, f"{name}-{role}-{number}", role)
        for number, role in enumerate((Role.REVIEWER, Role.REVIEWER, Role.LEAD, Role.ADJUDICATOR))
    ]
    articles = 2 * max(1, options.acts // ACTS_A_PLACE)
    lines = (native_line(invent(number, sentences=12, seed=options.seed)) for number in range(articles))
    assert {row.outcome for row in import_records(COMMAND, corpus, lines, source="bench")} == {"created"}
    revisions = list(Revision.objects.filter(corpus=corpus).select_related("article__corpus").order_by("pk"))
    places = [make_place(people[:2], *pair) for pair in zip(revisions[::2], revisions[1::2], strict=True)]
    reviewer, _, lead, adjudicator = (keys_of(user, port) for user in people)
    site = Site(
        port=port,
        slug=corpus.slug,
        corpus=str(corpus.pk),
        settings=form_of(corpus),
        reviewer=reviewer,
        lead=lead,
        adjudicator=adjudicator,
        places=places,
    )
    return site, corpus


def keys_of(user: User, port: int) -> Keys:
    user.set_password(PASSWORD)
    user.is_staff = True
    user.save()
    return Keys(token=token_of(user), cookies=PageCaller.sign_in(port, user.username, PASSWORD).cookies)


def form_of(corpus: Corpus) -> dict[str, Any]:
    """Return the fields of the settings' form as a browser sends them: an unchecked box is left out."""
    initial = SettingsForm.of(corpus).initial
    return {name: "on" if value is True else value for name, value in initial.items() if value is not False}


def make_place(reviewers: list[User], worked: Revision, disputed: Revision) -> Place:
    suggestions = [pk for view in read_layers(shown_layers(disputed)) for pk in view.annotations]
    for person, verdict in zip(reviewers, (Verdict.ACCEPT, Verdict.SKIP), strict=True):
        actor = Actor(user=person, via="api")
        decide_many(actor, disputed, [Decision(verdict=verdict, on=pk) for pk in suggestions])
        submit_pass(actor, disputed)
    return Place(
        article=str(worked.article_id),
        suggestions=[
            Suggested(id=str(row.pk), label=row.label, segments=f"{row.start}-{row.end}")
            for view in read_layers(shown_layers(worked))
            for row in view.annotations.values()
            if row.label in LABELS
        ],
        disputes=[str(pk) for pk in Dispute.objects.filter(revision=disputed).values_list("pk", flat=True)],
    )


def act_at_once(site: Site, options: argparse.Namespace) -> tuple[Kept, list[Acknowledged], int]:
    """Run the clients in a few processes; return what they met, what was acknowledged, and how much stale."""
    kept, acknowledged, stale_taken = Kept(), [], 0
    forking = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=forking) as processes:
        share = partial(act_in_share, site, options)
        for part in processes.map(share, range(PROCESSES)):
            kept.add(part[0])
            acknowledged += part[1]
            stale_taken += part[2]
    return kept, acknowledged, stale_taken


def act_in_share(
    site: Site, options: argparse.Namespace, number: int
) -> tuple[Kept, list[Acknowledged], int]:
    own, known = range(options.clients)[number::PROCESSES], dict[str, int]()
    clients = [
        ClientThread(site, known, client, options.acts // options.clients, options.seed) for client in own
    ]
    for client in clients:
        client.start()
    kept = Kept()
    for client in clients:
        client.join()
        kept.add(client.kept)
    acknowledged = [row for client in clients for row in client.acknowledged]
    return kept, acknowledged, sum(client.stale_taken for client in clients)


def lost_updates(site: Site, corpus: Corpus, acknowledged: list[Acknowledged]) -> Counter[str]:
    """Count, by kind, acknowledged acts whose version another has too or that history tells otherwise."""
    said = {(on, version): word for on, version, word in acknowledged}
    stored = history(site, corpus)
    lost = Counter(kind(on) for on, _, _ in acknowledged)
    lost.subtract(kind(on) for on, _ in said)
    lost.update(kind(key[0]) for key, word in said.items() if stored.get(key) != word)
    lost.update(kind(on) for on, _ in stored.keys() - said.keys())
    return +lost


def kind(thing: str) -> str:
    return thing.split()[0]


def history(site: Site, corpus: Corpus) -> dict[tuple[str, int], str]:
    """Return from rows and events which act made which version of what."""
    own = Review.objects.filter(layer__revision__article__in=[UUID(place.article) for place in site.places])
    found = {
        (f"line {line}", version): note for line, version, note in own.values_list("line", "version", "note")
    }
    guidelines = Guideline.objects.filter(corpus=corpus, number__gt=1)
    found |= {("guideline", number): text for number, text in guidelines.values_list("number", "text")}
    found |= {("settings", version): word for version, word in enumerate(descriptions(corpus), 2)}
    for dispute in Dispute.objects.filter(corpus=corpus):
        settlements = Settlement.objects.filter(dispute=dispute, implied_by=None).order_by("version")
        notes = list(settlements.values_list("note", flat=True))
        found |= {(f"dispute {dispute.pk}", 2 * place): note for place, note in enumerate(notes, 1)}
        found |= {(f"dispute {dispute.pk}", version): "" for version in range(3, dispute.version + 1, 2)}
    return found


def descriptions(corpus: Corpus) -> list[str]:
    """Return the descriptions that a corpus has had, each from the one before."""
    events = Event.objects.filter(corpus=corpus, action="corpus.configured")
    changes: list[tuple[Any, Any]] = list(events.values_list("before", "after"))
    after = {before["description"]: later["description"] for before, later in changes}
    chain = [""]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain[1:]
