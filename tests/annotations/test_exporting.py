"""Out and in again: the native record loses nothing, and a view says that it is one."""

import base64
import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.db import connection

from annotations.models import (
    Annotation,
    Assignment,
    Dispute,
    Job,
    Layer,
    Pipeline,
    Relation,
    Review,
    Segment,
    Settlement,
)
from annotations.services import selection
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.jobs import configuration_hash
from annotations.services.layers import Proposed
from annotations.services.passes import submit_pass
from annotations.services.reading import LayerView, layer_name, read_layers
from annotations.services.rows import annotation_part, review_part
from annotations.services.settling import Choice, settle_dispute
from annotations.services.suggesting import take_suggestions
from annotations.services.verifying import Lie, verify
from corpus.models import Article, Block, Corpus, Event, RawSource, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, create_corpus
from corpus.services.errors import BadInput
from corpus.services.ingest import ingest_article
from corpus.services.revisions import set_block_kind
from corpus.triggers import remove
from tests.annotations.deciding import at, machine, own, say, standing, suggestion
from tests.conftest import GUARDS, TEXT, acting, member, put_in

HOSTILE = "👩‍👩‍👧 said:\r\n“Café\u0301 ist zu.”\u00a0Ende\u2028\U0001f1e9\U0001f1ea \tfin "


def exported(
    corpus: Corpus, layer: str = "all", *, offset_unit: str = "", **filters: str
) -> tuple[bytes, dict[str, Any]]:
    target = io.BytesIO()
    export = export_corpus(
        COMMAND, corpus, layer=layer, target=target, filters=filters, offset_unit=offset_unit
    )
    return target.getvalue(), export.manifest


def records(corpus: Corpus, layer: str = "all", **filters: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in exported(corpus, layer, **filters)[0].splitlines()]


def forget_everything() -> None:
    """Empty the tables past the guards, as a fresh installation would have them."""
    remove(GUARDS, connection)
    for model in (
        Settlement,
        Dispute,
        Assignment,
        Review,
        Relation,
        Segment,
        Annotation,
        Layer,
        Job,
        Block,
        RawSource,
        Event,
        Revision,
        Article,
    ):
        drop_rows(model._default_manager.all())


def drop_rows(rows: Any) -> None:
    """Delete as a shell on the database would, past what Django protects."""
    rows._raw_delete(rows.db)


@pytest.fixture
def worked_on(suggested: Revision, ada: User, ben: User) -> Corpus:
    """A corpus with all there is: two reviewers, a retraction, a broken quote, a page, an amended text."""
    corpus = suggested.article.corpus
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "accept", quote.pk)
    say(ada, suggested, "correct", quote.pk, version=1, links={"cue": []}, note="kein “cue”")
    say(ada, suggested, "retract", quote.pk, version=2)
    pieces = (at(TEXT, "two of its cables"), at(TEXT, "a third of their strength"))
    say(ada, suggested, "add", label="quote", segments=pieces, attributes={"type": "indirect"})
    say(ben, suggested, "reject", quote.pk, reason="not_a_quote")
    say(ben, suggested, "skip", suggestion(suggested, "12 percent", "claim").pk)
    put_in(
        corpus, HOSTILE, "hostile", title="“T”", outlet="Der Bote", url="https://x.example/?a=1&b=2",
        licence="by agreement, “T”", text_withheld=True,
    )  # fmt: skip
    put_in(corpus, "Old.\n", "amended")
    put_in(corpus, "New.\n", "amended")
    page = b"<html><body><p>One.</p></body></html>"
    ingest_article(
        COMMAND, corpus,
        IncomingArticle(place="p", text="One.", external_id="page", raw=page, content_type="text/html",
                        extractor="trafilatura@2", metadata={"desk": "metro"}),
        source="test",
    )  # fmt: skip
    block = Block.objects.filter(revision=suggested).first()
    assert block is not None
    set_block_kind(acting(ada), block, "caption")
    submit_pass(acting(ben), put_in(corpus, "Nothing here.\n", "nothing"))
    return corpus


def comparable(lines: bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in lines.splitlines()]


