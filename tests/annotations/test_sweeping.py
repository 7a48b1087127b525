"""One round of the sweeper: what fails in it keeps nothing else from being done."""

import json
import signal
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from annotations.management.commands import sweep
from annotations.models import Assignment
from annotations.services import queue
from annotations.services.queue import take
from corpus.models import Corpus, Event, Revision, User
from tests.annotations.test_queue import settings
from tests.conftest import acting, put_in


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sweeper work on the connection of the test, which it would close as an old one."""
    monkeypatch.setattr(sweep, "close_old_connections", lambda: None)


def one_round(*, fails: bool = False) -> dict[str, Any]:
    out = StringIO()
    with pytest.raises(SystemExit, match=r"^1$") if fails else nullcontext():
        call_command("sweep", "--once", "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_what_fails_is_told_also_by_the_exit_code_and_the_rest_is_done(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise RuntimeError("a row that nobody thought of")

    assert "failed" not in one_round()
    put_in(corpus)
    monkeypatch.setattr(sweep, "sweep_assignments", broken)
    done = one_round(fails=True)
    assert done["failed"] == {"expired": "a row that nobody thought of"}
    assert done["sealed"] and not Event.objects.filter(position=None)


def test_a_sweeper_for_ever_goes_on_where_a_task_fails(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []

    def broken() -> int:
        rounds.append(1)
        if len(rounds) == 3:
            signal.raise_signal(signal.SIGTERM)
        raise RuntimeError("a row that nobody thought of")

    monkeypatch.setattr(sweep, "sweep_assignments", broken)
    with override_settings(ATTEST_SWEEP_INTERVAL=0):
        call_command("sweep")
    assert len(rounds) == 3


def test_a_pass_that_cannot_be_ended_keeps_no_other_in_hand(
    suggested: Revision, ada: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = settings(suggested.article.corpus, passes=2)
    first, second = take(acting(ada), corpus), take(acting(ben), corpus)
    assert first and second
    ago = timezone.now() - timedelta(seconds=5)
    Assignment.objects.filter(pk=first.pk).update(lease_until=ago)
    Assignment.objects.filter(pk=second.pk).update(lease_until=ago + timedelta(seconds=1))
    expire = queue._expire

    def expire_others(pk: UUID, revision_id: UUID) -> bool:
        if pk == first.pk:
            raise RuntimeError("its text cannot go on")
        return expire(pk, revision_id)

    monkeypatch.setattr(queue, "_expire", expire_others)
    assert one_round()["expired"] == 1
    statuses = dict(Assignment.objects.exclude(status="open").values_list("pk", "status"))
    assert statuses == {first.pk: "taken", second.pk: "expired"}
