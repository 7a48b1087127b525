"""The review page without any script: one POST a decision, and nothing lost on the way."""

import pytest

from annotations.models import Layer, LayerKind, Review
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.reading import LayerView, own_layer, read_layers
from corpus.models import Revision, RevisionStatus, User
from corpus.services.actors import COMMAND
from tests.admin.conftest import url
from tests.conftest import TEXT, acting, put_in


class Desk:
    """One reviewer's browser before one article: reads the page's rows, and sends its forms."""

    def __init__(self, client, revision: Revision, user: User) -> None:
        self.client, self.revision, self.user = client, revision, user
        self.url = url("corpus_article_review", revision.article_id)

    def rows(self, label: str = ""):
        board = self.client.get(self.url).context["board"]
        return [row for row in board.rows if not label or row.said.label == label]

    def send(self, act: str, **form):
        return self.client.post(self.url, {"act": act, **form})

    def decide(self, row, verdict: str, *, version: int | None = None, **form):
        version = row.version if version is None else version
        return self.send("decide", on=row.on, line=row.line, version=version, verdict=verdict, **form)

    def told(self, answer) -> str:
        return self.client.get(answer["Location"]).text

    @property
    def own(self) -> LayerView:
        layer = own_layer(acting(self.user), self.revision)
        assert layer
        return read_layers([layer])[0]

    def standing(self) -> list[tuple[str, str]]:
        return [(row.label, row.surface) for row in self.own.standing.values()]


@pytest.fixture
def desk(signed_in, ada, suggested) -> Desk:
    return Desk(signed_in(ada, enforce_csrf_checks=False), suggested, ada)


def test_one_click_accepts_a_quote_with_its_source_and_cue(desk):
    quote = desk.rows("quote")[0]
    answer = desk.decide(quote, "accept")
    assert answer["Location"] == f"{desk.url}#row-{quote.line}"
    assert sorted(label for label, _ in desk.standing()) == ["attribution", "cue", "quote"]
    after = desk.rows("quote")[0]
    assert (after.verdict, after.state) == ("accept", "kept")
    assert [child.implied for child in after.children] == [True, True]
    desk.revision.refresh_from_db()
    assert desk.revision.status == RevisionStatus.IN_REVIEW


def test_a_quote_stands_with_its_source_and_cue_beneath_it(desk):
    quote = desk.rows("quote")[0]
    assert {child.relation for child in quote.children} == {"source", "cue"}
    board = desk.client.get(desk.url).context["board"]
    starts = [head.said.segments[0].start for head in board.heads]
    assert starts == sorted(starts)
    assert sum(1 + len(head.children) for head in board.heads) == len(board.rows)


def test_a_rejection_carries_its_reason(desk):
    desk.decide(desk.rows("claim")[0], "reject", reason="furniture")
    review = Review.objects.get(annotation__label="claim")
    assert (review.verdict, review.reason) == ("reject", "furniture")
    assert desk.rows("claim")[0].reason_label == "furniture"


def test_a_rejection_without_a_reason_is_told_and_not_taken(desk):
    assert "Reject needs a reason" in desk.told(desk.decide(desk.rows("claim")[0], "reject"))
    assert not Review.objects.exists()


def test_skipping_and_retracting(desk):
    desk.decide(desk.rows("claim")[0], "skip")
    assert desk.rows("claim")[0].verdict == "skip"
    desk.decide(desk.rows("claim")[0], "retract")
    assert desk.rows("claim")[0].verdict == ""
    assert Review.objects.count() == 2


def test_a_stale_row_changes_nothing_and_says_so(desk):
    claim = desk.rows("claim")[0]
    desk.decide(claim, "accept")
    answer = desk.decide(claim, "reject", reason="other", version=0)
    assert "this decision knew of 0" in desk.told(answer)
    assert desk.rows("claim")[0].verdict == "accept"


def test_the_checked_ones_are_decided_at_once(desk):
    rows = desk.rows()
    answer = desk.send(
        "bulk", verdict="reject", reason="other", row=[f"{row.on}:{row.version}" for row in rows[:3]]
    )
    assert "3 decided" in desk.told(answer)
    assert [row.verdict for row in desk.rows()[:3]] == ["reject"] * 3


def test_of_the_checked_ones_a_stale_one_alone_is_refused(desk):
    rows = desk.rows()
    desk.decide(rows[0], "skip")
    answer = desk.send("bulk", verdict="accept", row=[f"{row.on}:0" for row in rows[:2]])
    page = desk.told(answer)
    assert "1 decided" in page
    assert "1 refused" in page
    assert desk.rows()[0].verdict == "skip"


def test_checking_none_is_told(desk):
    assert "Check one suggestion" in desk.told(desk.send("bulk", verdict="accept"))


