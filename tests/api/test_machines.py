"""Pipelines, runs and parked jobs."""

from uuid import UUID

from annotations.models import Job, JobStatus, Run
from annotations.services.jobs import work_jobs
from corpus.models import Corpus, Revision
from tests.api.contract import Caller


def test_a_pipeline_is_activated_once(as_lea: Caller, corpus: Corpus) -> None:
    first = as_lea.post("corpora/harbour/pipelines/", {"name": "rules"})
    again = as_lea.post("corpora/harbour/pipelines/", {"name": "rules"})
    assert first.json() == again.json()
    assert first.json()["active"] is True
    unknown = as_lea.post("corpora/harbour/pipelines/", {"name": "magic"})
    assert (unknown.status_code, unknown.json()["details"]["known"]) == (400, ["chat", "http", "rules"])


def test_a_retired_pipeline_is_no_longer_shown(as_lea: Caller, as_ada: Caller, article: UUID) -> None:
    pipeline = as_lea.get("corpora/harbour/pipelines/").json()["results"][0]
    assert as_lea.delete(f"corpora/harbour/pipelines/{pipeline['id']}/").status_code == 204
    assert as_ada.get(f"articles/{article}/annotations/?layer=machine").json()["results"] == []
    assert as_ada.get(f"articles/{article}/annotations/?layer=machine:rules@4").json()["results"]


def test_a_run_covers_what_the_pipeline_has_not_seen(
    as_lea: Caller, as_vic: Caller, revision: Revision
) -> None:
    as_lea.post("corpora/harbour/pipelines/", {"name": "rules"})
    started = as_lea.post("runs/", {"corpus": "harbour", "pipeline": "rules"})
    assert started.status_code == 201
    assert as_vic.get(f"runs/{started.json()['id']}/").json()["jobs"]["queued"] == 1
    work_jobs("test", limit=10, seconds=30)
    run = as_vic.get(f"runs/{started.json()['id']}/").json()
    assert (run["jobs"]["done"], run["jobs"]["queued"]) == (1, 0)
    assert as_vic.get("runs/?corpus=harbour").json()["results"][0]["id"] == run["id"]
    assert as_lea.get(f"articles/{revision.article_id}/").json()["status"] == "suggested"


def test_a_run_of_what_is_not_active_is_refused(as_lea: Caller, corpus: Corpus) -> None:
    assert as_lea.post("runs/", {"corpus": "harbour"}).status_code == 404


def test_a_repeated_start_is_one_run(as_lea: Caller, revision: Revision) -> None:
    as_lea.post("corpora/harbour/pipelines/", {"name": "rules"})
    first = as_lea.post("runs/", {"corpus": "harbour"}, Idempotency_Key="r1")
    again = as_lea.post("runs/", {"corpus": "harbour"}, Idempotency_Key="r1")
    assert first.content == again.content
    assert Run.objects.count() == 1


def test_a_cancelled_run_leaves_what_has_landed(as_lea: Caller, revision: Revision) -> None:
    as_lea.post("corpora/harbour/pipelines/", {"name": "rules"})
    run = as_lea.post("runs/", {"corpus": "harbour"}).json()
    cancelled = as_lea.post(f"runs/{run['id']}/cancel/")
    assert (cancelled.status_code, cancelled.json()["jobs"]["cancelled"]) == (200, 1)
    assert as_lea.post(f"runs/{run['id']}/cancel/").json() == cancelled.json()


def test_a_parked_job_shows_its_cause_and_can_be_queued_again(as_lea: Caller, suggested: Revision) -> None:
    Job.objects.update(status=JobStatus.PARKED, cause="MemoryError")
    parked = as_lea.get("corpora/harbour/jobs/").json()["results"]
    assert [(job["cause"], job["status"]) for job in parked] == [("MemoryError", "parked")]
    again = as_lea.post(f"jobs/{parked[0]['id']}/retry/")
    assert (again.status_code, again.json()["status"]) == (200, "queued")
    assert as_lea.post(f"jobs/{parked[0]['id']}/retry/").status_code == 409
    assert as_lea.get("corpora/harbour/jobs/").json()["results"] == []
    assert len(as_lea.get("corpora/harbour/jobs/?status=queued").json()["results"]) == 1