@pytest.mark.parametrize("unit", ["", "utf16", "utf8"])
def test_what_goes_out_whole_comes_back_equal(worked_on: Corpus, unit: str) -> None:
    before, _ = exported(worked_on)
    sent, manifest = exported(worked_on, offset_unit=unit)
    assert manifest["counts"]["revisions"] == 6 and manifest["lossless"]
    assert manifest["offset_unit"] == (unit or "code_point") and (sent == before) == (not unit)
    forget_everything()
    outcomes = list(import_records(COMMAND, worked_on, sent.splitlines(keepends=True), source="x"))
    assert [outcome.reason for outcome in outcomes if outcome.reason] == []
    after, _ = exported(worked_on)
    assert comparable(after) == comparable(before)
    assert after == before


@pytest.fixture
def configured(corpus: Corpus) -> dict[str, Pipeline]:
    """One text that three configurations of a version have read, and another whose name looks alike."""
    revision = put_in(corpus, "Bread rose by 4 percent.", "bread")
    told = [("1", {}, 0, 5), ("1", {"least": 0.5}, 0, 10), ("1", {"least": 0.7}, 6, 10)]
    look_alike = f"1+{configuration_hash({'least': 0.5})[:8]}"
    for version, configuration, start, end in [*told, (look_alike, {}, 6, 23)]:
        claim = Proposed(key=0, label="claim", segments=[(start, end)], score=0.5)
        take_suggestions(
            COMMAND, revision, name="tagger", version=version, configuration=configuration,
            annotations=[claim], relations=[],
        )  # fmt: skip
    return {f"machine:{row.identity}": row for row in Pipeline.objects.filter(corpus=corpus)}


def test_each_configuration_of_a_version_is_a_layer_of_its_own(
    corpus: Corpus, configured: dict[str, Pipeline]
) -> None:
    assert len(configured) == 4 and "machine:tagger@1" in configured
    surfaces = set()
    for name, pipeline in configured.items():
        (row,) = records(corpus, name)
        (item,) = row["annotations"]
        assert row["layer"] == item["layer"] == name
        assert str(Annotation.objects.get(layer__pipeline=pipeline).pk) == item["id"]
        surfaces.add(item["surface"])
    assert len(surfaces) == 4


def test_two_configurations_of_a_version_come_back_as_two(
    corpus: Corpus, configured: dict[str, Pipeline]
) -> None:
    before, _ = exported(corpus)
    forget_everything()
    drop_rows(Pipeline.objects.all())
    outcomes = list(import_records(COMMAND, corpus, before.splitlines(), source="x"))
    assert [outcome.reason for outcome in outcomes if outcome.reason] == []
    back = {f"machine:{row.identity}": row for row in Pipeline.objects.filter(corpus=corpus)}
    assert {name: row.configuration for name, row in back.items()} == {
        name: row.configuration for name, row in configured.items()
    }
    assert exported(corpus)[0] == before
    assert {
        outcome.outcome for outcome in import_records(COMMAND, corpus, before.splitlines(), source="x")
    } == {"unchanged"}


def test_a_view_of_a_configuration_that_nobody_knows_here_is_refused(
    corpus: Corpus, configured: dict[str, Pipeline]
) -> None:
    (name,) = (name for name, row in configured.items() if row.configuration == {"least": 0.7})
    view, _ = exported(corpus, name)
    (outcome,) = import_records(COMMAND, corpus, view.splitlines(), source="x")
    assert outcome.outcome == "unchanged"
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    (outcome,) = import_records(COMMAND, copy, view.splitlines(), source="x")
    assert outcome.outcome == "rejected" and "does not state the configuration" in outcome.reason
    assert Pipeline.objects.filter(corpus=copy).count() == 0


