"""What a reviewer may take instead of a suggestion, or where there is none."""

from typing import Any
from uuid import UUID

import pytest

from annotations.models import ModelFile, Pipeline
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from tests.api.conftest import suggestions
from tests.api.contract import Caller
from tests.conftest import put_in

TEXT = (
    "Ida Holm, the mayor, said that the ferry 😀 is late. “We wait,” Bo Lind said. "
    "Nobody else came to the pier."
)


@pytest.fixture
def said(corpus: Corpus) -> UUID:
    activate_pipeline(COMMAND, corpus, "rules")
    article = put_in(corpus, TEXT, "said").article_id
    work_jobs("test", limit=10, seconds=30)
    return article


def candidates(who: Caller, article: UUID, query: str = "") -> dict[str, Any]:
    answer = who.get(f"articles/{article}/candidates/{query}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def words(segments: list[list[int]], text: str = TEXT) -> list[str]:
    return [text[start:end] for start, end in segments]


def test_each_suggestion_has_other_boundaries_sources_and_cues(as_ada: Caller, said: UUID) -> None:
    lines = {row["line"]: row for row in candidates(as_ada, said)["lines"]}
    shown = suggestions(as_ada, said)
    assert lines.keys() == {row["root"] for row in shown}
    quote = next(row for row in shown if row["label"] == "quote")
    choices = lines[quote["root"]]
    alternatives = [words(row["segments"]) for row in choices["alternatives"]]
    assert ["the ferry 😀 is late"] in alternatives
    assert quote["segments"] not in [row["segments"] for row in choices["alternatives"]]
    assert ["Ida Holm"] in map(words, choices["links"]["source"])
    assert words(choices["links"]["source"][0])


def test_what_may_be_missing_is_not_what_is_suggested(as_ada: Caller, said: UUID) -> None:
    missing = candidates(as_ada, said)["missing"]
    shown = [row["segments"] for row in suggestions(as_ada, said, "quote")]
    assert missing
    assert not [row for row in missing if row["segments"] in shown]
    assert ["Nobody else came to the pier"] in [words(row["segments"]) for row in missing]
    assert [row["segments"] for row in missing] == sorted(row["segments"] for row in missing)


def test_the_offsets_are_in_the_unit_that_was_asked_for(as_ada: Caller, said: UUID) -> None:
    units = candidates(as_ada, said, "?offset_unit=utf16")
    assert units["offset_unit"] == "utf16"
    encoded = TEXT.encode("utf-16-le")
    last = [encoded[2 * a : 2 * b].decode("utf-16-le") for a, b in units["missing"][-1]["segments"]]
    assert last == words(candidates(as_ada, said)["missing"][-1]["segments"])


def test_what_the_reviewer_added_or_decided_has_choices_too(as_ada: Caller, said: UUID) -> None:
    start = TEXT.index("Nobody")
    quote = {"verdict": "add", "label": "quote", "segments": [[start, start + 11]]}
    done = as_ada.post(f"articles/{said}/reviews/", {"decisions": [quote]}).json()["results"][0]["body"]
    found = candidates(as_ada, said)
    added = next(row for row in found["lines"] if row["line"] == done["line"])
    assert ["Nobody else came to the pier"] in [words(row["segments"]) for row in added["alternatives"]]
    assert [[start, start + 11]] not in [row["segments"] for row in found["missing"]]


def test_nothing_is_offered_where_suggestions_are_kept_back(
    as_lea: Caller, as_ada: Caller, said: UUID
) -> None:
    assert candidates(as_ada, said)["missing"]
    as_lea.patch("corpora/harbour/", {"suggestions_shown": "after_pass"}, If_Match='"1"')
    kept_back = candidates(as_ada, said)
    assert (kept_back["lines"], kept_back["missing"]) == ([], [])
    assert as_ada.post(f"articles/{said}/pass/").status_code == 200
    assert candidates(as_ada, said)["missing"]
    as_lea.patch("corpora/harbour/", {"suggestions_shown": "never"}, If_Match='"2"')
    assert candidates(as_ada, said)["missing"] == []
    assert candidates(as_lea, said)["missing"], "a lead is always shown what the machines say"


def test_an_erased_article_offers_nothing(as_owen: Caller, said: UUID) -> None:
    assert as_owen.delete(f"articles/{said}/?reason=taken+down").status_code == 204
    assert candidates(as_owen, said)["missing"] == []


@pytest.mark.parametrize(
    "row",
    [
        {"name": "http", "configuration": {"endpoint": "named-no-more"}},
        {"name": "learned", "configuration": {"model": "0" * 64}},
        {"name": "learned", "configuration": {"model": "f" * 64}},
    ],
    ids=["an endpoint that is gone", "a model that is not here", "a model that is damaged"],
)
def test_a_pipeline_that_cannot_be_run_here_leaves_the_lists_of_the_rules(
    as_ada: Caller, said: UUID, row: dict[str, Any]
) -> None:
    before = candidates(as_ada, said)
    assert before["lines"] and before["missing"]
    ModelFile.objects.create(sha256="f" * 64, data=b"no model", card={})
    Pipeline.objects.update(**row)
    assert candidates(as_ada, said) == before
