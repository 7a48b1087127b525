"""A line's history at the API."""

from uuid import UUID

import pytest

from annotations.models import Annotation
from annotations.services.settling import approve_passes
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from tests.api.conftest import decide_all, suggestions
from tests.api.contract import Caller

ACCEPTED = ["suggested", "accept"]


def acts(who: Caller, annotation: object) -> list[str]:
    answer = who.get(f"annotations/{annotation}/history/")
    return [step["act"] for step in answer.json()["steps"]] if answer.status_code == 200 else []


def test_one_call_tells_it_all(as_ada: Caller, ada: User, article: UUID) -> None:
    first = suggestions(as_ada, article, "quote")[0]
    body = {"verdict": "correct", "segments": [[1, 9]], "reason": "", "note": "shorter"}
    decided = as_ada.post(f"annotations/{first['id']}/review/", body, If_Match='"0"')
    told = as_ada.get(f"annotations/{first['id']}/history/").json()
    assert (told["annotation"], told["root"]) == (first["id"], first["root"])
    assert (told["article"], told["revision"]) == (str(article), 1)
    suggested, corrected = told["steps"]
    assert (suggested["layer"], suggested["to"]["segments"]) == (first["layer"], first["segments"])
    assert (corrected["act"], corrected["person"], corrected["note"]) == (
        "correct", str(ada.public_id), "shorter",
    )  # fmt: skip
    assert corrected["from"] == suggested["to"] and corrected["to"]["segments"] == [[1, 9]]
    assert f"machine:{corrected['pipeline']}" == first["layer"]
    assert corrected["guideline"] == 1
    assert corrected["event"]["request_id"] == decided.headers["X-Request-ID"]


def test_offsets_are_in_the_unit_that_is_asked_for(as_ada: Caller, article: UUID) -> None:
    first = suggestions(as_ada, article, "quote")[0]
    in_bytes = as_ada.get(f"annotations/{first['id']}/?offset_unit=utf8").json()["segments"]
    assert in_bytes != first["segments"], "the control"
    told = as_ada.get(f"annotations/{first['id']}/history/?offset_unit=utf8").json()
    assert (told["offset_unit"], told["steps"][0]["to"]["segments"]) == ("utf8", in_bytes)
    assert as_ada.get(f"annotations/{first['id']}/history/?offset_unit=x").status_code == 400


@pytest.mark.parametrize("blind", [True, False])
def test_others_show_as_the_corpus_says(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, as_vic: Caller, article: UUID, blind: bool
) -> None:
    Corpus.objects.update(blind=blind)
    first = suggestions(as_ada, article, "quote")[0]["id"]
    decide_all(as_ben, article, "accept")
    assert acts(as_ada, first) == (["suggested"] if blind else ACCEPTED)
    assert acts(as_vic, first) == ["suggested"]
    assert acts(as_cy, first) == ACCEPTED
    as_cy.post(f"annotations/{first}/review/", {"verdict": "skip"}, If_Match='"0"')
    assert acts(as_cy, first) == (["suggested", "skip"] if blind else [*ACCEPTED, "skip"])


def test_how_gold_came_about_is_for_those_who_see_others(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, article: UUID
) -> None:
    Corpus.objects.update(passes=2, agreed_is_gold=True)
    first = suggestions(as_ada, article, "quote")[0]["id"]
    decide_all(as_ada, article, "accept")
    decide_all(as_ben, article, "accept")
    approved = Revision.objects.select_related("article").get(article=article)
    if approved.status == "submitted":
        approve_passes(COMMAND, approved)
    assert as_ada.get(f"articles/{article}/annotations/?layer=gold").json()["results"], "the control"
    assert acts(as_ada, first) == ACCEPTED
    assert acts(as_cy, first) == [*ACCEPTED, "accept", "settled"]


def test_anothers_annotation_answers_like_one_that_is_not_there(
    as_ada: Caller, as_ben: Caller, ben: User, article: UUID
) -> None:
    decide_all(as_ben, article, "accept")
    theirs = Annotation.objects.filter(layer__reviewer=ben).first()
    assert theirs and acts(as_ben, theirs.pk)
    hidden = as_ada.get(f"annotations/{theirs.pk}/history/")
    missing = as_ada.get(f"annotations/{article}/history/")
    assert (hidden.status_code, hidden.content) == (404, missing.content)


def test_suggestions_that_are_not_shown_do_not_show_here(
    as_ada: Caller, as_lea: Caller, article: UUID
) -> None:
    first = suggestions(as_lea, article, "quote")[0]
    Corpus.objects.update(suggestions_shown="never")
    assert as_ada.get(f"annotations/{first['id']}/history/").status_code == 404
    decisions = [{"verdict": "add", "label": "quote", "segments": first["segments"]}]
    as_ada.post(f"articles/{article}/reviews/", {"decisions": decisions})
    added = Annotation.objects.get(layer__kind="reviewer")
    assert acts(as_ada, added.pk) == ["add"]
