"""Comments on their pages."""

import pytest

from annotations.models import Comment
from annotations.services.comments import post_comment, reply_to
from corpus.models import Corpus
from tests.admin.conftest import url
from tests.annotations.deciding import suggestion
from tests.conftest import acting

HOSTILE = "<script>alert(1)</script> is it?"


@pytest.fixture
def line(suggested):
    return suggestion(suggested, "nine weeks").root


def test_a_thread_is_begun_on_a_line_answered_edited_and_resolved(signed_in, suggested, line, ada, cy):
    client, page = signed_in(ada), url("corpus_article_comments", suggested.article_id)
    on_line = f"{page}?line={line}"
    assert "nine weeks" in client.get(on_line).content.decode()
    assert client.post(on_line, {"post": "1", "text": f"{HOSTILE}\r\nNo."}).status_code == 302
    first = Comment.objects.get()
    assert (first.line, first.text) == (line, f"{HOSTILE}\nNo.")
    assert "<script>alert" not in client.get(page).content.decode()
    empty = client.post(on_line, {"post": "1", "text": " "})
    assert (empty.status_code, "A comment has" in empty.content.decode()) == (400, True)
    client.post(page, {"edit": str(first.pk), "version": "0", "text": "Other words."})
    other = signed_in(cy)
    assert "Other words." in other.get(page).content.decode()
    listed = url("corpus_corpus_comments", suggested.corpus_id)
    assert "Other words." in other.get(listed).content.decode()
    other.post(page, {"reply": str(first.pk), "text": "It is, @ada."})
    client = signed_in(ada)
    assert "It is, @ada." in client.get(listed, {"show": "me"}).content.decode()
    assert "Harbour: 1 open thread<" in client.get(url("index")).content.decode()
    state = client.get(url("corpus_article_state", suggested.article_id)).json()
    assert state["comments"] == {str(line): 1}
    assert "1 open" in client.get(url("corpus_article_change", suggested.article_id)).content.decode()
    client.post(page, {"resolve": str(first.pk)})
    assert "Comments for me" not in client.get(url("index")).content.decode()
    assert "Other words." not in client.get(listed).content.decode()
    assert "Other words." in client.get(listed, {"show": "resolved"}).content.decode()
    client.post(page, {"reopen": str(first.pk)})
    client.post(page, {"delete": str(first.pk)})
    assert "Deleted by its author." in client.get(page).content.decode()


def test_in_a_blind_corpus_no_page_shows_what_another_reviewer_said(signed_in, suggested, line, ada, ben):
    said = post_comment(acting(ben), suggested.article, "Bens words.", annotation=line)
    client = signed_in(ada)
    page = url("corpus_article_comments", suggested.article_id)
    pages = [page, f"{page}?line={line}", url("corpus_corpus_comments", suggested.corpus_id)]
    pages += [url("corpus_article_change", suggested.article_id), url("index")]
    for path in pages:
        body = client.get(path).content.decode()
        assert "Bens words." not in body and "1 open" not in body and "for me" not in body, path
    assert client.get(url("corpus_article_state", suggested.article_id)).json()["comments"] == {}
    assert client.post(page, {"reply": str(said.pk), "text": "x"}).status_code == 404
    Corpus.objects.update(blind=False)
    assert all("Bens words." in client.get(path).content.decode() for path in pages[:3]), "the control"


def test_who_only_reads_has_no_comments_and_a_bad_address_leads_nowhere(signed_in, suggested, vic, ada):
    page = url("corpus_article_comments", suggested.article_id)
    assert signed_in(vic).get(page).status_code == 403
    client = signed_in(ada)
    assert client.get(page, {"line": "x"}).status_code == 404
    assert client.get(url("corpus_corpus_comments", suggested.corpus_id), {"show": "x"}).status_code == 404
    assert client.post(page, {"edit": "x", "text": "x"}).status_code == 400


def test_an_answer_is_for_whom_it_answers_and_no_question_is_for_its_author(signed_in, suggested, ada, cy):
    start, listed = url("index"), url("corpus_corpus_comments", suggested.corpus_id)
    first = post_comment(acting(ada), suggested.article, "Is it?")
    assert "Comments for me" not in signed_in(ada).get(start).content.decode()
    reply_to(acting(cy), first, "It is.")
    assert "Harbour: 1 open thread<" in signed_in(ada).get(start).content.decode()
    assert "It is." in signed_in(ada).get(listed, {"show": "me"}).content.decode()
    assert "Comments for me" not in signed_in(cy).get(start).content.decode()
