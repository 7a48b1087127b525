"""The page of agreement: figures, the matrix of pairs, and the way to the spans that differ."""

import re

import pytest

from annotations.services.passes import submit_pass
from annotations.services.queue import take_article
from corpus.models import Role, SuggestionsShown
from corpus.services.actors import COMMAND
from corpus.services.people import close_account
from tests.admin.conftest import url
from tests.annotations.test_agreement import FIRST, SECOND, read
from tests.annotations.test_queue import settings
from tests.conftest import TEXT, acting, member, put_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def unaided(corpus):
    """A corpus whose texts up to three people read, without suggestions."""
    settings(corpus, passes=3, suggestions_shown=SuggestionsShown.NEVER)
    return corpus


@pytest.fixture
def vera(unaided):
    return member(unaided, "vera", Role.REVIEWER)


@pytest.fixture
def passes(unaided, revision, ada, ben, vera):
    """Three people on one text: Ada has both quotes, Ben and Vera one of them each."""
    read(ada, revision, FIRST, SECOND)
    read(ben, revision, FIRST)
    read(vera, revision, SECOND)
    return revision


def page(corpus):
    return url("corpus_corpus_agreement", corpus.pk)


def figures_of(context, label="quote"):
    [part] = context["parts"]
    rows = next(labelled.rows for labelled in part.labels if labelled.name == label)
    return {row.statistic.name: row.figure.value for row in rows}


def test_the_page_shows_every_figure_with_what_it_means(signed_in, cy, unaided, passes):
    answer = signed_in(cy).get(page(unaided))
    assert figures_of(answer.context)["f1_overlap"] == 0.5
    text = answer.text
    assert "3 passes of 3 people over 1 article" in text
    assert "Without suggestions" in text and "With suggestions shown" not in text
    assert "undefined. It is of exactly two people" in text
    assert "Texts that you have in hand yourself are left out" in text
    for row in answer.context["every"]:
        assert row.source in text.replace("&#x27;", "'")


def test_each_two_people_lead_to_the_figures_of_the_two(signed_in, cy, unaided, passes):
    client = signed_in(cy)
    [part] = client.get(page(unaided)).context["parts"]
    values = [[cell.value if cell else None for cell in cells] for _, cells in part.matrix.rows]
    assert [str(user) for user, _ in part.matrix.rows] == ["ada", "ben", "vera"]
    assert values == [[None, 2 / 3, 2 / 3], [2 / 3, None, 0], [2 / 3, 0, None]]
    both = client.get(f"{page(unaided)}{part.matrix.rows[1][1][2].url}")
    assert both.context["parts"][0].matrix is None
    assert figures_of(both.context)["cohen_kappa"] is not None
    assert "Of 2 people alone" in both.text


def test_the_matrix_is_of_any_label_and_statistic(signed_in, cy, unaided, passes):
    context = signed_in(cy).get(page(unaided), {"label": "claim", "by": "cohen_kappa"}).context
    assert (context["label"], context["statistic"].name) == ("claim", "cohen_kappa")
    assert {cell.value for _, cells in context["parts"][0].matrix.rows for cell in cells if cell} == {None}


def test_a_figure_leads_to_the_articles_and_they_to_both_passes(signed_in, cy, unaided, passes):
    client = signed_in(cy)
    [part] = client.get(page(unaided)).context["parts"]
    [address] = [labelled.url for labelled in part.labels if labelled.name == "quote"]
    answer = client.get(address)
    rows = answer.context["compared"]
    assert [str(row.first.reviewer) + str(row.second.reviewer) for row, _ in rows] == [
        "benvera", "adaben", "adavera",
    ]  # fmt: skip
    assert [row.differing.differences for row, _ in rows] == [2, 1, 1]
    both = client.get(rows[0][1])
    assert both.status_code == 200
    assert both.context["chosen"].reviewer != both.context["beside"].reviewer
    back = re.search(r'<p><a href="([^"]+)">All figures</a>', answer.text)
    assert back and client.get(back.group(1).replace("&amp;", "&")).status_code == 200


def test_the_list_of_articles_costs_the_same_however_long_it_is(
    signed_in, cy, unaided, ada, ben, django_assert_num_queries
):
    client, address = signed_in(cy), url("corpus_corpus_differences", unaided.pk) + "?label=quote&shown=no"
    for count in (2, 6):
        for number in range(count):
            if not unaided.articles.filter(external_id=f"n{number}").exists():
                revision = put_in(unaided, f"{number}. {TEXT}", external_id=f"n{number}")
                read(ada, revision, FIRST)
                read(ben, revision, SECOND)
        client.get(address)
        with django_assert_num_queries(13):
            assert len(client.get(address).context["compared"]) == count


def test_whoever_left_is_called_by_the_pseudonym(signed_in, cy, unaided, passes, ben):
    close_account(COMMAND, ben)
    text = signed_in(cy).get(page(unaided)).text
    assert "ben" not in re.sub(r'value="[^"]*"|href="[^"]*"', "", text).split()
    assert f"reviewer {ben.public_id.hex[-6:]}" in text


def test_what_one_has_in_hand_is_not_told(signed_in, cy, unaided, passes):
    settings(unaided, passes=4)
    take_article(acting(cy), passes)
    answer = signed_in(cy).get(page(unaided))
    assert answer.context["parts"] == []
    listed = signed_in(cy).get(url("corpus_corpus_differences", unaided.pk) + "?label=quote&shown=no")
    assert listed.context["compared"] == []


def test_a_corpus_without_passes_says_so(signed_in, cy, corpus):
    assert "No article has two submitted passes" in signed_in(cy).get(page(corpus)).text


def test_a_corpus_that_is_not_blind_says_so(signed_in, cy, unaided, passes):
    assert "These are the figures to publish" in signed_in(cy).get(page(unaided)).text
    settings(unaided, blind=False)
    text = signed_in(cy).get(page(unaided)).text
    assert "could see each other's work" in text
    assert "figures to publish" not in text


@pytest.mark.parametrize("wrong", ["since=then", "people=ada", "label=nothing"])
def test_what_cannot_be_asked_is_told(signed_in, cy, unaided, passes, wrong):
    answer = signed_in(cy).get(f"{page(unaided)}?{wrong}")
    assert answer.status_code == 400
    assert answer.context["refused"] in answer.text.replace("&#x27;", "'")
    assert figures_of(answer.context)["f1_overlap"] == 0.5
    listed = signed_in(cy).get(url("corpus_corpus_differences", unaided.pk) + f"?label=quote&{wrong}")
    assert listed.status_code == 404


def test_the_articles_need_a_label(signed_in, cy, unaided):
    assert signed_in(cy).get(url("corpus_corpus_differences", unaided.pk)).status_code == 404


def test_only_those_who_see_others_work_see_it(signed_in, lea, cy, ada, vic, dee, unaided):
    for name in ("agreement", "differences"):
        address = url(f"corpus_corpus_{name}", unaided.pk) + "?label=quote"
        answers = {who.username: signed_in(who).get(address).status_code for who in (lea, cy, ada, vic, dee)}
        assert answers == {"lea": 200, "cy": 200, "ada": 403, "vic": 403, "dee": 404}


def test_a_pass_without_annotations_is_no_annotation_that_only_one_has(
    signed_in, cy, unaided, revision, ada, ben
):
    read(ada, revision)
    submit_pass(acting(ben), revision)
    context = signed_in(cy).get(page(unaided)).context
    assert figures_of(context)["f1_exact"] is None
