"""What a release costs: making it, the one transaction that others wait for, its files again, and its rows.

Making and writing run in processes of their own, whose peaks are measured above the idle process. Grouping
into stories is left out: `python -m bench stories` measures it, and it happens as articles come in.
"""

import argparse
import json
import tempfile
import time
from functools import partial
from typing import IO

from django.db import connection
from django.db.models import F, Sum
from django.db.models.functions import Length

from annotations.models import Release, ReleasedArticle
from annotations.releasing.splits import Split
from annotations.services.importing import import_records
from annotations.services.released import false_rows, write_split
from annotations.services.releases import Plan, make_release
from bench.articles import invent, native_line
from bench.streams import MOST, PAGE_CACHE, apart
from corpus.models import Article, Corpus
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.snapshot import snapshot


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench releases", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--sentences", type=int, default=20, help="of each article")
    options = parser.parse_args(arguments)
    corpus = create_corpus(COMMAND, slug="releases", name="Releases")
    with tempfile.TemporaryFile() as unused:
        apart(partial(take_in, corpus, options), unused)
        made = apart(partial(make, corpus), unused)
        again = apart(partial(check, Release.objects.get()), unused)
    with tempfile.TemporaryFile() as file:
        files = apart(partial(write, Release.objects.get(), file), file)
    kept = ReleasedArticle.objects.aggregate(kept=Sum(Length("record")))["kept"]
    figures = {
        "articles": options.articles,
        "make_s": round(made["seconds"], 1),
        "make_peak_mb": round(made["peak"], 1),
        "last_transaction_s": round(made["spans"] / 1000, 2),
        "files_s": round(files["seconds"], 1),
        "files_peak_mb": round(files["peak"], 1),
        "files_mb": round(files["bytes"] / 2**20, 1),
        "verify_s": round(again["seconds"], 1),
        "record_bytes_an_article": round(kept / options.articles),
    }
    print(json.dumps({"benchmark": "releases", "database": connection.vendor, **figures}))
    most = MOST + (PAGE_CACHE if connection.vendor == "sqlite" else 0)
    return 0 if max(made["peak"], files["peak"]) <= most else 1


def take_in(corpus: Corpus, options: argparse.Namespace) -> int:
    lines = (gold_line(number, options.sentences) for number in range(options.articles))
    for outcome in import_records(COMMAND, corpus, lines, source="bench"):
        assert outcome.outcome == "created", outcome
    return Article.objects.update(story=F("id"), story_due=False)


def gold_line(number: int, sentences: int) -> bytes:
    return native_line(invent(number, sentences=sentences), layer="gold")


def make(corpus: Corpus) -> int:
    """Make a release; return the milliseconds of the transaction that it goes in by."""
    frozen = 0.0

    def watch(*_: object) -> None:
        nonlocal frozen
        frozen = time.perf_counter()

    make_release(COMMAND, corpus, Plan(name="v1"), watch=watch)
    return round((time.perf_counter() - frozen) * 1000)


def write(release: Release, target: IO[bytes]) -> int:
    return sum(write_split(release, split, target).articles for split in Split)


def check(release: Release) -> int:
    with snapshot() as alias:
        assert not list(false_rows(release, alias))
    return 0
