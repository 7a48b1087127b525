"""Who reviews what: taking, keeping, giving back, and the order of it."""

import contextlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Dispute
from annotations.services import filling
from annotations.services.erasing import erase_article
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import work_jobs
from annotations.services.opening import passes_of
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import (
    find_assignment,
    give_back,
    hand_over,
    keep,
    sweep_assignments,
    take,
    take_back,
)
from corpus.models import Article, Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import configure_corpus
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from tests.annotations.deciding import machine, say
from tests.conftest import TEXT, acting, put_in

CLAIMS = "Exports rose by 12 percent in 2024. Imports fell by 9 percent in 2023.\n"


def settings(corpus: Corpus, **changes: Any) -> Corpus:
    """Change settings as a lead does, and fill the queue by them as the sweeper does."""
    corpus.refresh_from_db()
    changed = configure_corpus(COMMAND, corpus, version=corpus.version, changes=changes)
    refill_changed_queues()
    return changed


def several(corpus: Corpus, *names: str, **metadata: Any) -> list[Revision]:
    return [put_in(corpus, f"Text of {name}.", external_id=name, **metadata) for name in names]


def taken(user: User, corpus: Corpus) -> str | None:
    """Take the next article and return its name, or None."""
    assignment = take(acting(user), corpus)
    return assignment.revision.article.external_id if assignment else None


def statuses(revision: Revision) -> list[str]:
    return list(Assignment.objects.filter(revision=revision).order_by("id").values_list("status", flat=True))


def status(revision: Revision) -> str:
    return str(Revision.objects.get(pk=revision.pk).status)


def kept_until() -> datetime:
    until = Assignment.objects.get().lease_until
    assert until
    return until


def in_order(names: Iterable[str | None]) -> list[str]:
    return [name for name in names if name]


