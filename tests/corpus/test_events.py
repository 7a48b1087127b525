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
