"""Files of other tools in and out: by command, by API, whole or not at all."""

import io
import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command

from annotations.exchange import FORMATS
from annotations.exchange.losses import EVERYTHING
from annotations.exchange.source import source_of
from annotations.models import Annotation, Layer, Relation
from annotations.services.exporting import export_corpus
from annotations.services.importing.articles import import_articles
from annotations.services.reading import layer_name
from corpus.models import Article, Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.errors import BadInput
from corpus.services.ingest import RowOutcome
from tests.annotations.deciding import say, suggestion
from tests.conftest import TEXT

BOTH = [name for name, format in FORMATS.items() if format.read and format.write and not format.needs]
WRITERS = [
    name for name, format in FORMATS.items() if format.write and not format.needs and name != "claim-review"
]

#: What every format but the native one leaves behind.
HISTORY = {"blocks", "reviews", "derived_from"}


def taken(corpus: Corpus, data: bytes, name: str, **options: Any) -> list[RowOutcome]:
    source = source_of(io.BytesIO(data), f"file{FORMATS[name].suffix}")
    return list(import_articles(COMMAND, corpus, source, format=name, **options))


def tasks(*given: Any) -> bytes:
    return orjson.dumps(given)


def task(text: str = TEXT, *regions: tuple[int, int, str, str | None], **more: Any) -> dict[str, Any]:
    result = [
        {
            "id": f"r{number}",
            "type": "labels",
            "from_name": "label",
            "to_name": "text",
            "value": {"start": start, "end": end, "labels": [label], **({"text": words} if words else {})},
        }
        for number, (start, end, label, words) in enumerate(regions)
    ]
    return {"data": {"text": text}, "annotations": [{"completed_by": 7, "result": result}], **more}


@pytest.fixture
def worked_on(suggested: Revision, ada: User) -> Corpus:
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    return suggested.article.corpus


def exported(corpus: Corpus, name: str, layer: str = "all") -> tuple[bytes, dict[str, Any]]:
    target = io.BytesIO()
    manifest = export_corpus(COMMAND, corpus, layer=layer, target=target, format=name).manifest
    return target.getvalue(), manifest


def what_is_said(corpus: Corpus) -> dict[str, Any]:
    """Return labels, segments and links by layer, without ids."""
    found: dict[str, Any] = {}
    for layer in Layer.objects.filter(revision__article__corpus=corpus):
        rows = sorted((row.label, row.start, row.surface) for row in Annotation.objects.filter(layer=layer))
        links = sorted(
            (row.label, row.head.surface, row.child.surface) for row in Relation.objects.filter(layer=layer)
        )
        found[layer_name(layer)] = rows, links
    return found


@pytest.mark.parametrize("name", BOTH)
def test_what_goes_out_comes_into_another_corpus(worked_on: Corpus, name: str) -> None:
    data, manifest = exported(worked_on, name)
    assert manifest["format"] == name and not manifest["lossless"] and manifest["counts"]["articles"] == 1
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    outcomes = taken(copy, data, name)
    assert {row.reason for row in outcomes} == {""}
    assert Article.objects.get(corpus=copy).revisions.get().text == TEXT
    before = {surface for rows, _ in what_is_said(worked_on).values() for _, _, surface in rows}
    after = {surface for rows, _ in what_is_said(copy).values() for _, _, surface in rows}
    assert after <= before and after
    again = taken(copy, data, name)
    assert {row.outcome for row in again} == {"unchanged"}


def test_what_label_studio_carries_is_equal_layer_by_layer(worked_on: Corpus) -> None:
    data, manifest = exported(worked_on, "label-studio")
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    taken(copy, data, "label-studio")
    assert what_is_said(copy) == what_is_said(worked_on)
    assert set(manifest["losses"]) == HISTORY


@pytest.mark.parametrize("name", WRITERS)
def test_a_strict_export_refuses_what_it_would_lose(worked_on: Corpus, name: str) -> None:
    def strict() -> None:
        export_corpus(COMMAND, worked_on, layer="all", target=io.BytesIO(), format=name, strict=True)

    lost = set(exported(worked_on, name)[1]["losses"]) - HISTORY
    assert not (lost and FORMATS[name].carries == EVERYTHING)
    if not lost:
        strict()
        return
    with pytest.raises(BadInput, match="cannot be carried in"):
        strict()


