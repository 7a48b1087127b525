"""Many clients on few things: decisions, disputes, settings and guidelines, half of them from old pages.

Every act says which version it has seen, some with one that is stale. What was acknowledged is kept by the
client and compared with the history: each acknowledged act has the version of its own, in one chain without a
gap. The same is done with settings that are checked apart from being written, which must be caught. One line
of JSON.
"""

import argparse
import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, connections
from django.db.models import F

from annotations.models import Dispute, Review, Settlement, Verdict
from annotations.services.decisions import Decision
from annotations.services.importing import import_records
from annotations.services.passes import submit_pass
from annotations.services.reading import read_layers, shown_layers
from annotations.services.reviewing import decide, decide_many
from annotations.services.settling import Choice, reopen_dispute, settle_dispute
from annotations.services.verifying import Lie, verify
from bench.articles import invent, native_line
from bench.people import Kept
from bench.reviewers import add_person, spread
from corpus.models import Corpus, Event, Guideline, Revision, Role, User
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import configure_corpus, create_corpus, publish_guideline
from corpus.services.errors import InvalidTransition, StaleVersion

PROCESSES = 2
#: Of a hundred acts: these say a version that is older than what their client has just read.
STALE = 20
#: A decision reads those before it in its layer, so that nobody decides thousands of times on one text.
ACTS_A_PLACE = 500
#: The control needs no more to be caught.
CONTROL_ACTS = 1_000

Write = Callable[[Actor, Corpus, int, str], int]


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


@dataclass(frozen=True, kw_only=True)
class Place:
    """A text in hand with its suggestions, and the disputes over another."""

    revision: Revision
    suggestions: list[UUID]
    disputes: list[UUID]


@dataclass(frozen=True, kw_only=True)
class Site:
    """What all act on: the settings and the guideline of a corpus, and its places one after the other."""

    corpus: Corpus
    reviewer: User
    lead: User
    adjudicator: User
    places: list[Place]


