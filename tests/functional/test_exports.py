"""Files made by a real worker that is killed, and fetched by a real client whose connection breaks."""

import hashlib
import http.client
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings, settings
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from annotations.models import Export
from annotations.services.exports import ask_export, sweep_exports
from annotations.services.wanted import Wanted
from annotations.tasks import ring_exports
from corpus.models import Corpus, Event, User
from corpus.services.actors import COMMAND
from corpus.services.tokens import make_token
from corpus.snapshot import snapshot
from tests.conftest import put_in
from tests.functional.steps import MIDDLE, PAUSE
from tests.servers import StartProcess, wait_for

ARTICLES = 8
Answer = http.client.HTTPResponse


@contextmanager
def fetched(server: LiveServer, user: User, export: Export, **headers: str) -> Iterator[Answer]:
    """Give the answer to a request for the file, as it comes; the connection breaks with the body."""
    _, secret = make_token(COMMAND, user=user, name="test", scopes=["export"])
    at = urlsplit(server.url)
    with closing(http.client.HTTPConnection(str(at.hostname), at.port, timeout=30)) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = reverse("export-file", args=[export.pk])
        client.request("GET", path, headers={"Authorization": f"Bearer {secret}", **named})
        yield client.getresponse()


@pytest.mark.broker
def test_a_worker_killed_in_the_middle_leaves_no_file_and_the_next_makes_it(
    transactional_db: None,
    corpus: Corpus,
    lea: User,
    start: StartProcess,
    broker: str,
    live_server: LiveServer,
) -> None:
    for number in range(ARTICLES):
        put_in(corpus, external_id=f"a{number}")
    export = ask_export(COMMAND, corpus, Wanted(layer="all"))
    PAUSE.touch()
    worker = start(
        *("-m", "celery", "-A", "config", "worker", "--concurrency=1", "--pool=prefork"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=info"),
        *("--include", "tests.functional.paused_exports"),
        ATTEST_JOB_LEASE="2",
    )

    def now() -> Export:
        export.refresh_from_db()
        return export

    def until(status: str, done: int) -> None:
        ring_exports()
        wait_for(
            lambda: (now().status, export.done) == (status, done), process=worker.process, log=worker.log
        )

    until("running", MIDDLE)
    assert names_of(export) == [f"{export.file_name}.draft"]
    os.kill(int(export.worker.rpartition(":")[2]), signal.SIGKILL)
    with fetched(live_server, lea, export) as answer:
        assert answer.status == 409
    PAUSE.unlink()
    wait_for(lambda: sweep_exports() == 1)
    assert names_of(export) == []
    until("done", ARTICLES)
    assert names_of(export) == [export.file_name]
    assert export.attempts == 2 and Event.objects.filter(action="export.made").count() == 1

    with fetched(live_server, lea, export) as answer:
        begun, etag = answer.read(1_000), answer.headers["ETag"]
    with fetched(live_server, lea, export, Range=f"bytes={len(begun)}-", If_Range=etag) as answer:
        assert answer.status == 206
        whole = begun + answer.read()
    assert hashlib.sha256(whole).hexdigest() == export.manifest["sha256"]
    assert len(whole.splitlines()) == ARTICLES


def names_of(export: Export) -> list[str]:
    """Return what is called after an export in the directory, which other tests use as well."""
    directory: Path = settings.ATTEST_EXPORTS
    return [path.name for path in directory.glob(f"{export.pk}.*")]


def held_up(corpus: Corpus) -> bool:
    """Return whether somebody else has a transaction open."""
    Corpus.objects.filter(pk=corpus.pk).update(name=timezone.now().isoformat())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # What a reader still needs stays in the log.
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
            _, logged, copied = cursor.fetchone()
            return bool(logged != copied)
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return bool(cursor.fetchone()[0])


def test_a_slow_client_holds_no_transaction(
    transactional_db: None,
    corpus: Corpus,
    lea: User,
    live_server: LiveServer,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    settings.ATTEST_EXPORTS = tmp_path
    # More than the buffers between the two hold.
    size = 2**26
    export = Export.objects.create(
        corpus=corpus, format="attest-jsonl", layer="all", status="done", file="kept",
        made_at=timezone.now(), manifest={"bytes": size, "sha256": "0" * 64},
    )  # fmt: skip
    with (tmp_path / export.file_name).open("wb") as file:
        file.truncate(size)
    with fetched(live_server, lea, export) as answer:
        assert len(answer.read(1_000)) == 1_000
        assert not held_up(corpus)
        with snapshot() as alias:
            assert Corpus.objects.using(alias).exists()
            assert held_up(corpus), "the look above would see one"
