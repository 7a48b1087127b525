"""Records from anywhere: what lies is rejected by itself, what is whole comes back as it was."""

import base64
import copy
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection

from annotations.models import Annotation, Layer, Pipeline, Relation, Review
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import submit_pass
from annotations.services.pipelines import activate_pipeline, start_run
from annotations.services.verifying import Lie, verify
from corpus.models import Article, Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.ingest import RowOutcome
from corpus.triggers import install, remove
from tests.annotations.deciding import at, machine, own, say, standing, suggestion
from tests.annotations.test_exporting import drop_rows, records, worked_on  # noqa: F401 - the fixture
from tests.conftest import GUARDS, TEXT, acting, put_in

Record = dict[str, Any]
NOBODY = "0" * 8 + "-0000-7000-8000-" + "0" * 12


def taken_in(corpus: Corpus, *given: Record) -> list[RowOutcome]:
    return list(import_records(COMMAND, corpus, [orjson.dumps(record) for record in given], source="file"))


def lies(corpus: Corpus) -> list[Lie]:
    return [found for found in verify(corpus) if isinstance(found, Lie)]


def in_copy(*given: Record, slug: str = "copy") -> Corpus:
    """Take records into a corpus of their own, all of them."""
    corpus = create_corpus(COMMAND, slug=slug, name=slug)
    refused = [outcome.reason for outcome in taken_in(corpus, *given) if outcome.reason]
    assert refused == []
    return corpus


def forget_people() -> None:
    """Drop what people said, past the guards."""
    remove(GUARDS, connection)
    for model in (Review, Relation, Annotation):
        drop_rows(model._default_manager.filter(layer__kind="reviewer"))
    drop_rows(Event.objects.filter(action__startswith="review."))
    drop_rows(Layer.objects.filter(kind="reviewer"))
    install(GUARDS, connection)


def twin_of(revision: Revision, corpus: Corpus) -> Revision:
    return Revision.objects.select_related("article").get(
        corpus=corpus, article__external_id=revision.article.external_id, number=revision.number
    )


@pytest.fixture
def whole(suggested: Revision, ada: User) -> Record:
    """The lossless record of an article with a machine layer and a pass in hand."""
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    (record,) = records(suggested.article.corpus)
    return record


def part(field: str, /, **changes: Any) -> Callable[[Record], object]:
    """Return what changes the last of a record's `field`."""
    return lambda record: record[field][-1].update(changes)


def top(**changes: Any) -> Callable[[Record], object]:
    return lambda record: record.update(changes)


def review(verdict: str, **changes: Any) -> Callable[[Record], object]:
    """Return what changes the first review of that verdict."""
    return lambda record: next(row for row in record["reviews"] if row["verdict"] == verdict).update(changes)


def of_the_machine(record: Record) -> Record:
    return next(row for row in record["annotations"] if row["origin"] == "machine")


UNLABELLED: Record = {
    "text_sha256": None, "sha256": None, "annotations": [], "relations": [], "reviews": [], "blocks": [],
}  # fmt: skip

