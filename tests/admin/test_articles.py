"""Articles to read: flat lists, the text as it is, nothing that runs, nothing that changes it."""

import pytest

from annotations.admin.articles import STORY_SHOWN
from annotations.models import Annotation, Relation, Review, Verdict
from annotations.services.decisions import Decision
from annotations.services.erasing import erase_article
from annotations.services.jobs import work_jobs
from annotations.services.passes import submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.reading import read_layers, shown_layers
from annotations.services.reviewing import decide
from corpus.models import Article, Corpus, Event, Revision
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus, set_member
from corpus.services.stories import group_stories
from tests.admin.conftest import url
from tests.conftest import TEXT, acting, put_in

PAYLOADS = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><svg onload=alert(1)>",
    "{{ 7|add:7 }}{% now 'Y' %}", "';alert(1)//", "</mark></div><b>out</b>", "&lt;script&gt;",
)  # fmt: skip


def listed(corpus: Corpus, query: str = "") -> str:
    return f"{url('corpus_article_changelist')}?corpus={corpus.slug}{query}"


def first_suggestion(revision: Revision) -> Annotation:
    view = read_layers(shown_layers(revision))[0]
    return next(row for row in view.annotations.values() if row.label == "quote")


@pytest.mark.parametrize("blind", [True, False])
def test_a_list_takes_as_many_queries_for_thirty_rows_as_for_one(
    blind, signed_in, ada, corpus, django_assert_num_queries
):
    activate_pipeline(COMMAND, corpus, "rules")
    configure_corpus(COMMAND, corpus, version=1, changes={"blind": blind})
    client = signed_in(ada)
    put_in(corpus, external_id="a0", outlet="The Lamp", title="One")
    with django_assert_num_queries(9):
        client.get(listed(corpus))
    for number in range(1, 30):
        put_in(corpus, external_id=f"a{number}", outlet=f"Outlet {number}", title=f"Title {number}")
    with django_assert_num_queries(9):
        page = client.get(listed(corpus)).text
    assert page.count('class="field-titled"') == 30


def test_an_article_names_the_others_of_its_story(signed_in, vic, corpus):
    one, other, _ = (
        put_in(corpus, text, name).article_id for name, text in (("1", TEXT), ("2", TEXT), ("3", "No."))
    )
    page = url("corpus_article_change", one)
    assert "Story" not in signed_in(vic).get(page).text
    group_stories(corpus)
    text = signed_in(vic).get(page).text
    assert "One other article prints this text" in text
    assert f'<li><a href="{url("corpus_article_change", other)}">2</a></li>' in text


def test_a_long_story_is_not_listed_whole(signed_in, vic, corpus):
    ids = [put_in(corpus, "No.", str(number)).article_id for number in range(STORY_SHOWN + 2)]
    group_stories(corpus)
    text = signed_in(vic).get(url("corpus_article_change", ids[0])).text
    assert f"More than {STORY_SHOWN} other articles print" in text
    assert url("corpus_article_change", ids[STORY_SHOWN]) in text
    assert url("corpus_article_change", ids[-1]) not in text


def test_no_list_counts_its_table(signed_in, owen, suggested, corpus, django_assert_max_num_queries):
    client = signed_in(owen)
    for model in (
        "corpus_article",
        "corpus_event",
        "annotations_job",
        "annotations_run",
        "corpus_ingestreport",
    ):
        with django_assert_max_num_queries(9) as caught:
            client.get(f"{url(f'{model}_changelist')}?corpus=harbour")
        assert not [query["sql"] for query in caught.captured_queries if "COUNT(" in query["sql"]], model


def test_the_next_page_goes_on_where_the_last_one_ended(signed_in, ada, corpus):
    for number in range(53):
        put_in(corpus, external_id=f"a{number:02}", title=f"Title {number:02}")
    client = signed_in(ada)
    first = client.get(listed(corpus))
    older = first.context["cl"].older
    second = client.get(f"{url('corpus_article_changelist')}{older}")
    titles = [row.article.title for page in (first, second) for row in page.context["cl"].result_list]
    assert titles == [f"Title {number:02}" for number in reversed(range(53))]
    assert second.context["cl"].older == ""


@pytest.mark.parametrize("before", ["x", "1' OR 1=1", "%00"])
def test_a_place_that_is_none_is_no_error(before, signed_in, ada, revision, corpus):
    assert signed_in(ada).get(listed(corpus, f"&before={before}")).status_code in (302, 400)


