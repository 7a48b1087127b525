"""The ledger: a job is given once at a time, lands whole or not at all, and is never forgotten."""

import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from annotations.extraction import PIPELINES
from annotations.extraction.base import ArticleText, Suggestion, Suggestions
from annotations.models import Annotation, Assignment, Job, JobStatus, Layer, Pipeline, Verdict
from annotations.services.decisions import Decision
from annotations.services.erasing import erase_article
from annotations.services.filling import refill_changed_queues
from annotations.services.jobs import (
    Claim,
    claim_job,
    fail_job,
    kept_lease,
    sweep_jobs,
    work_claim,
    work_jobs,
)
from annotations.services.pipelines import (
    activate_pipeline,
    cancel_run,
    retire_pipeline,
    retry_job,
    run_progress,
    start_run,
)
from annotations.services.reviewing import decide
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import set_member
from corpus.services.errors import BadInput, NotAllowed
from corpus.text.spans import Span
from tests.conftest import TEXT, acting, person, put_in


def offered(revision: Revision) -> int:
    return Assignment.objects.filter(revision=revision, status="open").count()


class Scripted:
    """A pipeline that does what its configuration says."""

    name = "scripted"
    version = "1"

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.configuration = configuration

    def suggest(self, article: ArticleText) -> Suggestions:
        does = self.configuration.get("does")
        if does == "raise":
            raise RuntimeError("it cannot be done")
        if does == "quote":
            raise ValueError(f"cannot read {article.text!r}")
        end = len(article.text) + 1 if does == "overrun" else 5
        found = Suggestion(
            key=0, label="claim", segments=(Span(0, end),), score=0.5, reason="scripted", attributes={}
        )
        return Suggestions(annotations=(found,), relations=())


@pytest.fixture(autouse=True)
def scripted() -> Iterator[None]:
    PIPELINES["scripted"] = Scripted
    yield
    del PIPELINES["scripted"]


def job_of(corpus: Corpus, **configuration: str) -> Job:
    """Put in one article for the scripted pipeline and return its job."""
    activate_pipeline(COMMAND, corpus, "scripted", configuration)
    return put_in(corpus).jobs.get()


def claimed() -> Claim:
    claim = claim_job("w1")
    assert claim is not None
    return claim


def expire_lease(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_every_new_revision_gets_its_jobs_in_its_own_transaction(corpus: Corpus) -> None:
    job = job_of(corpus)
    assert (job.status, job.revision.status) == ("queued", "new")
    amended = put_in(corpus, TEXT + "More.\n")
    assert amended.jobs.count() == 1


def test_a_corpus_without_an_active_pipeline_gives_no_jobs(corpus: Corpus) -> None:
    assert not put_in(corpus).jobs.exists()


def test_a_worked_job_leaves_its_layer_and_a_suggested_revision(corpus: Corpus) -> None:
    job = job_of(corpus)
    assert work_jobs("w1", limit=5, seconds=5) == {"done": 1}
    job.revision.refresh_from_db()
    assert job.revision.status == "suggested"
    assert Annotation.objects.filter(layer__revision=job.revision).count() == 1
    assert Event.objects.filter(action="layer.landed").count() == 1


@pytest.mark.parametrize(("language", "quotes"), [("de-AT", 1), ("", 0)])
def test_an_article_is_read_in_its_own_language_or_that_of_its_corpus(
    corpus: Corpus, language: str, quotes: int
) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus, "Ida Holm sagte, dass die Mole alt sei.\n", language=language)
    work_jobs("w1", limit=5, seconds=5)
    assert Annotation.objects.filter(layer__revision=revision, label="quote").count() == quotes


def test_a_job_in_hand_is_given_to_nobody_else(corpus: Corpus) -> None:
    job_of(corpus)
    assert claim_job("w1") is not None
    assert claim_job("w2") is None


def test_a_lost_worker_gives_its_job_back_when_the_lease_runs_out(corpus: Corpus) -> None:
    job = job_of(corpus)
    claimed()
    assert sweep_jobs() == {"queued": 0, "parked": 0}, "the lease still holds"
    expire_lease(job)
    assert sweep_jobs() == {"queued": 1, "parked": 0}
    assert claimed().token == 2


def test_a_result_under_an_old_token_is_refused_whole(corpus: Corpus) -> None:
    job = job_of(corpus)
    slow = claimed()
    expire_lease(job)
    sweep_jobs()
    quick = claimed()
    assert work_claim(slow) == "lost"
    assert not Layer.objects.exists()
    assert work_claim(quick) == "done"
    assert work_claim(slow) == "lost"
    assert Annotation.objects.count() == 1


