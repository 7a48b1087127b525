"""An export shows one moment, however many write while it is made."""

import io
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from django.db import DEFAULT_DB_ALIAS

from annotations.models import Verdict
from annotations.services import exporting, selection
from annotations.services.decisions import Decision
from annotations.services.exporting import export_corpus
from annotations.services.jobs import work_jobs
from annotations.services.reviewing import decide_many
from corpus.models import Corpus, Revision, Role, User
from corpus.services.actors import COMMAND
from corpus.services.corpora import set_member
from corpus.services.ingest import ingest_articles
from tests.annotations.deciding import suggestion
from tests.annotations.test_concurrency import article, at_once, errors, put_in_many
from tests.conftest import acting, person

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, ARTICLES = 50, 60


class Slow(io.BytesIO):
    """A file that takes a record only after four more decisions: the export outlasts those under way."""

    def __init__(self, decided: threading.Semaphore) -> None:
        super().__init__()
        self.decided = decided

    def write(self, data: Any) -> int:
        while self.decided.acquire(blocking=False):
            pass
        for _ in range(4):
            assert self.decided.acquire(timeout=60), "nobody writes"
        return super().write(data)


class Newsroom:
    """Fifty people, each deciding article after article in an order of their own until an export ends."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        put_in_many(corpus, ARTICLES)
        work_jobs("w", limit=2 * ARTICLES, seconds=120)
        self.revisions = list(Revision.objects.select_related("article").order_by("pk"))
        self.quotes = {revision.pk: suggestion(revision, "nine weeks").pk for revision in self.revisions}
        self.people = [person(f"writer {number}") for number in range(WRITERS)]
        for user in self.people:
            set_member(COMMAND, corpus, user, Role.REVIEWER)
        self.begun, self.ended = threading.Semaphore(0), threading.Event()
        #: By person and article: when a decision was begun and when it was answered for.
        self.decided: dict[tuple[str, str], tuple[float, float]] = {}

    def write(self, user: User) -> None:
        order = random.Random(user.username).sample(self.revisions, ARTICLES)
        for revision in order:
            if self.ended.is_set():
                break
            accept = Decision(verdict=Verdict.ACCEPT, on=self.quotes[revision.pk])
            begun = time.monotonic()
            decide_many(acting(user), revision, [accept])
            made = str(user.public_id), revision.article.external_id
            self.decided[made] = begun, time.monotonic()
            self.begun.release()

    def put_in_more(self) -> int:
        number = 1_000
        while not self.ended.is_set():
            list(ingest_articles(COMMAND, self.corpus, [article(number)], source="test"))
            number += 1
        return number - 1_000

    def export(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        try:
            for _ in range(WRITERS):
                assert self.begun.acquire(timeout=60), "nobody writes"
            target = Slow(self.begun)
            manifest = export_corpus(COMMAND, self.corpus, layer="all", target=target).manifest
            return [orjson.loads(line) for line in target.getvalue().splitlines()], manifest
        finally:
            self.ended.set()

    def open(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Let all work at once and return the records and the manifest of the export."""
        writers = [lambda user=user: self.write(user) for user in self.people]
        *wrote, taken = at_once(*writers, self.put_in_more, self.export)
        assert errors([*wrote, taken]) == []
        assert wrote[-1], "articles came in meanwhile"
        return taken

    def torn(self, records: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the export holds a decision, and not one that was over before that one began."""
        held = {(row["reviewer"], record["external_id"]) for record in records for row in record["reviews"]}
        begun = [begun for made, (begun, _) in self.decided.items() if made in held]
        missed = [over for made, (_, over) in self.decided.items() if made not in held]
        assert begun and missed, "some were decided before the moment and some after it"
        return min(missed) < max(begun)


@pytest.fixture
def newsroom(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.setattr(selection, "PAGE", 5)
    return Newsroom(corpus)


def test_an_export_while_fifty_write_is_of_one_moment(newsroom: Newsroom) -> None:
    records, manifest = newsroom.open()
    assert not newsroom.torn(records)
    counts = manifest["counts"]
    assert counts["revisions"] == len(records)
    for name in ("annotations", "relations", "reviews"):
        assert counts[name] == sum(len(record[name]) for record in records)
    for record in records:
        ids = {item["id"] for item in record["annotations"]}
        assert all(link["head"] in ids and link["child"] in ids for link in record["relations"])
        ids |= {link["id"] for link in record["relations"]}
        assert all({item["result"], item["on"]} <= ids for item in record["reviews"] if item["result"])


def test_an_export_of_many_moments_is_caught(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: each statement sees the newest state."""

    @contextmanager
    def newest() -> Iterator[str]:
        yield DEFAULT_DB_ALIAS

    monkeypatch.setattr(exporting, "snapshot", newest)
    records, _ = newsroom.open()
    assert newsroom.torn(records)
