"""Our files in the hands of those whose formats they are, each in an environment of its own.

The packages read what we write and write it again; a running Label Studio and doccano take our files in and
export them. What comes back is read by our own readers and must be equal. Control: every comparison is made
once more with an annotation missing, and must then fail.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from annotations.exchange import FORMATS
from annotations.exchange.articles import Annotation, Article, Layer, Relation
from bench.peer import PATIENCE, CannotRun, Peer, python_of, run
from bench.peer_doccano import Doccano
from bench.peer_label_studio import LabelStudio
from corpus.text.spans import Span, joined_surface
from tests.pure.exchange.made_up import articles, carried
from tests.pure.exchange.test_formats import comparable, read, written

HERE = Path(__file__).parent / "exchange_sides"
PYTHONS = ("3.11", "3.12", "3.10")
#: What a project of Label Studio needs for our files: a choice a region for each attribute of a label.
CONFIGURATION = """
<View>
  <Relations><Relation value="source"/><Relation value="cue"/><Relation value="continues"/></Relations>
  <Labels name="label" toName="text">
    <Label value="claim"/><Label value="quote"/><Label value="attribution"/><Label value="cue"/>
  </Labels>
  <Choices name="type" toName="text" perRegion="true">
    <Choice value="direct"/><Choice value="indirect"/><Choice value="mixed"/>
  </Choices>
  <Text name="text" value="$text"/>
