"""Prepared queries: what they give is what their querysets give, however often and for whatever values."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

from corpus.models import Corpus, Membership, Revision
from corpus.prepared import Prepared, one_of
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from tests.conftest import person, put_in

pytestmark = pytest.mark.django_db

of_slug = Prepared(lambda slug: Corpus.objects.filter(slug=slug).order_by("slug")[:1])
numbers = Prepared(
    lambda article, number: Revision.objects.filter(article=article, number=number, current=True).values_list(
        "number", "length"
    )
)


@pytest.fixture
def corpora() -> list[Corpus]:
    return [create_corpus(COMMAND, slug=slug, name=slug) for slug in ("one", "two")]


def test_it_gives_instances_for_each_value_as_the_queryset_does(corpora: list[Corpus]) -> None:
    for corpus in (*corpora, *corpora):
        found = of_slug.first(corpus.slug)
        stored = Corpus.objects.get(pk=corpus.pk)
        assert found == stored and found is not None
        assert {**vars(found), "_state": None} == {**vars(stored), "_state": None}
        assert (found._state.db, found._state.adding) == ("default", False)
    assert of_slug.first("three") is None
    assert of_slug.rows("three") == []


def test_it_gives_values_and_takes_ids(corpora: list[Corpus]) -> None:
    revision = put_in(corpora[0], "Nine boats.")
    assert numbers.rows(revision.article_id, 1) == [(1, 11)]
    assert numbers.rows(revision.article_id, 2) == []
    assert numbers.rows(uuid4(), 1) == []


def test_it_reads_what_is_related(corpora: list[Corpus], django_assert_num_queries) -> None:
    members = Prepared(lambda corpus: Membership.objects.select_related("user").filter(corpus=corpus))
    owner = person("owen")
    corpora[0].members.create(user=owner, role="owner")
    for _ in range(2):
        with django_assert_num_queries(1):
            assert [member.user.username for member in members.rows(corpora[0].pk)] == ["owen"]
    assert members.rows(corpora[1].pk) == []


def test_it_is_compiled_once_a_connection(corpora: list[Corpus], monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_it = SQLCompiler.as_sql

    def counted(self: SQLCompiler, *args: Any, **options: Any) -> Any:
        compiled.append(self)
        return compile_it(self, *args, **options)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    query = Prepared(lambda slug: Corpus.objects.filter(slug=slug))
    assert [query.rows(slug)[0].slug for slug in ("one", "two", "one")] == ["one", "two", "one"]
    assert len(compiled) == 1
    assert Corpus.objects.filter(slug="one").first() == corpora[0]
    assert len(compiled) == 2


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_its_own() -> None:
    for number in range(8):
        create_corpus(COMMAND, slug=f"c{number}", name="x")
    found: list[tuple[str, str]] = []

    def ask(slug: str) -> None:
        for _ in range(50):
            row = of_slug.first(slug)
            found.append((slug, row.slug if row else ""))
        connection.close()

    threads = [threading.Thread(target=ask, args=(f"c{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 400
    assert all(asked == got for asked, got in found)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_outside_of_a_transaction() -> None:
    locking = Prepared(lambda slug: Corpus.objects.select_for_update().filter(slug=slug))
    with transaction.atomic():
        assert locking.rows("one") == []
    with pytest.raises(TransactionManagementError, match="within a transaction"):
        locking.rows("one")


@pytest.mark.parametrize("value", [None, 1.5, b"x", Corpus()])
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no value for a prepared query"):
        of_slug.rows(value)  # type: ignore[arg-type]


def test_as_many_values_are_wanted_as_there_are_places() -> None:
    with pytest.raises(TypeError, match="has 1 places, and 2 values were given"):
        of_slug.rows("one", "two")


def test_nothing_is_prefetched() -> None:
    query = Prepared(lambda slug: Corpus.objects.filter(slug=slug).prefetch_related("members"))
    with pytest.raises(TypeError, match="prefetches nothing"):
        query.rows("one")


def test_any_number_of_places(corpora: list[Corpus]) -> None:
    some = Prepared(lambda *slugs: Corpus.objects.filter(one_of("slug", slugs)).order_by("slug"))
    for slugs in (["one"], ["one", "two"], ["two", "three"], ["two"], [f"c{n}" for n in range(40)] + ["one"]):
        expected = [corpus for corpus in corpora if corpus.slug in slugs]
        assert some.rows(*slugs) == expected
        statement, parameters = some.sql(*slugs)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            assert len(cursor.fetchall()) == len(expected)