def test_a_failure_under_an_old_token_changes_nothing(corpus: Corpus) -> None:
    job = job_of(corpus)
    slow = claimed()
    expire_lease(job)
    sweep_jobs()
    claimed()
    assert fail_job(slow, "too late") == "lost"
    job.refresh_from_db()
    assert (job.status, job.cause) == ("leased", "The worker was lost.")


def test_a_failing_job_waits_and_is_parked_with_its_cause_after_the_third_time(corpus: Corpus) -> None:
    job = job_of(corpus, does="raise")
    for attempt in (1, 2):
        assert work_jobs("w1", limit=5, seconds=5) == {"failed": 1}
        job.refresh_from_db()
        assert job.status == "queued" and job.attempts == attempt
        assert job.due_at > timezone.now(), "it pauses before the next attempt"
        Job.objects.update(due_at=timezone.now())
    assert work_jobs("w1", limit=5, seconds=5) == {"parked": 1}
    job.refresh_from_db()
    assert (job.status, job.cause) == ("parked", "RuntimeError: it cannot be done")
    assert Event.objects.filter(action="job.parked", object_id=str(job.pk)).exists()


def test_a_job_that_kills_its_workers_is_parked_by_the_sweeper(corpus: Corpus) -> None:
    job = job_of(corpus)
    for _ in range(3):
        claimed()
        expire_lease(job)
        sweep_jobs()
    job.refresh_from_db()
    assert (job.status, job.cause) == ("parked", "The worker was lost 3 times while it had this job.")


def test_a_pipeline_that_points_past_the_text_writes_nothing(corpus: Corpus) -> None:
    job_of(corpus, does="overrun")
    assert work_jobs("w1", limit=5, seconds=5) == {"failed": 1}
    assert not Layer.objects.exists() and not Annotation.objects.exists()


def test_a_parked_job_can_be_given_another_chance(corpus: Corpus) -> None:
    job = job_of(corpus, does="raise")
    Job.objects.update(status=JobStatus.PARKED, attempts=3)
    retry_job(COMMAND, job)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("queued", 0)


def test_a_run_covers_what_the_pipeline_has_not_seen_and_nothing_twice(corpus: Corpus) -> None:
    put_in(corpus, external_id="one")
    put_in(corpus, external_id="two")
    activate_pipeline(COMMAND, corpus, "scripted")
    put_in(corpus, external_id="three")
    work_jobs("w1", limit=1, seconds=5)
    run = start_run(COMMAND, corpus, "scripted")
    assert run_progress(run)["queued"] == 2
    work_jobs("w1", limit=10, seconds=5)
    assert run_progress(run)["done"] == 2
    assert sum(run_progress(start_run(COMMAND, corpus, "scripted")).values()) == 0
    assert Layer.objects.count() == 3


def test_a_new_configuration_is_a_new_pipeline_that_has_seen_nothing(corpus: Corpus) -> None:
    job_of(corpus)
    work_jobs("w1", limit=10, seconds=5)
    activate_pipeline(COMMAND, corpus, "scripted", {"does": "other"})
    start_run(COMMAND, corpus, "scripted")
    work_jobs("w1", limit=10, seconds=5)
    assert Layer.objects.count() == 2
    assert Pipeline.objects.filter(corpus=corpus, active=True).count() == 1


def test_a_cancelled_run_ends_its_open_jobs_and_drops_what_comes_late(corpus: Corpus) -> None:
    put_in(corpus, external_id="one")
    put_in(corpus, external_id="two")
    activate_pipeline(COMMAND, corpus, "scripted")
    run = start_run(COMMAND, corpus, "scripted")
    in_hand = claimed()
    assert cancel_run(COMMAND, run) == 2
    assert work_claim(in_hand) == "lost"
    assert not Layer.objects.exists()
    assert claim_job("w1") is None
    again = start_run(COMMAND, corpus, "scripted")
    assert run_progress(again)["queued"] == 2, "a new run takes up what was cancelled"


def test_the_heartbeat_keeps_a_long_job_and_dies_with_it(
    corpus: Corpus, settings: LazySettings, transactional_db: None
) -> None:
    settings.ATTEST_JOB_LEASE = 1
    job = job_of(corpus)
    claim = claimed()
    with kept_lease(claim):
        until = timezone.now() + timedelta(seconds=1.6)
        while timezone.now() < until:
            time.sleep(0.1)
            assert sweep_jobs()["queued"] == 0
    job.refresh_from_db()
    assert job.heartbeat_at is not None and job.lease_until is not None
    expire_lease(job)
    assert sweep_jobs()["queued"] == 1


def test_a_pipeline_that_is_retired_gives_no_more_jobs(corpus: Corpus) -> None:
    job = job_of(corpus)
    retire_pipeline(COMMAND, job.pipeline)
    assert not put_in(corpus, external_id="next").jobs.exists()


def test_an_unknown_pipeline_is_named_with_those_there_are(corpus: Corpus) -> None:
    with pytest.raises(BadInput) as refused:
        activate_pipeline(COMMAND, corpus, "oracle")
    assert "rules" in refused.value.details["known"]


