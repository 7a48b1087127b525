"""Our files in the hands of those whose formats they are, each in an environment of its own.

The packages read what we write and write it again; a running Label Studio and doccano take our files in and
export them. What comes back is read by our own readers and must be equal. Control: every comparison is made
once more with an annotation missing, and must then fail.

What is on no package index is looked for below `--install`. In `checkouts`: `brat` (github.com/nlplab/brat),
`citron` (github.com/bbc/citron) and `webanno_tsv` (github.com/neuged/webanno_tsv). In `contexts`:
`anno.jsonld` (www.w3.org/ns/), and of a release of github.com/schemaorg/schemaorg `schemaorgcontext.jsonld`
and `schemaorg-all-https.jsonld`.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from annotations.exchange import FORMATS
from annotations.exchange.articles import Annotation, Article, Layer, Relation
from annotations.exchange.packing import path_of
from annotations.exchange.pieces import spread
from annotations.exchange.units import Unit, offsets_of
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

#: What came back of each format, as articles in code points, or what came of a comparison of its own.
Returned = dict[str, list[Article] | str]
EQUAL, DIFFERENT, BLIND = "equal", "different", "the control found nothing"


@dataclass(frozen=True, kw_only=True)
class Side:
    """A program that reads and writes one of the formats."""

    name: str
    version: str
    script: str
    #: What it needs besides: our own code runs beside some.
    more: tuple[str, ...] = ()
    #: What has to be there below `--install`, since no package brings it.
    needs: tuple[str, ...] = ()
    is_package: bool = True
    pythons: tuple[str, ...] = PYTHONS
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
    return 0 if figures and all(outcome == EQUAL for outcome in figures.values()) else 1


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


def verdict(format: str, found: Sequence[Article] | str) -> str:
    """Return `equal`, or what came of the comparison; the control decides whether it means anything."""
    if isinstance(found, str):
        return found
    chosen = FORMATS[format]
    given = [carried(article, chosen) for article in articles()]
    back = [carried(article, chosen) for article in found]
    if comparable(back, chosen) != comparable(given, chosen):
        return DIFFERENT
    first, *layers = given[0].layers
    spoilt = replace(first, annotations=first.annotations[:-1], relations=())
    less = [replace(given[0], layers=(spoilt, *layers)), *given[1:]]
    return EQUAL if comparable(back, chosen) != comparable(less, chosen) else BLIND


def by_package(side: Side, install: Path) -> Returned:
    """Let a package read our files and write them again."""
    environment = install / f"exchange-{side.name}"
    program = environment / "bin" / "python"
    if missing := [name for name in side.needs if not (install / name).exists()]:
        raise CannotRun(f"{missing[0]} is not in {install}; see python -m bench exchange --help")
    wanted = " ".join([f"{side.name}=={side.version}"] * side.is_package + list(side.more))
    done = environment / "installed"
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(environment, ignore_errors=True)
        run([python_of(side.pythons), "-m", "venv", environment])
        if wanted:
            run([program, "-m", "pip", "install", "--quiet", *wanted.split()])
        done.write_text(wanted)
    with tempfile.TemporaryDirectory() as home:
        source, target = Path(home, "from"), Path(home, "to")
        source.mkdir()
        target.mkdir()
        (source / "config.xml").write_text(CONFIGURATION)
        for name in side.given:
            give(name, source)
        env = {
            "PYTHONPATH": str(settings.BASE_DIR),
            "EXCHANGE_INSTALL": str(install),
            "HF_HOME": home,
            "HF_HUB_OFFLINE": "1",
        }
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
    return {
        "cas-json": _archived("cas-json", target, ".json"),
        "cas-xmi": _archived("cas-xmi", target, ".xmi"),
    }


def collect_brat(target: Path) -> Returned:
    return {"brat": _archived("brat", target, ".txt", ".ann")}


def _archived(name: str, target: Path, *suffixes: str) -> list[Article]:
    packed = target / f"{name}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(target.rglob("*")):
            if file.suffix in suffixes:
                archive.write(file, file.relative_to(target))
    return read(FORMATS[name], packed.read_bytes())


def collect_table(target: Path) -> Returned:
    return {"csv": read(FORMATS["csv"], (target / "csv.csv").read_bytes())}


def collect_spacy(target: Path) -> Returned:
    reader = FORMATS["spacy-json"]
    names = ("spacy", "spacy-json")
    found: Returned = {name: read(reader, (target / f"{name}.jsonl").read_bytes()) for name in names}
    return found | {"conll": _of_tokens(orjson.loads((target / "conll.json").read_bytes()))}


def _of_tokens(docs: Sequence[dict[str, Any]]) -> list[Article]:
    """Return rows of tokens as annotations of our articles, in whose order they were written."""
    following = iter(docs)
    found = []
    for article in articles():
        layers = tuple(_layer_of_tokens(article.text, next(following)) for _ in article.said())
        found.append(Article(text=article.text, layers=layers))
    assert next(following, None) is None
    return found


def _layer_of_tokens(text: str, doc: dict[str, Any]) -> Layer:
    places, end = [], 0
    for word in doc["words"]:
        start = text.index(word, end)
        assert not text[end:start].strip(), "a token is missing"
        end = start + len(word)
        places.append(Span(start, end))
    rows = tuple(
        Annotation(
            key=str(number),
            label=span["label"],
            segments=(Span(places[span["first"]].start, places[span["last"]].end),),
        )
        for number, span in enumerate(doc["spans"])
    )
    return Layer(annotations=rows)


def collect_webanno(target: Path) -> Returned:
    """Compare the features of spans, in UTF-16 units."""
    told = orjson.loads((target / "webanno-tsv.json").read_bytes())
    back = {name: Counter(map(tuple, rows)) for name, rows in told.items()}
    format = FORMATS["webanno-tsv"]
    given: dict[str, Counter[tuple[Any, ...]]] = {
        f"{path_of(article, layer)}.tsv": Counter(_features(article, layer))
        for article in (carried(article, format) for article in articles())
        for layer in article.layers
    }
    name, rows = next(iter(given.items()))
    return {"webanno-tsv": _outcome(back, given, {**given, name: rows - Counter([next(iter(rows))])})}


def _features(article: Article, layer: Layer) -> Iterator[tuple[Any, ...]]:
    offsets = offsets_of(article.text, Unit.UTF16)
    for key, row, (start, end) in spread(layer).pieces:
        place = offsets.from_code_points(start), offsets.from_code_points(end)
        yield "label", row.label, *place
        if key == row.key:
            more = {**row.attributes, "score": row.score, "reason": row.reason}
            yield from ((name, str(value), *place) for name, value in more.items() if value)


def collect_citron(target: Path) -> Returned:
    """Compare quotes with a cue alone: at any other Citron's own parser stops."""
    format = FORMATS["citron"]
    rows = [orjson.loads(line) for line in written(format, articles()).splitlines()]
    for row in rows:
        row["quotes"] = [{**quote, "confidence": None} for quote in row["quotes"] if quote["cue"]]
    given = _comparable_lines(rows)
    (spoilt,) = (row for row in rows if row["quotes"])
    spoilt["quotes"] = spoilt["quotes"][:-1]
    back = comparable(read(format, (target / "citron.jsonl").read_bytes()), format)
    return {"citron": _outcome(back, given, _comparable_lines(rows))}


