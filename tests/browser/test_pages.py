"""The whole way in a real browser: sign in, put in, review, and not one complaint on the way."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from annotations.models import Layer, LayerKind, Review
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.reading import own_layer, read_layers
from corpus.models import Article, Corpus, Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.conftest import Tab
from tests.conftest import TEXT, acting, person, put_in

EMOJI = (
    "👩‍👩‍👧 A day at the quay\n\n"
    "“We 😀 will close the 👍🏽 bridge,” said Ana Ruiz, the engineer.\n\n"
    "Ruiz warned that two of its cables had lost a third of their strength.\n"
)

pytestmark = pytest.mark.browser


@pytest.fixture
def harbour(transactional_db) -> Corpus:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    set_member(COMMAND, corpus, person("ada"), "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def article(harbour) -> Revision:
    revision = put_in(harbour, EMOJI, title="A day at the quay", outlet="The Lamp")
    work_jobs("test", limit=10, seconds=30)
    return revision


def standing(name: str, revision: Revision) -> dict[str, list[str]]:
    """Return the surfaces that stand in a person's layer, by label."""
    user = revision.corpus.members.get(user__username=name).user
    layer = own_layer(acting(user), revision)
    found: dict[str, list[str]] = {}
    for row in read_layers([layer])[0].standing.values() if layer else ():
        found.setdefault(row.label, []).append(row.surface)
    return found


def test_an_article_is_pasted_annotated_and_reviewed(harbour, tab):
    tab.sign_in("owen")
    page = tab.page
    page.click("text=Put in articles")
    page.fill("#id_title", "A day at the quay")
    page.fill("#id_text", EMOJI)
    page.click("button:has-text('Put it in')")
    page.wait_for_selector(".at-created")
    assert Revision.objects.get().text == EMOJI
    work_jobs("test", limit=10, seconds=30)

    page.click("table a")
    page.click("a:has-text('Review')")
    quote = page.locator(".at-item:not(.at-child)", has=page.locator(".label-quote")).first
    row = f"#{quote.get_attribute('id')}"
    page.click(f"{row} button[value=accept]")
    page.wait_for_selector(f"{row} .at-note.saved")
    assert "accepted" in page.inner_text(f"{row} .at-why")
    assert standing("owen", Revision.objects.get())["quote"] == ["“We 😀 will close the 👍🏽 bridge,”"]

    page.click(f"{row} a[data-panel]")
    page.wait_for_selector("#panel-form")
    tab.select("😀 will close the 👍🏽 bridge")
    page.click("button[data-take=panel-segments]")
    assert "😀 will close the 👍🏽 bridge" in page.inner_text("#panel-surface")
    page.click("#panel-form button.default")
    page.wait_for_selector("#note.saved")
    assert standing("owen", Revision.objects.get())["quote"] == ["😀 will close the 👍🏽 bridge"]
    assert page.input_value("input[name=csrfmiddlewaretoken] >> nth=0")
    assert tab.complaints == []


def test_one_click_on_a_label_adds_what_is_selected(article, tab):
    tab.sign_in("ada")
    tab.open(f"/admin/corpus/article/{article.article_id}/review/")
    tab.select("👍🏽 bridge,” said Ana Ruiz")
    tab.page.click("#selection button:has-text('claim')")
    tab.page.wait_for_selector("#note.saved")
    assert "👍🏽 bridge,” said Ana Ruiz" in standing("ada", article)["claim"]
    assert tab.complaints == []


def test_a_selection_over_two_paragraphs_is_exact(article, tab):
    tab.sign_in("ada")
    tab.open(f"/admin/corpus/article/{article.article_id}/review/")
    tab.page.evaluate(
        """() => {
          const blocks = document.querySelectorAll("#text .block");
          const range = document.createRange();
          range.setStart(blocks[0].firstChild, 0);
          range.setEndAfter(blocks[1].lastChild);
          document.getSelection().addRange(range);
        }"""
    )
    tab.page.click("#selection button:has-text('quote')")
    tab.page.wait_for_selector("#note.saved")
    assert EMOJI[: EMOJI.index("\n\nRuiz")] in standing("ada", article)["quote"]


def test_line_ends_do_not_move_an_offset(harbour, tab):
    text = "One 😀 line.\r\nTwo\rlines.\r\n\r\n“We will close it,” said Ana Ruiz.\r\n"
    revision = put_in(harbour, text)
    work_jobs("test", limit=10, seconds=30)
    tab.sign_in("ada")
    tab.open(f"/admin/corpus/article/{revision.article_id}/review/")
    assert tab.page.evaluate("document.getElementById('text').textContent") == text
    tab.select("We will close it")
    tab.page.click("#selection button:has-text('claim')")
    tab.page.wait_for_selector("#note.saved")
    assert standing("ada", revision)["claim"] == ["We will close it"]


def test_what_another_tab_decided_is_shown_and_not_overwritten(article, tab, chromium):
    tab.sign_in("ada")
    address = f"/admin/corpus/article/{article.article_id}/review/"
    tab.open(address)
    page, other = tab.page, tab.page.context.new_page()
    other.goto(tab.base + address)
    row = f"#{page.locator('.at-item').first.get_attribute('id')}"
    other.click(f"{row} button[value=skip]")
    other.wait_for_selector(f"{row} .at-note.saved")
    page.click(f"{row} button[value=accept]")
    page.wait_for_selector(f"{row} .at-note.failed")
    assert "Another tab of yours was quicker; there it reads: skip" in page.inner_text(f"{row} .at-note")
    page.click(f"{row} .at-note button")
    page.wait_for_selector(f"{row} .at-verdict")
    assert "skipped" in page.inner_text(f"{row} .at-why")
    assert Review.objects.filter(implied_by=None).count() == 1


