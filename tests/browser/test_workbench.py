"""The workbench in a real browser: one key a decision, and nothing lost on the way."""

import pytest
from playwright.sync_api import Route

from annotations.models import Annotation, Assignment, Layer, LayerKind, Review
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import take
from annotations.services.settling import approve_passes
from corpus.models import Corpus, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, create_corpus, publish_guideline, set_member
from corpus.services.disclosure import DISCLOSURE
from tests.browser.bench import Bench, layer, linked, standing, verdicts
from tests.browser.conftest import Tab
from tests.conftest import acting, person, put_in

pytestmark = pytest.mark.browser

TEXT = (
    "👩‍👩‍👧 A day at the quay\n\n"
    "“We 😀 will close the 👍🏽 bridge,” said Ana Ruiz, the engineer.\n\n"
    "Ruiz warned that two of its cables had lost a third of their strength.\n\n"
    "Traffic over the bridge rose by 12 percent in 2024.\n"
)
QUOTE = "“We 😀 will close the 👍🏽 bridge,”"
CABLES = "two of its cables had lost a third of their strength"
ENGINEER = "Ana Ruiz, the engineer"
SEEN = """
(entry) => {
  const [here, all] = [entry, document.getElementById("outline")].map((one) => one.getBoundingClientRect());
  return here.top >= all.top && here.bottom <= all.bottom;
}
"""


@pytest.fixture
def harbour(transactional_db) -> Corpus:
    corpus = create_corpus(COMMAND, slug="harbour", name="Harbour", owner=person("owen"))
    for name in ("ada", "ben"):
        set_member(COMMAND, corpus, person(name), "reviewer")
    activate_pipeline(COMMAND, corpus, "rules")
    return corpus


@pytest.fixture
def ada(harbour) -> User:
    return harbour.members.get(user__username="ada").user


@pytest.fixture
def article(harbour) -> Revision:
    return labelled(harbour, TEXT, title="A day at the quay", outlet="The Lamp")


def labelled(corpus: Corpus, text: str, **fields: str) -> Revision:
    revision = put_in(corpus, text, **fields)
    work_jobs("test", limit=10, seconds=30)
    return revision


@pytest.fixture
def bench(article, tab) -> Bench:
    tab.be("ada")
    return Bench(tab, article).open()


# --- deciding -----------------------------------------------------------------------------------------------


def test_one_key_accepts_a_quote_with_its_source_and_cue_and_goes_on(bench, article, ada):
    bench.go("“We").press("a").saved()
    assert standing(ada, article) == {("quote", QUOTE), ("attribution", ENGINEER), ("cue", "said")}
    assert "to decide" in bench.card()
    assert QUOTE not in bench.card()
    assert bench.kept() == []
    assert bench.tab.complaints == []


def test_one_key_rejects_and_one_more_says_why(bench, article):
    bench.go("“We").press("x", "2").saved()
    review = Review.objects.filter(annotation__surface=QUOTE).order_by("version").last()
    assert (review.verdict, review.reason) == ("reject", "title_or_irony")


def test_a_rejected_quote_takes_along_what_nothing_else_leads_to(bench, article, ada):
    bench.go("“We").press("x").saved()
    dropped = Review.objects.filter(verdict="reject").values_list("annotation__label", flat=True)
    assert sorted(dropped) == ["attribution", "cue", "quote"]
    bench.press("u").saved()
    assert layer(ada, article).counting == {}


def test_skip_retract_and_undo_over_a_reload(bench, article, ada):
    bench.go("“We").press("Space").saved()
    bench.go("“We").press("Backspace").saved()
    bench.press("a").saved()
    assert len(standing(ada, article)) == 3
    bench.open().press("u").saved()
    assert standing(ada, article) == set()
    assert verdicts(annotation__surface=QUOTE) == ["skip", "retract", "accept", "retract"]


def test_all_that_is_left_is_accepted_by_paragraph_and_above_a_score_as_one_act(bench, article, ada):
    bench.go("Traffic over").press("p").saved()
    assert standing(ada, article) == {("claim", "Traffic over the bridge rose by 12 percent in 2024")}
    bench.press("P").wait("panel", "0.50 and above").press("5").saved()
    assert len(standing(ada, article)) > 4
    at = set(Review.objects.exclude(annotation__surface__startswith="Traffic").values_list("at", flat=True))
    assert len(at) == 1
    bench.press("u").saved()
    assert standing(ada, article) == {("claim", "Traffic over the bridge rose by 12 percent in 2024")}