def test_a_list_without_a_corpus_is_that_of_the_newest(signed_in, ada, corpus):
    answer = signed_in(ada).get(url("corpus_article_changelist"))
    assert answer["Location"].endswith("?corpus=harbour")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("&q=bridge+day", True),
        ("&q=BRIDGE", True),
        ("&q=bridge", True),
        ("&q=night", False),
        ("&q=ext-1", True),
        ("&q=ext", False),
        ("&language=en", True),
        ("&language=fr", False),
        ("&added=1", True),
        ("&status=new", True),
        ("&status=suggested", False),
        ("&status=nonsense", False),
    ],
)
def test_the_list_finds_by_words_id_language_day_and_status(query, found, signed_in, ada, corpus):
    put_in(corpus, external_id="ext-1", title="The bridge: its last day")
    assert ("its last day" in signed_in(ada).get(listed(corpus, query)).text) is found


def test_in_a_blind_corpus_the_status_is_ones_own(signed_in, ada, ben, cy, suggested, corpus):
    decide(acting(ada), suggested, Decision(verdict=Verdict.ACCEPT, on=first_suggestion(suggested).pk))

    def statuses(user):
        client = signed_in(user)
        shown = client.get(listed(corpus)).context["cl"].result_list[0].seen_status
        page = client.get(url("corpus_article_change", suggested.article_id))
        in_review = client.get(listed(corpus, "&status=in_review")).context["cl"].result_list
        return shown, page.context["status_name"], len(in_review)

    assert statuses(ada) == ("in_review", "in_review", 1)
    assert statuses(ben) == ("suggested", "suggested", 0)
    assert statuses(cy) == ("in_review", "in_review", 1)


def test_in_a_blind_corpus_nobody_meets_anothers_review(signed_in, ada, ben, suggested, corpus):
    quote = first_suggestion(suggested)
    decide(
        acting(ada),
        suggested,
        Decision(verdict=Verdict.REJECT, on=quote.pk, reason="other", note="Ada's own words"),
    )
    review = Review.objects.get(annotation=quote)
    client = signed_in(ben)
    pages = [
        url("corpus_article_change", suggested.article_id),
        url("corpus_article_review", suggested.article_id),
        f"{url('annotations_review_changelist')}?layer__revision={suggested.pk}",
        f"{url('corpus_event_changelist')}?corpus=harbour&subject_id={suggested.pk}",
        url("index"),
    ]
    for page in pages:
        text = client.get(page).text
        assert "Ada" not in text, page
        assert "review.reject" not in text.split('id="changelist-filter"')[0], page
    assert client.get(url("annotations_review_change", review.pk)).status_code == 302
    event = Event.objects.get(action="review.reject")
    assert client.get(url("corpus_event_change", event.pk)).status_code == 302
    assert signed_in(ada).get(url("annotations_review_change", review.pk)).status_code == 200
    assert signed_in(ada).get(url("corpus_event_change", event.pk)).status_code == 200


def test_an_adjudicator_reads_a_pass_once_it_is_submitted(signed_in, ada, cy, suggested, corpus):
    for row in Annotation.objects.filter(layer__revision=suggested, layer__kind="machine"):
        decide(acting(ada), suggested, Decision(verdict=Verdict.SKIP, on=row.pk))
    page = f"{url('annotations_review_changelist')}?layer__revision={suggested.pk}"
    assert ">skip<" not in signed_in(cy).get(page).text
    submit_pass(acting(ada), suggested)
    assert ">skip<" in signed_in(cy).get(page).text


def test_two_layers_stand_side_by_side_as_far_as_one_may_see_them(signed_in, ada, ben, suggested):
    quote = first_suggestion(suggested)
    decide(acting(ada), suggested, Decision(verdict=Verdict.ACCEPT, on=quote.pk))
    machine, mine = suggested.layers.order_by("pk")
    address = url("corpus_article_change", suggested.article_id)
    page = signed_in(ada).get(f"{address}?layer={machine.pk}&beside={mine.pk}").text
    assert page.count('class="at-text"') == 2
    assert 'aria-label="Text with the layer machine:rules@' in page
    assert 'aria-label="Text with the layer mine"' in page
    foreign = signed_in(ben).get(f"{address}?layer={machine.pk}&beside={mine.pk}").text
    assert foreign.count('class="at-text"') == 1


@pytest.mark.parametrize("shown", ["never", "after_pass"])
def test_suggestions_that_are_not_shown_are_on_no_page(shown, signed_in, ada, suggested, corpus):
    configure_corpus(COMMAND, corpus, version=1, changes={"suggestions_shown": shown})
    client = signed_in(ada)
    assert "<mark" not in client.get(url("corpus_article_change", suggested.article_id)).text
    assert "<mark" not in client.get(url("corpus_article_review", suggested.article_id)).text
    assert client.get(url("corpus_article_state", suggested.article_id)).json()["lines"] == []
    for model in (Annotation, Relation):
        name = f"annotations_{model._meta.model_name}"
        page = client.get(f"{url(f'{name}_changelist')}?layer__revision={suggested.pk}")
        assert "There is nothing here" in page.text
        assert client.get(url(f"{name}_change", model.objects.all()[0].pk)).status_code == 302


