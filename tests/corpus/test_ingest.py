"""Putting articles in: nothing is touched, nothing is lost, nothing comes twice."""

import hashlib

import pytest
from django.db import DatabaseError, transaction

from corpus.models import Article, Block, Corpus, Event, IngestReport, RawSource, Revision, User
from corpus.readers.base import IncomingArticle, RowRefused
from corpus.services.actors import COMMAND
from corpus.services.errors import NotAllowed, NotFound
from corpus.services.ingest import CHUNK, RowOutcome, ingest_article, ingest_articles
from corpus.services.revisions import set_block_kind
from tests.conftest import TEXT, acting, put_in

HOSTILE = [
    "  lead\r\nx  ",
    "no-break\u00a0space and thin\u2009space",
    "cafe\u0301 and ﬁ and Å",
    "👩‍👩‍👧‍👦 🇩🇪 👍🏽",
    "line\u2028separator\u0085next\x0bvertical",
    "“curly” ‘single’ «guillemets» „low“",
    "\ufeffa mark that is text",
    "tab\tand trailing \n\n\n",
    "right \u202eto left\u202c שלום العربية",
    "<b>&amp;</b> {{ no }} {% template %}",
]


def row(external_id: str, text: str = TEXT, **values: object) -> IncomingArticle:
    values = {
        "place": f"file:{external_id}",
        "raw": text.encode("utf-8", "replace"),
        "metadata": {},
        **values,
    }
    return IncomingArticle(text=text, external_id=external_id, **values)  # type: ignore[arg-type]


