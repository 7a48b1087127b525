"""Two real pages all the way round: one decided in the admin, the other over the API, out and in again."""

import pytest

from annotations.models import Annotation, Review
from annotations.services.importing import import_records
from annotations.services.verifying import Lie, verify
from corpus.models import Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from tests.browser.bench import Bench
from tests.browser.conftest import Tab
from tests.functional.steps import SEEDS, api, decide_everything, exported, put_in_and_let_the_worker_label

pytestmark = [
    pytest.mark.browser,
    pytest.mark.broker,
    pytest.mark.skipif(not SEEDS.is_dir(), reason="the two real articles are not beside the repository"),
]


def decide_in_the_admin(tab: Tab, revision: Revision) -> None:
    """Reject the first suggestion, accept every other card with one key each, and submit the pass."""
    bench = Bench(tab, revision).open().press("x")
    while not bench.page.locator("#strip-acts .default").count():
        bench.press("a")
    bench.saved().press("m")


def test_real_pages_are_decided_in_the_admin_and_over_the_api(
    transactional_db, corpus, ada, lea, start_worker, tab
):
    decided, asked = put_in_and_let_the_worker_label(corpus, SEEDS, start_worker)
    tab.sign_in("ada")
    decide_in_the_admin(tab, decided)
    tab.page.wait_for_url(f"**/{asked.article_id}/workbench/")
    client = api(ada)
    decide_everything(client, asked)
    assert client.post(f"/api/v1/articles/{asked.article_id}/pass/").status_code == 200
    assert set(Revision.objects.values_list("status", flat=True)) == {"submitted"}
    assert Review.objects.filter(layer__revision=decided, verdict="reject").exists()
    assert tab.complaints == []

    lines = exported(api(lea), corpus)
    copy = create_corpus(COMMAND, slug="copy", name="Copy")
    outcomes = list(import_records(COMMAND, copy, lines, source="export"))
    assert [outcome.outcome for outcome in outcomes] == ["created", "created"]
    for revision in (decided, asked):
        delivered = (SEEDS / revision.article.external_id).read_bytes()
        again = Revision.objects.get(corpus=copy, article__external_id=revision.article.external_id)
        assert revision.text.encode() == again.text.encode() == delivered
        assert stated(again) == stated(revision)
    assert [found for found in verify() if isinstance(found, Lie)] == []


def stated(revision: Revision) -> list[tuple[object, ...]]:
    """Return what each layer of a revision says, without the ids of the rows."""
    rows = Annotation.objects.filter(layer__revision=revision).order_by(
        "layer__kind", "start", "end", "label"
    )
    return list(rows.values_list("layer__kind", "label", "start", "end", "surface", "origin", "score"))