</View>
"""

#: What came back of each format, as articles in code points.
Returned = dict[str, list[Article]]


@dataclass(frozen=True, kw_only=True)
class Side:
    """A package that reads and writes one of the formats."""

    name: str
    version: str
    script: str
    #: What it needs besides: our own code runs beside some.
    more: tuple[str, ...] = ()
    given: tuple[str, ...]
    collect: Callable[[Path], Returned]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench exchange", description=__doc__)
    parser.add_argument("--install", type=Path, required=True, help="where the environments are, or go")
    parser.add_argument("--only", action="append", default=[], help="names of sides")
    options = parser.parse_args(arguments)
    install = options.install.resolve()
    if install.is_relative_to(settings.BASE_DIR):
        parser.error("--install is a directory outside of the repository")
    figures: dict[str, Any] = {}
    refusals: dict[str, str] = {}
    for name, version, prove in proofs(install):
        if options.only and name not in options.only:
            continue
        print(f"{name} {version}", file=sys.stderr, flush=True)
        try:
            for format, found in prove().items():
                figures[f"{format} by {name} {version}"] = verdict(format, found)
        except CannotRun as error:
            refusals[name] = str(error)
    for name, outcome in figures.items():
        print(f"{name}: {outcome}")
    for name, reason in refusals.items():
        print(f"{name} could not be tried: {reason}")
    print(json.dumps({"benchmark": "exchange", "figures": figures, "left_out": refusals}))
    return 0 if figures and all(outcome == "equal" for outcome in figures.values()) else 1


def proofs(install: Path) -> list[tuple[str, str, Callable[[], Returned]]]:
    def package(side: Side) -> Callable[[], Returned]:
        return lambda: by_package(side, install)

    servers: Sequence[tuple[type[Peer], Callable[[Any], Returned]]] = (
        (LabelStudio, by_label_studio),
        (Doccano, by_doccano),
    )
    return [
        *((side.name, side.version, package(side)) for side in SIDES),
        *((kind.name, kind.version, server(kind, prove, install)) for kind, prove in servers),
    ]


def verdict(format: str, found: Sequence[Article]) -> str:
    """Return `equal`, or what came of the comparison; the control decides whether it means anything."""
    chosen = FORMATS[format]
    given = [carried(article, chosen) for article in articles()]
    back = [carried(article, chosen) for article in found]
    if comparable(back, chosen) != comparable(given, chosen):
        return "different"
    first, *layers = given[0].layers
    spoilt = replace(first, annotations=first.annotations[:-1], relations=())
    less = [replace(given[0], layers=(spoilt, *layers)), *given[1:]]
    return "equal" if comparable(back, chosen) != comparable(less, chosen) else "the control found nothing"


def by_package(side: Side, install: Path) -> Returned:
    """Let a package read our files and write them again."""
    environment = install / f"exchange-{side.name}"
    program = environment / "bin" / "python"
    wanted = " ".join([f"{side.name}=={side.version}", *side.more])
    done = environment / "installed"
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(environment, ignore_errors=True)
        run([python_of(PYTHONS), "-m", "venv", environment])
        run([program, "-m", "pip", "install", "--quiet", *wanted.split()])
        done.write_text(wanted)
    with tempfile.TemporaryDirectory() as home:
        source, target = Path(home, "from"), Path(home, "to")
        source.mkdir()
        target.mkdir()
        (source / "config.xml").write_text(CONFIGURATION)
        for name in side.given:
            give(name, source)
        env = {"PYTHONPATH": str(settings.BASE_DIR), "HF_HOME": home, "HF_HUB_OFFLINE": "1"}
        run([program, HERE / side.script, source, target], env)
        return side.collect(target)


def give(name: str, source: Path) -> None:
    """Write what a format carries of our articles; the files of an archive as files."""
    format = FORMATS[name]
    data = written(format, [carried(article, format) for article in articles()])
    if format.suffix != ".zip":
        (source / f"{name}{format.suffix}").write_bytes(data)
        return
    archive = source / f"{name}.zip"
    archive.write_bytes(data)
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(source)
    archive.unlink()


def collect_cas(target: Path) -> Returned:
    found: Returned = {}
    for name, suffix in (("cas-json", ".json"), ("cas-xmi", ".xmi")):
        packed = target / f"{name}.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for file in sorted(target.rglob(f"*{suffix}")):
                archive.write(file, file.relative_to(target))
        found[name] = read(FORMATS[name], packed.read_bytes())
    return found


def collect_spacy(target: Path) -> Returned:
    reader = FORMATS["spacy-json"]
    return {name: read(reader, (target / f"{name}.jsonl").read_bytes()) for name in ("spacy", "spacy-json")}


def collect_rows(target: Path) -> Returned:
    rows = [orjson.loads(line) for line in (target / "rows.jsonl").read_bytes().splitlines()]
    return {"parquet": [_article_of(row) for row in rows]}


def _article_of(row: dict[str, Any]) -> Article:
    annotations = []
    for item in row.pop("annotations"):
        segments = tuple(Span(**span) for span in item.pop("segments"))
        assert item.pop("words") == [span.of(row["text"]) for span in segments]
        attributes = {pair["name"]: pair["value"] for pair in item.pop("attributes")}
        words = joined_surface(row["text"], segments)
        key = item.pop("id")
        annotations.append(Annotation(key=key, segments=segments, words=words, attributes=attributes, **item))
    relations = [
        Relation(**link | {end: annotations[link[end]].key for end in ("head", "child")})
        for link in row.pop("relations")
    ]
    layer = Layer(name=row.pop("layer"), annotations=tuple(annotations), relations=tuple(relations))
    return Article(**row, layers=(layer,))


def collect_converted(target: Path) -> Returned:
    """Return what the converter passed through; what it made of the other formats must have every region."""
    passed = sorted((target / "JSON").glob("*.json"))
    regions = sum(len(row.segments) for layer in _people() for row in layer.annotations)
    conll = sum(
        line.split()[-1].startswith("B-")
        for file in (target / "CONLL2003").glob("*.conll")
        for line in file.read_text().splitlines()
        if line.strip()
    )
    least = sum(
        len(row.get("label", []))
        for file in (target / "JSON_MIN").glob("*.json")
        for row in orjson.loads(file.read_bytes())
    )
    if least != regions or not conll:
        raise CannotRun(f"the converter found {least} of {regions} regions, {conll} in CoNLL")
    return {"label-studio": read(FORMATS["label-studio"], passed[0].read_bytes())}


def _people() -> list[Layer]:
    return [layer for article in articles() for layer in article.layers if not layer.is_machine]


def server(kind: type[Peer], prove: Callable[[Any], Returned], install: Path) -> Callable[[], Returned]:
    def started() -> Returned:
        peer = kind(install, settings.ATTEST_HOME / "peers")
        try:
            peer.install()
            peer.start()
            return prove(peer)
        except RuntimeError as error:
            raise CannotRun(str(error)) from error
        finally:
            peer.stop()

    return started


def by_label_studio(peer: LabelStudio) -> Returned:
    client = peer.client()
    wanted = {"title": "exchange", "label_config": CONFIGURATION}
    project = client.json("POST", "/api/projects/", wanted)["id"]
    format = FORMATS["label-studio"]
    client.call("POST", f"/api/projects/{project}/import", written(format, articles()))
    # The plain export has of predictions their ids alone, so a snapshot is asked for.
    address = f"/api/projects/{project}/exports/"
    options = {"serialization_options": {"predictions": {"only_id": False}}}
    snapshot = client.json("POST", address, options)["id"]
    deadline = time.monotonic() + PATIENCE
    while client.json("GET", f"{address}{snapshot}")["status"] != "completed":
        if time.monotonic() > deadline:
            raise CannotRun("the snapshot did not end")
        time.sleep(0.1)
    data = client.call("GET", f"{address}{snapshot}/download?exportType=JSON")
    return {"label-studio": read(format, data)}


def by_doccano(peer: Doccano) -> Returned:
    client = peer.client()
    found: Returned = {}
    for name in ("doccano", "doccano-spans", "doccano-graphemes"):
        format = FORMATS[name]
        peer.relations = name != "doccano-spans"
        peer.graphemes = name == "doccano-graphemes"
        peer.new_project(name)
        peer.bring_in(client, written(format, [carried(article, format) for article in articles()]))
        found[name] = read(format, peer.exported(client))
    return found


SIDES = (
    Side(
        name="dkpro-cassis",
        version="0.12.0",
        script="cassis_side.py",
        given=("cas-json", "cas-xmi"),
        collect=collect_cas,
    ),
    Side(
        name="spacy",
        version="3.8.18",
        script="spacy_side.py",
        more=("orjson", "regex"),
        given=("spacy-json",),
        collect=collect_spacy,
    ),
    Side(
        name="datasets",
        version="5.2.0",
        script="datasets_side.py",
        more=("orjson", "regex"),
        given=("label-studio",),
        collect=collect_rows,
    ),
    Side(
        name="label-studio-sdk",
        version="2.1.2",
        script="label_studio_sdk_side.py",
        given=("label-studio",),
        collect=collect_converted,
    ),
)