def test_what_one_key_would_accept_in_a_paragraph_stands_there_with_its_sources_and_cues(harbour, ada, tab):
    text = (
        "Ana Ruiz said that the cables were old. Ben Ode warned that the road would be shut.\n\nIt rained.\n"
    )
    revision = labelled(harbour, text)
    tab.be("ada")
    bench = Bench(tab, revision).open()
    listed = [words.replace("\n", " ") for words in bench.page.locator(".wb-rest li").all_inner_texts()]
    said = [words for words in listed if words.startswith("quote")]
    assert ["source: Ana Ruiz · cue: said" in said[0], "source: Ben Ode · cue: warned" in said[1]] == [
        True
    ] * 2
    # The last one, too, where the focus is on another.
    bench.press("a").saved().press("k")
    assert ["Ben Ode" in words for words in bench.page.locator(".wb-rest li").all_inner_texts()] == [True]
    bench.press("p").saved()
    assert len(listed) == len(verdicts(verdict="accept"))
    assert bench.page.locator(".wb-rest").count() == 0
    assert {"Ana Ruiz", "Ben Ode", "said", "warned"} <= {words for _, words in standing(ada, revision)}


def test_why_a_suggestion_fired_is_one_key_away(bench):
    bench.go("“We").press("w")
    assert "not a probability: it is not calibrated" in bench.card()


def test_the_least_sure_come_first_when_asked(bench, article):
    told = bench.press("B").drawn().page.locator(".wb-entry .wb-words").all_inner_texts()
    suggested = Annotation.objects.filter(layer__kind=LayerKind.MACHINE)
    scores = dict(suggested.values_list("surface", "score"))
    ordered = [scores[words] for words in told if words in scores]
    assert len(ordered) >= 4 and len(set(ordered)) > 1
    assert ordered == sorted(ordered)


# --- correcting ---------------------------------------------------------------------------------------------


def test_both_boundaries_move_by_words_and_the_correction_is_exact(bench, article, ada):
    bench.go("“We").press("ArrowLeft", "Shift+ArrowRight", "a").saved()
    quotes = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert quotes == ["We 😀 will close the 👍🏽 bridge"]
    assert linked(ada, article) == {("source", quotes[0], ENGINEER), ("cue", quotes[0], "said")}


def test_a_boundary_moves_by_a_character_and_never_into_one(bench, article, ada):
    bench.go("“We").press(*["Alt+ArrowLeft"] * 9, "a").saved()
    assert ("quote", "“We 😀 will close the 👍🏽") in standing(ada, article)


def test_what_is_being_changed_is_committed_by_looking_elsewhere_and_kept_over_a_reload(bench, article, ada):
    bench.go("“We").press("ArrowLeft", "ArrowLeft")
    assert "being changed" in bench.card()
    bench.open()
    assert "being changed" in bench.card()
    bench.press("j").saved()
    assert ("quote", "“We 😀 will close the 👍🏽") in standing(ada, article)


def test_escape_drops_what_is_being_changed(bench, article):
    bench.go("“We").press("ArrowLeft", "Escape", "j")
    assert "being changed" not in bench.card()
    assert not Review.objects.exists()


def test_label_and_type_take_one_key_each(bench, article, ada):
    bench.go("“We").press("Shift+Digit2", "a").saved()
    types = {row.surface: row.attributes for row in layer(ada, article).standing.values() if row.attributes}
    assert types == {QUOTE: {"type": "indirect"}}
    bench.go("Traffic over").press("2", "a").saved()
    assert ("quote", "Traffic over the bridge rose by 12 percent in 2024") in standing(ada, article)


def test_a_source_is_linked_by_its_number_by_the_next_key_and_by_selected_words(bench, article, ada):
    bench.go("Traffic over").press("s")
    bench.wait("panel", "Which source?")
    number = bench.page.locator(".wb-choices button", has_text="Ana Ruiz").first.inner_text()[0]
    bench.press(number, "a").saved()
    assert ("source", "Traffic over the bridge rose by 12 percent in 2024", ENGINEER) in linked(ada, article)
    # A click waits for what is under way, and the text is drawn anew then.
    bench.go("Traffic over").wait("panel", "rose by 12 percent")
    bench.tab.select("the bridge rose")
    bench.press("s", "a").saved()
    assert ("source", "Traffic over the bridge rose by 12 percent in 2024", "the bridge rose") in linked(
        ada, article
    )


