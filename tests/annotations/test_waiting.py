"""No text waits for nobody, and none is offered needlessly."""

import sqlite3
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Assignment, Verdict
from annotations.services import filling
from annotations.services.decisions import Decision
from annotations.services.filling import refill_changed_queues
from annotations.services.importing import import_records
from annotations.services.jobs import work_jobs
from annotations.services.passes import submit_pass
from annotations.services.pipelines import activate_pipeline, cancel_run, start_run
from annotations.services.queue import give_back, sweep_assignments, take, take_back
from annotations.services.reviewing import decide
from corpus.models import Corpus, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus
from tests.annotations.test_jobs import job_of, offered, scripted  # noqa: F401 - a fixture
from tests.annotations.test_queue import settings, several, status, statuses, taken
from tests.annotations.test_rereviews import ask, confirm_due, publish
from tests.annotations.test_settling import decide_all
from tests.conftest import acting, member, put_in

ADDED = Decision(verdict=Verdict.ADD, label="claim", segments=((0, 4),))


@pytest.fixture
def eve(corpus: Corpus) -> User:
    return member(corpus, "eve", Role.REVIEWER)


def configured(corpus: Corpus, **changes: Any) -> None:
    """Change settings; the sweeper has not come by yet."""
    corpus.refresh_from_db()
    configure_corpus(COMMAND, corpus, version=corpus.version, changes=changes)


def submitted(revision: Revision, *people: User) -> None:
    for one in people:
        assert take(acting(one), revision.article.corpus)
        submit_pass(acting(one), revision)


def lose_the_lease(user: User) -> None:
    Assignment.objects.filter(reviewer=user).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_assignments() == 1


def record_of(text: str, *people: User) -> bytes:
    layers = [{"name": f"reviewer:{one.public_id}", "submitted_at": "2026-01-01T00:00:00Z"} for one in people]
    record = {"external_id": "bridge", "text": text, "layer": "all", "layers": layers, "annotations": []}
    return orjson.dumps(record)


# -- settings that change -----------------------------------------------------------------------------------


@pytest.mark.parametrize("single", [True, False])
def test_a_single_pass_that_is_enough_leaves_none_offered(
    corpus: Corpus, ada: User, ben: User, single: bool
) -> None:
    settings(corpus, passes=2, single_is_gold=single)
    (text,) = several(corpus, "one")
    assert taken(ada, corpus)
    configured(corpus, passes=1)
    submit_pass(acting(ada), text)
    assert status(text) == ("gold" if single else "submitted")
    assert taken(ben, corpus) is None


def test_what_waits_is_settled_by_what_the_settings_say_now(corpus: Corpus, ada: User, ben: User) -> None:
    settings(corpus, passes=2, agreed_is_gold=False)
    (text,) = several(corpus, "one")
    submitted(text, ada, ben)
    assert status(text) == "submitted"
    settings(corpus, agreed_is_gold=True)
    assert status(text) == "gold"


def test_what_was_submitted_between_two_changes_is_settled(corpus: Corpus, ada: User, ben: User) -> None:
    settings(corpus, passes=2, agreed_is_gold=True)
    (text,) = several(corpus, "one")
    configured(corpus, agreed_is_gold=False)
    submitted(text, ada, ben)
    assert status(text) == "submitted"
    settings(corpus, agreed_is_gold=True)
    assert status(text) == "gold"


def test_what_was_opened_between_two_changes_is_closed(corpus: Corpus, ada: User, ben: User) -> None:
    settings(corpus, passes=2, agreed_is_gold=True)
    (text,) = several(corpus, "one")
    configured(corpus, passes=3)
    submitted(text, ada, ben)
    assert (status(text), offered(text)) == ("submitted", 1)
    settings(corpus, passes=2)
    assert (status(text), offered(text)) == ("gold", 0)