def _comparable_lines(rows: Sequence[dict[str, Any]]) -> Any:
    format = FORMATS["citron"]
    return comparable(read(format, b"".join(orjson.dumps(row) + b"\n" for row in rows)), format)


def _outcome(back: Any, given: Any, less: Any) -> str:
    if back != given:
        return DIFFERENT
    return EQUAL if back != less else BLIND


def collect_json_ld(target: Path) -> Returned:
    told = orjson.loads((target / "schema-org.json").read_bytes())
    said = Counter(_said_there(told["expanded"]))
    given = Counter(found for article in articles() for found in _said_here(article))
    outcome = _outcome(said, given, given - Counter([next(iter(given))]))
    if told["wrongs"]:
        outcome = "; ".join(told["wrongs"])
    return {
        "web-annotation": read(FORMATS["web-annotation"], (target / "web-annotation.jsonld").read_bytes()),
        "schema-org": outcome if told["control"] else BLIND,
    }


def _said_there(nodes: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield what expanded nodes of schema.org say: class, words and sources, and where."""
    for node in nodes:
        values = {
            name.rpartition("/")[2]: sorted(value.get("@value") or value.get("@id", "") for value in values)
            for name, values in node.items()
            if not name.startswith("@")
        }
        kind = node["@type"][0].rpartition("/")[2]
        if kind == "NewsArticle":
            yield kind, values["identifier"][0], *values.get("headline", [""])
            continue
        place = values.get("isPartOf") or values["appearance"]
        sources = values.get("spokenByCharacter") or values.get("author") or []
        yield kind, place[0], values["text"][0], *sources


def _said_here(article: Article) -> Iterator[tuple[Any, ...]]:
    """Yield the same of an article of ours."""
    place = article.url or f"urn:attest:{article.external_id}"
    yield "NewsArticle", article.external_id, article.title
    for layer in article.layers:
        words = {row.key: row.words for row in layer.annotations}
        for row in layer.annotations:
            if row.label in ("quote", "claim"):
                kind = "Quotation" if row.label == "quote" else "Claim"
                links = (link for link in layer.relations if link.head == row.key and link.label == "source")
                yield kind, place, row.words, *sorted(words[link.child] or "" for link in links)


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
        name="brat",
        version="of 4 October 2021",
        script="brat_side.py",
        needs=("checkouts/brat",),
        is_package=False,
        # It opens files in a way that Python 3.11 has taken away.
        pythons=("3.10", "3.9"),
        given=("brat",),
        collect=collect_brat,
    ),
    Side(
        name="citron",
        version="of 14 December 2021",
        script="citron_side.py",
        more=("spacy==3.8.18",),
        needs=("checkouts/citron",),
        is_package=False,
        given=("citron",),
        collect=collect_citron,
    ),
    Side(
        name="webanno_tsv",
        version="0.1.0",
        script="webanno_tsv_side.py",
        needs=("checkouts/webanno_tsv",),
        is_package=False,
        given=("webanno-tsv",),
        collect=collect_webanno,
    ),
    Side(
        name="pyld",
        version="3.3.0",
        script="json_ld_side.py",
        needs=(
            "contexts/anno.jsonld",
            "contexts/schemaorgcontext.jsonld",
            "contexts/schemaorg-all-https.jsonld",
        ),
        given=("web-annotation", "schema-org"),
        collect=collect_json_ld,
    ),
    Side(name="pandas", version="3.1.1", script="pandas_side.py", given=("csv",), collect=collect_table),
    Side(name="duckdb", version="2.0.0", script="duckdb_side.py", given=("csv",), collect=collect_table),
    Side(
        name="spacy",
        version="3.8.18",
        script="spacy_side.py",
        more=("orjson", "regex"),
        given=("spacy-json", "conll"),
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
