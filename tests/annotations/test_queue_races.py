"""Passes and gold with many at once: whoever comes second finds what the first has done."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone

from annotations.extraction import PIPELINES
from annotations.models import Annotation, Assignment, Comment, Dispute, Job, Layer, Recall, ReReview
from annotations.services import queue
from annotations.services.comments import post_comment, reply_to
from annotations.services.erasing import erase_article
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import claim_job, work_claim, work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline, cancel_run, start_run
from annotations.services.planting import plant
from annotations.services.queue import give_back, hand_over, keep, sweep_assignments, take
from annotations.services.rereviews import open_rereview
from annotations.services.settling import Choice, settle_dispute
from annotations.services.verifying import Lie, verify
from corpus.models import Corpus, Event, Revision, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import publish_guideline
from corpus.services.errors import InvalidTransition
from tests.annotations.test_checks import RULES
from tests.annotations.test_checks import TEXT as PLANTABLE
from tests.annotations.test_concurrency import at_once, errors, fresh
from tests.annotations.test_jobs import Scripted
from tests.annotations.test_queue import settings
from tests.annotations.test_settling import decide_all, gold, status
from tests.conftest import TEXT, acting, put_in

pytestmark = pytest.mark.django_db(transaction=True)


def overlapping(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Begin `second` once `first` is done but not committed; return what came of `second`."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(second())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(0.4)
    thread.join(30)
    return results[0]


def amend(corpus: Corpus) -> Revision:
    return put_in(corpus, TEXT + "More.\n")


def taken(user: User, revision: Revision) -> Assignment:
    assignment = take(acting(user), revision.article.corpus)
    assert assignment is not None and assignment.revision_id == revision.pk
    return assignment


def lose_leases() -> None:
    Assignment.objects.filter(status="taken").update(lease_until=timezone.now() - timedelta(seconds=1))


def offered(revision: Revision) -> int:
    return Assignment.objects.filter(revision=revision, status="open").count()


def lies() -> list[Lie]:
    return [found for found in verify() if isinstance(found, Lie)]


# -- what no longer waits is not offered -------------------------------------------------------------------


def test_what_is_given_back_while_its_text_is_amended_is_not_offered(
    corpus: Corpus, revision: Revision, ada: User
) -> None:
    assignment = taken(ada, revision)
    result = overlapping(lambda: amend(corpus), lambda: give_back(acting(ada), assignment))
    assert isinstance(result, Assignment)
    assert offered(revision) == 0


def test_what_is_swept_while_its_text_is_amended_is_not_offered(
    corpus: Corpus, revision: Revision, ada: User
) -> None:
    taken(ada, revision)
    lose_leases()
    assert overlapping(lambda: amend(corpus), sweep_assignments) == 1
    assert offered(revision) == 0


@pytest.mark.parametrize("end", ["amend", "erase"])
def test_no_pass_is_opened_on_what_is_amended_or_erased_meanwhile(
    corpus: Corpus, revision: Revision, end: str
) -> None:
    ends: dict[str, Callable[[], Any]] = {
        "amend": lambda: amend(corpus),
        "erase": lambda: erase_article(COMMAND, revision.article, reason="taken down"),
    }
    Corpus.objects.update(passes=3, version=F("version") + 1)
    overlapping(ends[end], refill_changed_queues)
    assert offered(revision) == 0


def test_a_text_goes_on_whose_last_two_jobs_end_at_once(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Other(Scripted):
        name = "other"

    monkeypatch.setitem(PIPELINES, "scripted", Scripted)
    monkeypatch.setitem(PIPELINES, "other", Other)
    activate_pipeline(COMMAND, corpus, "scripted")
    activate_pipeline(COMMAND, corpus, "other")
    refill_changed_queues()
    text = put_in(corpus)
    run = start_run(COMMAND, corpus, "other")
    job = Job.objects.get(pipeline__name="scripted")
    Job.objects.exclude(pk=job.pk).update(due_at=timezone.now() + timedelta(hours=1))
    claim = claim_job("w")
    assert claim and claim.job_id == job.pk
    assert overlapping(lambda: cancel_run(COMMAND, run), lambda: work_claim(claim)) == "done"
    refill_changed_queues()
    assert (status(text), offered(text)) == ("suggested", 1)


def test_an_amendment_tells_from_what_status_it_took_the_text(
    corpus: Corpus, revision: Revision, ada: User
) -> None:
    taken(ada, revision)
    overlapping(lambda: submit_pass(acting(ada), revision), lambda: amend(corpus))
    moved = Event.objects.get(subject_id=revision.pk, action="revision.moved", after="superseded")
    assert moved.before == "submitted"


# -- a pass ends once --------------------------------------------------------------------------------------


def test_whoever_submits_while_the_pass_is_handed_over_has_one_more(
    revision: Revision, ada: User, ben: User, lea: User
) -> None:
    assignment = taken(ada, revision)
    result = overlapping(
        lambda: hand_over(acting(lea), assignment, ben), lambda: submit_pass(acting(ada), fresh(revision))
    )
    assert not isinstance(result, Exception), result
    rows = Assignment.objects.order_by("id").values_list("reviewer__username", "number", "status")
    assert list(rows) == [("ada", 1, "returned"), ("ben", 1, "taken"), ("ada", 2, "submitted")]


def test_what_is_submitted_is_not_handed_over(revision: Revision, ada: User, ben: User, lea: User) -> None:
    assignment = taken(ada, revision)
    result = overlapping(
        lambda: submit_pass(acting(ada), fresh(revision)), lambda: hand_over(acting(lea), assignment, ben)
    )
    assert isinstance(result, InvalidTransition)
    assert Assignment.objects.get().status == "submitted"


def test_whoever_submits_while_the_lease_is_swept_still_has_a_pass(revision: Revision, ada: User) -> None:
    taken(ada, revision)
    lose_leases()
    result = overlapping(sweep_assignments, lambda: submit_pass(acting(ada), fresh(revision)))
    assert not isinstance(result, Exception), result
    rows = Assignment.objects.order_by("id").values_list("number", "status")
    assert list(rows) == [(1, "expired"), (1, "submitted")]


def test_a_lease_that_is_renewed_while_it_is_swept_holds(revision: Revision, ada: User) -> None:
    assignment = taken(ada, revision)
    lose_leases()
    assert overlapping(lambda: keep(acting(ada), assignment), sweep_assignments) == 0
    assert Assignment.objects.get().status == "taken"


def test_the_other_tab_may_take_the_text_that_is_being_submitted(
    corpus: Corpus, revision: Revision, ada: User
) -> None:
    settings(corpus, passes=2)
    result = overlapping(lambda: taken(ada, revision), lambda: submit_pass(acting(ada), fresh(revision)))
    assert not isinstance(result, Exception), result
    assert sorted(Assignment.objects.values_list("status", flat=True)) == ["open", "submitted"]


def test_a_text_is_given_to_one_person_once_whichever_way_it_comes(
    corpus: Corpus, revision: Revision, lea: User, ada: User
) -> None:
    settings(corpus, passes=2)
    waiting = Assignment.objects.filter(number=2).get()
    result = overlapping(lambda: taken(ada, revision), lambda: hand_over(acting(lea), waiting, ada))
    assert isinstance(result, Exception) and "already" in str(result)


# -- passes and gold ---------------------------------------------------------------------------------------


def test_of_two_last_passes_that_are_submitted_at_once_the_later_settles(
    corpus: Corpus, ada: User, ben: User
) -> None:
    settings(corpus, passes=2)
    for number in range(10):
        revision = put_in(corpus, external_id=f"a{number}")
        results = at_once(*[partial(submit_pass, acting(who), fresh(revision)) for who in (ada, ben)])
        assert errors(results) == []
        assert status(revision) == "gold"
    assert lies() == []


def differing(suggested: Revision, ada: User, ben: User) -> None:
    decide_all(ada, suggested)
    decide_all(ben, suggested, **{"nine weeks": {"verdict": "reject", "reason": "other"}})


def test_a_dispute_is_settled_or_its_pass_taken_up_again_and_not_both(
    suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(suggested.article.corpus, passes=2)
    differing(suggested, ada, ben)
    for _ in range(10):
        dispute = Dispute.objects.get(status="open")
        settling = partial(
            settle_dispute, acting(cy), dispute, Choice(reject=True, reason="other"), version=1
        )
        settled, reopened = at_once(settling, lambda: reopen_pass(acting(ben), fresh(suggested)))
        assert isinstance(settled, Exception) != isinstance(reopened, Exception), (settled, reopened)
        if isinstance(reopened, Exception):
            assert status(suggested) == "gold"
            break
        assert status(suggested) == "in_review"
        submit_pass(acting(ben), fresh(suggested))
    assert lies() == []


def test_a_dispute_ends_with_its_text(
    corpus: Corpus, suggested: Revision, ada: User, ben: User, cy: User
) -> None:
    settings(corpus, passes=2)
    differing(suggested, ada, ben)
    dispute = Dispute.objects.get()
    result = overlapping(
        lambda: amend(corpus),
        lambda: settle_dispute(acting(cy), dispute, Choice(reject=True, reason="other"), version=1),
    )
    assert isinstance(result, InvalidTransition) and "dropped" in result.message
    assert Dispute.objects.get().status == "dropped"
    assert gold(suggested).standing
    assert lies() == []


# -- what is erased is erased whole --------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["post", "reply"])
def test_nothing_is_said_of_what_is_erased_meanwhile(revision: Revision, ada: User, act: str) -> None:
    article = Revision.objects.select_related("article").get(pk=revision.pk).article
    first = post_comment(acting(ada), article, "Which bridge?")
    acts: dict[str, Callable[[], Any]] = {
        "post": lambda: post_comment(acting(ada), article, "The old one."),
        "reply": lambda: reply_to(acting(ada), first, "The old one."),
    }
    erase = partial(erase_article, COMMAND, revision.article, reason="taken down")
    assert isinstance(overlapping(erase, acts[act]), InvalidTransition)
    assert set(Comment.objects.values_list("text", flat=True)) == {""}


def test_erasing_waits_for_a_pass_that_is_being_planted(
    corpus: Corpus, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_guideline(COMMAND, corpus, text=RULES, version=1)
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus, PLANTABLE)
    work_jobs("test", limit=10, seconds=30)
    settings(corpus, planted_share=0.2)
    done: list[Any] = []

    def erase() -> None:
        try:
            done.append(erase_article(COMMAND, revision.article, reason="taken down"))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            done.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=erase)

    def plant_slowly(*args: Any) -> bool:
        if not thread.ident:
            thread.start()
            thread.join(0.4)
        return plant(*args)

    monkeypatch.setattr(queue, "plant", plant_slowly)
    assert take(acting(ada), Corpus.objects.get())
    thread.join(30)
    assert done == [None]
    assert Layer.planted.count() == 1 and lies() == []
    assert not Annotation.objects.exclude(surface="").exists()


def test_nobody_is_asked_again_about_what_is_amended_meanwhile(
    corpus: Corpus, suggested: Revision, ada: User
) -> None:
    decide_all(ada, suggested)
    publish_guideline(COMMAND, corpus, text="R1. Another rule.", version=1)
    ask = partial(open_rereview, COMMAND, corpus, labels=["quote"])
    assert isinstance(overlapping(lambda: amend(corpus), ask), ReReview)
    assert not Recall.objects.filter(ended_at__isnull=True).exists()