def test_a_text_is_not_settled_while_somebody_has_it_in_hand(
    corpus: Corpus, ada: User, ben: User, eve: User
) -> None:
    settings(corpus, passes=3, agreed_is_gold=True)
    dan = member(corpus, "dan", Role.REVIEWER)
    (text,) = several(corpus, "one")
    submitted(text, ada, ben)
    held = take(acting(eve), corpus)
    decide(acting(dan), text, ADDED)
    settings(corpus, passes=2)
    assert held
    give_back(acting(eve), held)
    assert status(text) == "submitted"
    give_back(acting(dan), Assignment.objects.get(reviewer=dan))
    assert status(text) == "gold"


def test_spare_passes_are_closed_while_a_run_goes_on(corpus: Corpus) -> None:
    settings(corpus, passes=2)
    text = put_in(corpus)
    activate_pipeline(COMMAND, corpus, "scripted")
    start_run(COMMAND, corpus)
    settings(corpus, passes=1)
    work_jobs("w", limit=5, seconds=5)
    assert (status(text), statuses(text)) == ("suggested", ["open", "expired"])


def test_one_text_that_cannot_be_settled_keeps_no_other_waiting(
    corpus: Corpus, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(corpus, passes=2, single_is_gold=True)
    one, two = several(corpus, "one", "two")
    submitted(one, ada)
    other = Corpus.objects.create(slug="other", name="Other")
    third = put_in(other, "Other.", external_id="other")
    Corpus.objects.filter(pk=other.pk).update(passes=2, version=F("version") + 1)

    def fail(pk: Any) -> None:
        raise ValueError("it cannot be settled")

    with monkeypatch.context() as broken:
        broken.setattr(filling, "settle_without", fail)
        settings(corpus, passes=1)
    assert (status(one), offered(two), offered(third)) == ("submitted", 1, 2)
    refill_changed_queues()
    assert (status(one), offered(one)) == ("gold", 0)


def test_what_is_asked_for_while_a_queue_is_filled_is_done_afterwards(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(corpus, "one")
    filling_it, times = filling._fill, []

    def late(*given: Any) -> tuple[int, bool]:
        times.append(given)
        if len(times) == 1:
            filling.fill_anew(corpus.pk)
        return filling_it(*given)

    monkeypatch.setattr(filling, "_fill", late)
    for done in (1, 2, 2):
        refill_changed_queues()
        assert len(times) == done


def test_what_got_its_last_pass_while_a_queue_is_filled_is_settled_afterwards(
    corpus: Corpus, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(corpus, passes=2, single_is_gold=True)
    (text,) = several(corpus, "one")
    submitted(text, ada)
    with monkeypatch.context() as overlapping:
        # As if it was submitted behind the look at those with enough.
        overlapping.setattr(filling, "_settle_those_with_enough", lambda *_, **__: None)
        settings(corpus, passes=1)
    assert (status(text), offered(text)) == ("submitted", 1)
    refill_changed_queues()
    assert (status(text), offered(text)) == ("gold", 0)


def test_a_new_text_keeps_the_state_that_its_record_tells(corpus: Corpus, ada: User, ben: User) -> None:
    settings(corpus, passes=2, agreed_is_gold=True)
    list(import_records(COMMAND, corpus, [record_of("Text of one.", ada, ben)], source="file"))
    text = Revision.objects.get()
    refill_changed_queues()
    settings(corpus, queue_order="random")
    filling.fill_anew(corpus.pk)
    refill_changed_queues()
    assert status(text) == "submitted"


def test_corpora_take_turns(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "CHUNK", 1)
    several(corpus, "one", "two", "three")
    other = Corpus.objects.create(slug="other", name="Other")
    several(other, "four")
    Corpus.objects.update(passes=2, version=F("version") + 1)
    going_on, gone_on = filling._go_on, []

    def noted(pk: UUID) -> tuple[int, bool]:
        gone_on.append(pk)
        return going_on(pk)

    monkeypatch.setattr(filling, "_go_on", noted)
    assert refill_changed_queues() == 4
    assert set(gone_on[:2]) == {corpus.pk, other.pk}


def test_fewer_passes_cost_no_query_for_each_untouched_text(corpus: Corpus) -> None:
    def cost(*names: str) -> int:
        settings(corpus, passes=2)
        several(corpus, *names)
        configured(corpus, passes=1)
        with CaptureQueriesContext(connection) as seen:
            refill_changed_queues()
        return len(seen)

    few = cost("one", "two")
    assert cost(*(f"more {number}" for number in range(30))) - few < 10


# -- jobs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["submit", "sweep"])
def test_a_text_is_offered_to_nobody_before_its_job_has_ended(corpus: Corpus, ada: User, act: str) -> None:
    settings(corpus, passes=2)
    job_of(corpus)
    revision = Revision.objects.get()
    decide(acting(ada), revision, ADDED)
    if act == "submit":
        submit_pass(acting(ada), revision)
    else:
        settings(corpus, passes=3)
    assert offered(revision) == 0
    work_jobs("w", limit=1, seconds=5)
    assert offered(revision) == (1 if act == "submit" else 2)


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="it has no such limit")
def test_a_run_over_more_texts_than_a_statement_holds_is_cancelled(corpus: Corpus) -> None:
    several(corpus, *(f"text {number}" for number in range(150)))
    activate_pipeline(COMMAND, corpus, "scripted")
    run = start_run(COMMAND, corpus)
    limit = connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 120)
    try:
        assert cancel_run(COMMAND, run) == 150
    finally:
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, limit)


