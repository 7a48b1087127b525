"""Many at once: what each does holds whole, whoever comes first, and nobody's work is lost or doubled."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import pytest
from django.db import connections, transaction
from django.utils import timezone

from annotations.extraction import PIPELINES
from annotations.extraction.rules import Rules
from annotations.models import Annotation, Job, JobStatus, Layer, Pipeline, Review, Verdict
from annotations.services.decisions import Decision
from annotations.services.erasing import erase_article
from annotations.services.exporting import export_corpus
from annotations.services.importing import import_records
from annotations.services.jobs import claim_job, work_claim, work_jobs
from annotations.services.passes import reopen_pass, submit_pass
from annotations.services.pipelines import activate_pipeline, cancel_run, fill_run, open_run, start_run
from annotations.services.reviewing import decide
from annotations.services.suggesting import take_suggestions
from annotations.services.verifying import Lie, verify
from corpus.models import Article, Corpus, Event, Membership, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import set_member
from corpus.services.errors import InvalidTransition, StaleVersion
from corpus.services.events import seal_events
from corpus.services.ingest import ingest_article, ingest_articles
from tests.annotations.deciding import machine, say, suggestion
from tests.conftest import TEXT, acting, put_in

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run acts at one moment, each in a thread with a connection of its own; return what came of each."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [RuntimeError("never ran")] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            results[place] = act()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def article(number: int, text: str = TEXT) -> IncomingArticle:
    return IncomingArticle(
        place="test", text=text, external_id=f"a{number:03}", raw=text.encode(), metadata={}
    )


def put_in_many(corpus: Corpus, count: int) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    list(ingest_articles(COMMAND, corpus, [article(n) for n in range(count)], source="test"))


def lies(corpus: Corpus | None = None) -> list[Lie]:
    return [found for found in verify(corpus) if isinstance(found, Lie)]


def fresh(revision: Revision) -> Revision:
    return Revision.objects.select_related("article").get(pk=revision.pk)


# -- jobs --------------------------------------------------------------------------------------------


def claim_all(claim: Callable[[], int | None]) -> list[int]:
    claimed = []
    while (job := claim()) is not None:
        claimed.append(job)
    return claimed


def claimed_id() -> int | None:
    claim = claim_job(threading.current_thread().name)
    return claim.job_id if claim else None


def claimed_naively() -> int | None:
    """Claim as one would without a lock: look, then take."""
    job = Job.objects.due(timezone.now()).order_by("due_at", "id").first()
    if job is None:
        return None
    lease = timezone.now() + timedelta(seconds=60)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.LEASED, lease_until=lease)
    return job.pk


def test_eight_workers_on_one_queue_are_given_each_job_once(corpus: Corpus) -> None:
    put_in_many(corpus, 120)
    results = at_once(*[lambda: claim_all(claimed_id)] * WORKERS)
    assert errors(results) == []
    given = Counter(job for claimed in results for job in claimed)
    assert len(given) == 120 and set(given.values()) == {1}


@pytest.mark.postgres
def test_the_same_workers_without_the_lock_are_given_jobs_twice(corpus: Corpus) -> None:
    put_in_many(corpus, 120)
    results = at_once(*[lambda: claim_all(claimed_naively)] * WORKERS)
    given = Counter(job for claimed in results for job in claimed)
    assert max(given.values()) > 1, "the harness above would see a double"


def test_two_jobs_of_one_revision_that_land_at_once_leave_it_suggested(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    activate_pipeline(COMMAND, corpus, "rules-too")
    for number in range(20):
        revision = put_in(corpus, external_id=f"a{number}")
        claims = [claim_job("one"), claim_job("two")]
        results = at_once(*[partial(work_claim, claim) for claim in claims if claim])
        assert results == ["done", "done"]
        assert fresh(revision).status == "suggested"
    assert lies(corpus) == []


@pytest.fixture(autouse=True)
def second_pipeline() -> Iterator[None]:
    PIPELINES["rules-too"] = lambda configuration: Rules(configuration=dict(configuration), name="rules-too")
    yield
    del PIPELINES["rules-too"]


def test_an_article_that_is_erased_while_its_job_lands_keeps_no_word(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    for number in range(15):
        revision = put_in(corpus, external_id=f"a{number}")
        claim = claim_job("one")
        assert claim is not None
        results = at_once(
            partial(work_claim, claim),
            partial(erase_article, COMMAND, revision.article, reason="taken down"),
        )
        assert errors(results) == [] and results[0] in {"done", "lost"}
    assert not Annotation.objects.exclude(surface="").exists()
    assert lies(corpus) == []


# -- decisions ---------------------------------------------------------------------------------------


def test_of_two_tabs_with_one_version_one_wins_two_hundred_times(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w", limit=5, seconds=20)
    line = suggestion(revision, "nine weeks").pk
    both = threading.Barrier(2)

    def tab(verdict: Verdict, note: str) -> list[bool]:
        won = []
        for version in range(200):
            one = Decision(verdict=verdict, on=line, version=version, reason="other", note=note)
            seen = fresh(revision)
            both.wait(20)
            try:
                decide(acting(ada), seen, one)
                won.append(True)
            except StaleVersion:
                won.append(False)
        return won

    left, right = at_once(lambda: tab(Verdict.SKIP, "left"), lambda: tab(Verdict.REJECT, "right"))
    assert isinstance(left, list) and isinstance(right, list), (left, right)
    assert [one != other for one, other in zip(left, right, strict=True)] == [True] * 200
    kept = Review.objects.filter(line=line).order_by("version").values_list("version", "note")
    assert list(kept) == [(n, "left" if won else "right") for n, won in enumerate(left, 1)]
    assert lies(corpus) == []


def test_one_key_from_eight_threads_has_one_effect_and_equal_receipts(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w", limit=5, seconds=20)
    for number, row in enumerate(machine(revision).annotations.values()):
        one = Decision(verdict=Verdict.SKIP, on=row.pk, key=f"k{number}")
        results = at_once(*[partial(decide, acting(ada), fresh(revision), one)] * WORKERS)
        assert errors(results) == []
        assert len({orjson.dumps(receipt.body, option=orjson.OPT_SORT_KEYS) for receipt in results}) == 1
        assert sorted(receipt.replayed for receipt in results) == [False] + [True] * 7
        assert Review.objects.filter(line=row.pk).count() == 1


def test_two_reviewers_who_end_their_passes_at_once_leave_no_status_that_lies(
    corpus: Corpus, ada: User, ben: User
) -> None:
    Corpus.objects.update(agreed_is_gold=False)
    revision = put_in(corpus)
    for _ in range(30):
        submit_pass(acting(ada), fresh(revision))
        results = at_once(
            lambda: reopen_pass(acting(ada), fresh(revision)),
            lambda: submit_pass(acting(ben), fresh(revision)),
        )
        assert errors(results) == []
        assert fresh(revision).status == "submitted", "Ben's pass is submitted"
        reopen_pass(acting(ben), fresh(revision))


def test_a_decision_on_what_was_erased_meanwhile_writes_no_word(corpus: Corpus, ada: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w", limit=5, seconds=20)
    seen, quote = fresh(revision), suggestion(revision, "nine weeks")
    say(ada, fresh(revision), "skip", quote.pk)
    erase_article(COMMAND, fresh(revision).article, reason="taken down")
    with pytest.raises(InvalidTransition, match="erased"):
        say(ada, seen, "accept", quote.pk, version=1)
    assert not Annotation.objects.exclude(surface="").exists()
    assert lies(corpus) == []


def test_decisions_and_an_erasure_at_once_leave_no_word(corpus: Corpus, ada: User, ben: User) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    for number in range(12):
        revision = put_in(corpus, external_id=f"a{number}")
        work_jobs("w", limit=5, seconds=20)
        quote = suggestion(revision, "nine weeks")
        seen = [fresh(revision), fresh(revision)]
        at_once(
            partial(say, ada, seen[0], "accept", quote.pk),
            partial(erase_article, COMMAND, fresh(revision).article, reason="down"),
            partial(say, ben, seen[1], "accept", quote.pk),
        )
    assert not Annotation.objects.exclude(surface="").exists()
    assert lies(corpus) == []


def test_a_decision_from_an_old_page_does_not_take_a_submitted_text_back(
    corpus: Corpus, ada: User, ben: User
) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    revision = put_in(corpus)
    work_jobs("w", limit=5, seconds=20)
    old_page = fresh(revision)
    for row in machine(revision).annotations.values():
        say(ada, fresh(revision), "skip", row.pk)
    submit_pass(acting(ada), fresh(revision))
    say(ben, old_page, "skip", suggestion(revision, "nine weeks").pk)
    assert fresh(revision).status == "submitted"


def test_a_first_decision_from_an_old_page_opens_no_pass_on_a_superseded_text(
    corpus: Corpus, ada: User
) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    old_page = put_in(corpus)
    work_jobs("w", limit=5, seconds=20)
    quote = suggestion(old_page, "nine weeks")
    put_in(corpus, TEXT + "More.\n")
    with pytest.raises(InvalidTransition, match="amended"):
        say(ada, old_page, "skip", quote.pk)
    assert not Layer.objects.filter(kind="reviewer").exists()


# -- articles ----------------------------------------------------------------------------------------


def test_two_ingests_of_the_same_ids_at_once_put_each_in_once(corpus: Corpus) -> None:
    activate_pipeline(COMMAND, corpus, "rules")
    rows = [article(number) for number in range(60)]

    def ingest(given: list[IncomingArticle]) -> list[str]:
        return [row.outcome for row in ingest_articles(COMMAND, corpus, given, source="test")]

    results = at_once(lambda: ingest(rows), lambda: ingest(rows[::-1]), lambda: ingest(rows[30:] + rows[:30]))
    assert errors(results) == []
    outcomes = Counter(outcome for result in results for outcome in result)
    assert outcomes == {"created": 60, "unchanged": 120}
    assert Article.objects.count() == Revision.objects.count() == Job.objects.count() == 60


def test_amendments_of_the_same_articles_at_once_all_count(corpus: Corpus) -> None:
    list(ingest_articles(COMMAND, corpus, [article(n) for n in range(30)], source="test"))

    def amend(word: str, step: int) -> list[str]:
        rows = [article(number, TEXT + word) for number in range(30)][::step]
        return [row.outcome for row in ingest_articles(COMMAND, corpus, rows, source="test")]

    results = at_once(lambda: amend("one", 1), lambda: amend("two", -1), lambda: amend("three", 1))
    assert errors(results) == []
    assert Revision.objects.count() == 120
    assert Revision.objects.filter(current=True, number=4).count() == 30
    assert lies(corpus) == []


def test_two_imports_of_one_file_at_once_put_each_in_once(corpus: Corpus, ada: User) -> None:
    put_in_many(corpus, 25)
    work_jobs("w", limit=100, seconds=60)
    target = io.BytesIO()
    export_corpus(COMMAND, corpus, layer="all", target=target)
    lines = target.getvalue().replace(b'"external_id":"a', b'"external_id":"b').splitlines()

    def take(given: list[bytes]) -> list[str]:
        return [row.outcome + row.reason for row in import_records(COMMAND, corpus, given, source="x")]

    results = at_once(lambda: take(lines), lambda: take(lines[::-1]))
    assert errors(results) == []
    outcomes = Counter(outcome for result in results for outcome in result)
    assert outcomes == {"created": 25, "unchanged": 25}
    assert Article.objects.count() == Revision.objects.count() == Layer.objects.count() == 50
    assert lies(corpus) == []


def test_an_article_amended_while_it_is_erased_keeps_no_word(corpus: Corpus) -> None:
    for number in range(15):
        revision = put_in(corpus, external_id=f"a{number:03}")
        amended = article(number, TEXT + "More.\n")
        results = at_once(
            partial(ingest_article, COMMAND, corpus, amended, source="x"),
            partial(erase_article, COMMAND, fresh(revision).article, reason="down"),
        )
        assert errors(results) == []
    assert not Revision.objects.exclude(text="").exists()
    assert lies(corpus) == []


# -- events, runs and members ------------------------------------------------------------------------


def test_sealers_at_once_give_each_event_one_place(corpus: Corpus) -> None:
    for round_ in range(5):
        list(ingest_articles(COMMAND, corpus, [article(round_ * 60 + n) for n in range(60)], source="x"))
        results = at_once(*[seal_events] * WORKERS)
        assert errors(results) == []
    while seal_events():
        pass
    positions = list(
        Event.objects.filter(corpus=corpus).order_by("position").values_list("position", flat=True)
    )
    assert positions == list(range(1, len(positions) + 1))
    assert lies() == []


@pytest.mark.postgres
def test_an_event_that_is_committed_late_still_gets_its_place_at_the_end(corpus: Corpus) -> None:
    held, done = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            put_in(corpus, external_id="slow")
            held.set()
            done.wait(20)

    def quick() -> list[int | None]:
        held.wait(20)
        put_in(corpus, external_id="quick")
        seal_events()
        last = Event.objects.filter(corpus=corpus).order_by("-position").values_list("position", flat=True)
        seen = [position for position in last if position][:1]
        done.set()
        return list(seen)

    results = at_once(slow, quick)
    assert errors(results) == []
    seen = results[1]
    seal_events()
    late = Event.objects.filter(corpus=corpus, position__gt=seen[0])
    assert late.filter(action="article.created").count() == 1, "a reader that remembers its place misses none"
    assert lies() == []


def test_two_owners_who_demote_each_other_leave_one(corpus: Corpus, owen: User, lea: User) -> None:
    for _ in range(15):
        set_member(COMMAND, corpus, owen, Role.OWNER)
        set_member(COMMAND, corpus, lea, Role.OWNER)
        at_once(
            lambda: set_member(acting(owen), corpus, lea, Role.LEAD),
            lambda: set_member(acting(lea), corpus, owen, Role.LEAD),
        )
        assert Membership.objects.filter(corpus=corpus, role=Role.OWNER).exists()


def test_two_leads_who_add_one_member_at_once_both_succeed(corpus: Corpus, dee: User) -> None:
    results = at_once(*[lambda: set_member(COMMAND, corpus, dee, Role.REVIEWER)] * 4)
    assert errors(results) == []
    assert Membership.objects.filter(corpus=corpus, user=dee).count() == 1


def test_two_runs_started_at_once_make_each_job_once(corpus: Corpus) -> None:
    list(ingest_articles(COMMAND, corpus, [article(n) for n in range(40)], source="test"))
    activate_pipeline(COMMAND, corpus, "rules")
    results = at_once(*[lambda: start_run(COMMAND, corpus, "rules")] * 4)
    assert errors(results) == []
    assert Job.objects.count() == 40


def test_two_clients_of_a_new_pipeline_at_once_leave_it_in_service(corpus: Corpus) -> None:
    for round_ in range(10):
        revisions = [put_in(corpus, external_id=f"{round_}-{n}") for n in range(2)]
        results = at_once(
            *[
                partial(
                    take_suggestions, COMMAND, revision, name="theirs", version=str(round_), configuration={},
                    annotations=[], relations=[],
                )
                for revision in revisions
            ]
        )  # fmt: skip
        assert errors(results) == []
        assert Pipeline.objects.get(corpus=corpus, active=True).version == str(round_)


def test_a_run_that_is_cancelled_while_it_is_filled_gets_no_more_jobs(corpus: Corpus) -> None:
    list(ingest_articles(COMMAND, corpus, [article(n) for n in range(5)], source="test"))
    activate_pipeline(COMMAND, corpus, "rules")
    run = open_run(COMMAND, corpus, "rules")
    cancel_run(COMMAND, run)
    fill_run(run)
    assert not Job.objects.exists()
