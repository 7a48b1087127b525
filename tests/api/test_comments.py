"""Comments: threads, mentions, edits and tombstones; and what of them shows in a blind corpus."""

from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from annotations.models import Annotation, Comment
from annotations.services import comments
from annotations.services.erasing import erase_article
from annotations.services.verifying import Lie, verify
from corpus.models import Article, Corpus, Event, User
from corpus.services.actors import COMMAND
from corpus.services.events import seal_events
from tests.api.conftest import decide_all, suggestions
from tests.api.contract import Caller


def post(who: Caller, article: UUID, text: str, **more: Any) -> Any:
    return who.post("comments/", {"article": str(article), "text": text, **more})


def listed(who: Caller, query: str = "") -> list[dict[str, Any]]:
    return who.get(f"comments/?corpus=harbour{query}").json()["results"]


def words(thread: dict[str, Any]) -> list[str]:
    return [comment["text"] for comment in thread["comments"]]


@pytest.fixture
def opened(corpus: Corpus) -> None:
    Corpus.objects.update(blind=False)


def test_a_thread_on_a_line_is_answered_resolved_and_opened_again(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, article: UUID, opened: None
) -> None:
    quote = suggestions(as_ada, article, "quote")[0]
    made = post(as_ada, article, "Is this one quote or two?", annotation=quote["id"])
    assert made.status_code == 201
    thread = made.json()
    assert (thread["line"], thread["resolved"]) == (quote["root"], False)
    on_article = post(as_ben, article, "A fine text.").json()
    assert on_article["line"] is None
    path = f"comments/{thread['id']}/"
    assert words(as_cy.post(f"{path}replies/", {"text": "Two."}).json()) == [
        "Is this one quote or two?",
        "Two.",
    ]
    reply = as_cy.get(path).json()["comments"][1]
    assert as_ben.post(f"{path}resolve/").status_code == 403, "who neither began it nor adjudicates"
    # Any comment leads to its thread.
    assert as_ada.post(f"comments/{reply['id']}/resolve/").json()["resolved"] is True
    assert [row["id"] for row in listed(as_ben, "&state=open")] == [on_article["id"]]
    assert [row["id"] for row in listed(as_ben, f"&line={quote['root']}&state=resolved")] == [thread["id"]]
    assert as_cy.post(f"{path}reopen/").json()["resolved"] is False
    assert len(listed(as_ben, f"&article={article}")) == 2
    assert len(listed(as_ben, "&limit=1")) == 1
    for bad in ("&state=x", "&line=x", "&mentions=ben", "&who=me"):
        assert as_ada.get(f"comments/?corpus=harbour{bad}").status_code == 400, bad
    seal_events()
    told = [event for event in as_cy.get("corpora/harbour/events/?limit=200").json()["results"]
            if event["object_type"] == "comment"]  # fmt: skip
    assert [event["action"].partition(".")[2] for event in told] == [
        "posted", "posted", "posted", "resolved", "reopened"
    ]  # fmt: skip
    assert "quote or two" not in str(told)


def test_a_thread_that_is_full_can_still_be_ended(
    as_ada: Caller, article: UUID, opened: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "MAX_ACTS", 2)
    path = f"comments/{post(as_ada, article, 'Is this one quote or two?').json()['id']}/"
    assert as_ada.post(f"{path}replies/", {"text": "Two."}).status_code == 201
    assert as_ada.post(f"{path}replies/", {"text": "Or one?"}).status_code == 409
    assert as_ada.post(f"{path}resolve/").json()["resolved"] is True
    assert as_ada.post(f"{path}reopen/").status_code == 409


