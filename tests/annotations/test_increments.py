"""An export that goes on from an earlier one: whoever adds them up has what a whole one holds."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.filling import refill_changed_queues
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline, retire_pipeline
from annotations.services.queue import give_back, keep, take
from corpus.models import Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus
from corpus.services.errors import BadInput
from corpus.services.events import seal_events
from tests.annotations.catching_up import Reader, had
from tests.annotations.deciding import machine
from tests.annotations.test_exporting import worked_on  # noqa: F401 - the fixture
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all
from tests.conftest import TEXT, acting, put_in


@pytest.mark.parametrize("layer", ["all", "gold", "machine", "reviewer"])
def test_increments_add_up_to_the_whole(
    worked_on: Corpus,  # noqa: F811 - the fixture
    suggested: Revision,
    ada: User,
    layer: str,
) -> None:
    configure_corpus(COMMAND, worked_on, version=worked_on.version, changes={"single_is_gold": True})
    reader = Reader(worked_on, f"reviewer:{ada.public_id}" if layer == "reviewer" else layer).catch_up()
    hostile = Revision.objects.get(article__external_id="hostile")
    work_jobs("test", limit=10, seconds=30)
    acts: list[Callable[[], object]] = [
        lambda: decide_all(ada, hostile),
        lambda: put_in(worked_on, "“It is new,” said Ann.\n", "new"),
        lambda: put_in(worked_on, hostile.text, "hostile", title="Another title"),
        lambda: put_in(worked_on, "Amended.\n", "hostile"),
        lambda: decide_all(ada, suggested),
        lambda: erase_article(COMMAND, suggested.article, reason="taken down"),
        lambda: retire_pipeline(COMMAND, worked_on.pipelines.get(active=True)),
    ]
    held = []
    for act in acts:
        act()
        held.append(reader.catch_up().known.copy())
        assert reader.known == reader.whole()
    assert any(held), "there was nothing to tell"
    assert not reader.catch_up().told, "what has not changed is told again"


def test_only_what_changed_is_told(worked_on: Corpus, suggested: Revision, ada: User) -> None:  # noqa: F811
    reader = Reader(worked_on, "all").catch_up()
    assert len(reader.told) > 3
    put_in(worked_on, "New.\n", "one more")
    assert [line["external_id"] for line in reader.catch_up().told] == ["one more"]


def test_what_is_gone_has_a_tombstone_with_its_reason(corpus: Corpus, ada: User) -> None:
    configure_corpus(COMMAND, corpus, version=1, changes={"single_is_gold": False})
    texts = [put_in(corpus, f"{number}. {TEXT}", f"n{number}") for number in range(3)]
    for text in texts:
        submit_pass(acting(ada), text)
    reader = Reader(corpus, f"reviewer:{ada.public_id}", status="submitted").catch_up()
    assert sorted(reader.known) == ["n0", "n1", "n2"]
    erase_article(COMMAND, texts[0].article, reason="taken down")
    reopen_pass(acting(ada), texts[1])
    put_in(corpus, "Amended.\n", "n2")
    put_in(corpus, "Never told.\n", "new")
    reader.catch_up()
    assert reader.tombstones() == {"n0": "erased", "n1": "outside_filters", "n2": "outside_filters"}
    assert reader.known == {} == reader.whole()


def test_other_formats_name_what_is_gone_in_the_manifest(corpus: Corpus, suggested: Revision) -> None:
    before = Reader(corpus, "machine").catch_up().position
    erase_article(COMMAND, suggested.article, reason="taken down")
    seal_events()
    target = io.BytesIO()
    manifest = export_corpus(
        COMMAND, corpus, layer="machine", target=target, format="web-annotation", since=before
    ).manifest
    assert [(row["external_id"], row["tombstone"]) for row in manifest["removed"]] == [
        (suggested.article.external_id, "erased")
    ]
    assert (manifest["tombstones"], manifest["since"], manifest["lossless"]) == (1, before, False)
    assert b"nine weeks" not in target.getvalue()


def test_another_active_pipeline_is_another_layer_everywhere(corpus: Corpus, suggested: Revision) -> None:
    reader = Reader(corpus, "machine").catch_up()
    assert reader.known
    retire_pipeline(COMMAND, corpus.pipelines.get(active=True))
    reader.catch_up()
    assert reader.tombstones() == {suggested.article.external_id: "not_in_layer"}
    activate_pipeline(COMMAND, corpus, "rules")
    assert reader.catch_up().known == reader.whole() != {}


def test_of_the_queue_an_increment_tells_what_people_did(
    corpus: Corpus, suggested: Revision, ada: User
) -> None:
    """What the settings and signs of life change has no event; nothing else of a text may do so."""
    corpus = settings(corpus, passes=1)
    taken = take(acting(ada), corpus)
    assert taken
    reader = Reader(corpus, "all").catch_up()
    settings(corpus, passes=3)
    refill_changed_queues()
    keep(acting(ada), taken)
    assert reader.catch_up().known != reader.whole(), "the control"
    assert had(reader.known) == had(reader.whole())
    give_back(acting(ada), taken)
    assert reader.catch_up().known == reader.whole()


def test_what_is_not_sealed_yet_comes_with_the_next_one(corpus: Corpus) -> None:
    reader = Reader(corpus, "all").catch_up()
    put_in(corpus, "Not sealed.\n", "late")
    target = io.BytesIO()
    manifest = export_corpus(COMMAND, corpus, layer="all", target=target, since=reader.position).manifest
    assert not target.getvalue() and manifest["event_position"] == reader.position
    assert [line["external_id"] for line in reader.catch_up().told] == ["late"]


@pytest.mark.parametrize("since", [-1, 10**9])
def test_a_position_that_is_none_is_refused(corpus: Corpus, since: int) -> None:
    with pytest.raises(BadInput, match="event_position of an earlier export"):
        export_corpus(COMMAND, corpus, layer="all", target=io.BytesIO(), since=since)


def test_a_tombstone_is_refused_by_import_and_changes_nothing(corpus: Corpus, suggested: Revision) -> None:
    line = {"schema": "attest/1", "external_id": suggested.article.external_id, "tombstone": "erased"}
    (outcome,) = import_records(COMMAND, corpus, [orjson.dumps(line)], source="test")
    assert outcome.outcome == "rejected" and "is gone from the layer" in outcome.reason
    assert machine(suggested).annotations


def test_the_command_goes_on_from_a_manifest(
    corpus: Corpus, suggested: Revision, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seal_events()
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    call_command("export", corpus=corpus.slug, layer="machine", output=first)
    put_in(corpus, TEXT.replace("nine", "ten"), "more")
    erase_article(COMMAND, suggested.article, reason="taken down")
    seal_events()
    beside = f"{first}.manifest.json"
    call_command("export", corpus=corpus.slug, layer="machine", output=second, since=beside)
    assert "1 gone" in capsys.readouterr().out
    lines = [json.loads(line) for line in second.read_bytes().splitlines()]
    assert [line.get("tombstone") for line in lines] == ["erased"]
    with pytest.raises(CommandError, match="of layer 'machine', and this export of 'gold'"):
        call_command("export", corpus=corpus.slug, layer="gold", output=second, since=beside)
    with pytest.raises(CommandError, match="is no manifest"):
        call_command("export", corpus=corpus.slug, layer="gold", output=second, since=str(first))


def test_every_event_of_an_article_names_a_revision_of_it(worked_on: Corpus) -> None:  # noqa: F811
    """Increments go by that: an event about nothing would be a change that nobody is told of."""
    about = Event.objects.filter(corpus=worked_on).exclude(subject_id=None)
    known = set(Revision.objects.values_list("pk", flat=True))
    assert set(about.values_list("subject_id", flat=True)) <= known
    assert known
