"""Guideline versions and re-reviews at the API, by the command, and in an export."""

import io
import json
from io import StringIO
from uuid import UUID

import orjson
import pytest
from django.core.management import CommandError, call_command

from annotations.models import ReReview
from annotations.services.exporting import export_corpus
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from tests.annotations.test_queue import settings
from tests.annotations.test_rereviews import ask, publish
from tests.annotations.test_settling import decide_all
from tests.api.conftest import suggestions
from tests.api.contract import Caller


@pytest.fixture
def article(suggested: Revision, ada: User) -> UUID:
    """Gold by Ada's single pass, under the first guideline; the second has another rule about quotes."""
    settings(suggested.article.corpus, single_is_gold=True)
    decide_all(ada, suggested)
    publish(suggested.article.corpus, "R1. A quote is what was said.")
    return suggested.article_id


def test_what_a_version_changed_is_told_rule_by_rule(as_vic: Caller, article: UUID) -> None:
    told = as_vic.get("corpora/harbour/guideline/changes/").json()
    assert (told["before"], told["after"], told["labels"], told["unclear"]) == (1, 2, ["quote"], [])
    (rule,) = told["rules"]
    assert (rule["number"], rule["difference"], rule["labels"]) == ("R1", "changed", ["quote"])
    assert ["added", " A quote is"] in rule["words"]
    first = as_vic.get("corpora/harbour/guideline/changes/?number=1").json()
    assert [rule["difference"] for rule in first["rules"]] == ["added"]
    assert as_vic.get("corpora/harbour/guideline/changes/?since=2").json()["rules"] == []
    assert as_vic.get("corpora/harbour/guideline/changes/?since=9").status_code == 404
    assert as_vic.get("corpora/harbour/guideline/changes/?since=x").status_code == 400


def test_it_is_counted_opened_confirmed_and_done(as_lea: Caller, as_ada: Caller, article: UUID) -> None:
    counted = as_lea.get("corpora/harbour/rereviews/extent/?labels=quote,claim&since_guideline=2").json()
    assert counted == {
        "articles": 1, "passes": 1, "lines": {"claim": 3, "quote": 2}, "looked_at": 1, "whole": True,
    }  # fmt: skip
    assert as_lea.get("corpora/harbour/rereviews/extent/?labels=verb").status_code == 400
    opened = as_lea.post("corpora/harbour/rereviews/", {"labels": ["quote"], "reason": "R1"})
    assert opened.status_code == 201
    assert opened.json()["left"] == {"asked": 1, "passes": 1, "abandoned": 0, "lines": {"quote": 2}}
    assert len(as_lea.get("corpora/harbour/rereviews/").json()["results"]) == 1
    gold = as_ada.get(f"articles/{article}/annotations/?layer=gold").json()["results"]
    assert {(row["label"], row["guideline"], row["due"]) for row in gold} == {
        ("quote", 1, True), ("claim", 1, False), ("attribution", 1, False), ("cue", 1, False),
    }  # fmt: skip
    taken = as_ada.post("assignments/take/", {"corpus": "harbour"}).json()
    assert taken["article"] == str(article)
    assert as_ada.get(f"articles/{article}/pass/").json()["due"] == 2
    refused = as_ada.post(f"assignments/{taken['id']}/submit/")
    assert (refused.status_code, refused.json()["details"]["due"]) == (409, 2)
    for row in suggestions(as_ada, article, "quote"):
        assert (row["verdict"], row["guideline"], row["due"]) == ("accept", 1, True)
        headers = {"If_Match": f'"{row["version"]}"'}
        body = as_ada.post(f"annotations/{row['id']}/review/", {"verdict": "confirm"}, **headers).json()
        assert (body["verdict"], body["version"]) == ("accept", 2)
    assert not [row for row in suggestions(as_ada, article) if row["due"]]
    assert as_ada.post(f"assignments/{taken['id']}/submit/").status_code == 200
    gold = as_ada.get(f"articles/{article}/annotations/?layer=gold").json()["results"]
    assert {(row["guideline"], row["due"]) for row in gold if row["label"] == "quote"} == {(2, False)}
    address = f"rereviews/{opened.json()['id']}/"
    assert as_lea.get(address).json()["left"]["passes"] == 0
    assert as_lea.post(f"{address}close/").json()["closed_at"]
    assert as_lea.post(f"{address}close/").status_code == 200


def test_an_export_says_what_gold_was_decided_under(corpus: Corpus, article: UUID) -> None:
    ask(corpus, "quote")
    target = io.BytesIO()
    export = export_corpus(COMMAND, corpus, layer="gold", target=target)
    assert export.manifest["rereviews"] == [{"guideline": 2, "labels": ["quote"]}]
    record = orjson.loads(target.getvalue())
    assert {row["guideline"] for row in (*record["annotations"], *record["relations"])} == {1}


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("rereview", "--corpus", "harbour", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_counts_opens_tells_and_closes(article: UUID) -> None:
    assert run() == "Guideline 2 affects: quote."
    assert (
        run("--labels", "quote", "--dry-run")
        == "2 decisions (2 of quote) in 1 passes over 1 articles would be asked for anew."
    )
    assert not ReReview.objects.exists()
    opened = json.loads(run("--labels", "quote, claim", "--since-guideline", "2", "--json"))
    assert (opened["left"]["lines"], opened["listed_at"] is None) == ({"claim": 3, "quote": 2}, False)
    assert run().startswith("Guideline 2: 5 decisions (3 of claim, 2 of quote) left in 1 of 1 passes.")
    assert run("--close") == "1 closed."
    assert json.loads(run("--json"))["open"] == []
    for wrong in (["--close", "--labels", "quote"], ["--dry-run"], ["--labels", "verb"]):
        with pytest.raises(CommandError):
            run(*wrong)
