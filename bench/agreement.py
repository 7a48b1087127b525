"""How long the figures of agreement take over a corpus of articles with several passes each."""

import argparse
import json
import random
import resource
import time
from typing import Any

import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.services.agreement import Asked, agreement_of
from annotations.services.importing import import_records
from bench.articles import Labelled, invent
from corpus.ids import uuid7
from corpus.models import Corpus, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member

#: How often a person overlooks something, moves an end, or takes another type.
OVERLOOKED, MOVED, MISTYPED = 0.08, 0.1, 0.05
TYPES = ("direct", "indirect", "mixed")


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    corpus = furnish(options.articles, options.layers)
    start = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        report = agreement_of(COMMAND, corpus, Asked(), most=None)
    seconds = time.perf_counter() - start
    [condition] = report.conditions
    found = condition.labels["quote"]
    print(
        json.dumps(
            {
                "benchmark": "agreement",
                "articles": condition.articles,
                "passes": condition.passes,
                "seconds": round(seconds, 2),
                "statements": len(queries),
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "quote": {name: round(figure.value, 4) for name, figure in found.items() if figure.value},
            }
        )
    )
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench agreement", description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--layers", type=int, default=3, help="passes over each article")
    return parser.parse_args(arguments)


def furnish(articles: int, layers: int) -> Corpus:
    """Make a corpus whose people went through every article, each with mistakes of their own."""
    corpus = create_corpus(COMMAND, slug="agreement", name="Agreement")
    people = [User.objects.create(username=f"reviewer-{number}") for number in range(layers)]
    for person in people:
        set_member(COMMAND, corpus, person, Role.REVIEWER)
    lines = (orjson.dumps(record_of(invent(number), people, number)) for number in range(articles))
    for outcome in import_records(COMMAND, corpus, lines, source="agreement"):
        assert outcome.outcome == "created", outcome
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return corpus


def record_of(article: Labelled, people: list[User], seed: int) -> dict[str, Any]:
    """Return an article as a native record with a submitted layer of each person."""
    names = [f"reviewer:{person.public_id}" for person in people]
    annotations: list[dict[str, Any]] = []
    relations: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        chance = random.Random(f"{seed}:{number}")
        ids: dict[int, str] = {}
        for place, (label, start, end, _) in enumerate(article.spans):
            if chance.random() < OVERLOOKED:
                continue
            ids[place] = str(uuid7())
            annotations.append(_said(ids[place], name, label, start, end, chance))
        relations += [
            {"label": label, "head": ids[head], "child": ids[child], "layer": name}
            for label, head, child in article.relations
            if head in ids and child in ids
        ]
    return {
        "schema": "attest/1",
        "external_id": article.external_id,
        "title": article.title,
        "text": article.text,
        "layer": names[0],
        "layers": [{"name": name, "submitted_at": "2026-01-02T00:00:00Z"} for name in names],
        "annotations": annotations,
        "relations": relations,
    }


def _said(
    identity: str, layer: str, label: str, start: int, end: int, chance: random.Random
) -> dict[str, Any]:
    if chance.random() < MOVED and end - start > 20:
        end -= chance.randint(1, 15)
    attributes = {}
    if label == "quote":
        attributes = {"type": chance.choice(TYPES) if chance.random() < MISTYPED else "direct"}
    return {
        "id": identity,
        "label": label,
        "segments": [[start, end]],
        "attributes": attributes,
        "layer": layer,
    }
