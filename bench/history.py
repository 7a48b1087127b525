"""Whether the history of a span is quick however many events there are.

Fills the table of events with those of other texts, and asks for the history of one line before and after.
"""

import argparse
import json
import statistics
import time

from django.db import connection

from annotations.models import Annotation, Verdict
from annotations.services.decisions import Decision
from annotations.services.history import line_history
from annotations.services.jobs import work_jobs
from annotations.services.pipelines import activate_pipeline
from annotations.services.reviewing import decide
from bench.client import milliseconds
from bench.work import watched
from corpus.models import Corpus, Event, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import create_corpus, set_member
from corpus.services.ingest import ingest_article

TEXT = "“The pier will be closed for nine weeks,” said Ida Holm, the engineer.\n"
REVIEWERS = 5
#: Events of one text, as many as a text has that several people have reviewed.
A_TEXT = 100
CHUNK = 1_000_000
#: More work than this, against the empty table, is too much: an index of more levels, and no more.
TOO_MUCH = 3


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench history", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--requests", type=int, default=50)
    options = parser.parse_args(arguments)
    corpus, row = reviewed_line()
    before = look(row, options.requests)
    start = time.monotonic()
    fill(corpus, options.events)
    filled = time.monotonic() - start
    after = look(row, options.requests)
    control = milliseconds(lambda: Event.objects.filter(reason="x").count())
    figures = {
        "benchmark": "history",
        "database": connection.vendor,
        "events": options.events,
        "steps": len(line_history(COMMAND, row.pk).steps),
        "queries": [before["queries"], after["queries"]],
        "median_ms": [before["median_ms"], after["median_ms"]],
        "slowest_ms": [before["slowest_ms"], after["slowest_ms"]],
        "work": [before["work"], after["work"]],
        "control_scan_ms": round(control, 1),
        "filled_in_s": round(filled),
    }
    print(json.dumps(figures))
    return 1 if after["work"] > before["work"] * TOO_MUCH else 0


def reviewed_line() -> tuple[Corpus, Annotation]:
    """Return a suggested quote that some people have accepted and corrected."""
    corpus = create_corpus(COMMAND, slug="history", name="History")
    activate_pipeline(COMMAND, corpus, "rules")
    incoming = IncomingArticle(place="bench", text=TEXT, external_id="pier", raw=TEXT.encode(), metadata={})
    ingest_article(COMMAND, corpus, incoming, source="bench")
    work_jobs("bench", limit=10, seconds=30)
    revision = Revision.objects.select_related("article").get()
    quote = Annotation.objects.get(label="quote")
    for number in range(REVIEWERS):
        user = User.objects.create(username=f"reviewer-{number}")
        set_member(COMMAND, corpus, user, Role.REVIEWER)
        actor = Actor(user=user, via="api")
        decide(actor, revision, Decision(verdict=Verdict.ACCEPT, on=quote.pk))
        shorter = Decision(verdict=Verdict.CORRECT, on=quote.pk, version=1, segments=((1, 40),))
        decide(actor, revision, shorter)
    return corpus, quote


def look(row: Annotation, requests: int) -> dict[str, float]:
    line_history(COMMAND, row.pk)
    taken = [milliseconds(lambda: line_history(COMMAND, row.pk)) for _ in range(requests)]
    with watched() as work:
        line_history(COMMAND, row.pk)
    return {
        "queries": len(work.queries),
        "median_ms": round(statistics.median(taken), 2),
        "slowest_ms": round(max(taken), 2),
        "work": work.units,
    }


def fill(corpus: Corpus, count: int) -> None:
    """Write sealed events of other texts, a chunk a statement; their ids and texts are numbers."""
    sqlite = connection.vendor == "sqlite"
    number = "printf('%032x', {})" if sqlite else "lpad(to_hex({}), 32, '0')::uuid"
    series = (
        "(WITH RECURSIVE n(i) AS (SELECT %s UNION ALL SELECT i + 1 FROM n WHERE i < %s) SELECT i FROM n)"
        if sqlite
        else "generate_series(%s, %s) AS n(i)"
    )
    at = "'2026-01-01 00:00:00'" if sqlite else "'2026-01-01'::timestamptz"
    subject = number.format(f"i / {A_TEXT}")
    statement = f"""
        INSERT INTO corpus_event (id, corpus_id, at, actor_id, via, request_id, action, object_type,
            object_id, subject_id, "before", "after", reason, versions, "position", "hash")
        SELECT {number.format("i")}, %s, {at}, NULL, 'api', '', 'review.accept', 'review',
            {number.format("i")}, {subject}, NULL, NULL, '', '{{}}', i, 'x'
        FROM {series}
    """
    corpus_id = Corpus._meta.pk.get_db_prep_value(corpus.pk, connection)
    for start in range(1, count + 1, CHUNK):
        end = min(start + CHUNK - 1, count)
        with connection.cursor() as cursor:
            cursor.execute(statement, [corpus_id, start, end])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
