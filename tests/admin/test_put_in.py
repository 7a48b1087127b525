"""Articles come in by pasting and uploading, and not a character of them changes."""

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from corpus.models import Article, Event, IngestReport, RawSource, Revision
from tests.admin.conftest import url

#: What stands in the box: a textarea knows line feeds alone.
BOX = (
    "  Lead with spaces \n\n\t“Quoted” 👩‍👩‍👧 and 👍🏽\n\u00a0no-break, cafe\u0301, \u2028 line, \u200b\n"
    "ends with blanks  \n\n"
)


def encoded(text: str) -> str:
    """Encode a textarea as the HTML standard has it: every newline goes out as CRLF."""
    return text.replace("\n", "\r\n")


def paste(client, corpus, text, **fields):
    return client.post(url("corpus_corpus_put_in", corpus.pk), {"text": encoded(text), **fields})


@pytest.mark.parametrize("text", [BOX, "\nstarts with a newline", "one", " \n x", "a\n\n\nb", "trailing\n"])
def test_a_pasted_text_is_kept_as_it_stands_in_the_box(text, signed_in, lea, corpus):
    answer = paste(signed_in(lea), corpus, text, title="Night", outlet="The Lamp", external_id="n1")
    assert ">created<" in answer.text
    revision = Revision.objects.get()
    assert revision.text == text
    assert revision.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert str(revision.article.outlet) == "The Lamp"


def test_a_text_without_an_id_names_itself_so_that_twice_is_once(signed_in, lea, corpus):
    client = signed_in(lea)
    paste(client, corpus, BOX)
    assert ">unchanged<" in paste(client, corpus, BOX).text
    assert Article.objects.count() == 1


def test_another_text_under_the_same_id_amends(signed_in, lea, corpus):
    client = signed_in(lea)
    paste(client, corpus, "One.", external_id="x")
    assert ">amended<" in paste(client, corpus, "Two.", external_id="x").text
    assert list(Revision.objects.order_by("number").values_list("text", flat=True)) == ["One.", "Two."]


def test_what_the_form_does_not_say_of_the_text_stays(signed_in, lea, corpus):
    client = signed_in(lea)
    paste(client, corpus, "One.", external_id="x", text_withheld="true", licence="CC-BY-4.0")
    paste(client, corpus, "One.", external_id="x", text_withheld="unknown", title="T")
    article = Article.objects.get()
    assert (article.title, article.licence, article.text_withheld) == ("T", "CC-BY-4.0", True)
    page = client.get(url("corpus_article_change", article.pk)).text
    assert "CC-BY-4.0; the text may not be passed on" in page
    paste(client, corpus, "One.", external_id="x", text_withheld="false")
    assert not Article.objects.get().text_withheld


def test_a_refused_text_stays_in_the_box_with_its_reason(signed_in, lea, corpus):
    answer = paste(signed_in(lea), corpus, " \n ", title="Blank")
    assert "Its text is empty" in answer.text
    assert 'value="Blank"' in answer.text
    assert not Article.objects.exists()


def test_a_nul_is_refused_before_it_reaches_the_page(signed_in, lea, corpus):
    assert paste(signed_in(lea), corpus, "a\0b").status_code == 400


PAGE = b"<html><body><article><p>" + b"A page has its own paragraph. " * 20 + b"</p></article></body></html>"


def upload(client, corpus, *files):
    sent = [SimpleUploadedFile(name, data) for name, data in files]
    return client.post(url("corpus_corpus_put_in", corpus.pk), {"uploaded": sent})


def test_several_files_come_in_at_once_each_with_its_row(signed_in, lea, corpus):
    answer = upload(
        signed_in(lea),
        corpus,
        ("crlf.txt", b"\xef\xbb\xbfOne\r\ntwo \r\n"),
        ("page.html", PAGE),
        ("rows.jsonl", b'{"external_id": "a", "text": "Alpha."}\n{"external_id": "b"}\n'),
        ("table.csv", b"external_id,text\nc,Gamma.\n"),
        ("picture.png", b"\x89PNG"),
    )  # fmt: skip
    outcomes = {row.external_id or row.place: row.outcome for row in answer.context["outcomes"]}
    assert outcomes["crlf.txt"] == outcomes["page.html"] == outcomes["a"] == outcomes["c"] == "created"
    assert outcomes["picture.png"] == "rejected"
    assert list(outcomes.values()).count("rejected") == 2
    assert "no reader for .png" in answer.text
    report = IngestReport.objects.get()
    assert (report.created, report.rejected, report.started_by) == (4, 2, lea)


def test_the_bytes_of_a_file_are_exact(signed_in, lea, corpus):
    data = b"\xef\xbb\xbf  One\r\ntwo\rthree\n\n caf\x65\xcc\x81 \xf0\x9f\x98\x80 "
    upload(signed_in(lea), corpus, ("exact.txt", data))
    revision = Revision.objects.get()
    assert revision.sha256 == hashlib.sha256(data).hexdigest()
    assert (revision.text, revision.bom) == (data[3:].decode(), True)
    assert not RawSource.objects.exists()


def test_the_report_of_a_delivery_shows_its_refused_rows(signed_in, lea, corpus):
    client = signed_in(lea)
    upload(client, corpus, ("rows.jsonl", b'{"external_id": "a", "text": "Alpha."}\nnot json\n'))
    page = client.get(url("corpus_ingestreport_change", IngestReport.objects.get().pk)).text
    assert "rows.jsonl:2" in page


def test_a_reviewer_puts_nothing_in(signed_in, ada, corpus):
    assert paste(signed_in(ada), corpus, "Mine.").status_code == 403
    assert not Article.objects.exists()


def test_what_came_in_names_who_put_it_in(signed_in, lea, corpus):
    paste(signed_in(lea), corpus, "Mine.")
    event = Event.objects.get(action="article.created")
    assert (event.actor, event.via) == (lea, "admin")