# -- what waits for one person, and what came along ----------------------------------------------------------


@pytest.mark.parametrize("act", ["submit", "run", "sweep"])
def test_what_a_rereview_asks_of_somebody_is_offered_to_nobody_else(
    suggested: Revision, ada: User, ben: User, eve: User, act: str
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    decide_all(ada, suggested)
    decide_all(ben, suggested)
    publish(corpus)
    ask(corpus, "quote")
    take(acting(ada), corpus)
    lose_the_lease(ada)
    take(acting(ben), corpus)
    if act == "submit":
        confirm_due(ben, suggested)
        submit_pass(acting(ben), suggested)
    elif act == "run":
        activate_pipeline(COMMAND, corpus, "scripted")
        start_run(COMMAND, corpus, "scripted")
        work_jobs("w", limit=5, seconds=20)
    else:
        settings(corpus, seed=5)
    assert take(acting(eve), corpus) is None
    assert take(acting(ada), corpus)


def test_a_pass_that_comes_in_ends_the_wait_for_it(corpus: Corpus, ada: User, ben: User, eve: User) -> None:
    settings(corpus, passes=2, agreed_is_gold=True)
    text = put_in(corpus, "Text of one.")
    assert taken(ada, corpus)
    decide(acting(ada), text, ADDED)
    submit_pass(acting(ada), text)
    list(import_records(COMMAND, corpus, [record_of("Text of one.", ben)], source="file"))
    assert (status(text), offered(text)) == ("disputed", 0)


def test_a_pass_that_comes_in_for_a_text_with_a_parked_job_asks_for_the_other(
    corpus: Corpus, ada: User, ben: User
) -> None:
    settings(corpus, passes=2)
    job = job_of(corpus, does="raise")
    job.attempts = 2
    job.save()
    work_jobs("w1", limit=1, seconds=5)
    list(import_records(COMMAND, corpus, [record_of(job.revision.text, ben)], source="file"))
    assert (status(job.revision), taken(ada, corpus)) == ("submitted", "bridge")


def test_taking_back_tells_whether_the_pass_waits_for_others(
    corpus: Corpus, ada: User, ben: User, eve: User
) -> None:
    settings(corpus, passes=2)
    (text,) = several(corpus, "one")
    held = take(acting(eve), corpus)
    assert held and take_back(COMMAND, held)
    submitted(text, ada)
    held = take(acting(ben), corpus)
    configured(corpus, passes=1)
    assert held and not take_back(COMMAND, held)
