"""Data leaves by the pages: a release and its files, and an export that a worker makes."""

import hashlib
from pathlib import Path

import orjson
import pytest

from annotations.models import Export, Release
from annotations.services.exports import work_export
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.annotations.test_settling import decide_all, status
from tests.browser.conftest import Tab, listening
from tests.conftest import person, put_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def harbour() -> Corpus:
    """Return a corpus with one article that is gold, and a lead."""
    ada, lea = person("ada"), person("lea")
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"), single_is_gold=True)
    set_member(COMMAND, corpus, ada, "reviewer")
    set_member(COMMAND, corpus, lea, "lead")
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("test", limit=10, seconds=30)
    decide_all(ada, revision)
    assert status(revision) == "gold"
    return corpus


def downloaded(tab: Tab, button: str) -> bytes:
    with tab.page.expect_download() as coming:
        tab.page.click(button)
    return Path(coming.value.path()).read_bytes()


def test_a_lead_makes_a_release_and_takes_its_files(chromium, live_server, harbour: Corpus) -> None:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True) as context:
        tab = listening(context, live_server.url)
        tab.be("lea")
        tab.open(f"/admin/corpus/corpus/{harbour.pk}/releases/")
        tab.page.fill("#id_name", "V 1")
        tab.follow("text=Make it")
        assert "A name has" in tab.page.inner_text(".errorlist")
        tab.complaints.clear()
        tab.page.fill("#id_name", "v1")
        tab.follow("text=Make it")
        release = Release.objects.get()
        [split] = [name for name, told in release.manifest["splits"].items() if told["articles"]]
        row = f"tr:has(th:text-is('{split}')):has(form)"
        native = downloaded(tab, f"{row} >> text=Download")
        assert hashlib.sha256(native).hexdigest() == release.manifest["splits"][split]["sha256"]
        assert orjson.loads(native)["annotations"]
        tab.page.select_option(f"#format_{split}", "csv")
        assert b"quote" in downloaded(tab, f"{row} >> text=Download")
        card = downloaded(tab, "text=Download the card").decode()
        assert card.startswith("---\n") and "v1" in card
        assert tab.complaints == []


def test_a_lead_asks_for_a_file_sees_it_made_and_takes_it(chromium, live_server, harbour: Corpus) -> None:
    with chromium.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True) as context:
        tab = listening(context, live_server.url)
        tab.be("lea")
        tab.open(f"/admin/corpus/corpus/{harbour.pk}/export/")
        tab.page.select_option("#id_layer", "gold")
        tab.follow("text=Make it in the background")
        tab.page.wait_for_selector("#exports >> text=waits for a worker")
        assert work_export("test") == "done"
        # The page asks by itself how far it is.
        tab.page.wait_for_selector("#exports a:has-text('Download')")
        data = downloaded(tab, "#exports a:has-text('Download')")
        manifest = Export.objects.get().manifest
        assert hashlib.sha256(data).hexdigest() == manifest["sha256"]
        assert manifest["layer"] == "gold"
        assert tab.complaints == []
