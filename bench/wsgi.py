"""Attest as `config.wsgi` serves it, with leases counted in seconds: minutes are too long to wait for.

`BENCH_LEASE` says how many. With `BENCH_WITHOUT_LOCK` the queue and the settings are looked at first and
written apart from that, and guidelines are not looked at, which a benchmark must catch.
"""

import os
import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from config.wsgi import application

# isort: split
from annotations.api import queue as routes
from annotations.models import Assignment, AssignmentStatus
from annotations.services import queue
from corpus.admin import corpora as page_settings
from corpus.api import corpora as api_settings
from corpus.models import Corpus, Guideline
from corpus.services import corpora
from corpus.services.actors import Actor
from corpus.services.errors import StaleVersion
from corpus.services.events import record

__all__ = ["application"]
#: Seconds between the look and the writing: long, so that a busy machine meets somebody in between as well.
NETWORK = 0.2


def lease_end(corpus: Corpus, now: datetime) -> datetime:  # noqa: ARG001 - as the queue calls it
    return now + timedelta(seconds=float(os.environ["BENCH_LEASE"]))


def take_without_lock(actor: Actor, corpus: Corpus) -> Assignment | None:
    """Take as one would without a lock: look, and then write in a transaction of its own."""
    assert actor.user is not None
    free = Assignment.objects.filter(corpus=corpus, status=AssignmentStatus.OPEN)
    found = free.exclude(revision__assignments__reviewer=actor.user).order_by("rank", "id").first()
    if found is not None:
        time.sleep(NETWORK)
        found.status, found.reviewer, found.taken_at = AssignmentStatus.TAKEN, actor.user, timezone.now()
        found.lease_until = lease_end(corpus, timezone.now())
        found.save()
        record(actor, queue._change(found, "assignment.taken"))
    return found


def configure_without_lock(actor: Actor, corpus: Corpus, *, version: int, changes: dict[str, Any]) -> Corpus:
    """Change settings as one would without a lock."""
    found = Corpus.objects.get(pk=corpus.pk)
    if found.version != version:
        raise StaleVersion("Stale.", version=found.version, current=corpora._settings_of(found))
    before = corpora._settings_of(found)
    time.sleep(NETWORK)
    for name, value in changes.items():
        setattr(found, name, value)
    found.version += 1
    found.save(update_fields=[*changes, "version"])
    after = corpora._settings_of(found)
    record(actor, corpora._change(found, "corpus.configured", before=before, after=after))
    return found


def publish_unseen(actor: Actor, corpus: Corpus, *, text: str, version: int) -> Guideline:  # noqa: ARG001
    """Publish a guideline as one would without asking which version was seen."""
    newest = corpora.guideline_number(corpus.pk)
    return corpora.publish_guideline(actor, corpus, text=text, version=newest)


queue.lease_end = lease_end
if os.environ.get("BENCH_WITHOUT_LOCK"):
    routes.take = take_without_lock  # type: ignore[attr-defined]
    api_settings.configure_corpus = configure_without_lock  # type: ignore[attr-defined]
    page_settings.configure_corpus = configure_without_lock  # type: ignore[attr-defined]
    api_settings.publish_guideline = publish_unseen  # type: ignore[attr-defined]
    page_settings.publish_guideline = publish_unseen  # type: ignore[attr-defined]