def test_saved_stands_only_after_the_receipt_and_a_lost_answer_is_sent_again(article, tab):
    tab.sign_in("ada")
    page = tab.page
    tab.open(f"/admin/corpus/article/{article.article_id}/review/")
    answered: list[int] = []

    def lose(route):
        # The act reaches the server, its answer never reaches the page.
        if not answered:
            answered.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/**", lose)
    row = f"#{page.locator('.at-item').first.get_attribute('id')}"
    page.click(f"{row} button[value=accept]")
    page.wait_for_selector(f"{row} .at-note.failed")
    assert "Not saved" in page.inner_text(f"{row} .at-note")
    page.click(f"{row} .at-note button")
    page.wait_for_selector(f"{row} .at-note.saved")
    assert answered == [200]
    assert Review.objects.filter(implied_by=None).count() == 1


def test_the_checked_ones_are_rejected_at_once(article, tab):
    tab.sign_in("ada")
    page = tab.page
    tab.open(f"/admin/corpus/article/{article.article_id}/review/")
    page.check("#check-all")
    page.select_option("#bulk-reason", "other")
    page.click("#bulk button[value=reject]")
    page.wait_for_selector("#note.saved")
    assert "0 of" not in page.inner_text("#pass")
    page.click("button:has-text('Submit the pass')")
    page.wait_for_selector("text=Take it up again")
    assert Layer.objects.get(kind=LayerKind.REVIEWER).submitted_at
    assert tab.complaints == []


def test_it_all_works_without_scripts(article, chromium, live_server):
    context = chromium.new_context(java_script_enabled=False)
    tab = Tab(page=context.new_page(), base=live_server.url)
    tab.sign_in("ada")
    tab.open(f"/admin/corpus/article/{article.article_id}/review/")
    row = f"#{tab.page.locator('.at-item').first.get_attribute('id')}"
    tab.page.click(f"{row} button[value=accept]")
    assert tab.page.url.endswith(row)
    assert "accepted" in tab.page.inner_text(f"{row} .at-why")
    tab.page.click(f"{row} a:has-text('Correct')")
    tab.page.fill("#panel-segments", "0-5")
    tab.page.click("#panel-form button.default")
    assert "corrected" in tab.page.inner_text(f"{row} .at-why")
    context.close()


def test_a_run_is_watched_live(harbour, tab):
    put_in(harbour, TEXT, external_id="old")
    tab.sign_in("owen")
    tab.open(f"/admin/corpus/corpus/{harbour.pk}/machines/")
    tab.page.click("button:has-text('Run it')")
    tab.page.wait_for_selector("[data-count=queued]:has-text('1')")
    work_jobs("test", limit=10, seconds=30)
    tab.page.wait_for_selector("#note:has-text('Finished.')")
    assert tab.page.inner_text("[data-count=done]") == "1"
    assert tab.complaints == []


def pages(corpus: Corpus, revision: Revision) -> list[str]:
    own = f"/admin/corpus/corpus/{corpus.pk}"
    return [
        "/admin/",
        "/admin/corpus/article/?corpus=harbour",
        f"/admin/corpus/article/{revision.article_id}/change/",
        f"/admin/corpus/article/{revision.article_id}/review/",
        f"/admin/corpus/article/{revision.article_id}/review/?panel=new",
        f"/admin/corpus/article/{revision.article_id}/erase/",
        "/admin/corpus/corpus/",
        "/admin/corpus/corpus/add/",
        *(
            f"{own}/{tab}/"
            for tab in (
                "change",
                "members",
                "guideline",
                "scheme",
                "put-in",
                "machines",
                "export",
                "disputes",
                "work",
                "figures",
            )
        ),
        "/admin/corpus/event/?corpus=harbour",
        "/admin/corpus/ingestreport/",
        "/admin/corpus/token/",
        "/admin/corpus/token/add/",
        "/admin/annotations/run/",
        "/admin/annotations/job/?corpus=harbour",
        f"/admin/annotations/annotation/?layer__revision={revision.pk}",
        f"/admin/annotations/review/?layer__revision={revision.pk}",
        "/admin/password_change/",
    ]


def test_no_page_makes_the_browser_complain(article, harbour, tab):
    tab.sign_in("owen")
    for path in pages(harbour, article):
        tab.open(path)
        assert tab.complaints == [], path


def serious_barriers(tab: Tab, paths: list[str]) -> list[tuple[str, str, list[str]]]:
    found = []
    for path in paths:
        tab.open(path)
        for rule in Axe().run(tab.page).response["violations"]:
            if rule["impact"] in ("serious", "critical"):
                found.append((path, rule["id"], [node["target"] for node in rule["nodes"]][:3]))
    return found


def test_no_page_has_a_serious_barrier(article, harbour, tab):
    tab.sign_in("owen")
    assert serious_barriers(tab, pages(harbour, article)) == []


def test_nor_has_one_in_the_dark(article, harbour, tab):
    tab.page.emulate_media(color_scheme="dark")
    tab.sign_in("owen")
    assert serious_barriers(tab, pages(harbour, article)[:5]) == []


def test_the_policy_stops_a_planted_script_and_the_ear_hears_it(article, tab):
    tab.sign_in("ada")
    tab.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')"
    )
    tab.page.wait_for_timeout(300)
    assert tab.page.evaluate("window.ran") is None
    assert any("script-src" in complaint for complaint in tab.complaints)


def test_a_web_address_made_of_script_is_no_link(harbour, tab):
    put_in(harbour, url="javascript:window.ran=1")
    tab.sign_in("ada")
    tab.open(f"/admin/corpus/article/{Article.objects.get().pk}/change/")
    assert tab.page.locator("a[href^='javascript']").count() == 0