def test_a_number_waits_for_the_list_that_it_is_meant_for(harbour, article, tab, ada):
    """The engine's list takes its time; a number that came before it must not change the label."""
    held: list[Route] = []
    tab.be("ada")
    tab.page.route("**/candidates/**", lambda route: held.append(route))
    bench = Bench(tab, article).open().go("“We").press("s", "2", "a")
    assert "being changed" not in bench.card()
    bench.page.wait_for_timeout(300)
    assert not Review.objects.exists()
    held[0].continue_()
    bench.page.wait_for_selector("#panel:not(:has-text('will close the'))")
    bench.saved()
    assert {label for label, surface in standing(ada, article) if surface == QUOTE} == {"quote"}
    assert len(linked(ada, article)) == 2
    assert ("source", QUOTE, ENGINEER) not in linked(ada, article)


def test_keys_wait_once_for_a_list_that_does_not_come_and_have_it_when_it_does(article, tab):
    held: list[Route] = []
    tab.be("ada")
    tab.page.route("**/candidates/**", lambda route: held.append(route))
    bench = Bench(tab, article).open().go("Traffic over").press("v").wait("panel", "Other boundaries")
    listed = bench.page.locator(".wb-choices li")
    bench.press("v")
    assert (listed.count(), len(held)) == (0, 1), "it is not asked for again while it is on its way"
    held[0].continue_()
    listed.first.wait_for()
    bench.press("v")
    assert "chosen" in str(listed.first.get_attribute("class"))