def test_an_edit_is_a_row_of_its_own_and_a_deletion_leaves_the_place(
    as_ada: Caller, as_ben: Caller, article: UUID, opened: None
) -> None:
    thread = post(as_ada, article, "Wrnog, @ben?").json()
    path = f"comments/{thread['id']}/"
    edited = as_ada.patch(path, {"text": "Wrong?"}, If_Match='"0"').json()
    assert (words(edited), edited["comments"][0]["version"], edited["comments"][0]["mentions"]) == (
        ["Wrong?"], 1, []
    )  # fmt: skip
    assert Comment.objects.get(pk=thread["id"]).text == "Wrnog, @ben?"
    assert as_ada.patch(path, {"text": "x"}, If_Match='"0"').status_code == 412
    assert as_ben.patch(path, {"text": "x"}, If_Match='"1"').status_code == 404
    as_ben.post(f"{path}replies/", {"text": "Yes."})
    assert as_ada.delete(path).status_code == 204
    assert as_ada.delete(path).status_code == 204
    left = as_ben.get(path).json()
    assert [(row["text"], row["deleted"]) for row in left["comments"]] == [("", True), ("Yes.", False)]
    assert as_ada.patch(path, {"text": "x"}, If_Match='"2"').status_code == 409
    assert not Comment.objects.filter(text__contains="Wr").exists()
    row = Comment.objects.filter(text="Yes.")
    for change in ({"text": "No."}, {"author_id": 1, "act": "edit"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_whoever_is_named_finds_it(
    as_ada: Caller, as_ben: Caller, ben: User, article: UUID, opened: None
) -> None:
    thread = post(as_ada, article, "(@ben, and mail to ada@ben.test; @nobody) see R1.").json()
    assert thread["comments"][0]["mentions"] == [str(ben.public_id)]
    assert [row["id"] for row in listed(as_ben, "&mentions=me")] == [thread["id"]]
    assert listed(as_ada, "&mentions=me") == []
    for text in ("", " \n ", "x" * 10_001):
        assert post(as_ada, article, text).status_code == 400


def test_erasing_takes_the_words_and_no_more_come(as_ada: Caller, article: UUID, opened: None) -> None:
    thread = post(as_ada, article, "The bridge is closed.").json()
    as_ada.patch(f"comments/{thread['id']}/", {"text": "The bridge is shut."}, If_Match='"0"')
    erase_article(COMMAND, Article.objects.get(pk=article), reason="taken down")
    assert not Comment.objects.exclude(text="").exists()
    assert words(listed(as_ada)[0]) == [""]
    assert post(as_ada, article, "More.").status_code == 409
    assert [found for found in verify() if isinstance(found, Lie)] == []
    row = Comment.objects.all()[0]
    left = {
        "corpus": row.corpus,
        "revision": row.revision,
        "thread": row.pk,
        "author": row.author,
        "at": row.at,
    }
    Comment.objects.create(act="post", text="Ruiz", by_adjudicator=False, **left)
    assert [found.check for found in verify() if isinstance(found, Lie)] == ["comments"], "the control"


# --- In a blind corpus ---------------------------------------------------------------------------------


def test_a_reviewers_comment_shows_to_themselves_and_to_who_may_see_their_work(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, as_vic: Caller, article: UUID
) -> None:
    quote = suggestions(as_ben, article, "quote")[0]
    thread = post(as_ben, article, "Is it one, @cy?", annotation=quote["id"]).json()
    path = f"comments/{thread['id']}/"
    missing = as_ada.get(f"comments/{article}/")
    for hidden in (as_ada.get(path), as_ada.post(f"{path}replies/", {"text": "x"}), as_vic.get(path)):
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    assert listed(as_ada) == []
    answered = as_cy.post(f"{path}replies/", {"text": "One, @ben."}).json()
    assert words(answered) == ["Is it one, @cy?", "One, @ben."]
    reply = answered["comments"][1]["id"]
    assert words(as_ben.get(path).json())[-1] == "One, @ben."
    # Once cy has the text in hand, what ben said is hidden.
    own = suggestions(as_cy, article)[0]
    as_cy.post(f"annotations/{own['id']}/review/", {"verdict": "skip"}, If_Match='"0"')
    assert as_cy.get(path).status_code == as_cy.get(f"comments/{reply}/").status_code == 404
    assert as_ben.get(path).status_code == 200


def test_no_reviewer_is_shown_to_another_by_naming_them(
    as_ada: Caller, as_ben: Caller, as_cy: Caller, as_lea: Caller, article: UUID
) -> None:
    mine = post(as_ben, article, "One?").json()
    assert post(as_ben, article, "One, @ada?").status_code == 400
    assert as_cy.post(f"comments/{mine['id']}/replies/", {"text": "See here, @ada."}).status_code == 400
    # What a lead begins may call anybody; each sees the leads and themselves.
    theirs = post(as_lea, article, "Read R1 again, @ada and @ben.").json()
    path = f"comments/{theirs['id']}/"
    assert as_ben.post(f"{path}replies/", {"text": "I take it as one."}).status_code == 201
    assert as_ben.post(f"{path}replies/", {"text": "You too, @ada?"}).status_code == 400
    assert [row["id"] for row in listed(as_ada, "&mentions=me")] == [theirs["id"]]
    assert words(as_ada.get(path).json()) == ["Read R1 again, @ada and @ben."]
    assert words(as_cy.get(path).json())[-1] == "I take it as one."


def test_on_a_line_of_another_nothing_can_be_said(
    as_ada: Caller, as_ben: Caller, ben: User, article: UUID
) -> None:
    decide_all(as_ben, article, "accept")
    theirs = Annotation.objects.filter(layer__reviewer=ben)[0]
    hidden = post(as_ada, article, "Why?", annotation=str(theirs.pk))
    assert (hidden.status_code, hidden.content) == (
        404, post(as_ada, article, "Why?", annotation=str(article)).content
    )  # fmt: skip


def test_all_is_open_once_the_text_is_gold_and_out_of_ones_hands(
    as_ada: Caller, as_ben: Caller, article: UUID, corpus: Corpus
) -> None:
    Corpus.objects.update(single_is_gold=True)
    thread = post(as_ben, article, "One?").json()
    first = suggestions(as_ada, article)[0]
    as_ada.post(f"annotations/{first['id']}/review/", {"verdict": "accept"}, If_Match='"0"')
    decide_all(as_ben, article, "accept")
    assert as_ada.get(f"comments/{thread['id']}/").status_code == 404
    decide_all(as_ada, article, "accept")
    assert words(as_ada.get(f"comments/{thread['id']}/").json()) == ["One?"]
    assert Event.objects.filter(action="comment.posted").count() == 1
