"""Whether stories are found, and nothing else, and what that costs: `python -m bench stories`.

Families of invented articles: a dispatch, copies of it that were shortened, lengthened, reordered or edited,
and articles that only look alike. The control has unrelated articles alone, and may join none. Then the cost
of a batch of articles in a corpus of each size, which must be flat.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from django.db import connection

from annotations.agreement.wilson import wilson
from bench.stories_world import COPIES, FAMILY, Told, family, unrelated
from bench.work import plan_of, watched
from corpus.models import Article, Corpus, Fingerprint
from corpus.readers.base import IncomingArticle
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.ingest import ingest_articles
from corpus.services.stories import group_stories, read_by_index
from corpus.text.shingles import fingerprints

#: More work an article than this, against the smallest corpus, is too much for the largest.
TOO_MUCH = 1.5
BATCH = 500
#: More than there are real sketches.
CLONED = 10**9


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench stories", description=__doc__)
    parser.add_argument("--families", type=int, default=2_200)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--grouped", type=int, default=10_000, help="articles of the costs that are real")
    parser.add_argument("--trickle", action="store_true", help="group after each article, as they come in")
    parser.add_argument(
        "--texts", type=Path, nargs="*", help="look at real texts instead: JSONL with id, text"
    )
    options = parser.parse_args(arguments)
    if options.texts:
        print(json.dumps(real(options.texts), ensure_ascii=False, indent=1))
        return 0
    figures: dict[str, Any] = {"per_second": per_second()}
    figures["control_joined"] = joined_in_control(options.families * FAMILY)
    figures["found"] = found(options.families, trickle=options.trickle)
    figures["costs"] = list(costs(options.sizes, options.grouped))
    print(json.dumps(figures, ensure_ascii=False))
    steps = [cost["work"] for cost in figures["costs"]]
    return int(bool(figures["control_joined"]) or (bool(steps) and steps[-1] > TOO_MUCH * steps[0]))


def per_second() -> int:
    """Return how many bodies of 500 words one core takes the fingerprints of in a second."""
    words = " ".join(unrelated(number).text for number in range(60)).split()
    texts = [" ".join(words[start : start + 500]) for start in range(0, len(words) - 500, 500)]
    times = []
    for _ in range(20):
        start = time.process_time()
        for text in texts:
            fingerprints(text)
        times.append(time.process_time() - start)
    return int(len(texts) / min(times))


def joined_in_control(articles: int) -> int:
    """Return how many of unrelated articles have joined another's story."""
    corpus = filled("control", (unrelated(number, seed=2) for number in range(articles)))
    group_stories(corpus)
    return sum(size - 1 for size in sizes_of(corpus).values())


def found(families: int, *, trickle: bool) -> dict[str, Any]:
    """Return by kind how many articles are in the story of their dispatch, or in that of nobody else."""
    told = [row for place in range(families) for row in family(place)]
    corpus = filled("families", told, trickle=trickle)
    group_stories(corpus)
    stories = dict(Article.objects.filter(corpus=corpus).values_list("external_id", "story"))
    dispatches: dict[Any, set[int]] = {}
    for row in told:
        dispatches.setdefault(stories[str(row.number)], set()).add(row.dispatch)
    hits: Counter[str] = Counter()
    for row in told:
        story = stories[str(row.number)]
        alone = dispatches[story] == {row.dispatch}
        hits[row.kind] += story == stories[str(row.dispatch)] if row.kind in COPIES else alone
    kinds = Counter(row.kind for row in told)
    return {kind: _share(hits[kind], total) for kind, total in kinds.items()} | pairs(told, stories)


def pairs(told: Sequence[Told], stories: dict[str, Any]) -> dict[str, Any]:
    """Return precision and recall over pairs of articles, those that are of one story indeed."""
    true = Counter(row.dispatch for row in told)
    said = Counter(stories.values())
    both = Counter((row.dispatch, stories[str(row.number)]) for row in told)
    right, claimed, there = (_pairs(counts.values()) for counts in (both, said, true))
    return {"precision": _share(right, claimed), "recall": _share(right, there)}


