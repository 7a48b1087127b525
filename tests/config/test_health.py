"""What the probes say, and that they say it to whoever asks."""

import re
from datetime import timedelta

import pytest
from celery import Celery
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from annotations.models import Job, JobStatus
from annotations.services.pipelines import activate_pipeline
from config import health
from corpus.models import Corpus
from corpus.services.actors import COMMAND
from tests.conftest import put_in


@pytest.fixture
def queued(corpus: Corpus) -> Job:
    activate_pipeline(COMMAND, corpus, "rules")
    put_in(corpus)
    return Job.objects.get()


@pytest.fixture(autouse=True)
def fresh_figures():
    health.figures.cache_clear()


def due_for(job: Job, seconds: float) -> None:
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - timedelta(seconds=seconds))


def failing_checks(client: Client):
    return client.get("/readyz").json()["failed"]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_a_probe_needs_no_account_no_known_host_and_no_https(path, client, broker, settings):
    settings.ALLOWED_HOSTS = ["attest.invalid"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, HTTP_HOST="10.0.0.7:8000").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_a_probe_changes_nothing(path, client):
    assert client.post(path).status_code == 405


def test_the_process_lives_without_its_database(client):
    assert client.get("/livez").json() == {"alive": True}


@pytest.mark.broker
@pytest.mark.django_db
def test_ready_is_when_every_check_holds(client, broker):
    response = client.get("/readyz")
    assert response.json() == {
        "ready": True,
        "failed": [],
        "checks": {"database": "ok", "migrations": "ok", "broker": "ok", "jobs": "ok"},
    }
    assert response.status_code == 200


@pytest.mark.django_db
def test_a_database_that_is_away_is_named_and_the_rest_not_asked(client, monkeypatch):
    def no_cursor(*args, **kwargs):
        raise DatabaseError("password of the database")

    monkeypatch.setattr(connection, "cursor", no_cursor)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failed"] == ["database"]
    assert response.json()["checks"]["jobs"] == "not checked"
    assert "password" not in response.text


@pytest.mark.django_db
def test_a_migration_that_is_not_applied_is_named(client):
    applied = MigrationRecorder(connection).migration_qs.filter(app="annotations")
    applied.filter(pk=applied.latest("pk").pk).delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "migrations" in response.json()["failed"]
    assert "1 migrations" in response.json()["checks"]["migrations"]


@pytest.mark.django_db
def test_a_broker_that_is_away_is_named_at_once(client, monkeypatch, tmp_path):
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)  # Celery heeds it over all else
    nowhere = Celery(broker=f"redis+socket://{tmp_path}/none.sock", set_as_current=False)
    monkeypatch.setattr(health, "app", nowhere)
    pauses: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", pauses.append)
    assert "broker" in failing_checks(client)
    assert pauses == [], "one look, none of the tries that follow it"


@pytest.mark.django_db
def test_a_job_that_waits_for_a_moment_is_no_alarm(client, queued):
    due_for(queued, 50)
    assert "jobs" not in failing_checks(client)


@pytest.mark.django_db
def test_a_due_job_that_nobody_takes_is_an_alarm(client, queued):
    due_for(queued, 75)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert re.match(r"no worker for 7\d s", response.json()["checks"]["jobs"])


@pytest.mark.django_db
def test_a_long_queue_that_someone_works_on_is_no_alarm(client, corpus, queued):
    put_in(corpus, external_id="second")
    due_for(queued, 600)
    now = timezone.now()
    Job.objects.exclude(pk=queued.pk).update(
        status=JobStatus.LEASED, heartbeat_at=now, lease_until=now + timedelta(seconds=60)
    )
    assert "jobs" not in failing_checks(client)


@pytest.mark.django_db
def test_a_worker_that_fell_silent_is_an_alarm(client, corpus, queued):
    put_in(corpus, external_id="second")
    due_for(queued, 600)
    silent = timezone.now() - timedelta(seconds=90)
    Job.objects.exclude(pk=queued.pk).update(status=JobStatus.LEASED, heartbeat_at=silent, lease_until=silent)
    assert "jobs" in failing_checks(client)


@pytest.mark.django_db
def test_the_figures_count_open_jobs_and_articles(client, queued):
    due_for(queued, 30)
    lines = client.get("/metrics").text.splitlines()
    assert 'attest_jobs{status="queued"} 1.0' in lines
    assert 'attest_jobs{status="parked"} 0.0' in lines
    assert "attest_articles 1.0" in lines
    assert 'attest_webhook_deliveries{status="parked"} 0.0' in lines
    assert "attest_failing_webhooks 0.0" in lines
    age = next(line for line in lines if line.startswith("attest_oldest_due_job_seconds "))
    assert 30 <= float(age.split()[1]) < 60


@pytest.mark.django_db
def test_the_figures_are_taken_once_however_many_ask(client, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(health, "FIGURES_KEPT", 3600.0)
    client.get("/metrics")
    with django_assert_num_queries(0):
        client.get("/metrics")