def by_instances(revision: Revision) -> dict[str, Any]:
    """Return the lossless record of a revision as its model instances have it."""
    article, raw = revision.article, getattr(revision, "raw", None)
    views = read_layers(list(Layer.objects.filter(revision=revision).order_by("id")))
    return {
        "schema": "attest/1",
        "id": str(article.pk),
        "external_id": article.external_id,
        "corpus": revision.corpus.slug,
        "revision": revision.number,
        "text_sha256": revision.text_sha256,
        "length": revision.length,
        "text": revision.text,
        "title": article.title,
        "outlet": article.outlet.name if article.outlet else "",
        "url": article.url,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "language": article.language,
        "licence": article.licence,
        "text_withheld": article.text_withheld,
        "status": revision.status,
        "layer": "all",
        "blocks": [block_by_instance(block) for block in revision.blocks.order_by("segmenter", "start")],
        "annotations": [annotation_part(view, row) for view in views for row in view.annotations.values()],
        "relations": [relation_by_instance(view, row) for view in views for row in view.relations.values()],
        "reviews": [review_part(review, view.layer) for view in views for review in view.reviews],
        "revision_id": str(revision.pk),
        "current": revision.current,
        "created_at": revision.created_at.isoformat(),
        "article_created_at": article.created_at.isoformat(),
        "erased_at": None,
        "sha256": revision.sha256,
        "encoding": revision.encoding,
        "bom": revision.bom,
        "content_type": revision.content_type,
        "extractor": revision.extractor,
        "raw": base64.b64encode(bytes(raw.data)).decode() if raw else None,
        "byline": article.byline,
        "metadata": article.metadata,
        "layers": [layer_by_instance(view.layer) for view in views],
        "settlements": [settlement_by_instance(row) for view in views for row in view.settlements],
        "disputes": [dispute_by_instance(row) for row in revision.disputes.order_by("id")],
        "assignments": [assignment_by_instance(row) for row in revision.assignments.order_by("id")],
    }


def block_by_instance(block: Block) -> dict[str, Any]:
    body: dict[str, Any] = {"start": block.start, "end": block.end, "kind": block.kind}
    if block.name_start is not None:
        body["name"] = {"start": block.name_start, "end": block.name_end}
    body["segmenter"] = block.segmenter
    return {**body, "kind_set": block.kind_set} if block.kind_set else body


def relation_by_instance(view: LayerView, row: Relation) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "root": str(row.root),
        "label": row.label,
        "head": str(row.head_id),
        "child": str(row.child_id),
        "layer": layer_name(view.layer),
        "origin": row.origin,
        "score": row.score,
        "reason": row.reason,
        "derived_from": str(row.derived_from_id) if row.derived_from_id else None,
    }


def layer_by_instance(layer: Layer) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": layer_name(layer),
        "id": str(layer.pk),
        "created_at": layer.created_at.isoformat(),
        "submitted_at": layer.submitted_at.isoformat() if layer.submitted_at else None,
    }
    if layer.pipeline:
        body |= {"configuration": layer.pipeline.configuration, "external": layer.pipeline.external}
    return body


def settlement_by_instance(row: Settlement) -> dict[str, Any]:
    result = row.result_id or row.result_relation_id
    return {
        "id": str(row.pk),
        "line": str(row.line),
        "version": row.version,
        "outcome": row.outcome,
        "dispute": str(row.dispute_id) if row.dispute_id else None,
        "result": str(result) if result else None,
        "implied_by": str(row.implied_by_id) if row.implied_by_id else None,
        "reason": row.reason,
        "note": row.note,
        "rule": row.rule,
        "guideline": row.guideline,
        "settled_by": str(row.settled_by.public_id) if row.settled_by else None,
        "at": row.at.isoformat(),
    }


def dispute_by_instance(row: Dispute) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "line": str(row.line),
        "start": row.start,
        "differences": row.differences,
        "positions": [
            {"layer": layer_name(Layer.objects.get(pk=side["layer"])), "annotation": side["annotation"]}
            for side in row.positions
        ],
        "status": row.status,
        "version": row.version,
        "opened_at": row.opened_at.isoformat(),
    }


def assignment_by_instance(row: Assignment) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "number": row.number,
        "rank": row.rank,
        "status": row.status,
        "reviewer": str(row.reviewer.public_id) if row.reviewer else None,
        "taken_at": row.taken_at.isoformat() if row.taken_at else None,
        "lease_until": row.lease_until.isoformat() if row.lease_until else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
    }


def settle_one(corpus: Corpus, user: User, judge: User) -> None:
    """Let two people read a text that they differ on, and one who has not read it settle that."""
    revision = put_in(corpus, "Bread rose by 4 percent.", "settled")
    corpus.refresh_from_db()
    configure_corpus(COMMAND, corpus, version=corpus.version, changes={"passes": 2})
    say(user, revision, "add", label="claim", segments=((0, 24),))
    submit_pass(acting(user), revision)
    submit_pass(acting(member(corpus, "eve", Role.REVIEWER)), revision)
    choice = Choice(take=own(user, revision).layer.pk, reason="overlooked", note="Ja.", rule="R1")
    settle_dispute(acting(judge), Dispute.objects.get(), choice, version=1)