def test_only_a_lead_starts_runs(corpus: Corpus, ada: User, lea: User) -> None:
    activate_pipeline(COMMAND, corpus, "scripted")
    with pytest.raises(NotAllowed):
        start_run(acting(ada), corpus, "scripted")
    assert start_run(acting(lea), corpus, "scripted").started_by == lea


def test_a_revision_is_suggested_when_the_last_of_its_jobs_has_ended(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "scripted")
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w1", limit=1, seconds=5)
    assert Revision.objects.get(pk=revision.pk).status == "new"
    work_jobs("w1", limit=1, seconds=5)
    assert Revision.objects.get(pk=revision.pk).status == "suggested"


def test_a_revision_whose_last_job_is_parked_goes_on_with_what_the_others_said(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    activate_pipeline(COMMAND, corpus, "scripted", {"does": "raise"})
    revision = put_in(corpus)
    for _ in range(3):
        work_jobs("w1", limit=5, seconds=5)
        Job.objects.filter(status="queued").update(due_at=timezone.now())
    assert sorted(Job.objects.values_list("status", flat=True)) == ["done", "parked"]
    assert Revision.objects.get(pk=revision.pk).status == "suggested"


def test_a_revision_whose_last_job_kills_its_workers_goes_on_too(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w1", limit=1, seconds=5)
    Revision.objects.update(status="new")
    activate_pipeline(COMMAND, corpus, "scripted")
    start_run(COMMAND, corpus, "scripted")
    for _ in range(3):
        expire_lease(Job.objects.get(pk=claimed().job_id))
        sweep_jobs()
    assert Revision.objects.get(pk=revision.pk).status == "suggested"


def test_a_revision_whose_last_job_is_cancelled_goes_on_too(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    looked_at, not_yet = put_in(corpus, external_id="one"), put_in(corpus, external_id="two")
    work_jobs("w1", limit=1, seconds=5)
    Revision.objects.update(status="new")
    activate_pipeline(COMMAND, corpus, "scripted")
    run = start_run(COMMAND, corpus, "scripted")
    Job.objects.filter(revision=not_yet).update(run=run)
    assert cancel_run(COMMAND, run) == 3
    refill_changed_queues()
    assert Revision.objects.get(pk=looked_at.pk).status == "suggested"
    assert Revision.objects.get(pk=not_yet.pk).status == "new", "no machine has looked at it"
    assert offered(not_yet) == 1, "none will"


def test_a_text_with_a_parked_job_waits_for_a_person(corpus: Corpus) -> None:
    job = job_of(corpus, does="raise")
    Job.objects.update(attempts=2)
    assert work_jobs("w1", limit=1, seconds=5) == {"parked": 1}
    refill_changed_queues()
    assert offered(job.revision) == 0
    cancel_run(COMMAND, start_run(COMMAND, corpus, "scripted"))
    refill_changed_queues()
    assert offered(job.revision) == 1


def test_a_text_with_a_parked_job_goes_on_once_its_pipeline_is_retired(corpus: Corpus) -> None:
    job = job_of(corpus, does="raise")
    refill_changed_queues()
    Job.objects.update(attempts=2)
    work_jobs("w1", limit=1, seconds=5)
    retire_pipeline(COMMAND, job.pipeline)
    refill_changed_queues()
    assert offered(job.revision) == 1


def test_what_somebody_began_before_its_job_ended_is_offered_to_others_then(corpus: Corpus) -> None:
    Corpus.objects.update(passes=3)
    member = person("ada")
    set_member(COMMAND, corpus, member, Role.REVIEWER)
    job_of(corpus)
    revision = Revision.objects.get()
    added = Decision(verdict=Verdict.ADD, label="claim", segments=((0, 5),))
    decide(acting(member), revision, added)
    assert offered(revision) == 0
    work_jobs("w1", limit=1, seconds=5)
    assert offered(revision) == 2


def test_a_run_leaves_erased_articles_alone(corpus: Corpus) -> None:
    job = job_of(corpus)
    erase_article(COMMAND, job.revision.article, reason="taken down")
    assert sum(run_progress(start_run(COMMAND, corpus, "scripted")).values()) == 0


def test_the_event_of_a_parked_job_holds_no_word_of_the_text(corpus: Corpus) -> None:
    job = job_of(corpus, does="quote")
    Job.objects.update(attempts=2)
    assert work_jobs("w1", limit=1, seconds=5) == {"parked": 1}
    job.refresh_from_db()
    assert "bridge" in job.cause
    assert Event.objects.get(action="job.parked").reason == "ValueError"
    erase_article(COMMAND, job.revision.article, reason="taken down")
    job.refresh_from_db()
    assert job.cause == ""
