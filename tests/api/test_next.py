"""The next article to review, in one answer."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.services.jobs import work_jobs
from corpus.models import Corpus, User
from tests.api.conftest import decide_all, suggestions
from tests.api.contract import Caller
from tests.conftest import TEXT, put_in

NEXT = "corpora/harbour/next/"
WIDE = "👩‍👩‍👧 “We will sail at six 🙂,” said Bo Lind, the mate.\n"


def parts_of(who: Caller, article: UUID, unit: str, *layers: str) -> dict[str, Any]:
    """Return what `next/` shall answer, from the routes of its parts."""
    path = f"articles/{article}/"

    def results(part: str, layer: str) -> list[Any]:
        # Relations have no offsets.
        converted = f"&offset_unit={unit}" if part == "annotations" else ""
        found: list[Any] = who.get(f"{path}{part}/?layer={layer}{converted}").json()["results"]
        return found

    return {
        "article": who.get(path).json(),
        "offset_unit": unit,
        "blocks": who.get(f"{path}blocks/?offset_unit={unit}").json()["results"],
        "annotations": [item for layer in layers for item in results("annotations", layer)],
        "relations": [item for layer in layers for item in results("relations", layer)],
    }


def put_in_suggested(corpus: Corpus, text: str, external_id: str) -> UUID:
    made = put_in(corpus, text, external_id, title=external_id, outlet="The Mail").article_id
    work_jobs("test", limit=10, seconds=30)
    return made


@pytest.mark.parametrize("unit", ["code_point", "utf16", "utf8"])
def test_its_parts_are_what_their_own_routes_answer(
    as_ada: Caller, corpus: Corpus, article: UUID, unit: str
) -> None:
    wide = put_in_suggested(corpus, WIDE, "wide")
    decide_all(as_ada, article)
    found = as_ada.get(f"{NEXT}?offset_unit={unit}").json()
    assert found["article"]["id"] == str(wide)
    assert (found["article"]["text"], found["article"]["outlet"]) == (WIDE, "The Mail")
    assert found["annotations"]
    assert found["relations"]
    assert found == parts_of(as_ada, wide, unit, "machine")


def test_offsets_in_utf16_are_those_of_javascript(as_ada: Caller, corpus: Corpus, article: UUID) -> None:
    put_in_suggested(corpus, WIDE, "wide")
    decide_all(as_ada, article)
    found = as_ada.get(f"{NEXT}?offset_unit=utf16").json()
    raw = WIDE.encode("utf-16-le")
    for item in found["annotations"]:
        (start, end), *more = item["segments"]
        assert not more
        assert raw[2 * start : 2 * end].decode("utf-16-le") == item["surface"]
    assert found["blocks"][-1]["end"] <= len(raw) // 2
    assert as_ada.get(f"{NEXT}?offset_unit=bytes").status_code == 400


def test_a_pass_in_hand_comes_with_what_was_decided(as_ada: Caller, ada: User, article: UUID) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    as_ada.post(f"annotations/{quote['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    add = {"decisions": [{"verdict": "add", "label": "claim", "segments": [[1, 4]]}]}
    as_ada.post(f"articles/{article}/reviews/", add)
    found = as_ada.get(NEXT).json()
    assert found["article"]["status"] == "in_review"
    assert found == parts_of(as_ada, article, "code_point", "machine", f"reviewer:{ada.public_id}")
    words = {item["id"]: (item["version"], item["verdict"]) for item in found["annotations"]}
    assert words[quote["id"]] == (1, "accept")
    assert (0, None) in words.values()
    added = next(item for item in found["annotations"] if item["segments"] == [[1, 4]])
    assert (added["surface"], added["version"], added["verdict"]) == (TEXT[1:4], 1, "add")


def test_in_an_open_corpus_it_has_no_layer_of_another(
    as_lea: Caller, as_ada: Caller, as_ben: Caller, article: UUID
) -> None:
    as_lea.patch("corpora/harbour/", {"blind": False}, If_Match='"1"')
    decide_all(as_ben, article, "accept")
    found = as_ada.get(NEXT).json()
    assert found["article"]["status"] == "submitted"
    assert {item["layer"] for item in found["annotations"]} == {"machine:rules@4"}
    assert {(item["version"], item["verdict"]) for item in found["annotations"]} == {(0, None)}


def test_suggestions_that_are_kept_back_are_not_in_it(as_lea: Caller, as_ada: Caller, article: UUID) -> None:
    as_lea.patch("corpora/harbour/", {"suggestions_shown": "after_pass"}, If_Match='"1"')
    found = as_ada.get(NEXT).json()
    assert found["article"]["id"] == str(article)
    assert found["blocks"]
    assert found["annotations"] == found["relations"] == []
    assert as_lea.get(NEXT).json()["annotations"], "a lead is shown them all the same"


@pytest.mark.parametrize("begun", [False, True])
def test_an_erased_article_is_nothing_to_review(
    as_owen: Caller, as_ada: Caller, corpus: Corpus, article: UUID, begun: bool
) -> None:
    later = put_in_suggested(corpus, WIDE, "wide")
    if begun:
        quote = suggestions(as_ada, article, "quote")[0]
        as_ada.post(f"annotations/{quote['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    assert as_ada.get(NEXT).json()["article"]["id"] == str(article)
    as_owen.delete(f"articles/{article}/?reason=taken+down")
    assert as_ada.get(f"{NEXT}?offset_unit=utf16").json()["article"]["id"] == str(later)
    as_owen.delete(f"articles/{later}/?reason=taken+down")
    assert as_ada.get(NEXT).status_code == 204


def test_a_longer_article_takes_no_more_queries(as_ada: Caller, corpus: Corpus, article: UUID) -> None:
    longer = put_in_suggested(corpus, "\n".join([WIDE] * 20), "longer")
    as_ada.get(NEXT)
    with CaptureQueriesContext(connection) as few:
        as_ada.get(NEXT)
    decide_all(as_ada, article)
    with CaptureQueriesContext(connection) as many:
        assert as_ada.get(NEXT).json()["article"]["id"] == str(longer)
    assert len(many) == len(few) <= 10
