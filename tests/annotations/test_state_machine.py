"""Whatever people and machines do, in whatever order, and wherever it breaks off: nothing lies.

CI takes a thousand steps in a minute; `python -m bench state_machine` takes a million. The machine is in the
folder `state_machine`; here it is run, and shown to notice what it is to notice.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test as run_machine

from annotations.models import Annotation, Assignment, Dispute, Job, Layer, Relation, ReleasedArticle, Verdict
from annotations.services import erasing, reading
from annotations.services.decisions import Decision
from annotations.services.erasing import erase_article
from annotations.services.reading import read_layers
from corpus.bulk import insert_columns
from corpus.ids import uuid7
from corpus.models import Article, Corpus, Event, Membership, Outlet, Revision
from corpus.schemes import SchemeError
from corpus.services.actors import COMMAND
from corpus.triggers import remove
from tests.annotations.state_machine.breaking import Crash
from tests.annotations.state_machine.newsroom import Newsroom, beginning_in
from tests.annotations.state_machine.room import Found, Room, World, opened_world
from tests.conftest import GUARDS, person

#: Without shrinking, which would take CI's patience; the long tier does it.
SHORT = settings(max_examples=24, stateful_step_count=50, phases=[Phase.reuse, Phase.generate])


@pytest.mark.django_db
def test_nothing_lies_whatever_is_done_in_whatever_order() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    chosen = settings(SHORT, deadline=None, suppress_health_check=checks)
    with opened_world() as world:
        run_machine(beginning_in(world), settings=chosen)


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with opened_world() as opened:
        yield opened


@pytest.fixture
def room(world: World) -> Iterator[Newsroom]:
    newsroom = Newsroom(world)
    newsroom.open()
    yield newsroom
    # What was damaged on purpose is not looked at again.
    Room.teardown(newsroom)


def one_of(kind: str) -> QuerySet[Annotation]:
    """Return an annotation in a layer of a kind, to change it."""
    chosen = Annotation.objects.filter(layer__kind=kind, derived_from__isnull=kind == "machine").first()
    assert chosen
    return Annotation.objects.filter(pk=chosen.pk)


#: What is done to the tables behind the services, and the invariant that is to catch it.
DAMAGE: dict[str, tuple[Callable[[], object], Callable[[Newsroom], object]]] = {
    "a relation that the scheme has not": (
        lambda: Relation.objects.update(label="claim"),
        lambda room: room.what_stands_is_whole_and_within_the_scheme(room.find()),
    ),
    "a changed suggestion": (
        lambda: one_of("machine").update(score=0.123),
        lambda room: room.suggestions_never_change(room.find()),
    ),
    "gold that nobody settled": (
        lambda: one_of("gold").update(end=F("end") - 1),
        lambda room: room.gold_is_what_was_agreed_and_settled(room.find()),
    ),
    "a pass that its assignment knows nothing of": (
        lambda: Layer.objects.filter(kind="reviewer").update(submitted_at=None),
        lambda room: room.statuses_and_assignments_agree(room.find()),
    ),
    "a dispute that nobody has": (
        lambda: Revision.objects.update(status="disputed"),
        lambda room: room.statuses_and_disputes_agree(room.find()),
    ),
    "a move that nobody made": (
        lambda: Revision.objects.update(status="submitted"),
        lambda room: room.every_move_follows_from_the_one_before(room.find()),
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_invariant_catches_damage(room: Newsroom, kind: str) -> None:
    damage, holds = DAMAGE[kind]
    room.configure(passes=1, agreed=True, single=True)
    room.accept_all_but_one_and_submit(who=1, place=0, other=(2, 0, 0, 0, 0, 1))
    room.look()
    # PostgreSQL takes no trigger away while constraints wait for their check.
    connection.check_constraints()
    remove(GUARDS, connection)
    damage()
    with pytest.raises((AssertionError, SchemeError)):
        holds(room)


#: What is done to the tables, by the check that is to find it.
LIES: dict[str, Callable[[], object]] = {
    "_guards": lambda: None,
    "_revisions": lambda: Revision.objects.update(text_sha256="0" * 64),
    "_stories": lambda: Article.objects.filter(external_id="a").update(story=uuid7()),
    "_comments": lambda: Article.objects.filter(external_id="a").update(erased_at=timezone.now()),
    "_jobs": lambda: Job.objects.update(status="done"),
    "_releases": lambda: ReleasedArticle.objects.update(sha256="0" * 64),
    "verify_chain": lambda: Event.objects.exclude(hash=None).update(hash="0" * 64),
    "contradictions": lambda: Layer.objects.filter(kind="reviewer").update(submitted_at=timezone.now()),
    "mixed_with_the_planted": lambda: one_of("reviewer").update(
        root=Annotation.objects.filter(layer__kind="planted")[0].pk
    ),
}


def failing(room: Newsroom) -> set[str]:
    """Return the checks that do not pass at the next look, by what is remembered of them."""
    found = set()
    for check in room.checks():
        try:
            room.passes(check)
        except AssertionError:
            found.add(check.func.__name__)
    return found


def test_what_is_remembered_of_a_check_hides_no_lie(room: Newsroom) -> None:
    room.configure(passes=1, agreed=True, single=True)
    room.accept_all_but_one_and_submit(who=1, place=0, other=(2, 0, 0, 0, 0, 1))
    room.comment(who=3, called=1, place=0)
    room.release(layer="machine")
    room.put_in(external_id="b", text=2)
    room.seal()
    room.look()
    # PostgreSQL takes no trigger away while constraints wait for their check.
    connection.check_constraints()
    for name, damage in LIES.items():
        assert failing(room) == set()
        with transaction.atomic():
            remove(GUARDS, connection)
            damage()
            assert name in failing(room)
            transaction.set_rollback(True)
    assert {check.func.__name__ for check in room.checks()} - {"_anchored_elsewhere"} == LIES.keys()


def test_a_check_runs_where_an_answer_changed_and_only_there(room: Newsroom) -> None:
    ran = []

    def check() -> None:
        ran.append(list(Outlet.objects.all()))

    for _ in range(2):
        room.remembered.passes("outlets", check)
    assert len(ran) == 1
    Outlet.objects.create(corpus=room.corpus, name="Gull")
    room.remembered.passes("outlets", check)
    assert len(ran) == 2


def test_a_check_that_writes_is_not_remembered(room: Newsroom) -> None:
    for _ in range(2):
        with pytest.raises(AssertionError, match="more than read"):
            room.remembered.passes("writes", lambda: Corpus.objects.update(name="Port"))


def test_a_pass_that_is_offered_to_nobody_is_noticed(room: Newsroom) -> None:
    room.skip_the_rest_and_submit(who=1, place=0)
    room.configure(passes=3, agreed=True, single=True)
    room.sweep()
    room.look()
    Assignment.objects.filter(status="open").update(status="expired")
    with pytest.raises(AssertionError, match="offered to nobody"):
        room.nothing_waits_for_nobody(room.find())


def test_passes_that_differ_while_nobody_is_asked_are_noticed(room: Newsroom) -> None:
    room.accept_all_but_one_and_submit(who=0, place=0, other=(2, 0, 0, 0, 0, 1))
    room.skip_the_rest_and_submit(who=1, place=0)
    room.look()
    assert Dispute.objects.update(status="dropped") and Revision.objects.update(status="submitted")
    with pytest.raises(AssertionError, match="nobody is asked"):
        room.nothing_waits_for_nobody(room.find())


def test_what_outlives_its_decision_is_noticed(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    revision, ben = room.revision(0), room.people[1]
    quote = next(row for row, _ in room.undecided(ben, revision) if row.label == "quote")
    assert room.take_decisions(1, revision, [Decision(verdict=Verdict.ACCEPT, on=quote.pk)])
    rejected = Decision(verdict=Verdict.REJECT, on=quote.pk, version=1, reason="other")
    assert room.take_decisions(1, revision, [rejected])
    room.look()
    monkeypatch.setattr(reading, "_in_effect", lambda valid: {review.pk for review in valid})
    views = read_layers(list(Layer.objects.all()))
    with pytest.raises(AssertionError):
        room.nothing_outlives_the_decision_that_brought_it_along(Found(-1, room.find().revisions, views))


def test_an_act_on_another_persons_layer_is_noticed(room: Newsroom) -> None:
    room.skip_the_rest_and_submit(who=1, place=0)
    with pytest.raises(AssertionError):
        room.attempt(0, lambda: Layer.objects.filter(kind="reviewer").update(submitted_at=None))


def test_what_a_crash_leaves_behind_is_noticed(room: Newsroom) -> None:
    def half() -> None:
        person("dee")
        raise Crash

    room.crash(99, transaction.atomic(half))
    with pytest.raises(AssertionError):
        room.crash(99, half)


def test_a_file_that_outlives_its_words_is_noticed(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "drop_files", lambda corpus_id: 0)
    room.make_a_file()
    room.no_kept_file_holds_what_is_erased()
    erase_article(COMMAND, Article.objects.get(), reason="down")
    with pytest.raises(AssertionError):
        room.no_kept_file_holds_what_is_erased()


WRITING: dict[str, Callable[[], Any]] = {
    "a row": lambda: person("dee"),
    "rows by columns": lambda: insert_columns(
        Outlet, 1, {"corpus": Corpus.objects.get().pk, "name": ["Gull"]}
    ),
    "a change": lambda: Corpus.objects.update(name="Port"),
    "a removal": lambda: Membership.objects.all().delete(),
}


@pytest.mark.parametrize("way", WRITING)
def test_what_is_written_makes_another_state_until_it_is_taken_back(world: World, way: str) -> None:
    before = world.states.number
    with transaction.atomic():
        WRITING[way]()
        during = world.states.number
        transaction.set_rollback(True)
    assert during != before == world.states.number
    with transaction.atomic():
        WRITING[way]()
    assert world.states.number not in (before, during)


def test_reading_makes_no_other_state(world: World) -> None:
    before = world.states.number
    assert list(Revision.objects.select_for_update())
    assert world.states.number == before