HOSTILE: dict[str, Callable[[Record], object]] = {
    "a label that is a list": part("annotations", label=["quote"]),
    "attributes that are a list": part("annotations", attributes=["direct"]),
    "attributes that are words": part("annotations", attributes="direct"),
    "an origin that is a list": part("annotations", origin=[]),
    "an origin of nobody": part("annotations", origin=["machine"]),
    "a machine in a person's layer": part("annotations", origin="machine"),
    "a person in the machine's layer": lambda r: of_the_machine(r).update(origin="reviewer"),
    "a layer that is a list": part("annotations", layer=["gold"]),
    "a reason that is an object": part("annotations", reason={"a": 1}),
    "a reason that is a number": part("annotations", reason=7),
    "a score of yes": part("annotations", score=True),
    "a score beyond 64 bits": part("annotations", score=2**63 - 1),
    "segments of yes": part("annotations", segments=[[False, True]]),
    "segments of fractions": part("annotations", segments=[[0.0, 5.0]]),
    "segments of words": part("annotations", segments=["05"]),
    "segments that are an object": part("annotations", segments={"start": 0}),
    "segments past any text": part("annotations", segments=[[0, 2**62]]),
    "a surface that is a number": part("annotations", surface=5),
    "an id that is a number": part("annotations", id=5),
    "an id that is none": part("annotations", id="a1"),
    "an annotation that derives from a relation": lambda r: r["annotations"][-1].update(
        derived_from=r["relations"][0]["id"]),
    "an annotation that derives from itself": lambda r: r["annotations"][-1].update(
        derived_from=r["annotations"][-1]["id"]),
    "an id twice": lambda r: r["annotations"].append(copy.deepcopy(r["annotations"][-1])),
    "a relation between two layers": lambda r: r["relations"][-1].update(child=next(
        row["id"] for row in r["annotations"] if row["origin"] == "machine" and row["label"] == "cue")),
    "a relation of a list": part("relations", label=["source"]),
    "a relation that the scheme has not": part("relations", label="refutes"),
    "a relation with a number as its reason": part("relations", reason=7),
    "a relation to a list": part("relations", head=[]),
    "a relation to yes": part("relations", head=True),
    "a relation that derives from an annotation": lambda r: r["relations"][-1].update(
        derived_from=r["annotations"][0]["id"]),
    "a relation of a machine in a person's layer": part("relations", origin="machine", score=0.5),
    "an article id that is none": top(id="a1"),
    "an article id that is a number": top(id=-5),
    "an article id that is a list": top(id=[1]),
    "a revision id that is none": top(revision_id="a1"),
    "an external id that is a list": top(external_id=["a"]),
    "a number of yes": top(revision=True),
    "a number beyond the column": top(revision=2**40),
    "a title that is a list": top(title=["T"]),
    "an outlet that is an object": top(outlet={"name": "x"}),
    "a language longer than its column": top(language="x" * 36),
    "a licence that is a list": top(licence=["MIT"]),
    "a withheld text of a word": top(text_withheld="no"),
    "an encoding longer than its column": top(encoding="x" * 33),
    "an encoding that is none": top(encoding="martian"),
    "an encoding that is a list": top(encoding=["utf-8"]),
    "a codec that is no encoding": top(encoding="rot13"),
    "an encoding that cannot hold the text": top(encoding="ascii"),
    "a content type that is a number": top(content_type=5),
    "a content type longer than its column": top(content_type="x" * 65),
    "an extractor without its page": top(extractor="trafilatura@2"),
    "an extractor that is a list": top(extractor=["x"]),
    "metadata that are a list": top(metadata=[1]),
    "metadata that are words": top(metadata="desk"),
    "a hash that is a number": top(sha256=5),
    "a hash of something else": top(sha256="0" * 64),
    "a text hash that is a list": top(text_sha256=[]),
    "raw that is no base64": top(raw="*** no ***"),
    "raw that is a number": top(raw=5),
    "raw that is another page": top(raw=base64.b64encode(b"other").decode()),
    "a current that is a word": top(current="no"),
    "layers that are words": top(layers="all"),
    "a layer that is a number": top(layers=[5]),
    "a layer twice": lambda r: r["layers"].append(copy.deepcopy(r["layers"][0])),
    "one reviewer by two spellings": lambda r: r["layers"].append(
        {"name": r["layers"][-1]["name"].replace("-", "")}),
    "a reviewer of dashes": top(
        layers=[{"name": "reviewer:" + "-" * 32}], annotations=[], relations=[], reviews=[]),
    "a layer id that is none": lambda r: r["layers"][0].update(id="a1"),
    "a configuration that is a list": lambda r: r["layers"][0].update(configuration=[1]),
    "a submission at no time": lambda r: r["layers"][-1].update(submitted_at="soon"),
    "a submission without a zone": lambda r: r["layers"][-1].update(submitted_at="2026-01-01T00:00:00"),
    "a time before all calendars": lambda r: r["layers"][-1].update(created_at="0001-01-01T00:00:00+14:00"),
    "blocks that are words": top(blocks="body"),
    "a block that is a word": top(blocks=["body"]),
    "a block without a start": lambda r: r["blocks"][0].pop("start"),
    "a block from yes": part("blocks", start=True),
    "a block that is empty": lambda r: r["blocks"][-1].update(end=r["blocks"][-1]["start"]),
    "a block before its text": part("blocks", start=-1),
    "a block past its text": part("blocks", end=2**40),
    "a block of no kind": part("blocks", kind="rumour"),
    "a block whose kind is a list": part("blocks", kind=["body"]),
    "a block that was set to a list": part("blocks", kind_set=["body"]),
    "a block of a segmenter that is a number": part("blocks", segmenter=5),
    "a block of a segmenter without end": part("blocks", segmenter="x" * 33),
    "a block whose name is a word": part("blocks", name="Ruiz"),
    "a block whose name lies outside": part("blocks", name={"start": 0, "end": 10_000}),
    "a block whose name has no end": part("blocks", name={"start": 0}),
    "two blocks at one place": lambda r: r["blocks"].append(copy.deepcopy(r["blocks"][-1])),
    "reviews that are words": top(reviews="accept"),
    "a review that is a word": top(reviews=["accept"]),
    "a verdict that is a list": part("reviews", verdict=[]),
    "a verdict of nobody": part("reviews", verdict="perhaps"),
    "a version of yes": part("reviews", version=True),
    "a version of none": part("reviews", version=0),
    "a version beyond the column": part("reviews", version=2**40),
    "a version that leaves a gap": part("reviews", version=3),
    "a version twice": lambda r: r["reviews"].append({**r["reviews"][-1], "id": None}),
    "a review id twice": lambda r: r["reviews"].append({**r["reviews"][-1], "version": 2}),
    "a guideline that is a word": part("reviews", guideline="first"),
    "a guideline below none": part("reviews", guideline=-1),
    "a guideline beyond the column": part("reviews", guideline=2**40),
    "a reason longer than its column": part("reviews", reason="x" * 33),
    "a reason that is a list": part("reviews", reason=["x"]),
    "a note that is an object": part("reviews", note={"a": 1}),
    "a review in a layer that is a list": part("reviews", layer=["x"]),
    "a review in the machine's layer": lambda r: r["reviews"][-1].update(layer=r["layers"][0]["name"]),
    "a review in a layer of nobody": part("reviews", layer=f"reviewer:{NOBODY}"),
    "a review of nothing": part("reviews", on=NOBODY),
    "an acceptance of nothing": review("accept", result=None),
    "an acceptance that another layer holds": lambda r: r["reviews"][0].update(
        result=of_the_machine(r)["id"]),
    "an acceptance whose result is on another line": lambda r: r["reviews"][0].update(
        result=next(row["result"] for row in r["reviews"][1:] if row["result"] != r["reviews"][0]["result"])),
    "a rejection that holds something": part("reviews", verdict="reject", reason="other"),
    "a retraction of nothing": part("reviews", verdict="retract", result=None),
    "a retraction that is an acceptance": lambda r: r["reviews"][-1].update(retracts=r["reviews"][0]["id"]),
    "a review brought along by a stranger": part("reviews", implied_by=NOBODY),
    "a review brought along by itself": lambda r: r["reviews"][-1].update(implied_by=r["reviews"][-1]["id"]),
    "a review on the line of another": lambda r: r["reviews"][-1].update(line=of_the_machine(r)["id"]),
    "a review on no line": part("reviews", line="here"),
    "a time that is a list": top(published_at=["now"]),
    "a text longer than any": top(text="x" * 5_000_001, **UNLABELLED),
    "a text of nothing but space": top(text=" \n", **UNLABELLED),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_record_is_rejected_alone(whole: Record, kind: str) -> None:
    bad = copy.deepcopy(whole)
    HOSTILE[kind](bad)
    good = {"external_id": "good", "text": "Bread rose by 4 percent."}
    corpus = create_corpus(COMMAND, slug="copy", name="Copy")
    first, second = taken_in(corpus, bad, good)
    assert (first.outcome, second.outcome) == ("rejected", "created"), kind
    assert first.reason
    assert Layer.objects.filter(revision__corpus=corpus).count() == 0
    assert lies(corpus) == []


def test_a_correction_to_an_earlier_place_comes_back_on_its_own_line(suggested: Revision, ada: User) -> None:
    later, earlier = at(TEXT, "a third of their strength"), at(TEXT, "two of its cables")
    added = say(ada, suggested, "add", label="claim", segments=(later,))
    say(ada, suggested, "correct", UUID(added["annotation"]), version=1, segments=(earlier,))
    corpus = in_copy(*records(suggested.article.corpus))
    twin = own(ada, twin_of(suggested, corpus))
    first, second = sorted(twin.annotations.values(), key=lambda row: row.derived_from_id is not None)
    assert (first.root, second.derived_from_id, second.root) == (first.pk, first.pk, first.pk)
    assert standing(twin) == {("claim", "two of its cables")}
    assert lies(corpus) == []


def test_a_text_that_comes_back_is_three_revisions_there_too(corpus: Corpus) -> None:
    for text in ("One.\n", "Two.\n", "One.\n"):
        put_in(corpus, text, "there-and-back")
    given = records(corpus)
    copied = in_copy(*given)
    assert [(row["text"], row["current"]) for row in records(copied)] == [
        ("One.\n", False), ("Two.\n", False), ("One.\n", True),
    ]  # fmt: skip
    assert {outcome.outcome for outcome in taken_in(copied, *given)} == {"unchanged"}
    assert lies(copied) == []


def test_an_article_always_has_a_current_revision(corpus: Corpus) -> None:
    put_in(corpus, "Old.\n", "amended")
    put_in(corpus, "New.\n", "amended")
    copied = in_copy(*records(corpus, status="superseded"))
    assert lies(copied) == []
    assert put_in(copied, "Newest.\n", "amended").number == 2


def test_what_an_import_supersedes_has_its_event(corpus: Corpus) -> None:
    put_in(corpus, "Old.\n", "amended")
    old = Revision.objects.get(corpus=corpus)
    taken_in(corpus, {"external_id": "amended", "text": "New.\n"})
    event = Event.objects.get(object_id=str(old.pk), action="revision.moved")
    assert (event.before, event.after) == ("new", "superseded")


def test_a_pass_comes_to_the_suggestions_that_stand_already(suggested: Revision, ada: User) -> None:
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    (later,) = records(suggested.article.corpus)
    forget_people()
    Revision.objects.filter(pk=suggested.pk).update(status="suggested")
    (outcome,) = taken_in(suggested.article.corpus, later)
    assert (outcome.outcome, outcome.reason) == ("amended", "")
    suggested.refresh_from_db()
    assert suggested.status == "in_review"
    assert ("quote", "“The bridge will be closed for nine weeks,”") in standing(own(ada, suggested))
    assert lies(suggested.article.corpus) == []


def test_a_pass_on_suggestions_that_stand_by_other_ids_is_refused(suggested: Revision, ada: User) -> None:
    copied = in_copy(*records(suggested.article.corpus))
    say(ada, suggested, "accept", suggestion(suggested, "nine weeks").pk)
    (outcome,) = taken_in(copied, *records(suggested.article.corpus))
    assert outcome.outcome == "rejected" and "other ids" in outcome.reason
    assert lies(copied) == []


@pytest.mark.parametrize("layer", ["machine", "reviewer"])
def test_a_view_brings_no_status_that_it_cannot_vouch_for(suggested: Revision, ada: User, layer: str) -> None:
    for row in machine(suggested).annotations.values():
        say(ada, suggested, "skip", row.pk)
    submit_pass(acting(ada), suggested)
    name = layer if layer == "machine" else f"reviewer:{ada.public_id}"
    corpus = in_copy(*records(suggested.article.corpus, name))
    expected = {"machine": "suggested", "reviewer": "in_review"}[layer]
    assert twin_of(suggested, corpus).status == expected
    assert lies(corpus) == []


@pytest.mark.parametrize(
    "status", ["gold", "submitted", "disputed", "in_review", "superseded", "done", 7, ["new"]]
)
def test_no_record_claims_a_status_without_its_layers(corpus: Corpus, status: object) -> None:
    taken_in(corpus, {"external_id": "a", "text": "Bread rose by 4 percent.", "status": status})
    assert Revision.objects.get(corpus=corpus).status == "new"
    assert lies(corpus) == []


def test_a_built_in_pipeline_can_be_put_in_service_after_its_layers_came_in(suggested: Revision) -> None:
    corpus = in_copy(*records(suggested.article.corpus, "machine"))
    pipeline = activate_pipeline(COMMAND, corpus, "rules")
    assert pipeline.active and not pipeline.external
    put_in(corpus, external_id="next")
    assert work_jobs("w", limit=5, seconds=20) == {"done": 1}
    start_run(COMMAND, corpus, "rules")


def test_a_pipeline_that_our_workers_do_not_know_is_external_whatever_is_claimed(corpus: Corpus) -> None:
    layers = [{"name": "machine:oracle@1", "external": False}]
    taken_in(corpus, {"external_id": "a", "text": "Bread.", "layers": layers, "layer": "all"})
    assert Pipeline.objects.get(corpus=corpus).external


def test_one_article_under_two_ids_in_one_file_is_taken_once(corpus: Corpus, whole: Record) -> None:
    twin = {**copy.deepcopy(whole), "external_id": "another"}
    copied = in_copy(whole, twin)
    assert Article.objects.filter(corpus=copied).count() == 2
    assert lies(copied) == []


def test_everything_that_an_export_holds_comes_back(worked_on: Corpus) -> None:  # noqa: F811
    given = records(worked_on)
    back = records(in_copy(*given))
    for name in ("annotations", "relations", "reviews", "blocks", "layers"):
        assert [len(row[name]) for row in back] == [len(row[name]) for row in given], name
    assert [row["status"] for row in back] == [row["status"] for row in given]
    derived = [[item["derived_from"] is None for item in row["annotations"]] for row in given]
    assert [[item["derived_from"] is None for item in row["annotations"]] for row in back] == derived
