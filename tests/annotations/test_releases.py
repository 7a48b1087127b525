"""Releases are frozen: whatever happens to the corpus, their files come back byte for byte."""

import hashlib
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from annotations.models import Layer, LayerKind, Release, ReleasedArticle
from annotations.releasing.splits import Shares, Split
from annotations.releasing.standoff import rejoin
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.release_card import card_of
from annotations.services.release_differences import compare_releases
from annotations.services.release_folder import write_folder
from annotations.services.released import erased_of, write_split
from annotations.services.releases import Plan, make_release
from annotations.services.rereviews import open_rereview
from annotations.services.verifying import Lie, verify
from bench.work import plan_of
from corpus.models import Article, Block, Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, publish_guideline, publish_scheme
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed
from corpus.services.revisions import set_block_kind
from corpus.services.stories import group_stories
from corpus.triggers import remove
from tests.annotations.test_exporting import comparable
from tests.conftest import GUARDS, acting, put_in
from tests.pure.releasing.test_features import homeless

HALVES = Shares(500, 0, 500)


def gold_record(number: int) -> dict[str, Any]:
    """Return an article that is like no other, with a claim in gold."""
    chance = random.Random(number)
    words = "The pier is closed."
    rest = " ".join("".join(chance.choices("aeioustrnl", k=6)) for _ in range(40))
    return {
        "external_id": f"pier-{number}",
        "text": f"{words} {rest}, said Ida Holm.\n",
        "title": f"Pier {number}",
        "layer": "gold",
        "annotations": [{"label": "claim", "segments": [[0, len(words)]], "surface": words}],
    }


def put_gold(corpus: Corpus, *records: dict[str, Any]) -> None:
    outcomes = import_records(COMMAND, corpus, map(orjson.dumps, records), source="test")
    assert [outcome.reason for outcome in outcomes if outcome.reason] == []


@pytest.fixture
def pier(corpus: Corpus) -> Corpus:
    """A corpus with twelve articles in gold."""
    put_gold(corpus, *map(gold_record, range(12)))
    return corpus


def released(corpus: Corpus, name: str = "v1", **words: Any) -> Release:
    return make_release(COMMAND, corpus, Plan(name=name, **{"shares": HALVES, **words}))


def file_of(release: Release, split: Split, **words: Any) -> bytes:
    target = io.BytesIO()
    write_split(release, split, target, **words)
    return target.getvalue()


def exported(corpus: Corpus, format: str = "attest-jsonl") -> bytes:
    target = io.BytesIO()
    export_corpus(COMMAND, corpus, layer="gold", target=target, format=format)
    return target.getvalue()


def gold_now(corpus: Corpus) -> dict[str, Any]:
    """Return what an export of gold holds, as a release has it: it also says that nothing is black."""
    return {record["id"]: record | {"redacted": []} for record in comparable(exported(corpus))}


def files_of(release: Release) -> dict[str, bytes]:
    return {split: file_of(release, split) for split in Split}


def lies() -> list[Lie]:
    return [found for found in verify() if isinstance(found, Lie)]


def act_on(corpus: Corpus, user: User) -> None:
    """Do to the articles of a release what may be done to articles."""
    put_in(corpus, "The pier is open again.\n", "pier-0")
    put_in(corpus, gold_record(1)["text"], "pier-1", title="Another title", outlet="Der Bote")
    block = Block.objects.filter(revision__article__external_id="pier-2").first()
    assert block is not None
    set_block_kind(acting(user), block, "caption")
    put_gold(corpus, gold_record(40))
    revision = Revision.objects.get(article__external_id="pier-3", current=True)
    reopened = Layer.objects.get(revision=revision, kind=LayerKind.GOLD)
    put_gold(corpus, {**gold_record(3), "layer": f"reviewer:{user.public_id}", "annotations": []})
    assert reopened.revision_id == revision.pk
    scheme = {"labels": [{"name": "claim"}, {"name": "verse"}], "relations": []}
    publish_scheme(COMMAND, corpus, definition=scheme, version=1)
    publish_guideline(COMMAND, corpus, text="R1. Otherwise.", version=1)


