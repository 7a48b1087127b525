"""The audit trail: append-only by the database's own means, sealed in commit order."""

import pytest
from django.db import DatabaseError, connection, transaction

from corpus.models import Corpus, Event, Revision, User
from corpus.services.events import GENESIS, chained_hash, seal_events
from corpus.services.tokens import find_token, make_token, revoke_token
from tests.conftest import acting, put_in


def test_an_event_can_be_neither_changed_nor_deleted(revision: Revision) -> None:
    for sealed in (False, True):
        event = Event.objects.filter(corpus=revision.corpus).order_by("id")[0]
        assert (event.position is not None) is sealed
        for change in ({"action": "x"}, {"after": None}, {"actor": None, "via": "x"}, {"position": 99}):
            if "position" in change and not sealed:
                continue
            with pytest.raises(DatabaseError), transaction.atomic():
                Event.objects.filter(pk=event.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM corpus_event")
        seal_events()


def test_no_other_way_leads_past_the_guards_either(revision: Revision) -> None:
    seal_events()
    columns = ", ".join(f'"{field.column}"' for field in Event._meta.fields)
    other = ", ".join("'x'" if field.name == "via" else f'"{field.column}"' for field in Event._meta.fields)
    elsewhere = other.replace('"id"', "'0195a2029064747b36'")
    of_one = "FROM corpus_event WHERE position = 2"
    if connection.vendor == "postgresql":
        ways = [
            "TRUNCATE corpus_event CASCADE",
            f"INSERT INTO corpus_event ({columns}) SELECT {columns} {of_one} "
            "ON CONFLICT (id) DO UPDATE SET via = 'x'",
            "WITH gone AS (DELETE FROM corpus_event RETURNING id) SELECT count(*) FROM gone",
        ]
    else:
        ways = [
            f"INSERT OR REPLACE INTO corpus_event ({columns}) SELECT {other} {of_one}",
            f"REPLACE INTO corpus_event ({columns}) SELECT {elsewhere} {of_one}",
            "UPDATE OR REPLACE corpus_event SET position = 2 WHERE position = 1",
            f"INSERT INTO corpus_event ({columns}) SELECT {columns} {of_one} "
            "ON CONFLICT (id) DO UPDATE SET via = 'x'",
        ]
    before = list(Event.objects.order_by("id").values())
    for way in ways:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(way)
    assert list(Event.objects.order_by("id").values()) == before


def test_an_unsealed_event_cannot_take_the_place_of_a_sealed_one(revision: Revision) -> None:
    """Sealing is the one change there is, and SQLite's OR REPLACE would let it push another row out."""
    seal_events()
    put_in(revision.article.corpus, "Later.\n", "later")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        replace = "" if connection.vendor == "postgresql" else "OR REPLACE"
        cursor.execute(f"UPDATE {replace} corpus_event SET position = 1, hash = 'x' WHERE position IS NULL")
    assert Event.objects.filter(corpus=revision.corpus, position=1).exclude(hash="x").count() == 1


def test_sealing_gives_each_corpus_a_chain_without_gaps(corpus: Corpus, revision: Revision) -> None:
    seal_events()
    put_in(corpus, "Later.\n", "later")
    assert seal_events() > 0 and seal_events() == 0
    previous = GENESIS
    for position, event in enumerate(Event.objects.filter(corpus=corpus).order_by("position"), 1):
        assert event.position == position
        assert event.hash == chained_hash(previous, event)
        previous = event.hash


def test_a_change_that_is_rolled_back_leaves_no_event(corpus: Corpus) -> None:
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        put_in(corpus)
        raise RuntimeError
    assert Event.objects.count() == before


def test_a_token_is_kept_as_a_hash_works_and_ends_when_revoked(ada: User) -> None:
    token, secret = make_token(acting(ada), user=ada, name="laptop", scopes=["read"])
    assert secret not in str(token.__dict__)
    found = find_token(secret)
    assert found == token and found.user == ada
    revoke_token(acting(ada), token)
    assert find_token(secret) is None
    assert find_token(secret + "x") is None