def outcomes(corpus: Corpus, *rows: IncomingArticle | RowRefused) -> list[RowOutcome]:
    return list(ingest_articles(COMMAND, corpus, rows, source="test"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_stored_exactly_as_delivered(corpus: Corpus, text: str) -> None:
    revision = put_in(corpus, text)
    stored = Revision.objects.get(pk=revision.pk)
    assert stored.text == text
    assert stored.length == len(text)
    assert stored.sha256 == stored.text_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_doing_it_again_changes_nothing(corpus: Corpus) -> None:
    rows = [row("a"), row("b", "Other.\n")]
    assert [item.outcome for item in outcomes(corpus, *rows)] == ["created", "created"]
    before = Revision.objects.count(), Event.objects.count()
    assert [item.outcome for item in outcomes(corpus, *rows)] == ["unchanged", "unchanged"]
    assert (Revision.objects.count(), Event.objects.count()) == before


def test_an_amended_text_makes_a_revision_and_leaves_the_old_one(corpus: Corpus) -> None:
    first = put_in(corpus)
    blocks = list(Block.objects.filter(revision=first).values_list("start", "end", "kind"))
    (outcome,) = outcomes(corpus, row("bridge", TEXT + "Amended.\n", title="New title"))
    assert (outcome.outcome, outcome.number) == ("amended", 2)
    first.refresh_from_db()
    assert (first.status, first.current, first.text) == ("superseded", False, TEXT)
    assert list(Block.objects.filter(revision=first).values_list("start", "end", "kind")) == blocks
    assert Article.objects.get().title == "New title"


def test_the_same_text_with_other_metadata_renews_it_and_makes_no_revision(corpus: Corpus) -> None:
    first = put_in(corpus, title="Old title", byline="By Ana Ruiz")
    again = row("bridge", TEXT, title="New title", outlet="The Lamp", metadata={"desk": "city"})
    (outcome,) = outcomes(corpus, again)
    assert (outcome.outcome, outcome.number, outcome.revision_id) == ("amended", 1, first.pk)
    assert outcome.reason == "Its text is the same; renewed: metadata, outlet, title."
    article = Article.objects.select_related("outlet").get()
    assert (article.title, article.byline) == ("New title", "By Ana Ruiz")
    assert article.outlet and article.outlet.name == "The Lamp"
    event = Event.objects.get(action="article.described")
    assert event.after == {"renewed": ["metadata", "outlet", "title"]}
    assert [item.outcome for item in outcomes(corpus, again)] == ["unchanged"]


def test_what_a_delivery_does_not_say_of_rights_stays(corpus: Corpus) -> None:
    put_in(corpus, licence="CC-BY-4.0", text_withheld=True)
    outcomes(corpus, row("bridge", TEXT + "Amended.\n"))
    assert Article.objects.filter(licence="CC-BY-4.0", text_withheld=True).exists()
    (outcome,) = outcomes(corpus, row("bridge", TEXT + "Amended.\n", text_withheld=False))
    assert outcome.reason == "Its text is the same; renewed: text_withheld."
    assert Article.objects.filter(licence="CC-BY-4.0", text_withheld=False).exists()


def test_going_back_to_an_older_text_is_a_revision_again(corpus: Corpus) -> None:
    put_in(corpus, "One.")
    put_in(corpus, "Two.")
    assert put_in(corpus, "One.").number == 3


def test_a_rejected_row_names_its_place_and_reason_and_the_rest_goes_in(corpus: Corpus) -> None:
    found = outcomes(
        corpus,
        row("a"),
        RowRefused(place="file:2", reason="not JSON"),
        row("", "No id."),
        row("empty", "  \n"),
        row("nul", "a\x00b"),
        row("surrogate", "a\ud83db", raw=b""),
        row("z"),
    )
    assert [item.outcome for item in found] == ["created", *["rejected"] * 5, "created"]
    assert all(item.reason for item in found[1:-1])
    report = IngestReport.objects.get()
    assert (report.created, report.rejected) == (2, 5)
    assert set(report.rejections.values_list("place", flat=True)) == {item.place for item in found[1:-1]}


def test_one_external_id_twice_in_a_delivery_is_two_revisions(corpus: Corpus) -> None:
    found = outcomes(corpus, row("a", "One."), row("a", "Two."), row("a", "Two."))
    assert [item.outcome for item in found] == ["created", "amended", "unchanged"]
    assert Revision.objects.get(current=True).text == "Two."


def test_a_delivery_of_many_chunks_goes_in_whole(corpus: Corpus) -> None:
    found = outcomes(corpus, *[row(f"n{number}", f"Text {number}.") for number in range(CHUNK * 2 + 3)])
    assert len(found) == Article.objects.count() == CHUNK * 2 + 3
    assert IngestReport.objects.get().created == CHUNK * 2 + 3


def test_a_page_keeps_its_bytes_and_its_extractor(corpus: Corpus) -> None:
    page = b"<html><body><p>Bread costs more.</p></body></html>"
    outcome = ingest_article(
        COMMAND,
        corpus,
        row("page", "Bread costs more.", raw=page, content_type="text/html", extractor="trafilatura@2"),
        source="test",
    )
    assert outcome.revision_id
    revision = Revision.objects.get(pk=outcome.revision_id)
    assert bytes(RawSource.objects.get(revision=revision).data) == page
    assert (revision.sha256, revision.extractor) == (hashlib.sha256(page).hexdigest(), "trafilatura@2")


def test_the_same_page_read_by_a_newer_extractor_changes_nothing(corpus: Corpus) -> None:
    page = b"<html><body><p>Bread costs more.</p></body></html>"
    old = row("page", "Bread costs more.", raw=page, extractor="trafilatura@2")
    new = row("page", "Bread costs more!", raw=page, extractor="trafilatura@3")
    assert [item.outcome for item in outcomes(corpus, old, new)] == ["created", "unchanged"]


def test_bytes_that_the_text_gives_back_are_not_kept_twice(corpus: Corpus) -> None:
    text = "grün"
    outcomes(corpus, row("latin", text, raw=text.encode("latin-1"), encoding="latin-1"))
    outcomes(corpus, row("bom", text, raw=b"\xef\xbb\xbf" + text.encode(), bom=True))
    assert not RawSource.objects.exists()
    assert Revision.objects.get(article__external_id="bom").bom


def test_a_transcript_knows_its_turns_and_their_names(corpus: Corpus) -> None:
    text = "MOSS: Is the water safe?\n\nDR. LIND: It is.\n\nMOSS: Thank you.\n"
    blocks = put_in(corpus, text).blocks.all()
    names = [text[block.name_start : block.name_end] for block in blocks if block.kind == "speaker_turn"]
    assert names == ["MOSS", "DR. LIND", "MOSS"]


def test_a_person_may_say_what_a_block_is(corpus: Corpus, ada: User) -> None:
    block = put_in(corpus).blocks.first()
    assert block is not None
    set_block_kind(acting(ada), block, "furniture")
    block.refresh_from_db()
    assert (block.effective_kind, block.set_by) == ("furniture", ada)
    assert Event.objects.filter(action="block.kind_set", actor=ada).count() == 1


@pytest.mark.parametrize(
    "change", [{"text": "Other."}, {"text_sha256": "0" * 64}, {"length": 3}, {"number": 9}]
)
def test_the_database_itself_refuses_to_change_a_text(revision: Revision, change: dict[str, object]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(**change)


def test_only_leads_and_owners_of_the_corpus_put_articles_in(corpus: Corpus, ada: User, dee: User) -> None:
    with pytest.raises(NotAllowed):
        ingest_article(acting(ada), corpus, row("a"), source="test")
    with pytest.raises(NotFound):
        ingest_article(acting(dee), corpus, row("a"), source="test")


def test_the_language_of_the_corpus_holds_where_a_row_states_none(corpus: Corpus) -> None:
    outcomes(corpus, row("a"), row("b", language="de"))
    assert list(Article.objects.order_by("external_id").values_list("language", flat=True)) == ["en", "de"]


def test_an_article_that_states_no_title_goes_by_its_headline(corpus: Corpus) -> None:
    text = "Ferry Line Cuts Winter Crossings\n\nThe ferry line said on Monday that it would sail less.\n"
    assert put_in(corpus, text, "plain").article.title == "Ferry Line Cuts Winter Crossings"
    assert put_in(corpus, text, "stated", title="As stated").article.title == "As stated"