def panel(desk: Desk, row=None, **form):
    page = desk.client.get(f"{desk.url}?panel={row.line if row else 'new'}")
    shown = page.context["panel"]
    filled = {
        "on": str(row.on) if row else "",
        "version": shown.version,
        "label": shown.label,
        "segments": shown.segments,
    }
    return desk.send("panel", **{**filled, **form})


def test_the_panel_opens_filled_with_what_stands(desk):
    quote = desk.rows("quote")[0]
    shown = desk.client.get(f"{desk.url}?panel={quote.line}").context["panel"]
    assert (shown.label, shown.segments) == ("quote", quote.said.written)
    assert {field.attribute: field.chosen for field in shown.attributes} == {"type": "direct"}


def test_a_correction_moves_the_boundary(desk):
    quote = desk.rows("quote")[0]
    start = TEXT.index("The bridge will")
    panel(desk, quote, segments=f"{start}-{start + 10}")
    row = desk.rows("quote")[0]
    assert (row.verdict, row.kept.surface, row.said.surface) == ("correct", "The bridge", quote.said.surface)
    assert row.changed


def test_a_correction_can_break_a_quote_relabel_it_and_type_it(desk):
    quote = desk.rows("quote")[0]
    panel(desk, quote, segments="1-4, 8-12", **{"attribute-quote-type": "mixed"})
    own = desk.own
    kept = own.standing[quote.line]
    assert [tuple(span) for span in own.segments_of(kept)] == [(1, 4), (8, 12)]
    assert kept.attributes == {"type": "mixed"}
    panel(desk, desk.rows("quote")[0], label="claim", segments="1-4")
    assert desk.own.standing[quote.line].label == "claim"


def test_a_correction_takes_the_type_away_where_none_is_chosen(desk):
    quote = desk.rows("quote")[0]
    panel(desk, quote, segments="1-4")
    assert desk.own.standing[quote.line].attributes == {"type": "direct"}
    panel(desk, desk.rows("quote")[0], segments="1-4", **{"attribute-quote-type": ""})
    assert desk.own.standing[quote.line].attributes == {}


def test_a_correction_gives_a_quote_another_source(desk):
    quote = desk.rows("quote")[0]
    other = next(row for row in desk.rows("attribution") if row not in quote.children)
    panel(desk, quote, **{"link-source": str(other.on)})
    own = desk.own
    ends = {
        (own.annotations[link.head_id].label, own.annotations[link.child_id].surface)
        for link in own.links.values()
    }
    assert ("quote", other.said.surface) in ends


def test_a_correction_takes_a_source_from_new_words_or_none_at_all(desk):
    quote = desk.rows("quote")[0]
    start = TEXT.index("the city engineer")
    panel(desk, quote, **{"link-source": "none", "link-source-new": f"{start}-{start + 17}"})
    assert ("attribution", "the city engineer") in desk.standing()
    panel(desk, desk.rows("quote")[0], **{"link-source": "none"})
    labels = [link.label for link in desk.own.links.values()]
    assert labels == ["cue"]


def test_what_was_missed_is_added(desk):
    start = TEXT.index("Traffic")
    answer = panel(desk, label="claim", segments=f"{start} - {start + 7}")
    added = next(row for row in desk.rows() if row.verdict == "add")
    assert answer["Location"].endswith(f"#row-{added.line}")
    assert (added.said.label, added.said.surface, added.suggested) == ("claim", "Traffic", False)
    desk.decide(added, "retract")
    assert all(row.verdict != "add" for row in desk.rows())


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"segments": "here"}, "Write segments as 12-40"),
        ({"segments": "5-5"}, "is empty"),
        ({"segments": "0-99999"}, "ends after the text"),
        ({"segments": "9-12, 3-5"}, "must start at least"),
        ({"segments": "1-4", "label": "rumour"}, "no label"),
        ({"segments": "1-4", "version": "-1"}, "no version"),
        ({"segments": "1-4", "link-source": "x"}, "no id"),
        ({"segments": "1-4", "note": "x" * 2001}, "2000 characters"),
    ],
)
def test_a_panel_that_is_refused_comes_back_as_it_was_filled_in(form, told, desk):
    quote = desk.rows("quote")[0]
    answer = panel(desk, quote, **{"note": "my note", **form})
    assert answer.status_code == 409
    assert told in answer.text
    assert answer.context["panel"].segments == form["segments"]
    assert answer.context["panel"].note == form.get("note", "my note")
    assert not Review.objects.exists()


def test_a_stale_correction_shows_what_stands_and_can_be_sent_again(desk):
    quote = desk.rows("quote")[0]
    desk.decide(quote, "reject", reason="not_a_quote")
    answer = panel(desk, quote, segments="1-4", version="0")
    assert answer.status_code == 409
    assert "Stands now" in answer.text
    assert "rejected" in answer.text
    shown = answer.context["panel"]
    assert (shown.segments, shown.version) == ("1-4", 1)
    panel(desk, quote, segments=shown.segments, version=shown.version)
    assert desk.rows("quote")[0].verdict == "correct"


