"""The test suite's own servers do what the other tests rely on."""

import os
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from annotations.models import Job, JobStatus
from annotations.services.pipelines import activate_pipeline
from annotations.tasks import ring, ring_stories
from config.broker import broker_is_ready, prepare_broker
from corpus.models import Article, Corpus
from corpus.services.actors import COMMAND
from tests.conftest import put_in
from tests.servers import StartProcess, wait_for


def test_the_suite_keeps_out_of_the_data_of_the_demo(settings):
    assert str(settings.ATTEST_HOME).startswith(os.environ["ATTEST_TEST_HOME"])
    assert Path(settings.BROKER_SOCKET).is_relative_to(settings.ATTEST_HOME) or "attest-" in str(
        settings.BROKER_SOCKET
    )


@pytest.mark.broker
@pytest.mark.skipif("TEST_BROKER_URL" in os.environ, reason="the broker is not ours to look at")
def test_a_second_start_finds_the_living_broker(broker, settings):
    assert prepare_broker(broker_socket=settings.BROKER_SOCKET, data=settings.ATTEST_HOME / "broker")
    assert broker_is_ready(settings.BROKER_SOCKET)
    assert settings.BROKER_SOCKET.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.broker
def test_a_process_beside_the_test_sees_its_database(start: StartProcess):
    get_user_model().objects.create_user(username="ada")
    seen = "from django.contrib.auth import get_user_model as user; print(user().objects.get().username)"
    reader = start("manage.py", "shell", "--command", seen, "--no-imports")
    assert reader.process.wait(60) == 0
    assert reader.log.read_text().strip() == "ada"


@pytest.mark.broker
def test_a_real_worker_works_the_jobs_that_are_due(start_worker: StartProcess, corpus: Corpus):
    activate_pipeline(COMMAND, corpus, "rules")
    put_in(corpus)
    assert connection.vendor in {"sqlite", "postgresql"}
    start_worker(concurrency=1)
    ring()
    ring_stories()
    wait_for(lambda: Job.objects.get().status == JobStatus.DONE, within=30)
    wait_for(lambda: not Article.objects.get().story_due, within=30)