def test_what_another_article_still_holds_does_not_keep_a_pass_from_being_submitted(
    harbour, article, tab, ada
):
    second = labelled(harbour, "Nothing was said on that day.", external_id="second")
    tab.be("ada")
    bench = Bench(tab, article).open()
    other = Bench(Tab(page=bench.page.context.new_page(), base=tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    elsewhere = Bench(tab, second).open().wait("outbox", "about another article")
    elsewhere.press("m").wait("progress", "Submitted")
    assert Layer.objects.get(revision=second, reviewer=ada).submitted_at


def test_that_there_is_no_source_is_said_with_its_reason(bench, article, ada):
    bench.go("“We").press("s")
    bench.wait("panel", "Which source?").press("0")
    bench.wait("panel", "Why is there none?").press("1", "a").saved()
    assert linked(ada, article) == {("cue", QUOTE, "said")}
    assert Review.objects.get(verdict="correct").reason == "unnamed"


def test_the_mouse_drags_a_boundary_to_the_next_word(bench, article, ada):
    bench.go("“We")
    start, end = bench.page.evaluate(
        """() => {
          const marks = [...document.querySelectorAll("mark.here")];
          const rects = marks.at(-1).getClientRects();
          const last = rects[rects.length - 1];
          const first = marks[0].getClientRects()[0];
          return [
            [last.right - 1, last.top + last.height / 2],
            [first.left + first.width * 0.55, first.top + first.height / 2],
          ];
        }"""
    )
    bench.page.mouse.move(*start)
    bench.page.mouse.down()
    bench.page.mouse.move(*end, steps=5)
    bench.page.mouse.up()
    bench.press("a").saved()
    kept = next(surface for label, surface in standing(ada, article) if label == "quote")
    assert QUOTE.startswith(kept) and kept != QUOTE
    assert not kept.endswith(" ")


# --- adding -------------------------------------------------------------------------------------------------


def test_selected_words_are_added_by_the_number_of_a_label(bench, article, ada):
    bench.tab.select("👍🏽 bridge,” said Ana Ruiz")
    bench.press("1").saved()
    assert ("claim", "👍🏽 bridge,” said Ana Ruiz") in standing(ada, article)
    assert "added by you" in bench.card()


def test_a_loose_selection_snaps_to_words_and_with_alt_it_does_not(bench, article, ada):
    bench.tab.select("ost a thir")
    bench.press("1").saved()
    assert ("claim", "lost a third") in standing(ada, article)
    start = article.text.index("ables had los")
    bench.page.keyboard.down("Alt")
    bench.tab.select("ables had los")
    bench.page.keyboard.up("Alt")
    bench.press("1").saved()
    assert ("claim", article.text[start : start + 13]) in standing(ada, article)


def test_an_edge_goes_to_the_word_that_begins_with_a_letter(bench, article, ada):
    bench.go("that two of its").press("z", "C", "'", "r")
    assert "begin" not in bench.live()
    bench.press("a").saved()
    kept = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert kept == ["Ruiz warned that two of its cables"]


def test_a_letter_that_was_to_follow_may_be_called_off(bench, article):
    bench.go("that two of its").press("i")
    assert "With which letter" in bench.live()
    bench.press("Escape", "x").saved()
    assert set(verdicts()) == {"reject"}


def test_what_was_added_is_corrected_retracted_and_gone(bench, article, ada):
    bench.tab.select("day at")
    bench.press("1", "ArrowRight", "a").saved()
    assert standing(ada, article) == {("claim", "day at the")}
    bench.go("day at the").press("Backspace").saved()
    assert standing(ada, article) == {("claim", "day at")}
    bench.page.wait_for_selector(".wb-entry:has-text('day at')")
    bench.go("day at").press("Backspace").saved()
    assert standing(ada, article) == set()
    assert bench.page.locator(".wb-entry", has_text="day at").count() == 0


def test_what_an_act_comes_to_is_not_fetched_but_once(bench, article, ada):
    """The first decision takes the article, which only the server can tell of; then a receipt says all."""
    asked: list[str] = []
    bench.page.on("request", lambda request: asked.append(request.url) if "/state/" in request.url else None)
    bench.go("Traffic over").press("a").saved()
    bench.page.wait_for_timeout(300)
    assert len(asked) == 1
    bench.go("“We").press("a").saved()
    bench.page.wait_for_timeout(300)
    assert len(asked) == 1
    assert len(linked(ada, article)) == 2


def test_what_was_added_is_found_under_the_name_that_the_server_gave_it(bench, article, ada):
    held: list[Route] = []
    bench.page.route("**/workbench/state/**", lambda route: held.append(route))
    bench.select("day at").press("1", "ArrowRight", "a").saved()
    assert held, "the state was not asked for"
    bench.go("day at the").press("Backspace").saved()
    assert standing(ada, article) == {("claim", "day at")}


def test_a_selection_over_two_paragraphs_is_exact(bench, article, ada):
    bench.page.evaluate(
        """() => {
          const blocks = document.querySelectorAll("#text .block");
          const range = document.createRange();
          range.setStart(blocks[0], 0);
          range.setEndAfter(blocks[1].lastChild);
          document.getSelection().addRange(range);
        }"""
    )
    bench.press("2").saved()
    assert ("quote", TEXT[: TEXT.index("\n\nRuiz")]) in standing(ada, article)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("One 😀 line.\r\nTwo\rlines.\r\n\r\n“We will close it,” said Ana Ruiz.\r\n", "We will close it"),
        ("قالت المهندسة آنا رويز إن الجسر سيغلق لمدة تسعة أسابيع.\n", "الجسر سيغلق"),
        ("市長は記者団に「橋を九週間閉鎖する」と述べた。\n", "橋を九週間閉鎖する"),
        ("Cafe\u0301 owners said that nai\u0308ve plans fail.\n", "nai\u0308ve plans"),
    ],
    ids=["line ends", "right to left", "without spaces", "decomposed"],
)
def test_offsets_are_exact_in_every_script(harbour, tab, ada, text, words):
    revision = labelled(harbour, text)
    tab.be("ada")
    bench = Bench(tab, revision).open()
    assert bench.page.evaluate("document.getElementById('text').textContent") == text
    bench.select(words).press("1").saved()
    assert ("claim", words) in standing(ada, revision)


def test_the_engine_offers_what_may_be_missing_at_the_caret(bench, article, ada):
    bench.go("Traffic over").press("x").saved()
    offered = bench.press("e").wait("panel", "What may be missing").card()
    assert "Traffic over the bridge" in offered
    bench.press("a").saved()
    assert any("bridge rose by 12 percent" in surface for _, surface in standing(ada, article))