def test_a_text_is_offered_once_it_is_ready(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    put_in(corpus)
    assert taken(ada, corpus) is None
    work_jobs("test", limit=10, seconds=30)
    assert taken(ada, corpus) == "bridge"
    assert taken(ada, corpus) is None


def test_without_machines_it_is_ready_at_once(corpus: Corpus, ada: User) -> None:
    several(corpus, "one")
    assert taken(ada, corpus) == "one"


def test_one_pass_goes_to_one_person(corpus: Corpus, ada: User, ben: User) -> None:
    several(corpus, "one", "two")
    assert in_order([taken(ada, corpus), taken(ben, corpus), taken(ada, corpus)]) == ["one", "two"]


def test_two_passes_go_to_two_people(corpus: Corpus, ada: User, ben: User) -> None:
    corpus = settings(corpus, passes=2)
    several(corpus, "one")
    assert [taken(ada, corpus), taken(ada, corpus), taken(ben, corpus)] == ["one", None, "one"]


def test_a_share_gets_one_pass_more_and_always_the_same(corpus: Corpus) -> None:
    corpus = settings(corpus, second_share=0.5)
    texts = several(corpus, *(f"t{number}" for number in range(60)))
    drawn = [passes_of(corpus, text.pk) for text in texts]
    assert 15 < drawn.count(2) < 45
    assert [Assignment.objects.filter(revision=text).count() for text in texts] == drawn
    assert [passes_of(corpus, text.pk) for text in texts] == drawn


def test_what_was_given_back_goes_to_somebody_else(corpus: Corpus, ada: User, ben: User) -> None:
    (text,) = several(corpus, "one")
    assignment = take(acting(ada), corpus)
    assert assignment
    give_back(acting(ada), assignment)
    assert statuses(text) == ["returned", "open"]
    assert [taken(ada, corpus), taken(ben, corpus)] == [None, "one"]


def test_a_lease_that_ran_out_is_open_again_and_its_id_is_worth_nothing(
    corpus: Corpus, ada: User, ben: User
) -> None:
    (text,) = several(corpus, "one")
    assignment = take(acting(ada), corpus)
    assert assignment
    assert sweep_assignments() == 0
    Assignment.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_assignments() == 1
    assert statuses(text) == ["expired", "open"]
    for act in (keep, give_back):
        with pytest.raises(InvalidTransition):
            act(acting(ada), assignment)
    assert taken(ben, corpus) == "one"


def test_a_lease_lasts_while_one_works(suggested: Revision, ada: User) -> None:
    assignment = take(acting(ada), suggested.article.corpus)
    assert assignment and assignment.lease_until
    soon = timezone.now() + timedelta(seconds=5)
    Assignment.objects.update(lease_until=soon)
    keep(acting(ada), assignment)
    assert kept_until() > soon
    Assignment.objects.update(lease_until=soon)
    say(ada, suggested, "skip", next(iter(machine(suggested).annotations)))
    assert kept_until() > soon


def test_whoever_decides_without_the_queue_has_a_pass_too(suggested: Revision, ada: User, ben: User) -> None:
    first = next(iter(machine(suggested).annotations))
    say(ada, suggested, "skip", first)
    assert taken(ben, suggested.article.corpus) is None
    say(ben, suggested, "skip", first)
    held = Assignment.objects.order_by("number").values_list("number", "reviewer", "status")
    assert list(held) == [(1, ada.pk, "taken"), (2, ben.pk, "taken")]


def test_a_submitted_pass_ends_and_can_be_taken_up_again(revision: Revision, ada: User) -> None:
    take(acting(ada), revision.article.corpus)
    submit_pass(acting(ada), revision)
    assert statuses(revision) == ["submitted"]
    reopen_pass(acting(ada), revision)
    assert statuses(revision) == ["taken"]


def test_the_cap_holds(corpus: Corpus, ada: User) -> None:
    corpus = settings(corpus, hand_cap=2)
    several(corpus, "one", "two", "three")
    assert [taken(ada, corpus), taken(ada, corpus)] == ["one", "two"]
    with pytest.raises(InvalidTransition, match="2 articles are in your hands"):
        take(acting(ada), corpus)


def test_a_lead_hands_over(corpus: Corpus, lea: User, ada: User, ben: User, vic: User) -> None:
    (text,) = several(corpus, "one")
    assignment = take(acting(ada), corpus)
    assert assignment
    with pytest.raises(BadInput):
        hand_over(acting(lea), assignment, vic)
    given = hand_over(acting(lea), assignment, ben)
    assert (given.reviewer, given.status) == (ben, AssignmentStatus.TAKEN)
    assert statuses(text) == ["returned", "taken"]
    with pytest.raises(InvalidTransition):
        keep(acting(ada), assignment)
    with pytest.raises(NotAllowed):
        hand_over(acting(ben), given, ada)


def test_an_assignment_of_another_does_not_exist(
    corpus: Corpus, ada: User, ben: User, lea: User, dee: User
) -> None:
    several(corpus, "one")
    assignment = take(acting(ada), corpus)
    assert assignment
    for stranger in (ben, dee):
        with pytest.raises(NotFound):
            find_assignment(acting(stranger), assignment.pk)
    assert find_assignment(acting(lea), assignment.pk) == assignment
    with pytest.raises(NotFound):
        give_back(acting(ben), assignment)


def test_an_amended_text_leaves_a_pass_in_hand_and_offers_the_new_one(
    corpus: Corpus, ada: User, ben: User
) -> None:
    corpus = settings(corpus, passes=2)
    old = put_in(corpus, "One text.")
    take(acting(ada), corpus)
    new = put_in(corpus, "Another text.")
    assert sorted(statuses(old)) == ["expired", "taken"]
    assert statuses(new) == ["open", "open"]
    assignment = take(acting(ben), corpus)
    assert assignment and assignment.revision_id == new.pk


@pytest.mark.parametrize("end", ["return", "expire", "take back"])
def test_an_extra_pass_that_ends_leaves_the_text_to_those_who_were_asked(
    suggested: Revision, ada: User, ben: User, cy: User, lea: User, end: str
) -> None:
    """Cy's pass is one more than asked; while it was taken up again the others' were all there were."""
    settings(suggested.article.corpus, passes=2)
    first = next(iter(machine(suggested).annotations))
    for user in (ada, ben, cy):
        say(user, suggested, "skip" if user == ada else "accept", first)
    for user in (ada, ben, cy):
        for row in list(machine(suggested).annotations)[1:]:
            with contextlib.suppress(StaleVersion):
                say(user, suggested, "skip", row)
        submit_pass(acting(user), suggested)
    assert status(suggested) == "disputed"
    reopen_pass(acting(cy), suggested)
    assert status(suggested) == "in_review"
    held = Assignment.objects.get(reviewer=cy)
    if end == "return":
        give_back(acting(cy), held)
    elif end == "take back":
        take_back(acting(lea), held)
    else:
        Assignment.objects.filter(pk=held.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert sweep_assignments() == 1
    assert status(suggested) == "disputed"
    assert Dispute.objects.filter(status="open").count() == 1


def test_an_extra_pass_is_handed_over_without_being_done_without(
    suggested: Revision, ada: User, ben: User, lea: User
) -> None:
    first = next(iter(machine(suggested).annotations))
    say(ada, suggested, "skip", first)
    say(ben, suggested, "skip", first)
    given = hand_over(acting(lea), Assignment.objects.get(reviewer=ben), lea)
    assert (given.number, given.status, status(suggested)) == (2, "taken", "in_review")


@pytest.mark.parametrize("gone", ["amended", "erased"])
def test_nobody_is_handed_a_text_that_is_amended_or_erased(
    corpus: Corpus, owen: User, lea: User, ada: User, ben: User, gone: str
) -> None:
    text = put_in(corpus, "One text.")
    assignment = take(acting(ada), corpus)
    assert assignment
    if gone == "amended":
        put_in(corpus, "Another text.")
    else:
        erase_article(acting(owen), text.article, reason="taken down")
    with pytest.raises(InvalidTransition, match="amended, erased or settled"):
        hand_over(acting(lea), assignment, ben)
    assert Assignment.objects.get(pk=assignment.pk).reviewer == ada


def test_a_pass_over_an_erased_text_is_not_taken_up_again(suggested: Revision, owen: User, ada: User) -> None:
    for row in machine(suggested).annotations:
        with contextlib.suppress(StaleVersion):
            say(ada, suggested, "skip", row)
    submit_pass(acting(ada), suggested)
    erase_article(acting(owen), suggested.article, reason="taken down")
    with pytest.raises(InvalidTransition, match="erased"):
        reopen_pass(acting(ada), suggested)
    assert statuses(suggested) == ["submitted"]


def test_an_erased_text_is_offered_to_nobody(corpus: Corpus, owen: User, ada: User) -> None:
    (text,) = several(corpus, "one")
    erase_article(acting(owen), text.article, reason="taken down")
    assert taken(ada, corpus) is None


def test_more_passes_are_opened_for_what_stands_and_fewer_are_closed(corpus: Corpus) -> None:
    (text,) = several(corpus, "one")
    settings(corpus, passes=3)
    assert statuses(text) == ["open"] * 3
    settings(corpus, passes=2)
    assert sorted(statuses(text)) == ["expired", "open", "open"]
    assert refill_changed_queues() == 0


def test_a_queue_is_filled_a_part_in_each_round(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = several(corpus, "one", "two", "three")
    monkeypatch.setattr(filling, "CHUNK", 1)
    Corpus.objects.update(passes=2, version=F("version") + 1)
    for done in (1, 2, 3):
        assert refill_changed_queues(seconds=0) == 1
        assert [len(statuses(text)) for text in texts] == [2] * done + [1] * (3 - done)
    assert refill_changed_queues(seconds=0) == 0
    with CaptureQueriesContext(connection) as once_more:
        refill_changed_queues(seconds=0)
    assert len(once_more) == 1


def test_a_change_while_a_queue_is_filled_begins_with_the_first_text(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = several(corpus, "one", "two", "three")
    monkeypatch.setattr(filling, "CHUNK", 1)
    Corpus.objects.update(passes=2, version=F("version") + 1)
    for _ in range(2):
        refill_changed_queues(seconds=0)
    Corpus.objects.update(passes=3, version=F("version") + 1)
    refill_changed_queues()
    assert [statuses(text) for text in texts] == [["open"] * 3] * 3


def test_settings_that_a_queue_does_not_follow_fill_none(corpus: Corpus) -> None:
    (text,) = several(corpus, "one")
    refill_changed_queues()
    Assignment.objects.update(rank=7)
    settings(corpus, description="Of the harbour.", agreed_is_gold=True)
    assert Assignment.objects.get(revision=text).rank == 7
    settings(corpus, queue_order="random")
    assert 0 <= Assignment.objects.get(revision=text).rank < 1


def test_a_text_that_waited_for_a_pass_that_nobody_asks_for_goes_on(
    corpus: Corpus, ada: User, ben: User
) -> None:
    settings(corpus, passes=3, agreed_is_gold=True)
    (text,) = several(corpus, "one")
    for one in (ada, ben):
        assert taken(one, corpus)
        submit_pass(acting(one), text)
    assert status(text) == "submitted"
    settings(corpus, passes=2)
    assert status(text) == "gold"
    assert sorted(statuses(text)) == ["expired", "submitted", "submitted"]


def test_a_pass_that_was_missed_while_the_settings_changed_is_opened_later(corpus: Corpus, ada: User) -> None:
    (text,) = several(corpus, "one")
    refill_changed_queues()
    # The sweeper went by before the text had come in, whose transaction had read the former settings.
    Corpus.objects.update(passes=2)
    assert taken(ada, corpus)
    submit_pass(acting(ada), text)
    assert statuses(text) == ["submitted", "open"]


def test_strangers_and_viewers_take_nothing(corpus: Corpus, vic: User, dee: User) -> None:
    several(corpus, "one")
    with pytest.raises(NotAllowed):
        take(acting(vic), corpus)
    with pytest.raises(NotFound):
        take(acting(dee), corpus)


# -- orders ------------------------------------------------------------------------------------------------


def order(corpus: Corpus, user: User) -> list[str]:
    return in_order(taken(user, corpus) for _ in range(Article.objects.count()))


def test_by_priority(corpus: Corpus, ada: User) -> None:
    several(corpus, "low", "high", "plain")
    Article.objects.filter(external_id="high").update(priority=5)
    Article.objects.filter(external_id="low").update(priority=-1)
    corpus = settings(corpus, queue_order="priority")
    assert order(corpus, ada) == ["high", "plain", "low"]


def test_by_chance_as_the_seed_says(corpus: Corpus, ada: User, ben: User) -> None:
    names = [f"t{number}" for number in range(8)]
    several(corpus, *names)
    corpus = settings(corpus, queue_order="random", seed=3, passes=2)
    first = order(corpus, ada)
    assert sorted(first) == names and first != names
    assert order(corpus, ben) == first
    settings(corpus, seed=4)
    ranks = Assignment.objects.filter(status="taken").count()
    assert ranks == 16


@pytest.mark.parametrize(
    ("by", "names"), [("worth", ["claims", "speech", "plain"]), ("age", ["plain", "speech", "claims"])]
)
def test_by_what_the_machines_say(corpus: Corpus, ada: User, by: str, names: list[str]) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    corpus = settings(corpus, queue_order=by)
    for name, text in (("plain", "Good morning to all."), ("speech", TEXT), ("claims", CLAIMS * 6)):
        put_in(corpus, text, external_id=name)
    work_jobs("test", limit=10, seconds=30)
    assert order(corpus, ada) == names


def test_what_the_machines_doubt_comes_first(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    corpus = settings(corpus, queue_order="doubt")
    put_in(corpus, "Good morning to all.", external_id="plain")
    put_in(corpus, TEXT, external_id="speech")
    work_jobs("test", limit=10, seconds=30)
    assert order(corpus, ada) == ["speech", "plain"]


def test_every_move_has_its_event(corpus: Corpus, ada: User) -> None:
    several(corpus, "one")
    assignment = take(acting(ada), corpus)
    assert assignment
    give_back(acting(ada), assignment)
    actions = Event.objects.filter(action__startswith="assignment.").order_by("id")
    assert list(actions.values_list("action", flat=True)) == ["assignment.taken", "assignment.returned"]
