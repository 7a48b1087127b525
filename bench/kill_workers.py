"""Kill the whole worker group at random instants, empty the broker, and count what is lost, half or doubled.

A real Valkey, a real Celery worker of two processes and a real sweeper work an invented corpus; the same is
done with a ledger that is broken on purpose (bench/broken_ledger.py), which must be caught. One line of JSON.
"""

import argparse
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import redis
from django.conf import settings
from django.db import close_old_connections
from django.db.models import Avg, Max

from annotations.extraction import build_pipeline
from annotations.extraction.base import Suggestions
from annotations.models import Annotation, Job, JobStatus, Layer, Pipeline, Relation, Segment
from annotations.models.jobs import OPEN_JOBS
from annotations.services.pipelines import activate_pipeline
from annotations.services.texts import article_text
from annotations.services.verifying import Lie, verify
from bench.articles import invent
from bench.servers import Servers, running_servers
from corpus.models import Corpus, Event, Revision
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.ingest import ingest_articles

#: The faults fall before this share of the articles is done: the last jobs have no work behind them to hit.
LAST_FAULT = 0.95
#: Seconds without any job ending after which a run has come to a stand.
PATIENCE = 120.0


@dataclass(kw_only=True)
class Faults:
    """What was done to a run.

    `hits` are kills that found a job in hand; `slowest_recovery` has the seconds from a kill (and a flush) to
    the next job done, most of them a worker's start.
    """

    kills: int = 0
    hits: int = 0
    jobs_hit: int = 0
    flushes: int = 0
    slowest_recovery: float = 0.0


@dataclass(kw_only=True)
class Damage:
    """What came of it. Articles, but for `lies`; `wrong` ones say what the pipeline does not."""

    lost: int = 0
    half: int = 0
    doubled: int = 0
    wrong: int = 0
    parked: int = 0
    lies: int = 0

    @property
    def total(self) -> int:
        return sum(asdict(self).values())


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    with running_servers() as servers:
        servers.broker()
        honest = run(servers, options, "honest")
        control = run(servers, options, "control", "--include", "bench.broken_ledger")
    print(json.dumps({"benchmark": "kill_workers", **honest, "control": control}))
    caught = Damage(**{name: control[name] for name in Damage.__dataclass_fields__}).total
    clean = Damage(**{name: honest[name] for name in Damage.__dataclass_fields__}).total == 0
    return 0 if clean and caught else 1


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench kill_workers", description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--flushes", type=int, default=2, help="each between a kill and the next start")
    parser.add_argument("--lease", type=int, default=5, help="seconds; see ATTEST_JOB_LEASE")
    parser.add_argument(
        "--sentences", type=int, default=100, help="an article; long ones are hit more surely"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.kills > options.articles * LAST_FAULT or options.flushes > options.kills:
        parser.error("there are not enough articles for these kills, or kills for these flushes")
    os.environ |= {"ATTEST_JOB_LEASE": str(options.lease), "ATTEST_SWEEP_INTERVAL": "1"}
    return options


def run(servers: Servers, options: argparse.Namespace, name: str, *worker: str) -> dict[str, Any]:
    """Work one corpus under fire and return the figures."""
    corpus = create_corpus(COMMAND, slug=name, name=name)
    pipeline = activate_pipeline(COMMAND, corpus, "rules")
    articles = (incoming(number, options) for number in range(options.articles))
    outcomes = Counter(row.outcome for row in ingest_articles(COMMAND, corpus, articles, source="bench"))
    assert outcomes == {"created": options.articles}, outcomes
    started = time.monotonic()
    sweeper = servers.sweeper()
    faults = fire(servers, options, pipeline, worker)
    seconds = time.monotonic() - started
    servers.stop(sweeper)
    damage = inspect(corpus, pipeline)
    attempts = Job.objects.filter(pipeline=pipeline).aggregate(mean=Avg("attempts"), most=Max("attempts"))
    return {
        "articles": options.articles,
        **asdict(faults),
        **asdict(damage),
        "runs_per_job": round(attempts["mean"], 4),
        "most_attempts": attempts["most"],
        "seconds": round(seconds, 1),
        "lease": options.lease,
        "seed": options.seed,
    }


def incoming(number: int, options: argparse.Namespace) -> IncomingArticle:
    article = invent(number, sentences=options.sentences, seed=options.seed)
    return IncomingArticle(
        place=str(number),
        text=article.text,
        external_id=article.external_id,
        title=article.title,
        raw=article.text.encode(),
        metadata={},
    )


def fire(
    servers: Servers, options: argparse.Namespace, pipeline: Pipeline, worker: tuple[str, ...]
) -> Faults:
    """Run workers until no job is open, killing them when so many jobs are done as chance has drawn."""
    chance, faults = random.Random(options.seed), Faults()
    instants = sorted(chance.sample(range(int(options.articles * LAST_FAULT)), options.kills))
    flushed = set(chance.sample(range(options.kills), options.flushes))
    known: set[tuple[int, int]] = set()
    process = servers.worker(*worker)
    for number, instant in enumerate(instants):
        wait_for_done(servers, pipeline, max(instant, done(pipeline) + 1))
        time.sleep(chance.uniform(0, 0.05))
        servers.kill(process)
        killed = time.monotonic()
        hit = in_hand(pipeline) - known
        known |= hit
        faults.kills += 1
        faults.hits += bool(hit)
        faults.jobs_hit += len(hit)
        if number in flushed:
            redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET)).flushall()
            faults.flushes += 1
        process = servers.worker(*worker)
        wait_for_done(servers, pipeline, done(pipeline) + 1)
        faults.slowest_recovery = max(faults.slowest_recovery, round(time.monotonic() - killed, 1))
    wait_for_end(servers, pipeline)
    servers.stop(process)
    return faults


