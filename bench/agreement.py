"""How long the figures of agreement take, over invented passes; or what they are, over those of a file."""

import argparse
import json
import random
import resource
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.services.agreement import Agreement, Asked, agreement_of
from annotations.services.importing import import_records
from bench.articles import Labelled, invent
from corpus.ids import uuid7
from corpus.models import Corpus, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member

#: How often a person overlooks something, moves an end, or takes another type.
OVERLOOKED, MOVED, MISTYPED = 0.08, 0.1, 0.05
TYPES = ("direct", "indirect", "mixed")

Record = dict[str, Any]


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    corpus = make_corpus()
    if options.multi:
        passes = read_passes(options.multi)
        people = add_people(corpus, sorted({name for by_person in passes.values() for name in by_person}))
        fill(corpus, (record_of_file(by_person, people) for by_person in passes.values()))
    else:
        people = add_people(corpus, [f"reviewer-{number}" for number in range(options.layers)])
        fill(corpus, (invented_record(number, list(people.values())) for number in range(options.articles)))
    start, worked = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        agreement = agreement_of(COMMAND, corpus, Asked(), most=None)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    [condition] = agreement.conditions
    print(
        json.dumps(
            {
                "benchmark": "agreement",
                "database": connection.vendor,
                "articles": condition.articles,
                "passes": condition.passes,
                "seconds": round(seconds, 2),
                "processor_seconds": round(worked, 2),
                "statements": len(queries),
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "figures": figures_of(agreement),
            }
        )
    )
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench agreement", description=__doc__)
    parser.add_argument("--articles", type=int, default=5_000)
    parser.add_argument("--layers", type=int, default=3, help="passes over each article")
    parser.add_argument("--multi", type=Path, help="evaluation records of several annotators, instead")
    return parser.parse_args(arguments)


def figures_of(agreement: Agreement) -> dict[str, dict[str, list[float] | None]]:
    """Return each figure with the ends of its interval, by label and statistic."""
    [condition] = agreement.conditions
    return {
        label: {
            name: None
            if figure.value is None
            else [round(part, 4) for part in (figure.value, figure.low, figure.high) if part is not None]
            for name, figure in figures.items()
        }
        for label, figures in condition.labels.items()
    }


def make_corpus() -> Corpus:
    return create_corpus(COMMAND, slug="agreement", name="Agreement")


def add_people(corpus: Corpus, names: Sequence[str]) -> dict[str, User]:
    people = {name: User.objects.create(username=name) for name in names}
    for person in people.values():
        set_member(COMMAND, corpus, person, Role.REVIEWER)
    return people


def fill(corpus: Corpus, records: Iterable[Record]) -> None:
    """Import articles with the submitted passes over them."""
    for outcome in import_records(COMMAND, corpus, map(orjson.dumps, records), source="agreement"):
        assert outcome.outcome == "created", outcome
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# -- invented passes -----------------------------------------------------------------------------------------


def invented_record(number: int, people: Sequence[User]) -> Record:
    """Return an article that everybody went through, each with mistakes of their own."""
    article = invent(number)
    layers = [Layer(person) for person in people]
    for place, layer in enumerate(layers):
        _mark(layer, article, random.Random(f"{number}:{place}"))
    return record_of(article.external_id, article.title, article.text, layers)


def _mark(layer: "Layer", article: Labelled, chance: random.Random) -> None:
    ids: dict[int, str] = {}
    for place, (label, start, end, _) in enumerate(article.spans):
        if chance.random() < OVERLOOKED:
            continue
        if chance.random() < MOVED and end - start > 20:
            end -= chance.randint(1, 15)
        type = chance.choice(TYPES) if chance.random() < MISTYPED else "direct"
        ids[place] = layer.add(label, start, end, {"type": type} if label == "quote" else {})
    for label, head, child in article.relations:
        if head in ids and child in ids:
            layer.link(label, ids[head], ids[child])


# -- passes of a file ----------------------------------------------------------------------------------------


def read_passes(path: Path) -> dict[str, dict[str, Record]]:
    """Return the evaluation records of a file, by article and annotator."""
    passes: dict[str, dict[str, Record]] = defaultdict(dict)
    for line in path.read_bytes().splitlines():
        record = orjson.loads(line)
        passes[record["id"]][record["annotator"]] = record
    return passes


def speech_in(record: Record) -> Iterator[Record]:
    """Yield the pieces of reported speech that somebody marked; what is not scored is left out."""
    return (quote for quote in record["quotes"] if not quote.get("ignore"))


def record_of_file(by_person: Mapping[str, Record], people: Mapping[str, User]) -> Record:
    """Return an article with a layer of each annotator: quotes, with their sources and cues."""
    layers = []
    for name, record in by_person.items():
        layer = Layer(people[name])
        ends: dict[tuple[str, int, int], str] = {}
        for quote in speech_in(record):
            head = layer.add("quote", quote["start"], quote["end"], {"type": quote["type"]})
            for field, relation, label in (("speaker", "source", "attribution"), ("cue", "cue", "cue")):
                span = quote[field]
                if span:
                    place = (label, span["start"], span["end"])
                    ends[place] = ends.get(place) or layer.add(*place, {})
                    layer.link(relation, head, ends[place])
        layers.append(layer)
    first = next(iter(by_person.values()))
    return record_of(first["id"], first["id"], first["text"], layers)


class Layer:
    """A submitted pass, as a native record has it."""

    def __init__(self, person: User) -> None:
        self.name = f"reviewer:{person.public_id}"
        self.annotations: list[Record] = []
        self.relations: list[Record] = []

    def add(self, label: str, start: int, end: int, attributes: Mapping[str, str]) -> str:
        """Add an annotation and return its id."""
        identity = str(uuid7())
        self.annotations.append(
            {
                "id": identity,
                "label": label,
                "segments": [[start, end]],
                "attributes": dict(attributes),
                "layer": self.name,
            }
        )
        return identity

    def link(self, label: str, head: str, child: str) -> None:
        self.relations.append({"label": label, "head": head, "child": child, "layer": self.name})


def record_of(external_id: str, title: str, text: str, layers: Sequence[Layer]) -> Record:
    return {
        "schema": "attest/1",
        "external_id": external_id,
        "title": title,
        "text": text,
        "layer": layers[0].name,
        "layers": [{"name": layer.name, "submitted_at": "2026-01-02T00:00:00Z"} for layer in layers],
        "annotations": [row for layer in layers for row in layer.annotations],
        "relations": [row for layer in layers for row in layer.relations],
    }
