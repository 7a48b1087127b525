"""The page of vigilance: leads are told who stands out, everybody else of themselves alone."""

from uuid import UUID

import pytest

from annotations.services import vigilance
from annotations.services.checks import Checked
from tests.admin.conftest import url
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all


@pytest.fixture
def page(suggested, corpus, ada, ben, monkeypatch):
    """Both accept everything; of forty plants, ada lets half stand and ben none."""
    settings(corpus, passes=2)
    for user in (ada, ben):
        decide_all(user, suggested)
    plants = [
        Checked(user.pk, UUID(int=number), UUID(int=number), suggested.created_at, user == ben or number < 20)
        for user in (ada, ben)
        for number in range(40)
    ]
    monkeypatch.setattr(vigilance, "plants_decided", lambda corpus: iter(plants))
    return url("corpus_corpus_vigilance", corpus.pk)


def test_a_lead_is_told_who_stands_out_and_how_sure_that_is(signed_in, lea, page):
    answer = signed_in(lea).get(page)
    [stands_out] = [line for line in answer.text.splitlines() if line.startswith("<li><strong>")]
    assert "<strong>ada</strong>: accepted plants, 20 of 40 (35 to 65 %), the others 0 %" in stands_out
    assert "in less than 1 of 10,000 corpora" in stands_out
    assert "rules@" in answer.text
    assert "too little is settled to tell" in answer.text.lower()


@pytest.mark.parametrize("role", ["reviewer", "adjudicator"])
def test_everybody_else_sees_their_own_figures_and_nothing_of_others(signed_in, corpus, ada, page, role):
    corpus.members.filter(user=ada).update(role=role)
    text = signed_in(ada).get(page).text
    assert "Your figures" in text and "20 of 40" in text
    for told in ("ben", "stands out", "What stands out", "the others", "rules@"):
        assert told not in text.split('class="at-lead"')[1], told


def test_the_page_of_somebody_who_reviewed_nothing_is_empty(signed_in, cy, page):
    assert "Nothing that you accepted was settled by others yet." in signed_in(cy).get(page).text


def test_it_takes_few_statements(signed_in, lea, corpus, page, django_assert_max_num_queries):
    """However many texts there are: seven statements for each fifty, and those of the page."""
    who = signed_in(lea)
    who.get(page)
    with django_assert_max_num_queries(30):
        who.get(page)
