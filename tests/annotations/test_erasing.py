"""Erasing leaves no word of an article anywhere in the database."""

import orjson
import pytest
from django.db import IntegrityError, connection, transaction

from annotations.models import Annotation, Job, Relation, Review
from annotations.models.reviews import RejectReason
from annotations.services.erasing import erase_article
from annotations.services.importing import import_records
from annotations.services.layers import Proposed, ProposedRelation
from annotations.services.suggesting import take_suggestions
from annotations.services.verifying import Lie, verify
from corpus.models import Article, Corpus, IngestRejection, Revision, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.ingest import ingest_article
from tests.annotations.deciding import at, say
from tests.conftest import put_in

TEXT = "“We sold the zibelline,” said quenby, “and then the ocarina too.”"
#: A word of each place that may hold one, and the columns that it is found in before the article is erased.
WORDS = {
    "quenby": {"corpus_revision.text", "corpus_rawsource.data", "annotations_annotation.surface"},
    "zibelline": {"corpus_revision.text", "corpus_rawsource.data", "annotations_annotation.surface"},
    "ocarina": {"corpus_revision.text", "corpus_rawsource.data", "annotations_segment.surface"},
    "sackbut": {"corpus_article.title"},
    "quillon": {"corpus_article.byline"},
    "mangonel": {"corpus_article.licence"},
    "farrago": {"corpus_article.url"},
    "marzipan": {"corpus_article.metadata"},
    "limnology": {"annotations_job.cause"},
    "haruspex": {"corpus_ingestrejection.reason"},
    "sesquipedal": {"annotations_annotation.reason"},
    "tantivy": {"annotations_relation.reason"},
    "velleity": {"annotations_review.note"},
}


@pytest.fixture
def wordy(corpus: Corpus, ada: User) -> Article:
    """An article with a word of its own in every place that may hold one."""
    page = f"<html><body><p>{TEXT}</p></body></html>".encode()
    incoming = IncomingArticle(
        place="p", text=TEXT, external_id="wordy", raw=page, content_type="text/html",
        extractor="trafilatura@2", title="The sackbut", byline="By Quillon",
        licence="by agreement with Mangonel",
        url="https://x.example/farrago", metadata={"desk": "marzipan"},
    )  # fmt: skip
    outcome = ingest_article(COMMAND, corpus, incoming, source="test")
    revision = Revision.objects.select_related("article").get(article__external_id="wordy")
    assert outcome.revision_id == revision.pk
    layer, _ = take_suggestions(
        COMMAND, revision, name="tagger", version="1", configuration={},
        annotations=[
            Proposed(
                key=0, label="quote", score=0.9, attributes={"type": "direct"}, reason="it says sesquipedal",
                segments=[at(TEXT, "We sold the zibelline,"), at(TEXT, "and then the ocarina too.")],
            ),
            Proposed(key=1, label="attribution", score=0.9, segments=[at(TEXT, "quenby")]),
        ],
        relations=[ProposedRelation(label="source", head=0, child=1, score=0.8, reason="next to tantivy")],
    )  # fmt: skip
    quote = Annotation.objects.get(layer=layer, label="quote")
    assert layer.pipeline
    say(ada, revision, "reject", quote.pk, reason=RejectReason.OTHER, note="but velleity")
    Job.objects.create(
        revision=revision, pipeline=layer.pipeline, segmenter="s", due_at=layer.created_at,
        cause="it fell over limnology",
    )  # fmt: skip
    wrong = {"label": "claim", "segments": [[0, 4]], "surface": "haruspex", "score": 0.5}
    record = {"external_id": "wordy", "text": TEXT, "layer": "machine:other@1", "annotations": [wrong]}
    (refused,) = import_records(COMMAND, corpus, [orjson.dumps(record)], source="file")
    assert refused.outcome == "rejected"
    return revision.article


def columns_with(word: str) -> set[str]:
    """Return every column of the database that holds a word, as text in any case or as bytes in this one."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                # PostgreSQL shows bytes as hexadecimal digits.
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE lower(CAST("{column.name}" AS text)) LIKE %s '
                    f'OR lower(CAST("{column.name}" AS text)) LIKE %s',
                    [f"%{word}%", f"%{word.encode().hex()}%"],
                )
                if cursor.fetchone()[0]:
                    found.add(f"{table}.{column.name}")
    return found


def test_no_table_holds_a_word_of_what_was_erased(wordy: Article) -> None:
    assert {word: columns_with(word) for word in WORDS} == WORDS
    erase_article(COMMAND, wordy, reason="taken down")
    assert [word for word in WORDS if columns_with(word)] == []
    assert [found for found in verify() if isinstance(found, Lie)] == []


def test_the_guards_let_words_go_and_nothing_else(wordy: Article) -> None:
    for model, column in ((Annotation, "reason"), (Relation, "reason"), (Review, "note"), (Review, "reason")):
        with pytest.raises(IntegrityError), transaction.atomic():
            model._default_manager.update(**{column: "other words"})
        model._default_manager.update(**{column: ""})


def test_erasing_leaves_the_words_of_other_articles(wordy: Article, corpus: Corpus) -> None:
    other = put_in(corpus, "The zibelline stays.", "other", title="Sackbut")
    erase_article(COMMAND, wordy, reason="taken down")
    other.refresh_from_db()
    assert other.text == "The zibelline stays." and other.article.title == "Sackbut"
    assert Review.objects.count() == 1 and Relation.objects.count() == 1


def test_erasing_leaves_the_reasons_of_rows_of_other_articles(wordy: Article, corpus: Corpus) -> None:
    """A row that could not be read may be of any article, and so of this one."""
    empty = IncomingArticle(place="p:7", text=" ", external_id="other", raw=b"", metadata={})
    assert ingest_article(COMMAND, corpus, empty, source="test").outcome == "rejected"
    list(import_records(COMMAND, corpus, [b"{no object"], source="test"))
    erase_article(COMMAND, wordy, reason="taken down")
    kept = IngestRejection.objects.exclude(reason="").values_list("external_id", "reason")
    assert list(kept) == [("other", "Its text is empty.")]
    assert IngestRejection.objects.count() == 3