def test_another_boundary_of_the_engine_is_taken_by_a_key(bench, article, ada):
    bench.go("that two of its").press("v").wait("panel", "Other boundaries")
    bench.press("a").saved()
    kept = [surface for label, surface in standing(ada, article) if label == "quote"]
    assert kept != [f"that {CABLES}"] and CABLES[:20] in kept[0]


# --- nothing is lost ----------------------------------------------------------------------------------------


@pytest.fixture
def long_article(harbour) -> Revision:
    """Fifty claims and more, a paragraph each."""
    lines = [
        f"The town of Vell paid {number},000 crowns for dyke {number} in 2024." for number in range(3, 60)
    ]
    return labelled(harbour, "\n\n".join(lines), external_id="long")


def test_the_outline_follows_the_focus_however_long_it_is(long_article, tab):
    tab.be("ada")
    bench = Bench(tab, long_article).open()
    assert bench.page.locator(".wb-entry").count() > 55
    bench.press(*["j"] * 54).drawn()
    here = bench.page.locator(".wb-outline li.here")
    assert "dyke 57" in here.inner_text()
    assert here.evaluate(SEEN), "its entry is within the outline's window"


def test_a_paragraph_of_many_suggestions_leaves_the_buttons_in_their_place(harbour, tab):
    claims = [f"The town of Vell paid {number},000 crowns for dyke {number} in 2024." for number in range(30)]
    tab.be("ada")
    bench = Bench(tab, labelled(harbour, " ".join(claims))).open()
    left = bench.page.locator(".wb-entry").count()
    assert left > 25
    assert bench.page.locator(".wb-rest li").all_inner_texts()[8:] == [f"and {left - 8} more"]
    places = bench.page.evaluate(
        "[...document.querySelectorAll('.wb-changing, .wb-rest')].map((one) => one.className)"
    )
    assert places == ["wb-changing", "wb-rest"]
    bench.press("p").saved()
    assert len(verdicts(verdict="accept")) == left


def test_the_connection_is_cut_in_the_middle_of_fifty_decisions(long_article, tab, ada):
    tab.be("ada")
    bench = Bench(tab, long_article).open()
    asked, cut = 0, 0

    def unreliable(route: Route) -> None:
        nonlocal asked, cut
        asked += 1
        if asked % 3 == 2:
            route.fetch()  # It has arrived, and its answer is lost.
        if asked % 3:
            cut += 1
            route.abort()
        else:
            route.continue_()

    bench.page.route("**/reviews/**", unreliable)
    for number in range(50):
        if number == 20:
            bench.page.context.set_offline(True)
        if number == 35:
            bench.page.context.set_offline(False)
        bench.press("a")
    told = bench.page.inner_text("#saved")
    assert "kept in this browser" in told or "Saving" in told
    bench.page.unroute_all(behavior="wait")
    bench.page.evaluate("window.dispatchEvent(new Event('online'))")
    bench.page.wait_for_selector("#saved:has-text('All saved.')")
    assert cut >= 2
    assert len(standing(ada, long_article)) == 50
    assert verdicts() == ["accept"] * 50


def test_a_browser_that_dies_offline_sends_when_it_is_back(article, tab, ada, chromium):
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.page.route("**/reviews/**", lambda route: route.abort())
    bench.go("“We").press("a")
    bench.wait("saved", "1 decision kept in this browser")
    state = bench.page.context.storage_state()
    bench.page.context.close()
    assert not Review.objects.exists()
    again = chromium.new_context(storage_state=state)
    reborn = Bench(Tab(page=again.new_page(), base=tab.base), article).open().saved()
    assert ("quote", QUOTE) in standing(ada, article)
    assert reborn.kept() == []
    again.close()


def test_saved_stands_only_after_the_receipt(bench):
    held: list[Route] = []
    bench.page.route("**/reviews/**", lambda route: held.append(route))
    bench.go("“We").press("a").wait("saved", "Saving")
    assert len(bench.kept()) == 1
    held[0].continue_()
    bench.saved()


def test_an_expired_session_loses_nothing(bench, article, ada):
    context = bench.page.context
    cookies = context.cookies()
    context.clear_cookies(name="sessionid")
    bench.go("“We").press("a")
    bench.wait("saved", "You are signed out")
    bench.press("j", "j", "a")
    assert len(bench.kept()) == 2
    assert not Review.objects.exists()
    context.add_cookies(cookies)
    bench.page.evaluate("window.dispatchEvent(new Event('focus'))")
    bench.saved()
    assert ("quote", QUOTE) in standing(ada, article)


