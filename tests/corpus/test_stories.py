"""Stories: who prints the same text is found whatever comes first, and stays found."""

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count, permutations
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection

from annotations import tasks
from annotations.management.commands import sweep
from annotations.services.erasing import erase_article
from bench.work import watched
from corpus.models import Article, Corpus, Event, Fingerprint, Revision, Sketch
from corpus.readers.base import IncomingArticle
from corpus.services import stories
from corpus.services.actors import COMMAND
from corpus.services.corpora import create_corpus
from corpus.services.ingest import ingest_articles
from corpus.services.racing import retried
from corpus.services.stories import CHUNK, FEW, MOST_KEPT, group_stories
from tests.conftest import put_in

WORDS = [f"{first}{last}" for first in ("bri", "har", "fer", "cou") for last in ("dge", "bor", "ry", "ncil")]


def text_of(seed: object, words: int = 160) -> str:
    chance = random.Random(str(seed))
    return " ".join(chance.choice(WORDS) + str(chance.randrange(60)) for _ in range(words)) + ".\n"


def put(corpus: Corpus, external_id: str, text: str, **metadata: Any) -> UUID:
    return put_in(corpus, text, external_id, **metadata).article_id


def put_many(corpus: Corpus, texts: Sequence[str], *, outlet: str = "") -> None:
    rows = [
        IncomingArticle(
            place="t",
            text=text,
            external_id=f"{outlet}{place}",
            raw=text.encode(),
            metadata={},
            outlet=outlet,
        )
        for place, text in enumerate(texts)
    ]
    assert {row.outcome for row in ingest_articles(COMMAND, corpus, rows, source="t")} == {"created"}


def stories_of(corpus: Corpus) -> list[UUID | None]:
    return list(Article.objects.filter(corpus=corpus).order_by("pk").values_list("story", flat=True))


def rows_of(article: UUID) -> set[int]:
    return set(Fingerprint.objects.filter(sketch__article=article).values_list("hash", flat=True))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_story_is_named_after_its_earliest_article_whatever_is_grouped_first(
    corpus: Corpus, order: Sequence[int]
):
    """The second stands between the other two, which share nothing; a fourth has nothing to do with them."""
    first, last = text_of("first"), text_of("last")
    ids = [put(corpus, name, text) for name, text in (("a", first), ("b", first + last), ("c", last))]
    alone = put(corpus, "d", text_of("alone"))
    Article.objects.update(story_due=False)
    for place in order:
        Article.objects.filter(pk=ids[place]).update(story_due=True)
        assert group_stories(corpus) == 1
    Article.objects.filter(pk=alone).update(story_due=True)
    assert group_stories(corpus) == 1
    assert stories_of(corpus) == [ids[0]] * 3 + [alone]
    assert group_stories(corpus) == 0
    # Each that moved has its event, and what stayed alone has none.
    moved = Event.objects.filter(action="article.joined").order_by("pk")
    assert {event.object_id for event in moved} == {str(pk) for pk in ids[1:]}
    assert [event.after for event in moved][-1] == {"story": str(ids[0])}
    assert {event.subject_id for event in moved} <= set(Revision.objects.values_list("pk", flat=True))


def test_an_amended_article_joins_by_its_new_text_and_leaves_nobody(corpus: Corpus):
    ids = [put(corpus, name, text_of(text)) for name, text in (("a", "old"), ("b", "old"), ("c", "new"))]
    group_stories(corpus)
    assert stories_of(corpus) == [ids[0], ids[0], ids[2]]
    before = rows_of(ids[1])
    put(corpus, "b", text_of("new"))
    assert stories_of(corpus) == [ids[0], ids[0], ids[2]]
    assert group_stories(corpus) == 1
    assert stories_of(corpus) == [ids[0]] * 3
    assert rows_of(ids[1]) == rows_of(ids[2])
    assert not rows_of(ids[1]) & before


def test_what_is_erased_keeps_its_story_and_no_fingerprint(corpus: Corpus):
    ids = [put(corpus, name, text_of("same")) for name in "abc"]
    group_stories(corpus)
    erase_article(COMMAND, Article.objects.get(pk=ids[0]), reason="taken down")
    assert not Sketch.objects.filter(article=ids[0]).exists() and not rows_of(ids[0])
    # Erased while it waited to be compared: there is nothing left to compare it by.
    Article.objects.filter(pk=ids[1]).update(story_due=True)
    (due,) = read_due(corpus)
    erase_article(COMMAND, Article.objects.get(pk=ids[1]), reason="taken down")
    assert stories._group(corpus.pk, [due]) == 0
    assert group_stories(corpus) == 1
    assert not rows_of(ids[1])
    assert stories_of(corpus) == [ids[0]] * 3


def test_unrelated_articles_and_what_an_outlet_prints_below_all_of_them_join_nobody(corpus: Corpus):
    """The control is a text that another outlet prints: a third of it is enough."""
    below = text_of("below", 70)
    put_many(corpus, [text_of(place) + below for place in range(2 * FEW)], outlet="Gazette")
    copy = put(corpus, "copy", text_of(3) + text_of("own", 200), outlet="Courier")
    group_stories(corpus)
    assert len(set(stories_of(corpus))) == 2 * FEW
    copied = Article.objects.get(external_id="Gazette3").pk
    assert Article.objects.get(pk=copy).story == copied


