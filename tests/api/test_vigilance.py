"""The report against automation bias over HTTP: leads see everybody, the others themselves."""

from uuid import UUID

import pytest

from annotations.models import Dispute
from annotations.services.jobs import work_jobs
from corpus.models import Corpus, User
from tests.api.conftest import decide_all
from tests.api.contract import Caller
from tests.conftest import put_in
from tests.words import words_in


@pytest.fixture
def settled(corpus: Corpus, article: UUID, as_ada: Caller, as_ben: Caller, as_cy: Caller) -> UUID:
    """Ada accepts one suggestion where Ben skips them all, and Cy sides with Ben."""
    corpus.passes = 2
    corpus.save()
    decide_all(as_ada, article, but_first="accept")
    decide_all(as_ben, article)
    for dispute in Dispute.objects.all():
        chosen = {"reject": True, "reason": "mistake"}
        assert as_cy.post(f"disputes/{dispute.pk}/settle/", chosen, If_Match='"1"').status_code == 200
    return article


def test_a_lead_sees_everybody(settled: UUID, as_lea: Caller, ada: User, ben: User) -> None:
    body = as_lea.get("corpora/harbour/vigilance/").json()
    assert body["compared"]
    assert {row["id"] for row in body["people"]} == {str(ada.public_id), str(ben.public_id)}
    [adas] = [row for row in body["people"] if row["id"] == str(ada.public_id)]
    wrong = adas["measures"][0]
    assert (wrong["measure"], wrong["cases"], wrong["lapses"]) == ("accepted_wrong", 1, 1)
    assert wrong["low"] < wrong["share"] == wrong["high"] == 1
    assert not body["named"], "one case is no habit"
    assert body["pipelines"][0]["miscalibrated"] is None


def test_everybody_else_sees_only_themselves(
    settled: UUID, as_ada: Caller, as_cy: Caller, ada: User, ben: User, cy: User
) -> None:
    for who, own in ((as_ada, [str(ada.public_id)]), (as_cy, [])):
        answer = who.get("corpora/harbour/vigilance/")
        body = answer.json()
        assert [row["id"] for row in body["people"]] == own
        assert body["pipelines"] == [] and not body["compared"]
        assert str(ben.public_id) not in answer.content.decode()
        for row in body["people"]:
            assert row["pace"]["usual"] is None
            assert all(measure["others"] is measure["chance"] is None for measure in row["measures"])


def test_ones_own_figures_are_the_same_bytes_whatever_others_did_elsewhere(
    settled: UUID, corpus: Corpus, as_ada: Caller, as_ben: Caller, as_cy: Caller, as_lea: Caller
) -> None:
    path = "corpora/harbour/vigilance/"
    before, leads = as_ada.get(path).content, as_lea.get(path).content
    other = put_in(corpus, external_id="other").article_id
    work_jobs("test", limit=10, seconds=30)
    decide_all(as_ben, other, "accept")
    decide_all(as_cy, other, "accept")
    assert as_ada.get(path).content == before
    assert as_lea.get(path).content != leads, "the control"


def test_whoever_left_goes_by_a_pseudonym(settled: UUID, as_lea: Caller, corpus: Corpus, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(pseudonym="reviewer 7", username="gone")
    answer = as_lea.get("corpora/harbour/vigilance/")
    assert len(answer.json()["people"]) == 2
    assert "ada" not in words_in(answer.content.decode())