def test_nothing_is_decided_in_the_name_of_who_signed_in_meanwhile(bench, article, chromium):
    context = bench.page.context
    other = Tab(page=context.new_page(), base=bench.tab.base)
    context.clear_cookies(name="sessionid")
    other.be("ben")
    bench.go("“We").press("a")
    bench.wait("saved", "Somebody else is signed in")
    assert not Review.objects.exists()
    assert len(bench.kept()) == 1


def test_a_stale_act_shows_both_states_and_the_reviewer_chooses(bench, article, ada):
    other = Bench(Tab(page=bench.page.context.new_page(), base=bench.tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    told = bench.page.inner_text("#outbox")
    assert "skip" in told
    assert f"Accepted: quote, {QUOTE}" in told
    assert standing(ada, article) == set()
    bench.page.click("button:has-text('Put mine in its place')")
    bench.saved()
    assert ("quote", QUOTE) in standing(ada, article)


def test_an_answer_that_is_older_than_a_decision_takes_nothing_back(bench, article):
    """The page asks what stands; while the server answers, the reviewer goes on."""
    held: list[Route] = []
    bench.page.route("**/state/**", lambda route: held.append(route))
    bench.go("“We").press("a").saved()
    old = held[0].fetch()
    bench.go("Traffic over").press("a").saved()
    held[0].fulfill(response=old)
    bench.page.unroute("**/state/**")
    bench.page.wait_for_timeout(300)
    bench.go("Traffic over").press("x").saved()
    assert verdicts(annotation__surface__startswith="Traffic") == ["accept", "reject"]


def test_what_stands_can_be_kept_instead(bench, article, ada):
    other = Bench(Tab(page=bench.page.context.new_page(), base=bench.tab.base), article).open()
    other.go("“We").press("Space").saved()
    bench.go("“We").press("a").wait("outbox", "Another tab of yours was quicker")
    bench.page.click("button:has-text('Keep what stands')")
    bench.saved()
    bench.go("“We").wait("panel", "skipped")
    assert verdicts(annotation__surface=QUOTE) == ["skip"]


# --- the pass -----------------------------------------------------------------------------------------------


def test_a_pass_is_submitted_by_a_key_and_the_next_article_opens(harbour, article, tab, ada):
    second = labelled(harbour, "Nothing was said on that day.", external_id="second", title="The second")
    take(acting(ada), harbour)
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.press("m").wait("refused", "are left without a decision")
    while (
        "of" in bench.page.inner_text("#progress") and not bench.page.locator("#strip-acts .default").count()
    ):
        bench.press("a")
    bench.saved().press("m")
    bench.page.wait_for_url(f"**/{second.article_id}/workbench/")
    assert Layer.objects.get(revision=article, kind=LayerKind.REVIEWER).submitted_at
    assert Assignment.objects.get(revision=second).reviewer == ada
    bench.page.wait_for_selector("#saved:not(:empty)")
    bench.press("m").wait("progress", "No article waits for you now")
    bench.press("a", "x").wait("progress", "Submitted").wait("refused", "take it up again to change it")
    approve_passes(COMMAND, second)
    bench.page.click("button:has-text('Take it up again')")
    bench.wait("refused", "This text is gold").wait("refused", "Say in a comment")
    assert bench.page.locator("#refused").is_visible()
    bench = Bench(tab, article).open()
    bench.page.click("button:has-text('Take it up again')")
    bench.wait("strip-acts", "submit")
    assert bench.page.locator("#refused").is_hidden()


def test_suggestions_wait_for_the_own_pass_where_the_corpus_says_so(harbour, article, tab, ada):
    configure_corpus(COMMAND, harbour, version=1, changes={"suggestions_shown": "after_pass"})
    tab.be("ada")
    bench = Bench(tab, article).open()
    assert bench.page.locator("#text mark").count() == 0
    assert "not shown before you have read" in bench.page.inner_text("#progress")
    bench.tab.select("a third")
    bench.press("1").saved()
    assert not Review.objects.get().suggestions_shown
    bench.press("m").wait("progress", "Submitted")
    bench.page.wait_for_selector("#text mark.suggested")


# --- for every person ---------------------------------------------------------------------------------------


def test_the_keys_are_shown_and_can_be_changed(bench, article, ada):
    bench.press("?")
    bench.page.wait_for_selector("#help[open]")
    assert "Accept, with its source and cue" in bench.page.inner_text("#help")
    bench.page.click("#help button[aria-label*='Skip']")
    bench.press("a").wait("help", "for “Accept")
    bench.page.click("#help button[aria-label*='Skip']")
    bench.press("K").wait("help", "Changed, in this browser")
    bench.press("Escape")
    bench.open().go("“We").press("K").saved()
    assert verdicts(annotation__surface=QUOTE) == ["skip"]


def test_every_act_is_told_to_who_does_not_see(bench):
    bench.go("“We")
    assert QUOTE in bench.live() and "source: Ana Ruiz, the engineer" in bench.live()
    bench.press("j", "k", "ArrowLeft")
    assert "“We 😀 will close the 👍🏽" in bench.live()


def test_words_are_found_in_the_text(bench):
    bench.press("/")
    bench.page.keyboard.type("BRIDGE")
    bench.page.wait_for_selector("#search:has-text('1 of 2')")
    bench.press("Enter")
    bench.page.wait_for_selector("#search:has-text('2 of 2')")
    bench.press("Escape")
    assert bench.page.locator("#search").count() == 0


def test_what_is_said_of_the_text_is_found_too(bench, article):
    entries = bench.page.locator(".wb-entry")
    everything = entries.count()
    bench.press("/")
    bench.page.keyboard.type("Ruiz, the eng")
    bench.page.wait_for_selector(".wb-entry:has-text('We 😀')")
    assert entries.count() == 1, "the quote whose source it is"
    bench.page.fill("#search-words", "INDIRECT")
    bench.page.wait_for_selector(".wb-entry:has-text('two of its')")
    assert entries.count() == 1
    bench.page.fill("#search-words", "nobody says this")
    assert bench.drawn().page.locator(".wb-entry").count() == 0
    bench.press("Escape").drawn()
    assert entries.count() == everything


def test_an_address_leads_to_one_span(bench, article):
    line = bench.state()["lines"][-1]["line"]
    bench.open(f"?line={line}")
    assert bench.page.locator(f"mark.here[data-row='{line}']").count() == 1


def test_without_scripts_the_list_is_one_link_away(article, chromium, live_server):
    context = chromium.new_context(java_script_enabled=False)
    tab = Tab(page=context.new_page(), base=live_server.url)
    tab.be("ada")
    tab.open(f"/admin/corpus/article/{article.article_id}/workbench/")
    assert "will close the" in tab.page.inner_text("#text")
    tab.page.click("noscript a, .at-notice a")
    row = f"#{tab.page.locator('.at-item').first.get_attribute('id')}"
    tab.page.click(f"{row} button[value=accept]")
    assert tab.page.url.endswith(row)
    assert "accepted" in tab.page.inner_text(f"{row} .at-why")
    context.close()


# --- checks of attention ------------------------------------------------------------------------------------


def test_a_planted_suggestion_is_taken_back_and_said_so(harbour, ada, tab):
    more = (
        "It cost 4 million in 1969. It was repaired in 1987 for 900,000. Who would miss the old bridge now?"
    )
    publish_guideline(COMMAND, harbour, text=DISCLOSURE, version=1)
    configure_corpus(COMMAND, harbour, version=1, changes={"planted_share": 0.2})
    article = labelled(harbour, f"{TEXT}\n{more}\n", title="A day at the quay")
    harbour.refresh_from_db()
    assert take(acting(ada), harbour).planted
    tab.be("ada")
    bench = Bench(tab, article).open()
    bench.go("Who would miss").press("a").wait("outbox", "planted to check our attention (rule R22)")
    # The page asks for what stands now; until that is there the line shows as it was decided.
    bench.page.wait_for_selector("#outline:not(:has-text('Who would miss'))")
    assert standing(ada, article) == set()
    bench.page.get_by_role("button", name="Understood").click()
    assert bench.page.locator("#outbox").inner_text() == ""
    bench.go("“We").press("a").saved()
    assert ("quote", QUOTE) in standing(ada, article)
    assert tab.complaints == []