def test_whatever_happens_afterwards_the_files_come_back_byte_for_byte(pier: Corpus, lea: User) -> None:
    release = released(pier)
    before = files_of(release)
    held = gold_now(pier)
    act_on(pier, lea)
    again = Release.objects.get(name="v1")
    assert files_of(again) == before
    told = again.manifest["splits"]
    assert {split: hashlib.sha256(data).hexdigest() for split, data in before.items()} == {
        split: told[split]["sha256"] for split in Split
    }
    # A release of gold holds what an export of gold did, with what is black; an export now is another.
    frozen = {record["id"]: record for data in before.values() for record in comparable(data)}
    assert frozen == held != gold_now(pier) and len(frozen) == 12
    assert lies() == []
    assert Event.objects.get(action="release.made").after["sha256"] == {
        split: told[split]["sha256"] for split in Split
    }


@pytest.mark.parametrize("format", ["web-annotation", "doccano"])
def test_other_formats_are_made_of_the_same_records(pier: Corpus, format: str) -> None:
    release = released(pier, shares=Shares(1000, 0, 0))
    assert file_of(release, Split.TRAIN, format=format) == exported(pier, format)


def test_an_erased_article_leaves_a_tombstone_and_the_rest_as_it_was(pier: Corpus) -> None:
    release = released(pier)
    before = files_of(release)
    sums = {split: hashlib.sha256(before[split]).hexdigest() for split in ("train", "test")}
    assert all(digest in card_of(release) for digest in sums.values()), "the control"
    row = ReleasedArticle.objects.filter(release=release, split=Split.TRAIN).select_related("article")[0]
    erase_article(COMMAND, row.article, reason="taken down")
    after = files_of(release)
    assert after["test"] == before["test"]
    assert sums["test"] in card_of(release) and sums["train"] not in card_of(release)
    (changed,) = set(after["train"].splitlines()) - set(before["train"].splitlines())
    assert orjson.loads(changed) == {
        "schema": "attest/1", "id": str(row.article_id), "external_id": row.article.external_id,
        "corpus": "harbour", "revision": 1, "layer": "gold", "tombstone": "erased",
    }  # fmt: skip
    assert len(after["train"].splitlines()) == len(before["train"].splitlines())
    assert erased_of(release) == {"train": 1}
    assert Release.objects.get().manifest == release.manifest and lies() == []
    row.refresh_from_db()
    assert row.record is None
    with pytest.raises(IntegrityError), transaction.atomic():
        ReleasedArticle.objects.filter(pk=row.pk).update(record=b"back")


def test_what_is_erased_while_it_is_frozen_goes_in_without_its_record(pier: Corpus) -> None:
    erased = Article.objects.get(external_id="pier-0")

    def watch(stage: str, amount: int) -> None:
        erase_article(COMMAND, erased, reason="taken down")

    release = make_release(COMMAND, pier, Plan(name="v1"), watch=watch)
    assert ReleasedArticle.objects.get(release=release, article=erased).record is None
    assert ReleasedArticle.objects.filter(record__isnull=True).count() == 1 and lies() == []


