"""Agreement over HTTP: the figures, who may see them, and where people differ."""

from uuid import UUID

import pytest

from corpus.models import Corpus, User
from tests.api.conftest import decide_all
from tests.api.contract import Caller


@pytest.fixture
def passes(corpus: Corpus, article: UUID, as_ada: Caller, as_ben: Caller, as_lea: Caller) -> UUID:
    """Ada accepts one suggestion where Ben skips them all."""
    corpus.passes = 2
    corpus.save()
    decide_all(as_ada, article, but_first="accept")
    decide_all(as_ben, article)
    return article


def test_a_lead_sees_how_far_people_agree(passes: UUID, as_lea: Caller, ada: User, ben: User) -> None:
    body = as_lea.get("corpora/harbour/agreement/").json()
    [condition] = body["conditions"]
    assert (condition["suggestions_shown"], condition["articles"], condition["passes"]) == (True, 1, 2)
    assert {row["id"] for row in condition["people"]} == {str(ada.public_id), str(ben.public_id)}
    [pair] = condition["pairs"]
    assert set(pair["people"]) == {str(ada.public_id), str(ben.public_id)}
    named = {row["name"] for row in body["statistics"]}
    for row in condition["labels"]:
        assert {figure["statistic"] for figure in row["figures"]} <= named


def test_a_figure_leads_to_the_articles_and_they_to_the_layers(passes: UUID, as_lea: Caller) -> None:
    everything = [
        row
        for label in ("quote", "claim", "attribution", "cue")
        for row in as_lea.get(
            f"corpora/harbour/agreement/articles/?label={label}&suggestions_shown=true"
        ).json()["results"]
    ]
    assert {row["article"] for row in everything} == {str(passes)}
    first = everything[0]
    assert first["only_first"] + first["only_second"] == 1
    for layer in first["layers"]:
        assert as_lea.get(f"articles/{passes}/annotations/?layer={layer}").status_code == 200
    assert not as_lea.get("corpora/harbour/agreement/articles/?label=quote").json()["results"]


def test_what_is_asked_for_is_checked(passes: UUID, as_lea: Caller) -> None:
    for wrong in ("?people=ada", "?since=then", "?label=nothing"):
        assert as_lea.get(f"corpora/harbour/agreement/{wrong}").status_code == 400
    for wrong in ("", "?label=quote&suggestions_shown=maybe"):
        assert as_lea.get(f"corpora/harbour/agreement/articles/{wrong}").status_code == 400


def test_people_narrow_it(passes: UUID, as_lea: Caller, ada: User) -> None:
    body = as_lea.get(f"corpora/harbour/agreement/?people={ada.public_id}&since=2026-01-01").json()
    assert not body["conditions"]
    assert body["asked"]["people"] == [str(ada.public_id)]


def test_a_reviewer_of_a_blind_corpus_is_told_nothing(passes: UUID, as_ada: Caller, as_cy: Caller) -> None:
    for path in ("agreement/", "agreement/articles/?label=quote"):
        assert as_ada.get(f"corpora/harbour/{path}").status_code == 403
        assert as_cy.get(f"corpora/harbour/{path}").status_code == 200
