"""What each exchange format costs over a whole corpus: rate, size, and memory above the idle process.

Every format is written by a process of its own, forked from one that has done nothing yet, and so has the
import: its peak is measured from there. Beside them stand the same rows as the database itself gives them:
`COPY` on PostgreSQL, a plain SELECT on SQLite.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

from django.db import connection, connections

from annotations.exchange import WRITABLE
from annotations.exchange.native import NATIVE
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from bench.articles import invent, native_line
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus

ROWS = "plain rows"
#: What needs a package that Attest does not bring, and what writes nothing.
LEFT_OUT = frozenset({"spacy", "parquet", "claim-review"})
#: What a streaming format may take above the idle process, in MB; on SQLite its page cache comes on top.
MOST, PAGE_CACHE = 32.0, 32.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench streams", description=__doc__)
    parser.add_argument("--articles", type=int, default=25_000)
    parser.add_argument("--sentences", type=int, default=20, help="of each article")
    parser.add_argument("--only", action="append", default=[], help="names of formats")
    options = parser.parse_args(arguments)
    corpus = create_corpus(COMMAND, slug="streams", name="Streams")
    apart(partial(take_in, corpus, options))
    chosen = [
        name for name in WRITABLE if name not in LEFT_OUT and (not options.only or name in options.only)
    ]
    figures = {ROWS: apart(plain_rows)}
    for name in chosen:
        print(name, file=sys.stderr, flush=True)
        figures[name] = apart(partial(give_out, corpus, name))
    print("| | spans/s | MB/s | MB | peak above idle, MB |\n| --- | ---: | ---: | ---: | ---: |")
    spans = figures[NATIVE]["spans"] if NATIVE in figures else 0
    for name, figure in figures.items():
        rate, size = (figure["spans"] or spans) / figure["seconds"], figure["bytes"] / 2**20
        print(
            f"| {name} | {rate:,.0f} | {size / figure['seconds']:.1f} | {size:,.0f} | {figure['peak']:.1f} |"
        )
    print(json.dumps({"benchmark": "streams", "database": connection.vendor, "figures": figures}))
    most = MOST + (PAGE_CACHE if connection.vendor == "sqlite" else 0)
    return 0 if all(figure["peak"] <= most for figure in figures.values()) else 1


def take_in(corpus: Corpus, options: argparse.Namespace, target: IO[bytes]) -> int:
    del target
    lines = (native_line(invent(number, sentences=options.sentences)) for number in range(options.articles))
    for outcome in import_records(COMMAND, corpus, lines, source="bench"):
        assert outcome.outcome == "created", outcome
    return 0


def give_out(corpus: Corpus, name: str, target: IO[bytes]) -> int:
    export = export_corpus(COMMAND, corpus, layer="machine", target=target, format=name)
    return int(export.manifest["counts"]["annotations"])


def plain_rows(target: IO[bytes]) -> int:
    """Write the rows that an export reads as the database gives them."""
    tables = ("annotations_annotation", "annotations_relation", "corpus_revision", "corpus_article")
    for table in tables:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as rows:
                for piece in rows:
                    target.write(piece)
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table}")
            while some := cursor.fetchmany(1_000):
                target.write("\n".join("\t".join(map(str, row)) for row in some).encode())
    return 0


def apart(act: Callable[[IO[bytes]], int]) -> dict[str, Any]:
    """Return what an act took in a process of its own: seconds, bytes, spans, and its peak in MB."""
    connections.close_all()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, json.dumps(measured(act)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        figure: dict[str, Any] = json.loads(answer.read() or b"null")
    os.waitpid(child, 0)
    assert figure, "the export failed"
    return figure


def measured(act: Callable[[IO[bytes]], int]) -> dict[str, Any]:
    # Connected, and with everything loaded, before the measuring begins.
    connection.ensure_connection()
    Path("/proc/self/clear_refs").write_text("5")
    idle = memory("VmRSS")
    with tempfile.TemporaryFile() as target:
        start = time.perf_counter()
        spans = act(target)
        seconds = time.perf_counter() - start
        return {
            "seconds": seconds,
            "bytes": target.tell(),
            "spans": spans,
            "peak": memory("VmHWM") - idle,
        }


def memory(name: str) -> float:
    """Return a figure of this process's memory in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024