def test_a_pass_is_submitted_once_every_suggestion_is_decided(desk):
    assert "left without a decision" in desk.told(desk.send("submit"))
    for row in desk.rows():
        fresh = next(other for other in desk.rows() if other.line == row.line)
        if not fresh.verdict:
            desk.decide(fresh, "skip")
    assert "is submitted" in desk.told(desk.send("submit"))
    desk.revision.refresh_from_db()
    assert desk.revision.status == RevisionStatus.SUBMITTED
    page = desk.client.get(desk.url).text
    assert "Take it up again" in page
    assert 'value="accept"' not in page
    desk.send("reopen")
    assert 'value="accept"' in desk.client.get(desk.url).text


def test_after_a_pass_the_next_article_is_one_click_away(signed_in, ada, corpus):
    activate_pipeline(COMMAND, corpus, "rules")
    first, second = (put_in(corpus, "Nothing was said.", external_id=name) for name in "ab")
    work_jobs("test", limit=10, seconds=10)
    desk = Desk(signed_in(ada), first, ada)
    assert "Read, nothing found" in desk.client.get(desk.url).text
    page = desk.told(desk.send("submit"))
    assert "Take the next article" in page
    taken = desk.client.post(url("corpus_corpus_take", corpus.pk))
    assert taken["Location"] == url("corpus_article_workbench", second.article_id)
    layer = Layer.objects.get(kind=LayerKind.REVIEWER)
    assert layer.submitted_at
    assert not layer.annotations.exists()


def test_a_pass_in_hand_on_an_amended_text_stays_open_with_a_notice(desk, corpus):
    desk.decide(desk.rows("claim")[0], "accept")
    put_in(corpus, "An amended text.")
    page = desk.client.get(desk.url).text
    assert "You have a pass open on" in page
    assert "?revision=1" in page
    old = desk.client.get(f"{desk.url}?revision=1")
    assert "An amended text has taken the place" in old.text
    row = next(row for row in old.context["board"].rows if row.said.label == "cue")
    answer = desk.client.post(
        f"{desk.url}?revision=1",
        {"act": "decide", "on": row.on, "line": row.line, "version": 0, "verdict": "skip"},
    )
    assert "?revision=1#row-" in answer["Location"]
    assert Review.objects.filter(verdict="skip").exists()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"act": "explode"},
        {"act": "decide"},
        {"act": "decide", "on": "x", "version": "0", "verdict": "accept"},
        {
            "act": "decide",
            "on": "01900000-0000-7000-8000-000000000000",
            "version": "9" * 30,
            "verdict": "accept",
        },
        {"act": "decide", "on": "01900000-0000-7000-8000-000000000000", "version": "0", "verdict": "correct"},
        {"act": "bulk", "verdict": "accept", "row": "x"},
        {"act": "panel", "on": "x", "segments": "1-2", "label": "claim"},
        {"act": "panel", "version": "²", "segments": "1-2", "label": "claim"},
    ],
)
def test_a_form_that_makes_no_sense_is_told_so(form, desk):
    answer = desk.client.post(desk.url, form)
    assert answer.status_code in (302, 409)
    assert not Review.objects.exists()


def test_a_decision_on_what_is_not_there_is_a_missing_page(desk):
    form = {"on": "01900000-0000-7000-8000-000000000000", "version": "0", "verdict": "accept"}
    assert desk.send("decide", **form).status_code == 404


def test_a_viewer_decides_nothing(signed_in, vic, desk):
    row = desk.rows()[0]
    form = {"act": "decide", "on": row.on, "version": 0, "verdict": "accept"}
    assert signed_in(vic).post(desk.url, form).status_code == 403
    assert not Review.objects.exists()


def test_without_its_csrf_token_no_form_is_taken(signed_in, ada, desk):
    row = desk.rows()[0]
    form = {"act": "decide", "on": row.on, "version": 0, "verdict": "accept"}
    assert signed_in(ada, enforce_csrf_checks=True).post(desk.url, form).status_code == 403
    assert not Review.objects.exists()


def long_article(corpus, quotes: int) -> Revision:
    activate_pipeline(COMMAND, corpus, "rules")
    names = ("Ann Lee", "Bob Ray", "Cara Diaz", "Dan Wu", "Eve Stone")
    text = "\n\n".join(
        f"“We will close bridge number {number} for nine weeks,” said {names[number % 5]}."
        for number in range(quotes)
    )
    revision = put_in(corpus, text, external_id=f"long-{quotes}")
    work_jobs("test", limit=10, seconds=30)
    return revision


def test_the_page_takes_as_many_queries_for_sixty_suggestions_as_for_three(
    signed_in, ada, corpus, django_assert_num_queries
):
    client = signed_in(ada)
    for quotes in (1, 20):
        revision = long_article(corpus, quotes)
        with django_assert_num_queries(15):
            page = client.get(url("corpus_article_review", revision.article_id))
        assert page.context["board"].suggestions >= 3 * quotes