def test_a_dispatch_that_everybody_prints_is_one_story_and_has_a_bounded_number_of_rows(corpus: Corpus):
    """More than a transaction takes, and the last in one of its own."""
    dispatch = text_of("dispatch")
    put_many(corpus, [dispatch + text_of(place, 40) for place in range(CHUNK + 2)])
    group_stories(corpus)
    put(corpus, "late", text_of("late", 60) + dispatch)
    group_stories(corpus)
    assert len(set(stories_of(corpus))) == 1
    holders = Counter(Fingerprint.objects.values_list("hash", flat=True))
    assert max(holders.values()) == MOST_KEPT


def test_two_corpora_share_no_story_and_no_fingerprint(corpus: Corpus):
    other = create_corpus(COMMAND, slug="other", name="Other")
    mine, theirs = put(corpus, "a", text_of("same")), put(other, "a", text_of("same"))
    assert [group_stories(corpus), group_stories(other)] == [1, 1]
    assert [stories_of(corpus), stories_of(other)] == [[mine], [theirs]]
    assert rows_of(mine) and not rows_of(mine) & rows_of(theirs)


class Cut(BaseException):
    """The process is killed here."""


def read_due(corpus: Corpus) -> Sequence[Any]:
    return stories._read_due(corpus.pk, next(stories._pages_due(corpus.pk)))


def cut_off_after(statements: int) -> Callable[..., Any]:
    left = count(-statements)

    def wrapper(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "SAVEPOINT" not in sql and next(left) == 0:
            raise Cut
        return execute(sql, *rest)

    return wrapper


def test_it_ends_however_much_goes_on_coming_in(corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    first = [put(corpus, name, text_of(name)) for name in "abc"]
    monkeypatch.setattr(stories, "CHUNK", 2)
    group, calls = stories._group, count()

    def grouped_while_more_comes(*given: Any) -> int:
        number = next(calls)
        assert number < 9, "it follows what comes in for ever"
        put(corpus, f"later-{number}", text_of(f"later-{number}"))
        put(corpus, "a", text_of(f"a, amended for the {number}. time"))
        return group(*given)

    monkeypatch.setattr(stories, "_group", grouped_while_more_comes)
    group_stories(corpus)
    assert set(Article.objects.exclude(story=None).values_list("pk", flat=True)) >= set(first[1:])


def test_killed_at_any_statement_it_does_the_same_the_next_time(corpus: Corpus):
    ids = [put(corpus, name, text_of("same")) for name in "ab"]
    for statements in count():
        try:
            with connection.execute_wrapper(cut_off_after(statements)):
                group_stories(corpus)
        except Cut:
            assert (stories_of(corpus), Sketch.objects.count()) in (([None] * 2, 0), ([ids[0]] * 2, 2))
            Article.objects.update(story=None, story_due=True)
            Sketch.objects.all().delete()
        else:
            break
    assert statements > 10
    assert stories_of(corpus) == [ids[0]] * 2


@pytest.mark.postgres
@pytest.mark.parametrize("locked", [True, False])
def test_two_that_group_at_once_miss_no_pair(
    transactional_db: None, corpus: Corpus, monkeypatch: pytest.MonkeyPatch, *, locked: bool
):
    """Each has written and compared, and commits only once the other is as far, if it can be.

    The control has no lock, and misses the pair. SQLite has one writer anyway.
    """
    ids = [put(corpus, name, text_of("same")) for name in "ab"]
    due = read_due(corpus)
    matches, both = stories._matches, threading.Barrier(2)

    def meeting(*read: Any) -> Any:
        found = matches(*read)
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1 if locked else 30)
        return found

    def grouping(item: Any) -> None:
        retried(lambda: stories._group(corpus.pk, [item]))
        connection.close()

    monkeypatch.setattr(stories, "_matches", meeting)
    if not locked:
        monkeypatch.setattr(stories, "_hold", lambda corpus_id: None)
    threads = [threading.Thread(target=grouping, args=[item]) for item in due]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stories_of(corpus) == ([ids[0]] * 2 if locked else ids)


@pytest.mark.postgres
def test_the_cost_does_not_hang_on_what_the_database_believes(corpus: Corpus):
    """The tables are empty but for dead rows when they are counted, as they may be just before an import."""
    put_many(corpus, [text_of(number) for number in range(20)], outlet="earlier")
    group_stories(corpus)
    Fingerprint.objects.all().delete()
    Sketch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    put_many(corpus, [text_of(f"new {number}") for number in range(2 * CHUNK)])
    with watched() as work:
        assert group_stories(corpus) == 2 * CHUNK
    assert work.units < 6 * Fingerprint.objects.count(), "each row is looked at a few times at the most"


def test_the_sweeper_has_a_worker_group_what_came_in_by_any_route(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
):
    ids = [put(corpus, name, text_of("same")) for name in "ab"]
    monkeypatch.setattr(sweep, "close_old_connections", lambda: None)
    monkeypatch.setattr(tasks.group, "apply_async", lambda **_: tasks.group())
    call_command("sweep", once=True, json=True)
    assert stories_of(corpus) == [ids[0]] * 2
    assert tasks.ring_stories() == 0