def test_that_a_text_is_withheld_is_in_native_records_alone(worked_on: Corpus) -> None:
    assert "text_withheld" not in exported(worked_on, "web-annotation")[1]["losses"]
    Article.objects.filter(corpus=worked_on).update(text_withheld=True)
    losses = exported(worked_on, "web-annotation")[1]["losses"]
    assert losses["text_withheld"] == Article.objects.filter(corpus=worked_on).count()


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("spacy", "spacy")])
def test_a_package_that_is_not_here_is_named(
    worked_on: Corpus, monkeypatch: pytest.MonkeyPatch, name: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(BadInput, match=f"needs the package {package}"):
        exported(worked_on, name)


def test_a_person_of_a_file_becomes_an_account_of_that_name(corpus: Corpus) -> None:
    (outcome,) = taken(corpus, tasks(task(TEXT, (1, 4, "quote", "The"))), "label-studio")
    assert outcome.outcome == "created"
    assert outcome.notes == {"articles with offsets in code_point, verified by their words": 1}
    reviewer = Layer.objects.get().reviewer
    assert reviewer is not None and reviewer.pseudonym == "7" and not reviewer.is_active
    other = create_corpus(COMMAND, slug="other", name="Other")
    taken(other, tasks(task(TEXT, (1, 4, "quote", "The"))), "label-studio")
    assert Layer.objects.exclude(reviewer=reviewer).filter(kind="reviewer").count() == 1


def test_one_bad_article_is_rejected_whole_and_the_rest_goes_in(corpus: Corpus) -> None:
    given = tasks(
        task("One said.", (0, 3, "quote", "One"), (4, 8, "cue", "lied")),
        task("Two said.", (0, 3, "quote", "Two")),
        task("Three.", (0, 5, "PERSON", "Three")),
        task("Four.", (0, 50, "quote", None)),
    )
    outcomes = taken(corpus, given, "label-studio")
    assert [row.outcome for row in outcomes] == ["rejected", "created", "rejected", "rejected"]
    assert "'cue' r1 at 4–8" in outcomes[0].reason and outcomes[0].place.endswith("[0]")
    assert "label map" not in outcomes[0].reason and "map it" in outcomes[2].reason
    assert Article.objects.count() == 1


def test_a_label_map_says_what_labels_are(corpus: Corpus) -> None:
    given = tasks(task("Three said.", (0, 5, "PERSON", "Three"), (6, 10, "VERB", "said")))
    labels = {"labels": {"PERSON": {"label": "quote", "attributes": {"type": "direct"}}, "VERB": None}}
    (outcome,) = taken(corpus, given, "label-studio", labels=labels)
    assert outcome.outcome == "created"
    assert outcome.notes["annotations that the label map leaves out"] == 1
    row = Annotation.objects.get()
    assert (row.label, row.attributes) == ("quote", {"type": "direct"})


def test_a_link_that_stands_twice_there_is_taken_once_and_told(corpus: Corpus) -> None:
    given = task("Three said.", (0, 5, "quote", "Three"), (6, 10, "attribution", "said"))
    link = {"type": "relation", "from_id": "r0", "to_id": "r1", "direction": "right"}
    said = link | {"from_id": "r1", "to_id": "r0", "labels": ["says"]}
    links = [link | {"labels": [label]} for label in ("source", "by", "source")]
    given["annotations"][0]["result"] += [*links, said]
    says = {"relation": "source", "reversed": True}
    labels = {"relations": {"by": "source", "source": "source", "says": says}}
    (outcome,) = taken(corpus, tasks(given), "label-studio", labels=labels)
    assert (outcome.outcome, outcome.notes["relations that stand there twice"]) == ("created", 3)
    assert Relation.objects.get().label == "source"


@pytest.mark.parametrize(
    "labels",
    [
        [],
        {"x": {}},
        {"labels": []},
        {"labels": {"A": "nothing"}},
        {"labels": {"A": {"label": "quote", "b": 1}}},
    ],
)
def test_a_label_map_that_leads_nowhere_is_refused(corpus: Corpus, labels: Any) -> None:
    with pytest.raises(BadInput, match="label map"):
        taken(corpus, tasks(task()), "label-studio", labels=labels)


def test_an_id_with_two_texts_or_two_layers_of_one_person_is_refused(corpus: Corpus) -> None:
    one, other = task("One."), task("Other.")
    for given in (one, other):
        given["data"]["external_id"] = "same"
    outcomes = taken(corpus, tasks(one, other, one), "label-studio")
    assert [row.outcome for row in outcomes] == ["created", "rejected", "rejected"]
    assert "two texts" in outcomes[1].reason and "one annotator" in outcomes[2].reason


@pytest.mark.parametrize("cut", [1, 50, -3])
def test_a_file_that_is_cut_off_changes_nothing(corpus: Corpus, cut: int) -> None:
    whole = tasks(*(task(f"Text {number}.") for number in range(5)))
    with pytest.raises(BadInput, match="Nothing was imported"):
        taken(corpus, whole[:cut], "label-studio")
    assert not Article.objects.exists()
    assert len(taken(corpus, whole, "label-studio")) == 5


def test_the_command_takes_a_file_and_tells_what_it_took(corpus: Corpus, tmp_path: Path) -> None:
    file, labels = tmp_path / "tasks.json", tmp_path / "map.json"
    file.write_bytes(tasks(task("🌊 Three said.", (3, 8, "PERSON", "Three"))))
    labels.write_text(json.dumps({"labels": {"PERSON": "attribution"}}))
    said = StringIO()
    options = {"corpus": "harbour", "format": "label-studio", "map": labels, "json": True}
    call_command("import", str(file), **options, dry_run=True, stdout=said)
    assert json.loads(said.getvalue())["notes"] == {
        "articles with offsets in utf16, verified by their words": 1
    }
    assert not Article.objects.exists()
    call_command("import", str(file), **options, stdout=StringIO())
    assert Annotation.objects.get().surface == "Three"


def test_a_new_corpus_is_not_made_for_a_file_that_cannot_be_read(db: None, tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_bytes(b"[{")
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import", str(file), corpus="new", format="label-studio")
    assert not Corpus.objects.exists()


def test_the_command_writes_a_format_with_its_losses(worked_on: Corpus, tmp_path: Path) -> None:
    file, said = tmp_path / "out.json", StringIO()
    call_command("export", corpus="harbour", format="label-studio", layer="machine", output=file, stdout=said)
    assert "cannot carry" in said.getvalue()
    assert json.loads(file.read_bytes())[0]["predictions"]
    with pytest.raises(CommandError, match="Nothing was exported"):
        call_command("export", corpus="harbour", format="conll", layer="machine", output=file, strict=True)
    assert json.loads(file.read_bytes())