def costs(sizes: Sequence[int], grouped: int) -> Iterator[dict[str, Any]]:
    """Yield what grouping a batch of families and others costs an article, in a corpus of each size.

    Beyond `grouped` articles the corpus is grown by rows alone: those of all fingerprints there, again and
    again, with other hashes.
    """
    corpus = create_corpus(COMMAND, slug="growing", name="growing")
    number = clones = 0
    for size in sizes:
        while number < min(size, grouped):
            rows = min(1_000, size - number)
            put_in(corpus, (unrelated(number + place, seed=3) for place in range(rows)))
            number += rows
            group_stories(corpus)
        while number * (clones + 1) < size:
            clones += 1
            clone_fingerprints(clones)
        analyze()
        held = Fingerprint.objects.filter(sketch_id__lt=CLONED).count() / number
        number += put_batch(corpus, number)
        start = time.perf_counter()
        group_stories(corpus)
        seconds = time.perf_counter() - start
        number += put_batch(corpus, number)
        with watched() as work:
            group_stories(corpus)
        matching = next(query.strip() for query in work.queries if '"corpus_fingerprint"."hash" IN' in query)
        yield {
            "articles": size,
            "milliseconds": round(1000 * seconds / BATCH, 2),
            "work": round(work.units / BATCH, 1),
            "rows": round(held, 1),
            "plan": plan_of(matching),
        }


def clone_fingerprints(clone: int) -> None:
    """Give every real sketch's fingerprints again, of another sketch, and as other hashes (exclusive or)."""
    mask = random.Random(clone).getrandbits(62)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO corpus_fingerprint (hash, sketch_id) "
            "SELECT (hash | %s) - (hash & %s) AS other, sketch_id + %s FROM corpus_fingerprint "
            "WHERE sketch_id < %s ORDER BY other",
            [mask, mask, clone * CLONED, CLONED],
        )


def put_batch(corpus: Corpus, number: int) -> int:
    """Put in a batch, a tenth of it families; return how many articles that is."""
    others = [unrelated(number + place, seed=3) for place in range(BATCH * 9 // 10)]
    # Far from the numbers of the others.
    places = range(10**7 + number, 10**7 + number + BATCH // 10 // FAMILY)
    families = [row for place in places for row in family(place, seed=3)]
    put_in(corpus, others)
    put_in(corpus, families)
    return BATCH


def real(paths: Iterable[Path]) -> list[Any]:
    """Return the stories of more than one article among the texts of files, with the beginning of each."""
    corpus = create_corpus(COMMAND, slug="real", name="real")
    texts: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines()):
            row = orjson.loads(line)
            texts[f"{path.stem}:{row.get('id', number)}:{number}"] = row["text"]
    list(
        ingest_articles(
            COMMAND, corpus, (_incoming(name, text) for name, text in texts.items()), source="bench"
        )
    )
    group_stories(corpus)
    shared = [story for story, size in sizes_of(corpus).items() if size > 1]
    rows = (
        Article.objects.filter(story__in=shared).order_by("story", "pk").values_list("story", "external_id")
    )
    by_story: dict[Any, list[str]] = {}
    for story, name in rows:
        by_story.setdefault(story, []).append(f"{name}: {texts[name][:90]!r}")
    return [len(texts), *by_story.values()]


def filled(slug: str, told: Iterable[Told], *, trickle: bool = False) -> Corpus:
    corpus = create_corpus(COMMAND, slug=slug, name=slug)
    for rows in ([row] for row in told) if trickle else [told]:
        put_in(corpus, rows)
        if trickle:
            group_stories(corpus)
    return corpus


def put_in(corpus: Corpus, told: Iterable[Told]) -> None:
    for outcome in ingest_articles(
        COMMAND, corpus, (_incoming(str(row.number), row.text, row.outlet) for row in told), source="bench"
    ):
        if outcome.outcome != "created" and outcome.reason:
            raise RuntimeError(outcome.reason)


def sizes_of(corpus: Corpus) -> Counter[Any]:
    return Counter(Article.objects.filter(corpus=corpus).values_list("story", flat=True))


def analyze() -> None:
    """Let the database count its rows, as autovacuum does within a minute."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    # The work is counted afterwards, by doing each query again.
    read_by_index(local=False)


def _incoming(name: str, text: str, outlet: str = "") -> IncomingArticle:
    return IncomingArticle(
        place="bench", text=text, external_id=name, raw=text.encode(), metadata={}, outlet=outlet
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(hits: int, total: int) -> list[float]:
    """Return a share with its 95 % interval."""
    low, high = wilson(hits, total) or (0.0, 1.0)
    return [round(value, 4) for value in (hits / total if total else 1.0, low, high)]