class ClientThread(threading.Thread):
    """One client that calls the services under the name of the API or of the admin."""

    def __init__(self, site: Site, write: Write, number: int, acts: int, seed: int) -> None:
        super().__init__(name=f"client-{number}")
        self.site, self.write, self.acts = site, write, acts
        self.chance, self.kept = random.Random(f"{seed}:{number}"), Kept()
        self.acknowledged: list[Acknowledged] = []
        self.place = site.places[0]
        self.stale_taken = 0

    def run(self) -> None:
        kinds = (self.decide, self.decide, self.configure, self.publish, self.settle)
        try:
            for number in range(self.acts):
                # All clients are at one place at about one time.
                self.place = self.site.places[number * len(self.site.places) // self.acts]
                self.once(self.chance.choice(kinds), f"{self.name}.{number}")
        except Exception as error:  # noqa: BLE001 - the benchmark counts it
            self.kept.errors.append(f"{self.name}: {type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def once(self, act: Callable[[str, int], Acknowledged], word: str) -> None:
        behind = 1 if self.chance.randrange(100) < STALE else 0
        start = time.perf_counter()
        try:
            done = act(word, behind)
        except (StaleVersion, InvalidTransition) as error:
            self.kept.met[error.code] += 1
            return
        finally:
            self.kept.seconds[act.__name__].append(time.perf_counter() - start)
        self.stale_taken += behind
        self.acknowledged.append(done)

    def actor(self, user: User) -> Actor:
        return Actor(user=user, via=self.chance.choice(("api", "admin")))

    def decide(self, word: str, behind: int) -> Acknowledged:
        on = self.chance.choice(self.place.suggestions)
        revision = Revision.objects.select_related("article__corpus").get(pk=self.place.revision.pk)
        seen = Review.objects.filter(line=on, layer__reviewer=self.site.reviewer).count()
        decision = Decision(verdict=Verdict.SKIP, on=on, version=seen - behind, note=word, key=word)
        body = decide(self.actor(self.site.reviewer), revision, decision).body
        assert body
        return f"line {on}", body["version"], word

    def configure(self, word: str, behind: int) -> Acknowledged:
        corpus = Corpus.objects.get(pk=self.site.corpus.pk)
        version = self.write(self.actor(self.site.lead), corpus, corpus.version - behind, word)
        return "settings", version, word

    def publish(self, word: str, behind: int) -> Acknowledged:
        newest = Guideline.objects.filter(corpus=self.site.corpus).order_by("-number").values_list("number")
        version = newest[0][0] - behind
        lead = self.actor(self.site.lead)
        number = publish_guideline(lead, self.site.corpus, text=word, version=version).number
        return "guideline", number, word

    def settle(self, word: str, behind: int) -> Acknowledged:
        dispute = Dispute.objects.get(pk=self.chance.choice(self.place.disputes))
        adjudicator, version = self.actor(self.site.adjudicator), dispute.version - behind
        if dispute.status == "open":
            choice = Choice(reject=True, reason="other", note=word)
            settled = settle_dispute(adjudicator, dispute, choice, version=version)
            return f"dispute {dispute.pk}", settled.version, word
        opened = reopen_dispute(adjudicator, dispute, version=version)
        return f"dispute {dispute.pk}", opened.version, ""


def configure_properly(actor: Actor, corpus: Corpus, version: int, word: str) -> int:
    return configure_corpus(actor, corpus, version=version, changes={"description": word}).version


def configure_without_lock(_actor: Actor, corpus: Corpus, version: int, word: str) -> int:
    """Look at the version, and write apart from that. The control."""
    if Corpus.objects.get(pk=corpus.pk).version != version:
        raise StaleVersion("Somebody else was quicker.")
    Corpus.objects.filter(pk=corpus.pk).update(description=word, version=F("version") + 1)
    return version + 1


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    honest = run("honest", options, configure_properly)
    options.acts = min(options.acts, CONTROL_ACTS)
    control = run("control", options, configure_without_lock)["lost_updates"]
    figures = {"benchmark": "acts", "database": connection.vendor, **honest, "control_lost_updates": control}
    print(json.dumps(figures))
    return 0 if control and not any(honest[name] for name in asdict(Damage())) else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench acts", description=__doc__)
    parser.add_argument("--acts", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def run(name: str, options: argparse.Namespace, write: Write) -> dict[str, Any]:
    """Let clients act on a site at once and return the figures."""
    site = prepare(name, options)
    connections.close_all()
    start = time.monotonic()
    kept, acknowledged, stale_taken = act_at_once(site, write, options)
    seconds = time.monotonic() - start
    for error in kept.errors[:10]:
        print(error)
    damage = Damage(
        lost_updates=lost_updates(site, acknowledged),
        stale_taken=stale_taken,
        locked=sum("locked" in error for error in kept.errors),
        errors=len(kept.errors),
        lies=sum(isinstance(found, Lie) for found in verify(site.corpus)),
    )
    return {
        "acts": options.acts,
        "clients": options.clients,
        "seconds": round(seconds, 1),
        "acknowledged": len(acknowledged),
        "refused": dict(sorted(kept.met.items())),
        **asdict(damage),
        "ms": {act: spread(taken) for act, taken in sorted(kept.seconds.items())},
        "seed": options.seed,
    }


def prepare(name: str, options: argparse.Namespace) -> Site:
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
    return Site(
        corpus=corpus,
        reviewer=people[0],
        lead=people[2],
        adjudicator=people[3],
        places=places,
    )


def make_place(reviewers: list[User], worked: Revision, disputed: Revision) -> Place:
    suggestions = shown_suggestions(disputed)
    for person, verdict in zip(reviewers, (Verdict.ACCEPT, Verdict.SKIP), strict=True):
        actor = Actor(user=person, via="api")
        decide_many(actor, disputed, [Decision(verdict=verdict, on=pk) for pk in suggestions])
        submit_pass(actor, disputed)
    return Place(
        revision=worked,
        suggestions=shown_suggestions(worked),
        disputes=list(Dispute.objects.filter(revision=disputed).values_list("pk", flat=True)),
    )


def shown_suggestions(revision: Revision) -> list[UUID]:
    return [pk for view in read_layers(shown_layers(revision)) for pk in view.annotations]


def act_at_once(
    site: Site, write: Write, options: argparse.Namespace
) -> tuple[Kept, list[Acknowledged], int]:
    """Run the clients in a few processes; return what they met, what was acknowledged, and how much stale."""
    kept, acknowledged, stale_taken = Kept(), [], 0
    forking = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(PROCESSES, mp_context=forking) as processes:
        share = partial(act_in_share, site, write, options)
        for part in processes.map(share, range(PROCESSES)):
            kept.add(part[0])
            acknowledged += part[1]
            stale_taken += part[2]
    return kept, acknowledged, stale_taken


def act_in_share(
    site: Site, write: Write, options: argparse.Namespace, number: int
) -> tuple[Kept, list[Acknowledged], int]:
    connections.close_all()
    own = range(options.clients)[number::PROCESSES]
    clients = [
        ClientThread(site, write, client, options.acts // options.clients, options.seed) for client in own
    ]
    for client in clients:
        client.start()
    kept = Kept()
    for client in clients:
        client.join()
        kept.add(client.kept)
    acknowledged = [row for client in clients for row in client.acknowledged]
    return kept, acknowledged, sum(client.stale_taken for client in clients)


def lost_updates(site: Site, acknowledged: list[Acknowledged]) -> int:
    """Count the acknowledged acts whose version another has too, or that history tells otherwise."""
    said = {(on, version): word for on, version, word in acknowledged}
    stored = history(site)
    other = sum(stored.get(key) != word for key, word in said.items())
    return len(acknowledged) - len(said) + other + len(stored.keys() - said.keys())


def history(site: Site) -> dict[tuple[str, int], str]:
    """Return from rows and events which act made which version of what."""
    worked = [place.revision for place in site.places]
    reviews = Review.objects.filter(layer__revision__in=worked).values_list("line", "version", "note")
    found = {(f"line {line}", version): note for line, version, note in reviews}
    guidelines = Guideline.objects.filter(corpus=site.corpus, number__gt=1)
    found |= {("guideline", number): text for number, text in guidelines.values_list("number", "text")}
    found |= {("settings", version): word for version, word in enumerate(descriptions(site.corpus), 2)}
    for dispute in Dispute.objects.filter(corpus=site.corpus):
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
