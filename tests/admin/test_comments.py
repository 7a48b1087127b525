"""Comments on their pages."""

from html.parser import HTMLParser

import pytest

from annotations.models import Comment, CommentAct
from annotations.services import comments
from annotations.services.comments import delete_comment, edit_comment, post_comment, reply_to, settle_thread
from corpus.models import Corpus
from tests.admin.conftest import url
from tests.annotations.deciding import suggestion
from tests.conftest import acting

HOSTILE = "<script>alert(1)</script> is it?"
#: Begins with a line end, of which HTML drops one.
TYPED = "\nWhat I typed,\n<b>word</b> by word."


class Boxes(HTMLParser):
    """The words in each box of a page by its id, and the forms that tell of a refusal by their place."""

    def __init__(self, page):
        super().__init__()
        self.words, self.box, self.told, self.beside = {}, None, False, []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "p" and given.get("class") == "errornote":
            self.told = True
        elif tag == "textarea":
            self.box = given["id"]
            self.words[self.box] = ""
            if self.told:
                self.beside.append(self.box)
                self.told = False

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.words[self.box] = self.words[self.box].removeprefix("\n")
            self.box = None

    def handle_data(self, data):
        if self.box:
            self.words[self.box] += data


def boxes(client, path, **form):
    """Send a form as a browser writes it; return the status, the words in the boxes, and where it is told."""
    answer = client.post(path, form | {"text": form.get("text", TYPED).replace("\n", "\r\n")})
    page = Boxes(answer.content.decode())
    return answer.status_code, page.words, page.beside


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


def test_refused_words_come_back_in_the_box_they_were_typed_in(signed_in, suggested, line, ada, monkeypatch):
    client, page = signed_in(ada), url("corpus_article_comments", suggested.article_id)
    first = post_comment(acting(ada), suggested.article, "Is it?")
    other = post_comment(acting(ada), suggested.article, "Is that?", annotation=line)
    reply, others, edit = f"reply-{first.pk}", f"reply-{other.pk}", f"edit-{first.pk}"
    empty = {reply: "", others: "", edit: "Is it?", f"edit-{other.pk}": "Is that?", "comment": ""}
    long = TYPED + "x" * comments.MAX_TEXT

    found = boxes(client, page, post="1", text=long)
    assert found == (400, empty | {"comment": long}, ["comment"])
    found = boxes(client, page, reply=first.pk, text=long)
    assert found == (400, empty | {reply: long}, [reply])
    found = boxes(client, page, resolve=first.pk, text=long)
    assert found == (400, empty | {reply: long}, [reply])
    found = boxes(client, page, edit=first.pk, version=0, text=long)
    assert found == (400, empty | {edit: long}, [edit])
    assert not Comment.objects.exclude(pk__in=(first.pk, other.pk)).exists()

    edit_comment(acting(ada), first, "Is it so?", version=0)
    answer = client.post(page, {"edit": first.pk, "version": 0, "text": TYPED}).content.decode()
    assert Boxes(answer).words[edit] == TYPED
    assert (
        "<details open>" in answer and "<p>Is it so?</p>" in answer and 'name="version" value="1"' in answer
    )
    monkeypatch.setattr(comments, "MAX_ACTS", 2)
    assert boxes(client, page, reply=first.pk)[1:] == (empty | {edit: "Is it so?", reply: TYPED}, [reply])


def test_refused_words_come_back_where_their_box_is_no_longer_on_the_page(signed_in, suggested, ada, ben):
    client, page = signed_in(ada), url("corpus_article_comments", suggested.article_id)
    first = post_comment(acting(ada), suggested.article, "Is it?")
    delete_comment(acting(ada), first)
    deleted = boxes(client, page, edit=first.pk, version=1)
    assert (deleted[0], deleted[1]["refused"], deleted[2]) == (400, TYPED, ["refused"])
    bens = post_comment(acting(ben), suggested.article, "Bens words.")
    hidden = client.post(page, {"reply": bens.pk, "text": TYPED})
    missing = client.post(page, {"reply": suggested.pk, "text": TYPED})
    assert Boxes(hidden.content.decode()).words["refused"] == TYPED
    assert (hidden.status_code, missing.status_code) == (404, 404)
    assert "Bens words." not in hidden.content.decode()
    told = [answer.content.decode().split('id="content"')[1] for answer in (hidden, missing)]
    assert len(told[0]) == len(told[1]), "hidden and missing look the same"
    Corpus.objects.update(blind=False)
    found = boxes(client, page, resolve=bens.pk)
    assert (found[0], found[1][f"reply-{bens.pk}"], found[2]) == (400, TYPED, [f"reply-{bens.pk}"])
    assert not Comment.objects.filter(thread=bens.pk, author=ada).exists(), "nothing of it has happened"


def test_words_in_the_box_are_posted_with_the_act_on_their_thread(signed_in, suggested, ada, cy, monkeypatch):
    client, page = signed_in(cy), url("corpus_article_comments", suggested.article_id)
    first = post_comment(acting(ada), suggested.article, "Is it?")
    assert client.post(page, {"resolve": first.pk, "text": "It is."}).status_code == 302
    assert client.post(page, {"reopen": first.pk, "text": " \r\n"}).status_code == 302
    assert client.post(page, {"reopen": first.pk, "text": "Or is it?"}).status_code == 302
    acts = [(row.act, row.text) for row in Comment.objects.order_by("pk")][1:]
    assert acts == [
        (CommentAct.POST, "It is."),
        (CommentAct.RESOLVE, ""),
        (CommentAct.REOPEN, ""),
        (CommentAct.POST, "Or is it?"),
    ]
    monkeypatch.setattr(comments, "MAX_ACTS", 5)
    full = boxes(client, page, resolve=first.pk)
    assert (full[0], full[1][f"reply-{first.pk}"]) == (400, TYPED)
    assert Comment.objects.count() == 5, "neither posted nor resolved"
    settle_thread(acting(cy), first, resolved=True)
