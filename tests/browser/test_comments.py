"""Nothing that is typed on the page of comments is lost, whatever is pressed."""

import os
from pathlib import Path

import pytest

from annotations.models import Comment
from annotations.services import comments
from annotations.services.comments import edit_comment, post_comment
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.conftest import Tab
from tests.browser.test_pages import serious_barriers
from tests.conftest import TEXT, acting, person, put_in

pytestmark = pytest.mark.browser


@pytest.fixture
def ada(transactional_db):
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"), guideline="R1.")
    ada = person("ada")
    set_member(COMMAND, corpus, ada, "reviewer")
    return ada


@pytest.fixture
def threads(ada) -> list[Comment]:
    """Two threads of Ada's on one article."""
    article = put_in(Corpus.objects.get(), TEXT, title="The bridge").article
    return [post_comment(acting(ada), article, words) for words in ("Is it?", "Is that?")]


def open_page(tab: Tab, threads: list[Comment]) -> str:
    path = f"/admin/corpus/article/{threads[0].revision.article_id}/comments/"
    tab.be("ada")
    tab.open(path)
    return path


def words_in(tab: Tab) -> dict[str, str]:
    """Return the words in the boxes, but for those of an edit that are the comment's own."""
    return tab.page.evaluate("""() => Object.fromEntries(
      [...document.querySelectorAll("#comments textarea")]
        .filter((box) => box.value !== (box.dataset.stands ?? box.defaultValue))
        .map((box) => [box.id, box.value]))""")


def picture(tab: Tab, name: str) -> None:
    if folder := os.environ.get("ATTEST_PICTURES"):
        tab.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_words_in_the_other_boxes_stay_until_they_are_posted(tab, threads):
    first, second = (thread.pk for thread in threads)
    open_page(tab, threads)
    picture(tab, "comments")
    tab.page.fill("#comment", "A new one.")
    tab.page.fill(f"#reply-{second}", "It is.\n\nIs it?")
    tab.follow(f"button[name=resolve][value='{first}']")
    picture(tab, "comments-resolved")
    kept = {"comment": "A new one.", f"reply-{second}": "It is.\n\nIs it?"}
    assert words_in(tab) == kept
    tab.follow(f"button[name=reply][value='{second}']")
    assert words_in(tab) == {"comment": "A new one."}
    tab.follow("button[name=post]")
    assert words_in(tab) == {}
    tab.page.reload()
    assert words_in(tab) == {}
    posted = Comment.objects.filter(act="post").order_by("pk").values_list("text", flat=True)
    assert list(posted)[2:] == ["It is.\n\nIs it?", "A new one."]
    assert tab.complaints == []


def test_refused_words_and_those_in_the_other_boxes_come_back(tab, threads, monkeypatch):
    first = threads[0].pk
    path = open_page(tab, threads)
    monkeypatch.setattr(comments, "MAX_ACTS", 1)
    tab.page.fill("#comment", "A new one.")
    tab.page.fill(f"#reply-{first}", "It is.")
    tab.follow(f"button[name=resolve][value='{first}']")
    picture(tab, "comments-refused")
    kept = {"comment": "A new one.", f"reply-{first}": "It is."}
    assert words_in(tab) == kept
    assert tab.page.locator(".errornote + .at-field textarea").get_attribute("id") == f"reply-{first}"
    assert tab.page.evaluate("document.activeElement.id") == f"reply-{first}"
    assert serious_barriers(tab, [path]) == []
    assert words_in(tab) == kept, "also where the page is opened anew"
    tab.page.fill(f"#reply-{first}", "")
    tab.follow(f"button[name=resolve][value='{first}']")
    assert words_in(tab) == {"comment": "A new one."}


def test_an_edit_that_was_begun_does_not_overwrite_a_later_one(tab, threads, ada):
    first, second = (thread.pk for thread in threads)
    open_page(tab, threads)
    tab.page.click(f"details:has(> form #edit-{first}) > summary")
    tab.page.fill(f"#edit-{first}", "Is it so?")
    edit_comment(acting(ada), threads[0], "Is it really?", version=0)
    tab.page.fill(f"#reply-{second}", "It is.")
    tab.follow(f"button[name=reply][value='{second}']")
    assert words_in(tab) == {f"edit-{first}": "Is it so?"}
    assert tab.page.is_visible(f"#edit-{first}")
    tab.follow(f"button[name=edit][value='{first}']")
    picture(tab, "comments-stale")
    assert tab.page.is_visible("text=Is it really?")
    assert "changed meanwhile" in tab.page.inner_text(".errornote")
    assert words_in(tab) == {f"edit-{first}": "Is it so?"}
    tab.follow(f"button[name=edit][value='{first}']")
    assert tab.page.is_visible("p:text-is('Is it so?')")


def test_words_that_were_lost_on_the_way_come_back(tab, threads):
    first = threads[0].pk
    path = open_page(tab, threads)
    tab.page.fill(f"#reply-{first}", "It is.")
    tab.page.context.clear_cookies()
    tab.page.click(f"button[name=reply][value='{first}']")
    tab.page.wait_for_load_state()
    open_page(tab, threads)
    assert words_in(tab) == {f"reply-{first}": "It is."}
    tab.follow(f"button[name=reply][value='{first}']")
    tab.open(path)
    assert words_in(tab) == {}