def test_the_page_shows_the_text_with_its_marks(signed_in, vic, suggested):
    page = signed_in(vic).get(url("corpus_article_change", suggested.article_id)).text
    assert page.count("<mark ") >= 5
    assert 'data-tag="quote"' in page


def test_the_text_is_no_field_of_any_form(signed_in, owen, suggested):
    page = url("corpus_article_change", suggested.article_id)
    answer = signed_in(owen).post(page, {"text": "mine", "title": "mine", "_save": "Save"})
    assert answer.status_code == 403
    suggested.refresh_from_db()
    assert suggested.text == TEXT


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_comes_in_runs(payload, signed_in, owen, corpus):
    activate_pipeline(COMMAND, corpus, "rules")
    text = f"“We {payload} will close,” said {payload} Ann Lee.\n\n{payload}"
    revision = put_in(
        corpus, text, external_id=payload[:400], title=payload, outlet=payload, url=payload, byline=payload
    )
    work_jobs("test", limit=10, seconds=10)
    configure_corpus(COMMAND, corpus, version=1, changes={"name": payload, "description": payload})
    client = signed_in(owen)
    pages = [
        listed(corpus),
        url("index"),
        url("corpus_article_change", revision.article_id),
        url("corpus_article_review", revision.article_id),
        url("corpus_article_workbench", revision.article_id),
        f"{url('corpus_article_review', revision.article_id)}?panel=new&segments={payload}&note={payload}",
        url("corpus_article_erase", revision.article_id),
        url("corpus_corpus_change", corpus.pk),
        url("annotations_job_changelist") + "?corpus=harbour",
        f"{url('annotations_annotation_changelist')}?layer__revision={revision.pk}",
        url("corpus_corpus_changelist"),
    ]
    for page in pages:
        text = client.get(page).text
        for raw in ("<script>alert", "<img src=x", "<svg onload", "<b>out", 'onerror=alert(1)>"', "{14}"):
            assert raw not in text, page


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        " https://x",
    ],
)
def test_an_address_that_is_no_web_address_is_no_link(address, signed_in, vic, corpus):
    revision = put_in(corpus, url=address)
    page = signed_in(vic).get(url("corpus_article_change", revision.article_id)).text
    assert 'rel="noopener noreferrer nofollow"' not in page
    assert 'javascript:alert(1)">' not in page.lower()


def test_a_web_address_is_one(signed_in, vic, corpus):
    revision = put_in(corpus, url="https://news.test/a?b=1&c=2")
    page = signed_in(vic).get(url("corpus_article_change", revision.article_id)).text
    assert '<a href="https://news.test/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">' in page


def test_earlier_revisions_stay_readable(signed_in, vic, corpus):
    put_in(corpus, "The first text.")
    revision = put_in(corpus, "The second text.")
    page = url("corpus_article_change", revision.article_id)
    client = signed_in(vic)
    assert "The second text." in client.get(page).text
    assert "The first text." in client.get(f"{page}?revision=1").text
    assert client.get(f"{page}?revision=3").status_code == 404


def erase(client, article: Article, **fields):
    return client.post(
        url("corpus_article_erase", article.pk), {"confirm": article.external_id, "reason": "asked", **fields}
    )


def test_an_owner_erases_with_a_reason(signed_in, owen, suggested):
    erase(signed_in(owen), suggested.article)
    suggested.refresh_from_db()
    assert suggested.text == ""
    assert Event.objects.get(action="article.erased").reason == "asked"
    client = signed_in(owen)
    assert "was erased" in client.get(url("corpus_article_change", suggested.article_id)).text
    assert "was erased" in client.get(url("corpus_article_review", suggested.article_id)).text
    assert "was erased" in client.get(url("corpus_article_workbench", suggested.article_id)).text
    assert "(erased)" in client.get(listed(suggested.article.corpus)).text


@pytest.mark.parametrize("fields", [{"reason": " "}, {"confirm": "bridg"}])
def test_without_reason_or_the_right_id_nothing_is_erased(fields, signed_in, owen, suggested):
    answer = erase(signed_in(owen), suggested.article, **fields)
    assert answer.status_code == 400
    suggested.refresh_from_db()
    assert suggested.text == TEXT


def test_a_lead_erases_nothing(signed_in, lea, suggested):
    assert erase(signed_in(lea), suggested.article).status_code == 403
    suggested.refresh_from_db()
    assert suggested.text == TEXT


def test_the_history_of_an_article_is_in_the_events(signed_in, owen, suggested):
    erase_article(COMMAND, suggested.article, reason="asked")
    answer = signed_in(owen).get(url("corpus_article_history", suggested.article_id), follow=True)
    assert "article.erased" in answer.text


def test_membership_counts_from_the_moment_it_is_given(signed_in, dee, suggested, corpus):
    client, page = signed_in(dee), url("corpus_article_change", suggested.article_id)
    assert client.get(page).status_code == 404
    set_member(COMMAND, corpus, dee, "viewer")
    assert client.get(page).status_code == 200