def done(pipeline: Pipeline) -> int:
    return Job.objects.filter(pipeline=pipeline, status=JobStatus.DONE).count()


def in_hand(pipeline: Pipeline) -> set[tuple[int, int]]:
    """Return the leases that stand; after a kill, those of the dead."""
    leased = Job.objects.filter(pipeline=pipeline, status=JobStatus.LEASED)
    return set(leased.values_list("pk", "token"))


def wait_for_done(servers: Servers, pipeline: Pipeline, number: int) -> None:
    servers.wait_until(
        lambda: done(pipeline) >= number or not is_open(pipeline),
        f"{number} jobs are done",
        patience=PATIENCE,
    )


def wait_for_end(servers: Servers, pipeline: Pipeline) -> None:
    while is_open(pipeline):
        wait_for_done(servers, pipeline, done(pipeline) + 1)


def is_open(pipeline: Pipeline) -> bool:
    close_old_connections()
    return Job.objects.filter(pipeline=pipeline, status__in=OPEN_JOBS).exists()


def inspect(corpus: Corpus, pipeline: Pipeline) -> Damage:
    """Compare every layer with what the pipeline says in this process."""
    damage = Damage(
        parked=Job.objects.filter(pipeline=pipeline, status=JobStatus.PARKED).count(),
        lies=sum(isinstance(found, Lie) for found in verify(corpus)),
    )
    proposer = build_pipeline(pipeline.name, pipeline.configuration)
    for revision in Revision.objects.filter(corpus=corpus).select_related("article").iterator(chunk_size=100):
        layers = list(Layer.objects.filter(revision=revision, pipeline=pipeline))
        finished = Job.objects.filter(revision=revision, pipeline=pipeline, status=JobStatus.DONE).exists()
        if not layers or not finished:
            damage.lost += 1
            continue
        article = article_text(revision)
        wanted = Counter(proposed(revision.text, proposer.suggest(article)))
        found = Counter(row for layer in layers for row in stored(layer))
        landed = Event.objects.filter(subject_id=revision.pk, action="layer.landed").count()
        damage.half += bool(wanted - found) or landed == 0
        damage.doubled += len(layers) > 1 or landed > 1 or any(found[row] > wanted[row] > 0 for row in found)
        damage.wrong += any(row not in wanted for row in found)
    return damage


def proposed(text: str, suggestions: Suggestions) -> Iterator[tuple[Any, ...]]:
    """Yield what a layer should hold, as `stored` yields what it does."""
    spoken = {
        found.key: (
            found.label,
            tuple((span.start, span.end, text[span.start : span.end]) for span in found.segments),
            found.score,
            tuple(sorted(found.attributes.items())),
            found.reason,
        )
        for found in suggestions.annotations
    }
    yield from spoken.values()
    for link in suggestions.relations:
        yield link.label, spoken[link.head], spoken[link.child], link.score, link.reason


def stored(layer: Layer) -> Iterator[tuple[Any, ...]]:
    further: dict[UUID, list[tuple[int, int, str]]] = {}
    for segment in Segment.objects.filter(annotation__layer=layer).order_by("annotation_id", "number"):
        further.setdefault(segment.annotation_id, []).append((segment.start, segment.end, segment.surface))
    spoken = {
        row.pk: (
            row.label,
            ((row.start, row.end, row.surface), *further.get(row.pk, ())),
            row.score,
            tuple(sorted(row.attributes.items())),
            row.reason,
        )
        for row in Annotation.objects.filter(layer=layer)
    }
    yield from spoken.values()
    for link in Relation.objects.filter(layer=layer):
        yield link.label, spoken[link.head_id], spoken[link.child_id], link.score, link.reason
