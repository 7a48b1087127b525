"""The whole way in a real browser: sign in, put in, review, and not one complaint on the way."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from annotations.models import Annotation, Export
from annotations.services.exports import work_export
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Article, Corpus, Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.bench import Bench, standing
from tests.browser.conftest import Tab
from tests.conftest import TEXT, person, put_in

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
    revision = Revision.objects.get()
    bench = Bench(tab, revision).go("“We").press("a").saved()
    owen = harbour.members.get(user__username="owen").user
    assert ("quote", "“We 😀 will close the 👍🏽 bridge,”") in standing(owen, revision)
    bench.go("“We").press("Shift+ArrowRight", "a").saved()
    assert ("quote", "We 😀 will close the 👍🏽 bridge,”") in standing(owen, revision)
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


def test_an_export_is_followed_live(article, harbour, tab, settings, tmp_path):
    settings.ATTEST_EXPORTS = tmp_path
    tab.be("owen")
    tab.open(f"/admin/corpus/corpus/{harbour.pk}/export/")
    tab.follow("button:has-text('in the background')")
    tab.page.wait_for_selector("[data-told]:has-text('waits for a worker')")
    Export.objects.update(status="running", done=3, total=7, lease_until=timezone.now())
    tab.page.wait_for_selector("[data-told]:has-text('3 of 7')")
    Export.objects.update(status="queued", lease_until=None)
    assert work_export("test") == "done"
    with tab.page.expect_download() as download:
        tab.page.click("#exports a[download]")
    assert download.value.suggested_filename == "harbour-all.jsonl"
    assert tab.complaints == []


def exports_in_every_state(corpus: Corpus, **words: str) -> None:
    """Put one export of each kind into the list of a corpus."""
    manifest = {
        "counts": {"articles": 1_204, "annotations": 48_160},
        "losses": {"scores": 12, "reasons": 12},
        "bytes": 73_400_320,
        "sha256": "0f" * 32,
    }
    now = timezone.now()
    states: list[dict[str, Any]] = [
        {"status": "queued"},
        {"status": "running", "done": 300, "total": 1_204, "lease_until": now},
        {"status": "parked", "cause": "OSError: No space left on device"},
        {"status": "cancelled"},
        *(
            {"status": "done", "manifest": manifest, "made_at": now, "file": file}
            for file in ("", "kept", "expired", "erased")
        ),
    ]
    for state in states:
        row = {"format": "brat", "layer": "machine:rules@3"} | state | words
        Export.objects.create(corpus=corpus, **row)


def pages(corpus: Corpus, revision: Revision) -> list[str]:
    own = f"/admin/corpus/corpus/{corpus.pk}"
    quote = Annotation.objects.filter(layer__revision=revision, label="quote").earliest("pk")
    return [
        "/admin/",
        "/admin/corpus/article/?corpus=harbour",
        f"/admin/corpus/article/{revision.article_id}/change/",
        f"/admin/corpus/article/{revision.article_id}/workbench/",
        f"/admin/corpus/article/{revision.article_id}/review/",
        f"/admin/corpus/article/{revision.article_id}/review/?panel=new",
        f"/admin/corpus/article/{revision.article_id}/erase/",
        f"/admin/corpus/article/{revision.article_id}/comments/?line={quote.root}",
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
                "rereviews",
                "figures",
                "agreement",
                "vigilance",
                "releases",
                "webhooks",
                "comments",
            )
        ),
        "/admin/corpus/event/?corpus=harbour",
        "/admin/corpus/ingestreport/",
        "/admin/corpus/token/",
        "/admin/corpus/token/add/",
        "/admin/annotations/run/",
        "/admin/annotations/job/?corpus=harbour",
        f"/admin/annotations/annotation/?layer__revision={revision.pk}",
        f"/admin/annotations/annotation/{quote.pk}/history/",
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
