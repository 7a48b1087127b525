"""What each exchange format costs over a whole corpus: rate, size, and memory above the idle process.

Every format is written by a process of its own, forked from one that has done nothing yet; so is every
import, into a new corpus. Its peak is measured from there. Beside them stand the same rows as the database
itself gives them: `COPY` on PostgreSQL, a plain SELECT on SQLite; and with `--install`, Label Studio and
doccano, which get the same articles over their HTTP APIs and export them again.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, connections

from annotations.exchange import WRITABLE
from annotations.exchange.native import NATIVE
from annotations.exchange.source import source_of
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records, record_lines
from annotations.services.importing.articles import import_articles
from bench.articles import Labelled, invent, native_line
from bench.client import Client, milliseconds
from bench.peer import CannotRun, PeakMemory, Peer
from bench.peer_doccano import Doccano
from bench.peer_label_studio import LabelStudio
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus

ROWS = "plain rows"
#: What needs a package that Attest does not bring, and what writes nothing.
LEFT_OUT = frozenset({"spacy", "parquet", "claim-review"})
#: What is imported again, each into a corpus of its own.
TAKEN_IN = (NATIVE, "label-studio", "csv")
#: What a streaming format may take above the idle process, in MB; on SQLite its page cache comes on top.
MOST, PAGE_CACHE = 32.0, 32.0
#: Articles of one upload to a peer.
UPLOAD = 2_500

Figure = dict[str, Any]


class AnnotatedLabelStudio(LabelStudio):
    """Label Studio that is given labels as annotations: of predictions its export has the ids alone."""

    def _task(self, article: Labelled) -> dict[str, Any]:
        task = super()._task(article)
        (prediction,) = task.pop("predictions")
        return {**task, "annotations": [{"result": prediction["result"]}]}

    def bring_in(self, client: Client, body: bytes) -> None:
        done = json.loads(client.call("POST", f"/api/projects/{self.project}/import", body))
        assert done["task_count"] == done["annotation_count"], done


PEERS: tuple[type[Peer], ...] = (AnnotatedLabelStudio, Doccano)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench streams", description=__doc__)
    parser.add_argument("--articles", type=int, default=37_500)
    parser.add_argument("--sentences", type=int, default=20, help="of each article")
    parser.add_argument("--only", action="append", default=[], help="names of formats")
    parser.add_argument("--install", type=Path, help="where the peers' environments are, or go")
    parser.add_argument(
        "--peer-articles", type=int, default=10_000, help="how many of the articles the peers are given"
    )
    options = parser.parse_args(arguments)
    corpus = create_corpus(COMMAND, slug="streams", name="Streams")
    with tempfile.TemporaryFile() as unused:
        apart(partial(set_up, corpus, options), unused)
    figures = told(measured_formats(corpus, options.only))
    peers = told(measured_peers(options)) if options.install else {}
    spans = max(figure["spans"] for figure in figures.values())
    print("| | spans/s | spans/s of its own processor time | MB | peak above idle, MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, figure in {**figures, **peers}.items():
        print(row(name, figure, figure["spans"] or spans))
    last = {"benchmark": "streams", "database": connection.vendor, "figures": figures, "peers": peers}
    print(json.dumps(last))
    most = MOST + (PAGE_CACHE if connection.vendor == "sqlite" else 0)
    return 0 if all(figure["peak"] <= most for figure in figures.values()) else 1


def row(name: str, figure: Figure, spans: int) -> str:
    """Return a line of the table; what a peer's processes take of the processor is not known."""
    own = f"{spans / figure['processor']:,.0f}" if "processor" in figure else ""
    size = f"{figure['bytes'] / 2**20:,.0f} | {figure['peak']:.1f}"
    return f"| {name} | {spans / figure['seconds']:,.0f} | {own} | {size} |"


def told(figures: Iterator[tuple[str, Figure]]) -> dict[str, Figure]:
    """Return figures, once each has been told as it came: a whole run takes an hour."""
    found = {}
    for name, figure in figures:
        print(name, json.dumps(figure), file=sys.stderr, flush=True)
        found[name] = figure
    return found


