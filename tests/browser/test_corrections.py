"""What costs one key, as accepting does: the likeliest correction, and a change with what is right behind."""

import pytest
from playwright.sync_api import Route

from annotations.extraction.base import ArticleText
from annotations.extraction.learned.considering import Considered, by_ranker
from annotations.extraction.learned.ranker import Ranker
from annotations.services import offering
from annotations.services.desk import Desk
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from corpus.models import Corpus, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus, set_member
from tests.browser.bench import Bench, linked, standing, verdicts
from tests.browser.conftest import Tab
from tests.conftest import person, put_in

pytestmark = pytest.mark.browser

TEXT = (
    "Ana Ruiz, the engineer, said that the cables were old. Ben Ode warned that the road would be shut.\n\n"
    "Mia Lund added that nobody had been told.\n"
)


@pytest.fixture
def ada(transactional_db: None) -> User:
    return person("ada")


@pytest.fixture
def corpus(ada: User) -> Corpus:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    set_member(COMMAND, corpus, ada, "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def bench(corpus: Corpus, tab: Tab) -> Bench:
    article = put_in(corpus, TEXT)
    work_jobs("test", limit=10, seconds=30)
    tab.be("ada")
    return Bench(tab, article)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The opinion of a pipeline whose reviewers have shortened sources."""

    def opinion(desk: Desk, text: ArticleText) -> Considered:
        orders = by_ranker(
            {
                "segments": Ranker(),
                "source": Ranker({"end earlier": 5.0, "start kept": 1.0}),
                "cue": Ranker(),
                "correction": Ranker({"changes source": 9.0}),
            }
        )
        return Considered(thoughts=(), shares={}, orders=orders)

    monkeypatch.setattr(offering, "_opinion", opinion)


@pytest.mark.usefixtures("learned")
def test_what_is_decided_has_no_correction_and_the_key_leaves_it_alone(bench: Bench, ada: User) -> None:
    bench.open().wait("panel", "Most likely").press("a").saved()
    bench.go("that the cables were old")
    assert "accepted" in bench.card() and bench.page.locator(".wb-likeliest").count() == 0
    bench.press("Enter").wait("live", "No correction is shown.")
    assert verdicts(annotation__label="quote") == ["accept"]


@pytest.mark.usefixtures("learned")
def test_a_correction_that_is_not_on_the_card_yet_is_not_taken(bench: Bench, tab: Tab) -> None:
    held: list[Route] = []
    tab.page.route("**/candidates/**", lambda route: held.append(route))
    with tab.page.expect_request("**/candidates/**"):
        bench.open()
    bench.press("Enter").wait("live", "No correction is shown.")
    [route] = held
    route.continue_()
    bench.wait("panel", "Most likely")
    assert verdicts() == []


@pytest.mark.usefixtures("learned")
def test_the_likeliest_correction_stands_on_the_card_and_is_one_key(bench: Bench, ada: User) -> None:
    bench.open().wait("panel", "Most likely")
    first, second = bench.page.locator(".wb-likeliest dl").all()
    assert first.inner_text().split() == ["source", "Ana", "Ruiz"]
    assert second.inner_text().split()[0] == "source"
    bench.press("Enter").saved()
    assert verdicts(annotation__label="quote") == ["correct"]
    assert ("source", "that the cables were old", "Ana Ruiz") in linked(ada, bench.revision)
    assert "that the road would be shut" in bench.card(), "the focus has gone on"
    # What is in hand is kept as it is.
    bench.press("ArrowLeft", "Enter").saved()
    assert ("quote", "that the road would be") in standing(ada, bench.revision)


def test_without_an_opinion_there_is_no_correction_and_the_key_does_nothing(bench: Bench, ada: User) -> None:
    bench.open().press("v").wait("panel", "Other boundaries")
    bench.press("Escape", "Enter").wait("live", "No correction is shown.")
    assert bench.page.locator(".wb-likeliest").count() == 0
    assert verdicts() == []


def test_a_change_in_hand_is_kept_with_what_is_right_behind_it_in_one_key(bench: Bench, ada: User) -> None:
    bench.open().press("ArrowLeft").wait("panel", "Save, and accept")
    assert "Mia Lund" not in bench.page.locator(".wb-rest").inner_text()
    bench.press("p").saved()
    said = standing(ada, bench.revision)
    assert {("quote", "that the cables were"), ("quote", "that the road would be shut")} <= said
    assert not [words for _, words in said if "nobody" in words], "the next paragraph waits"
    bench.press("ArrowLeft").press("p").saved()
    assert ("quote", "that nobody had been") in standing(ada, bench.revision), "nothing else was left there"