def test_the_rows_of_the_driver_say_what_the_instances_say(worked_on: Corpus, ada: User, cy: User) -> None:
    put_in(worked_on, "MAYOR: We saw it.\n\nBEA: So did I.\n", "spoken")
    settle_one(worked_on, ada, cy)
    kept = Article.objects.get(corpus=worked_on, external_id="hostile")
    kept.published_at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    kept.save(update_fields=["published_at"])
    lines, _ = exported(worked_on)
    expected = [by_instances(row) for row in Revision.objects.filter(corpus=worked_on).order_by("pk")]
    kinds = ("settlements", "disputes", "assignments")
    for kind in ("blocks", "annotations", "relations", "reviews", "layers", "raw", "metadata", *kinds):
        assert any(row[kind] for row in expected), kind
    assert any("name" in block for row in expected for block in row["blocks"])
    assert any(len(item["segments"]) > 1 for row in expected for item in row["annotations"])
    assert lines.splitlines() == [orjson.dumps(row) for row in expected]


def test_pages_of_any_size_hold_the_same_lines(worked_on: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, machine_view = exported(worked_on), exported(worked_on, "machine")
    monkeypatch.setattr(selection, "PAGE_LENGTH", 1)
    assert exported(worked_on)[0] == whole[0]
    assert exported(worked_on, "machine")[0] == machine_view[0]
    monkeypatch.setattr(selection, "PAGE_LENGTH", 2**21)
    monkeypatch.setattr(selection, "PAGE", 2)
    assert exported(worked_on)[0] == whole[0]


def test_importing_twice_changes_nothing(worked_on: Corpus) -> None:
    lines, _ = exported(worked_on)
    counts = [model._default_manager.count() for model in (Revision, Layer, Annotation, Relation, Review)]
    outcomes = list(import_records(COMMAND, worked_on, lines.splitlines(), source="x"))
    assert {outcome.outcome for outcome in outcomes} == {"unchanged"}
    assert counts == [
        model._default_manager.count() for model in (Revision, Layer, Annotation, Relation, Review)
    ]


def test_a_copy_in_the_same_installation_gets_its_own_ids_and_says_the_same(
    worked_on: Corpus, suggested: Revision, ada: User
) -> None:
    lines, _ = exported(worked_on)
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    outcomes = list(import_records(COMMAND, copy, lines.splitlines(), source="x"))
    assert [outcome.reason for outcome in outcomes if outcome.reason] == []
    twin = Revision.objects.get(corpus=copy, article__external_id="bridge")
    assert twin.pk != suggested.pk
    assert standing(own(ada, twin)) == standing(own(ada, suggested))
    assert not [found for found in verify(copy) if isinstance(found, Lie)]


def test_the_manifest_is_that_of_the_file(worked_on: Corpus) -> None:
    lines, manifest = exported(worked_on)
    assert manifest["sha256"] == hashlib.sha256(lines).hexdigest()
    assert manifest["bytes"] == len(lines)
    rows = [orjson.loads(line) for line in lines.splitlines()]
    assert manifest["counts"]["annotations"] == sum(len(row["annotations"]) for row in rows)
    assert manifest["counts"]["articles"] == len({row["id"] for row in rows})


def test_every_surface_is_its_text(worked_on: Corpus) -> None:
    for row in records(worked_on):
        for item in row["annotations"]:
            assert item["surface"] == " … ".join(row["text"][start:end] for start, end in item["segments"])


def test_the_text_comes_out_as_it_came_in(worked_on: Corpus) -> None:
    row = next(row for row in records(worked_on) if row["external_id"] == "hostile")
    assert row["text"] == HOSTILE


def test_a_view_of_a_reviewer_holds_what_stands_there(
    worked_on: Corpus, ada: User, suggested: Revision
) -> None:
    (row,) = records(worked_on, f"reviewer:{ada.public_id}")
    assert {(item["label"], item["surface"]) for item in row["annotations"]} == {
        (label, surface if "cables" not in surface else "two of its cables … a third of their strength")
        for label, surface in standing(own(ada, suggested))
    }
    ends = {item["id"] for item in row["annotations"]}
    assert all(link["head"] in ends and link["child"] in ends for link in row["relations"])
    assert len(row["reviews"]) == Review.objects.filter(layer__reviewer=ada).count()


def test_a_view_of_the_machine_holds_its_suggestions(worked_on: Corpus, suggested: Revision) -> None:
    row = next(row for row in records(worked_on, "machine") if row["external_id"] == "bridge")
    assert len(row["annotations"]) == len(machine(suggested).annotations)
    assert all(item["score"] is not None and item["reason"] for item in row["annotations"])
    assert row["reviews"] == []


def test_a_view_can_be_narrowed_by_known_filters_only(worked_on: Corpus) -> None:
    assert [row["external_id"] for row in records(worked_on, outlet="Der Bote")] == ["hostile"]
    with pytest.raises(BadInput, match="no filter"):
        records(worked_on, report__started_by__password__startswith="a")
    with pytest.raises(BadInput, match="no layer"):
        records(worked_on, "reviewer:somebody")


def test_a_span_that_lies_stops_the_export(worked_on: Corpus, suggested: Revision) -> None:
    remove(GUARDS, connection)
    Annotation.objects.filter(layer__revision=suggested).update(start=0)
    with pytest.raises(BadInput, match="does not fit"):
        exported(worked_on)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "short"}, "text_sha256"),
        ({"text": None}, "text is missing"),
        ({"schema": "other/9"}, "schema"),
        ({"annotations": [{"label": "claim", "segments": [[0, 9999]], "layer": "gold"}]}, "annotations[0]"),
        (
            {"annotations": [{"label": "claim", "segments": [[0, 3]], "surface": "no", "layer": "gold"}]},
            "[0]",
        ),
        ({"annotations": [{"label": "nope", "segments": [[0, 3]], "layer": "gold"}]}, "no label"),
        (
            {"annotations": [{"label": "claim", "segments": [[0, 3]], "layer": "machine:x@1"}]},
            "needs a score",
        ),
        ({"relations": [{"label": "source", "head": 0, "child": 1, "layer": "gold"}]}, "relations[0]"),
        ({"layer": "everybody's"}, "the layer"),
        ({"published_at": "yesterday"}, "published_at"),
    ],
)
def test_a_record_that_lies_is_rejected_whole_and_the_rest_goes_in(
    corpus: Corpus, change: dict[str, Any], reason: str
) -> None:
    good = {"external_id": "a", "text": "Bread rose by 4 percent.", "text_sha256": None}
    bad = {**good, "external_id": "b", **change}
    if "text" in change:
        bad["text_sha256"] = "0" * 64
    lines = [orjson.dumps(good), orjson.dumps(bad), b"{broken", orjson.dumps({**good, "external_id": "c"})]
    outcomes = list(import_records(COMMAND, corpus, lines, source="file"))
    assert [outcome.outcome for outcome in outcomes] == ["created", "rejected", "rejected", "created"]
    assert reason in outcomes[1].reason and outcomes[1].place == "file:2"
    assert Layer.objects.count() == 0