def invented(options: argparse.Namespace) -> Iterator[Labelled]:
    return (invent(number, sentences=options.sentences) for number in range(options.articles))


def set_up(corpus: Corpus, options: argparse.Namespace) -> int:
    for outcome in import_records(COMMAND, corpus, map(native_line, invented(options)), source="bench"):
        assert outcome.outcome == "created", outcome
    return 0


def measured_formats(corpus: Corpus, only: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """Yield what the plain rows took and each format, out and, of those that are taken in, in."""
    with tempfile.TemporaryFile() as file:
        yield ROWS, apart(partial(plain_rows, file), file)
    for name in WRITABLE:
        if name in LEFT_OUT or (only and name not in only):
            continue
        with tempfile.TemporaryFile() as file:
            yield name, apart(partial(give_out, corpus, name, file), file)
            if name in TAKEN_IN:
                again = create_corpus(COMMAND, slug=f"from-{name}", name=name)
                yield f"{name}, import", apart(partial(bring_in, again, name, file), file)


def give_out(corpus: Corpus, name: str, target: IO[bytes]) -> int:
    export = export_corpus(COMMAND, corpus, layer="machine", target=target, format=name)
    return int(export.manifest["counts"]["annotations"])


def bring_in(corpus: Corpus, name: str, file: IO[bytes]) -> int:
    file.seek(0)
    if name == NATIVE:
        outcomes = import_records(COMMAND, corpus, record_lines(file), source="bench")
    else:
        outcomes = import_articles(COMMAND, corpus, source_of(file, "bench"), format=name)
    for outcome in outcomes:
        assert outcome.outcome == "created", outcome
    return 0


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


def apart(act: Callable[[], int], file: IO[bytes]) -> Figure:
    """Return what an act took in a process of its own, and the size of the file that it wrote or read."""
    connections.close_all()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writer, json.dumps(measured(act, file)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        figure: Figure = json.loads(answer.read() or b"null")
    os.waitpid(child, 0)
    assert figure, "the process failed"
    return figure


def measured(act: Callable[[], int], file: IO[bytes]) -> Figure:
    """Return seconds, bytes and spans of an act, and its peak in MB above what the process had before."""
    # Connected, and with everything loaded, before the measuring begins.
    connection.ensure_connection()
    Path("/proc/self/clear_refs").write_text("5")
    idle = memory("VmRSS")
    start, worked = time.perf_counter(), time.process_time()
    spans = act()
    file.flush()
    return {
        "seconds": time.perf_counter() - start,
        # What the load of the machine moves far less.
        "processor": time.process_time() - worked,
        "bytes": os.fstat(file.fileno()).st_size,
        "spans": spans,
        "peak": memory("VmHWM") - idle,
    }


def memory(name: str) -> float:
    """Return a figure of this process's memory in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def measured_peers(options: argparse.Namespace) -> Iterator[tuple[str, Figure]]:
    """Yield what the peers' own exports took; one that cannot run is named and left out."""
    for kind in PEERS:
        peer = kind(options.install.resolve(), settings.ATTEST_HOME / "peers")
        try:
            peer.install()
            peer.start()
            given = min(options.articles, options.peer_articles)
            yield f"{peer.name} {peer.version}, {given:,} articles", exported_by(peer, given, options)
        except (CannotRun, RuntimeError, OSError) as error:
            print(f"{peer.name} was left out: {error}", file=sys.stderr, flush=True)
        finally:
            peer.stop()


def exported_by(peer: Peer, given: int, options: argparse.Namespace) -> Figure:
    """Return what a peer's export of the first articles took, with the peak of all of its processes."""
    client = peer.client()
    peer.new_project("streams")
    articles, spans, sizes = islice(invented(options), given), 0, []
    while part := list(islice(articles, UPLOAD)):
        peer.bring_in(client, peer.body(part))
        spans += sum(len(article.spans) for article in part)
    idle = peer.memory_mb()
    with PeakMemory(peer) as watch:
        seconds = milliseconds(lambda: sizes.append(peer.export(client))) / 1000
    return {"seconds": seconds, "bytes": sizes[0], "spans": spans, "peak": watch.peak - idle}
