"""What happened to a span, one click from the article's page."""

from annotations.models import Annotation
from annotations.services.passes import submit_pass
from corpus.models import Article, Revision, User
from tests.admin.conftest import SignedIn, url
from tests.annotations.deciding import machine, say, suggestion
from tests.conftest import acting


def test_the_articles_page_leads_to_each_lines_history(
    signed_in: SignedIn, suggested: Revision, ada: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ada, suggested, "correct", quote.pk, segments=((1, 27),), note="<b>shorter</b>")
    client = signed_in(ada)
    article = client.get(url("corpus_article_change", suggested.article_id)).text
    hers = Annotation.objects.get(layer__reviewer=ada, label="quote")
    there = url("annotations_annotation_history", hers.pk)
    assert f'href="{there}"' in article
    page = client.get(there).text
    assert page.index("suggested") < page.index("correct")
    assert "&lt;b&gt;shorter&lt;/b&gt;" in page and "<b>shorter" not in page
    assert "rules@" in page and "guideline 1" in page
    assert Article.objects.count() == 1


def test_anothers_line_is_not_there(
    signed_in: SignedIn, suggested: Revision, ada: User, ben: User, dee: User
) -> None:
    quote = suggestion(suggested, "nine weeks")
    say(ben, suggested, "reject", quote.pk, reason="not_a_quote", note="his words")
    for row in machine(suggested).annotations.values():
        if row.pk != quote.pk:
            say(ben, suggested, "skip", row.pk)
    submit_pass(acting(ben), suggested)
    there = url("annotations_annotation_history", quote.pk)
    assert "his words" in signed_in(ben).get(there).text
    assert "his words" not in signed_in(ada).get(there).text
    assert signed_in(dee).get(there).status_code in (403, 404)
    assert signed_in(ada).get(url("annotations_annotation_history", suggested.pk)).status_code == 404
    assert signed_in(ada).get(url("annotations_annotation_history", "x")).status_code == 404