def test_a_record_made_by_hand_needs_neither_ids_nor_surfaces(corpus: Corpus) -> None:
    text = "“Yes,” said Bo."
    record = {
        "external_id": "by-hand", "text": text, "layer": "machine:mine@2",
        "annotations": [
            {"label": "quote", "segments": [[0, 6]], "score": 0.5, "attributes": {"type": "direct"}},
            {"label": "attribution", "segments": [[12, 14]], "score": 1},
        ],
        "relations": [{"label": "source", "head": 0, "child": 1, "score": 0.4}],
    }  # fmt: skip
    (outcome,) = import_records(COMMAND, corpus, [json.dumps(record).encode()], source="x")
    assert outcome.outcome == "created"
    assert outcome.revision_id
    view = machine(Revision.objects.get(pk=outcome.revision_id))
    assert standing(view) == {("quote", "“Yes,”"), ("attribution", "Bo")}
    assert len(view.links) == 1


def test_the_export_of_an_empty_corpus_is_an_empty_file(corpus: Corpus) -> None:
    lines, manifest = exported(corpus)
    assert lines == b"" and manifest["counts"]["articles"] == 0


@pytest.mark.parametrize("number", [1e16, 1e22, 1.5e300, -1e22, 2**63 - 1, 0.1])
def test_a_number_in_metadata_never_stops_an_export(corpus: Corpus, number: float) -> None:
    incoming = IncomingArticle(
        place="p", text="One.", external_id="n", raw=b"One.", metadata={"n": number, "deep": [{"n": number}]}
    )
    ingest_article(COMMAND, corpus, incoming, source="test")
    (row,) = records(corpus)
    assert row["metadata"] == {"n": number, "deep": [{"n": number}]}
