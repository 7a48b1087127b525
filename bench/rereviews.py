"""What a re-review costs: counting it, listing its passes, and taking the first and the last of them.

Articles with one quote each are accepted and submitted, so that each is gold; then a new guideline asks for
every quote anew. The work of taking a pass may not grow with how many were gone through before it.
"""

import argparse
import json
import statistics
import time

from django.db import connection

from annotations.models import Layer, ReReview
from annotations.services.decisions import CONFIRM, Decision
from annotations.services.jobs import work_jobs
from annotations.services.passes import open_desk, submit_pass
from annotations.services.pipelines import activate_pipeline
from annotations.services.queue import take
from annotations.services.reading import read_layers, shown_layers
from annotations.services.rereviews import extent_of, left_of, list_chunk, open_rereview
from annotations.services.reviewing import decide_many
from bench.client import milliseconds
from bench.work import watched
from corpus.models import Corpus, Revision, Role, User
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND, Actor
from corpus.services.corpora import create_corpus, publish_guideline, set_member
from corpus.services.ingest import ingest_article

TEXT = "“The pier will be closed for {} weeks,” said Ida Holm, the engineer.\n"
#: More work than this, against the first pass, is too much for the last.
TOO_MUCH = 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench rereviews", description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000)
    options = parser.parse_args(arguments)
    corpus, ada = reviewed_corpus(options.articles)
    publish_guideline(COMMAND, corpus, text="R1. A quote is said or written.", version=1)
    counting = milliseconds(lambda: extent_of(COMMAND, corpus, labels=["quote"]))
    start = time.perf_counter()
    rereview = open_rereview(COMMAND, corpus, labels=["quote"])
    opened = 1000 * (time.perf_counter() - start)
    chunks = listed(rereview)
    progress = milliseconds(lambda: left_of(rereview))
    with watched() as first:
        took = go_through_one(corpus, ada)
    middle = [go_through_one(corpus, ada) for _ in range(left_of(rereview).passes - 1)]
    with watched() as last:
        go_through_one(corpus, ada)
    nothing = take(ada, corpus)
    figures = {
        "benchmark": "rereviews",
        "database": connection.vendor,
        "articles": options.articles,
        "count_ms": round(counting),
        "open_ms": round(opened, 1),
        "list_ms": round(sum(chunks)),
        "longest_chunk_ms": round(max(chunks, default=0), 1),
        "progress_ms": round(progress, 1),
        "first_take_ms": round(took, 1),
        "median_take_ms": round(statistics.median(middle), 1),
        "take_work": [first.units, last.units],
        "gold": Revision.objects.filter(corpus=corpus, status="gold").count(),
        "left": left_of(rereview).passes,
    }
    print(json.dumps(figures))
    undone = nothing is not None or figures["left"] or figures["gold"] != options.articles
    return 1 if undone or last.units > first.units * TOO_MUCH else 0


def reviewed_corpus(articles: int) -> tuple[Corpus, Actor]:
    """Return a corpus in which one person has accepted everything, and that person."""
    corpus = create_corpus(
        COMMAND, slug="rereviews", name="Re-reviews", guideline="R1. A quote is said.", single_is_gold=True
    )
    activate_pipeline(COMMAND, corpus, "rules")
    for number in range(articles):
        text = TEXT.format(number + 2)
        incoming = IncomingArticle(
            place="bench", text=text, external_id=f"pier-{number}", raw=text.encode(), metadata={}
        )
        ingest_article(COMMAND, corpus, incoming, source="bench")
    work_jobs("bench", limit=articles, seconds=3_600)
    user = User.objects.create(username="ada")
    set_member(COMMAND, corpus, user, Role.REVIEWER)
    ada = Actor(user=user, via="api")
    for revision in Revision.objects.filter(corpus=corpus).select_related("article__corpus"):
        (view,) = read_layers(shown_layers(revision))
        heads = [row for row in view.annotations.values() if row.label in ("quote", "claim")]
        decisions = [Decision(verdict="accept", on=row.pk) for row in heads]  # type: ignore[arg-type]
        decide_many(ada, revision, decisions)
        submit_pass(ada, revision)
    return corpus, ada


def listed(rereview: ReReview) -> list[float]:
    """List what is left; return how long each chunk took."""
    chunks: list[float] = []
    while True:
        start = time.perf_counter()
        if list_chunk(rereview) is None:
            return chunks
        chunks.append(1000 * (time.perf_counter() - start))


def go_through_one(corpus: Corpus, actor: Actor) -> float:
    """Take a pass, confirm what is due and submit; return how long taking it took."""
    start = time.perf_counter()
    assignment = take(actor, corpus)
    took = 1000 * (time.perf_counter() - start)
    assert assignment
    revision = Revision.objects.select_related("article__corpus").get(pk=assignment.revision_id)
    desk = open_desk(actor, Role.REVIEWER, revision)
    due = [Decision(verdict=CONFIRM, on=line, version=desk.own.versions[line]) for line in desk.due()]
    decide_many(actor, revision, due, all_or_none=True)
    submit_pass(actor, revision)
    assert Layer.objects.filter(revision=revision, submitted_at__isnull=False).exists()
    return took