def test_who_is_killed_leaves_nothing_and_begins_anew(pier: Corpus) -> None:
    def watch(stage: str, amount: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_release(COMMAND, pier, Plan(name="v1"), watch=watch)
    assert not Release.objects.exists() and not ReleasedArticle.objects.exists()
    assert released(pier).name == "v1"


def test_the_database_lets_nobody_change_a_release_and_verify_finds_who_did(pier: Corpus) -> None:
    release = released(pier)
    rows = ReleasedArticle.objects.filter(release=release)
    one, other = rows[0], rows[1]
    for act in (
        lambda: Release.objects.update(name="v2"),
        lambda: rows.update(split="dev"),
        lambda: rows.filter(pk=one.pk).update(record=other.record),
        lambda: rows._raw_delete(rows.db),
        lambda: Release.objects.all()._raw_delete(rows.db),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    assert lies() == []
    remove(GUARDS, connection)
    rows.filter(pk=one.pk).update(record=other.record)
    rows.filter(pk=other.pk).update(record=None)
    with pytest.raises(BadInput, match="run verify"):
        file_of(release, Split(one.split))
    found = {(lie.on, lie.message) for lie in lies() if lie.check == "releases"}
    assert (f"v1: {one.article_id}", "its record is not what its hash says.") in found
    assert any(str(other.article_id) in on and "erased" in message for on, message in found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"name": "V 1"}, "A name has"),
        ({"name": "none"}, "A name has"),
        ({"layer": "all"}, "one view"),
        ({"layer": "silver"}, "no layer 'silver'"),
        ({"layer": "machine"}, "Nothing in harbour has the layer machine"),
        ({"filters": {"outlet": "Der Bote"}}, "Nothing in harbour"),
        ({"filters": {"status": "new"}}, "takes no status"),
        ({"filters": {"colour": "red"}}, "no filter"),
        ({"after": "v0"}, "no release 'v0'"),
        ({"seed": "s" * 65}, "64 bytes"),
        ({"protected": ["Ida Holm", "🦊"]}, "no letter or digit"),
    ],
)
def test_what_cannot_be_released_is_refused(pier: Corpus, words: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        released(pier, **words)
    assert not Release.objects.exists()


def test_a_name_is_given_once_and_by_leads_alone(pier: Corpus, lea: User, cy: User) -> None:
    released(pier)
    with pytest.raises(BadInput, match="already"):
        released(pier)
    with pytest.raises(NotAllowed):
        make_release(acting(cy), pier, Plan(name="v2"))
    assert make_release(acting(lea), pier, Plan(name="v2")).made_by == lea


def test_gold_that_a_rereview_asks_for_is_counted_and_refused(pier: Corpus) -> None:
    publish_guideline(COMMAND, pier, text="R1. Otherwise.", version=1)
    open_rereview(COMMAND, pier, labels=["claim"])
    with pytest.raises(BadInput, match="12 articles"):
        released(pier)
    assert released(pier, allow_due=True).manifest["due"] == 12


def test_a_later_release_keeps_what_was_held_out(pier: Corpus) -> None:
    first = released(pier)
    held_out = splits_of(first)
    put_gold(pier, *map(gold_record, range(12, 40)))
    every = Shares(1000, 0, 0)
    second = released(pier, "v2", shares=every)
    third = released(pier, "v3", shares=every, seed="other")
    for later in (second, third):
        assert held_out.items() <= splits_of(later).items()
        assert Counter(splits_of(later).values())["train"] > 28
    # Who asks for it begins anew, and these shares hold nothing out.
    assert set(splits_of(released(pier, "v4", shares=every, after="none")).values()) == {"train"}


def test_a_page_takes_as_many_statements_however_many_articles_it_has(pier: Corpus) -> None:
    def statements(name: str) -> tuple[int, int]:
        group_stories(pier)
        with CaptureQueriesContext(connection) as making:
            release = released(pier, name, shares=Shares(1000, 0, 0))
        with CaptureQueriesContext(connection) as writing:
            file_of(release, Split.TRAIN)
        return len(making), len(writing)

    released(pier, "v0")
    few = statements("v1")
    put_gold(pier, *map(gold_record, range(12, 40)))
    # One more: the chain of releases that it comes after has one more.
    assert statements("v2") == (few[0] + 1, few[1])


def test_a_page_looks_its_own_articles_up_in_earlier_releases(pier: Corpus) -> None:
    released(pier)
    with CaptureQueriesContext(connection) as making:
        released(pier, "v2")
    reading = [query["sql"] for query in making if query["sql"].startswith("SELECT")]
    (asked,) = [sql for sql in reading if '"annotations_releasedarticle"."split"' in sql]
    plan = plan_of(asked)
    if connection.vendor == "sqlite":
        # PostgreSQL is right to scan a table as small as this one.
        assert any("(release_id=? AND article_id=?)" in step for step in plan), plan


def test_long_texts_are_read_one_after_the_other(pier: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    release = released(pier, shares=Shares(1000, 0, 0))
    whole = file_of(release, Split.TRAIN)

    def readings_of_texts() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert file_of(release, Split.TRAIN) == whole
        return sum('"corpus_revision"."text"' in query["sql"] for query in asked)

    assert readings_of_texts() == 1, "the control"
    monkeypatch.setattr("annotations.services.selection.PAGE_LENGTH", 500)
    assert readings_of_texts() == 6


def test_of_two_that_are_made_at_once_the_later_knows_the_splits_of_the_first(pier: Corpus) -> None:
    def overtake(*_: object) -> None:
        if not Release.objects.exists():
            released(pier, "quicker")

    with pytest.raises(InvalidTransition, match="meanwhile"):
        make_release(COMMAND, pier, Plan(name="v1"), watch=overtake)
    assert [release.name for release in Release.objects.all()] == ["quicker"]
    assert splits_of(released(pier, shares=Shares(1000, 0, 0))) == splits_of(
        Release.objects.get(name="quicker")
    )


def splits_of(release: Release) -> dict[str, str]:
    return dict(release.articles.order_by().values_list("article__external_id", "split"))


def test_articles_of_one_story_never_straddle_not_even_when_stories_join(corpus: Corpus) -> None:
    texts = {number: gold_record(number)["text"] for number in range(20)}
    copies = [
        {**gold_record(number), "external_id": f"copy-{number}", "text": f"{text}Updated at noon.\n"}
        for number, text in texts.items()
    ]
    put_gold(corpus, *map(gold_record, texts), *copies)
    first = released(corpus)
    splits = splits_of(first)
    assert all(splits[f"pier-{number}"] == splits[f"copy-{number}"] for number in texts)
    assert sum(split["stories"] for split in first.manifest["splits"].values()) == 20
    # One article that prints two others makes one story of a tested one and one that was trained on.
    tested, trained = (next(n for n in texts if splits[f"pier-{n}"] == split) for split in ("test", "train"))
    put_gold(corpus, {**gold_record(tested), "external_id": "both", "text": texts[tested] + texts[trained]})
    later = splits_of(released(corpus, "v2"))
    joined = {later[f"{kind}-{number}"] for kind in ("pier", "copy") for number in (tested, trained)}
    assert joined | {later["both"]} == {"test"}
    assert lies() == []


def test_what_comes_in_before_the_freeze_and_has_no_story_yet_waits_for_the_next(
    pier: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = {**gold_record(0), "external_id": "late", "text": f"{gold_record(0)['text']}Updated.\n"}

    def group_and_be_overtaken(corpus: Corpus) -> int:
        grouped = group_stories(corpus)
        put_gold(corpus, late)
        put_in(corpus, gold_record(60)["text"], "pier-1")
        return grouped

    with monkeypatch.context() as patched:
        patched.setattr("annotations.services.releases.group_stories", group_and_be_overtaken)
        first = released(pier)
    # Neither the new copy nor the amended text could be told from others: a copy may be on the other side.
    assert splits_of(first).keys() == {f"pier-{number}" for number in range(12) if number != 1}
    assert first.manifest["left_out"] == 2
    later = splits_of(released(pier, "v2"))
    assert later["late"] == later["pier-0"] and len(later) == 12 and lies() == []


def test_without_words_none_goes_out_and_nothing_else_is_lost(pier: Corpus) -> None:
    release = released(pier, words=False)
    records = [record for data in files_of(release).values() for record in comparable(data)]
    whole = {record["id"]: record for record in comparable(exported(pier))}
    assert len(records) == 12 and release.manifest["withheld"] == 12
    for record in records:
        assert "pier" not in orjson.dumps({**record, "external_id": ""}).decode().casefold()
        assert (
            rejoin(record, whole[record["id"]]["text"])["annotations"] == whole[record["id"]]["annotations"]
        )
    target = io.BytesIO()
    assert write_split(release, Split.TEST, target, format="doccano").losses["articles_without_text"] > 0
    with pytest.raises(BadInput, match="articles_without_text"):
        write_split(release, Split.TEST, target, format="doccano", strict=True)
    assert lies() == []


def test_a_text_that_may_not_be_passed_on_stays_here(pier: Corpus) -> None:
    kept = {**gold_record(50), "licence": "CC-BY-4.0", "text_withheld": True}
    put_gold(pier, kept, {**gold_record(51), "licence": "CC-BY-4.0"})
    release = released(pier)
    rows = {row["external_id"]: row for data in files_of(release).values() for row in comparable(data)}
    assert rows["pier-50"]["text"] == "" and rows["pier-50"]["length"] == len(kept["text"])
    assert rows["pier-51"]["text"] == gold_record(51)["text"]
    assert release.manifest["licences"] == [
        {"licence": "", "with_text": 12},
        {"licence": "CC-BY-4.0", "with_text": 1, "without_text": 1},
    ]
    Article.objects.filter(external_id="pier-50").update(text_withheld=False)
    assert [row for data in files_of(release).values() for row in comparable(data)] == list(rows.values())


def test_a_protected_source_is_black_in_every_file(pier: Corpus) -> None:
    release = released(pier, protected=["Ida Holm"])
    data = b"".join(files_of(release).values()).decode()
    assert "Holm" not in data and data.count("█████ ████") + data.count("████████") == 12
    assert "Holm" in exported(pier).decode()
    assert (release.manifest["redacted"], release.manifest["protected"]) == (12, 1)
    assert "Holm" not in str(release.manifest) and lies() == []


def test_a_protected_source_is_black_in_what_a_release_says_of_itself(pier: Corpus) -> None:
    Corpus.objects.filter(pk=pier.pk).update(description="Letters to Ida Holm")
    pier.refresh_from_db()
    labels = [{"name": "claim", "description": "What Holm asserts."}]
    publish_scheme(COMMAND, pier, definition={"labels": labels, "relations": []}, version=1)
    put_gold(pier, {**gold_record(80), "outlet": "Holm Weekly"})
    plain = released(pier, filters={"outlet": "Holm Weekly"})
    black = released(pier, "v2", filters={"outlet": "Holm Weekly"}, protected=["Ida Holm"])
    for found, release in ((True, plain), (False, black)):
        assert ("Holm" in str(release.manifest)) == ("Holm" in card_of(release)) == found
    assert black.manifest["scheme"]["labels"][0]["name"] == "claim"


def test_what_a_release_leaves_out_takes_the_place_of_nothing_that_stands(pier: Corpus) -> None:
    release = released(pier, protected=["Ida Holm"], shares=Shares(1000, 0, 0))
    black = file_of(release, Split.TRAIN).splitlines()
    wordless = file_of(released(pier, "v2", words=False), Split.TRAIN).splitlines()
    for lines, reason in ((black, "stands here whole as revision 1"), (wordless, "put its text back first")):
        outcomes = list(import_records(COMMAND, pier, lines, source="test"))
        assert len(outcomes) == 12 and all(reason in outcome.reason for outcome in outcomes), outcomes[0]
    assert Revision.objects.count() == 12
    # Elsewhere it is an article like any other, and so is a text that differs in more than what is black.
    elsewhere = create_corpus(COMMAND, slug="elsewhere", name="Elsewhere")
    put_gold(elsewhere, *map(orjson.loads, black))
    another = {**gold_record(0), "text": "The pier is closed. All say so.\n", "redacted": [[0, 3]]}
    (outcome,) = import_records(COMMAND, pier, [orjson.dumps(another)], source="test")
    assert outcome.outcome == "amended", outcome


def test_a_text_that_may_not_be_passed_on_takes_no_place_of_one_that_may(pier: Corpus) -> None:
    kept = {**gold_record(60), "external_id": "pier-0", "text_withheld": True}
    (refused,) = import_records(COMMAND, pier, [orjson.dumps(kept)], source="test")
    assert "may not be passed on" in refused.reason
    Article.objects.filter(external_id="pier-0").update(text_withheld=True)
    put_gold(pier, kept)
    rows = [row for data in files_of(released(pier)).values() for row in comparable(data)]
    assert [row["external_id"] for row in rows if not row["text"]] == ["pier-0"]


def test_a_source_that_is_marked_in_one_article_is_black_in_its_copies(corpus: Corpus) -> None:
    labels = [{"name": "claim"}, {"name": "attribution", "attributes": {"protected": ["yes"]}}]
    publish_scheme(COMMAND, corpus, definition={"labels": labels, "relations": []}, version=1)
    marked, copy, other = gold_record(1), {**gold_record(1), "external_id": "copy"}, gold_record(2)
    start = marked["text"].index("Ida Holm")
    source = {"label": "attribution", "segments": [[start, start + 8]], "attributes": {"protected": "yes"}}
    copy["text"] += "Holm said no more.\n"
    put_gold(corpus, {**marked, "annotations": [source]}, copy, other)
    rows = {
        row["external_id"]: row for data in files_of(released(corpus)).values() for row in comparable(data)
    }
    assert "Holm" not in rows["pier-1"]["text"] + rows["copy"]["text"]
    assert "Ida Holm" in rows["pier-2"]["text"], "the control: that is another story"
    assert lies() == []


def test_a_tombstone_names_no_protected_source(pier: Corpus) -> None:
    put_gold(pier, {**gold_record(70), "external_id": "letter-of-ida-holm"})
    release = released(pier, protected=["Ida Holm"], shares=Shares(1000, 0, 0))
    later = released(pier, "v2", protected=["Ida Holm"])
    erase_article(COMMAND, Article.objects.get(external_id="letter-of-ida-holm"), reason="taken down")
    tombstones = [row for row in comparable(file_of(release, Split.TRAIN)) if "tombstone" in row]
    assert [row["external_id"] for row in tombstones] == [tombstones[0]["id"]]
    assert "holm" not in str(compare_releases(release, later, most=100))


def test_the_folder_holds_what_a_reader_needs(pier: Corpus, tmp_path: Path) -> None:
    put_gold(pier, *map(gold_record, range(12, 60)))
    make_release(COMMAND, pier, Plan(name="v1"))
    release = Release.objects.get()
    folder = tmp_path / "v1"
    made = write_folder(release, folder)
    names = ["README.md", "SHA256SUMS", "dev.jsonl", "manifest.json", "test.jsonl", "train.jsonl"]
    assert sorted(path.name for path in folder.iterdir()) == names and len(made) == 3
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    head = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    assert head["configs"][0]["data_files"] == [
        {"split": split, "path": f"{split}.jsonl"} for split in ("train", "dev", "test")
    ]
    features = head["dataset_info"]["features"]
    for record in (folder / "train.jsonl").read_bytes().splitlines():
        assert list(homeless(orjson.loads(record), features)) == []
    told = json.loads((folder / "manifest.json").read_text())
    assert {split: told["splits"][split]["sha256"] for split in Split} == {
        file["split"]: file["sha256"] for file in told["files"]
    }
    with pytest.raises(BadInput, match="there already"):
        write_folder(release, folder)


def test_an_interrupted_folder_never_looks_finished(
    pier: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_: object) -> str:
        raise RuntimeError

    monkeypatch.setattr("annotations.services.release_folder.card_of", fall_over)
    with pytest.raises(RuntimeError):
        write_folder(released(pier), tmp_path / "v1")
    assert list(tmp_path.iterdir()) == []
