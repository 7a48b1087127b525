"""Releases over the API and by the command: the same files, and errors that say what to do."""

import hashlib
import json
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import connection

from annotations.models import Release, ReleasedArticle
from annotations.services.erasing import erase_article
from corpus.models import Corpus, User
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from corpus.snapshot import snapshot
from tests.annotations.test_releases import gold_record, pier, put_gold  # noqa: F401 - the fixture
from tests.api.contract import caller, content_of

ASKED = {"corpus": "harbour", "name": "v1", "shares": {"train": 0.5, "dev": 0, "test": 0.5}}


def release(*arguments: Any) -> str:
    out = StringIO()
    call_command("release", *map(str, arguments), "--corpus", "harbour", stdout=out)
    return out.getvalue()


def test_a_release_over_the_api(pier: Corpus, lea: User) -> None:  # noqa: F811 - the fixture
    as_lea = caller(lea)
    made = as_lea.post("releases/", ASKED).json()
    assert as_lea.post("releases/", ASKED).status_code == 400, "a name is given once"
    (listed,) = as_lea.get("releases/?corpus=harbour").json()["results"]
    assert {**listed, "erased": {}} == made == as_lea.get(f"releases/{made['id']}/").json()
    for split in ("train", "test"):
        answer = as_lea.get(f"releases/{made['id']}/files/{split}/")
        digest = made["manifest"]["splits"][split]["sha256"]
        assert hashlib.sha256(content_of(answer)).hexdigest() == digest == answer["ETag"].strip('"')
    card = as_lea.get(f"releases/{made['id']}/card/")
    assert yaml.safe_load(content_of(card).decode().split("---")[1])["pretty_name"] == "v1"
    gone = ReleasedArticle.objects.filter(split="test").select_related("article")[0].article
    erase_article(COMMAND, gone, reason="taken down")
    put_gold(pier, gold_record(77))
    later = as_lea.post("releases/", {**ASKED, "name": "v2"}).json()
    diff = as_lea.get(f"releases/{later['id']}/diff/?from=v1").json()
    unnamed = as_lea.get(f"releases/{later['id']}/diff/")
    assert unnamed.status_code == 400 and unnamed.json()["details"] == {"field": "from"}
    assert (diff["articles"]["added"], diff["articles"]["erased"]) == (1, 1)
    assert {row["fate"] for row in diff["listed"]} == {"added", "erased"}
    assert as_lea.get(f"releases/{made['id']}/").json()["erased"] == {"test": 1}


def test_no_transaction_is_open_while_a_release_is_read(pier, lea, monkeypatch) -> None:  # noqa: F811
    open_ones: list[int] = []

    def counted() -> AbstractContextManager[str]:
        open_ones.append(len(connection.savepoint_ids))
        return snapshot()

    monkeypatch.setattr("annotations.services.releases.snapshot", counted)
    outside = len(connection.savepoint_ids)
    for name, headers in (("v1", {}), ("v2", {"Idempotency_Key": "once"})):
        assert caller(lea).post("releases/", {**ASKED, "name": name}, **headers).status_code == 201
    assert open_ones == [outside, outside]
    # Who repeats it gets the receipt before anything is read again; another request under the key does not.
    again = caller(lea).post("releases/", {**ASKED, "name": "v2"}, Idempotency_Key="once")
    assert (again.status_code, again.json()["name"], len(open_ones)) == (201, "v2", 2)
    other = caller(lea).post("releases/", {**ASKED, "name": "v3"}, Idempotency_Key="once")
    assert (other.status_code, Release.objects.count()) == (422, 2)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"shares": {"train": 0.5, "dev": 0.5, "test": 0.5}}, "add up to 1.5"),
        ({"shares": {"train": "0.8", "dev": 0.1, "test": 0.1}}, "shares"),
        ({"name": "V 1"}, "A name has"),
        ({"layer": "all"}, "one view"),
        ({"filters": {"colour": "red"}}, "no filter"),
    ],
)
def test_what_cannot_be_released_is_refused(pier, lea, asked, message) -> None:  # noqa: F811
    answer = caller(lea).post("releases/", {**ASKED, **asked})
    assert answer.status_code == 400 and message in answer.text and not Release.objects.exists()
    assert caller(lea).get("releases/").status_code == 404


def test_in_a_blind_corpus_no_release_of_a_persons_layer_shows(
    pier: Corpus,  # noqa: F811 - the fixture
    lea: User,
    ada: User,
    ben: User,
) -> None:
    layer = f"reviewer:{ben.public_id}"
    put_gold(pier, {**gold_record(3), "layer": layer, "annotations": []})
    assert caller(lea).post("releases/", {**ASKED, "layer": layer}).status_code == 201
    seal_events()
    events = "corpora/harbour/events/?limit=200"
    assert "release.made" in caller(lea).get(events).text, "the control"
    assert "release.made" not in caller(ada).get(events).text


def test_the_command_makes_lists_writes_and_compares(pier: Corpus, tmp_path: Path) -> None:  # noqa: F811
    assert release("list").strip() == "None yet."
    made = release("make", "v1", "--shares", "0.5,0,0.5", "--seed", "s")
    assert made.startswith("v1: gold of ") and made == release("list")
    release("files", "v1", "--output", tmp_path / "v1")
    told = json.loads(release("show", "v1", "--json"))
    for split in ("train", "test"):
        data = (tmp_path / "v1" / f"{split}.jsonl").read_bytes()
        assert hashlib.sha256(data).hexdigest() == told["manifest"]["splits"][split]["sha256"]
        assert {orjson.loads(line)["layer"] for line in data.splitlines()} == {"gold"}
    assert (tmp_path / "v1" / "README.md").read_text() == release("show", "v1").rstrip("\n") + "\n"
    csv = json.loads(release("files", "v1", "--output", tmp_path / "csv", "--format", "csv", "--json"))
    assert {file["path"] for file in csv["files"]} == {"train.csv", "test.csv"}
    names = tmp_path / "names.txt"
    names.write_text("Ida Holm\n\n", encoding="utf-8")
    release("make", "v2", "--protected", names)
    told = release("diff", "v1", "v2")
    assert "0 articles amended" in told and "12 articles with the same text" in told
    assert "12 with another redacted" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["make", "v1", "--shares", "most"], "three numbers"),
        (["make", "v1", "--protected", "/nowhere"], "No such file"),
        (["show", "v9"], "no release 'v9' of harbour; there are: v0"),
        (["files", "v0", "--output", "/"], "there already"),
        (["files", "v0", "--output", "/nowhere/v0"], "cannot be written"),
        (["files", "v0", "--output", "x", "--format", "word"], "no format 'word'"),
    ],
)
def test_the_command_says_what_is_wrong(pier, arguments, message) -> None:  # noqa: F811
    release("make", "v0")
    with pytest.raises(CommandError, match=message):
        release(*arguments)
