"""Stories: the articles of a corpus that print the same text or large parts of it, found as they come in.

An article is compared with all that were looked at before it, by the fingerprints that they share. Whoever
holds a large part of another, or the other of it, joins its story; one that joins two makes them one. Nothing
ever leaves a story (docs/stories.md).
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from corpus.bulk import insert_rows
from corpus.models import Article, Block, Corpus, Fingerprint, Revision, Sketch
from corpus.services.actors import JOB
from corpus.services.events import Change, record_many
from corpus.services.racing import retried
from corpus.text.blocks import SEGMENTER
from corpus.text.shingles import body_of, fingerprints

#: Articles a transaction.
CHUNK = 100
#: Two texts are of one story from this share of the smaller sketch on. Measured: bench/stories.py.
LEAST_SHARE = 0.3
#: Fewer shared fingerprints are chance, unless the two sketches are the same.
LEAST_SHARED = 4
#: What stands in more stories than this is nobody's text: a phrase, or what an outlet prints everywhere.
MOST_STORIES = 10
#: Articles that have a row for one hash; what more there are of one story is found by these.
MOST_KEPT = 40

_KEYS = 2**63 - 1

#: The sketches that share enough with one: hash by hash what few stories have, then counted by sketch.
_MATCHES = """
    SELECT theirs.article_id
    FROM (
        SELECT mine.hash
        FROM corpus_fingerprint mine
        JOIN corpus_fingerprint other ON other.hash = mine.hash AND other.sketch_id <> mine.sketch_id
        JOIN corpus_sketch held ON held.id = other.sketch_id
        JOIN corpus_article article ON article.id = held.article_id
        WHERE mine.sketch_id = %(sketch)s
        GROUP BY mine.hash
        HAVING COUNT(DISTINCT article.story) <= %(most_stories)s
    ) telling
    JOIN corpus_fingerprint other ON other.hash = telling.hash AND other.sketch_id <> %(sketch)s
    JOIN corpus_sketch theirs ON theirs.id = other.sketch_id
    GROUP BY theirs.article_id, theirs.size
    HAVING (COUNT(*) >= %(least_shared)s OR (COUNT(*) = theirs.size AND theirs.size = %(size)s))
        AND COUNT(*) >= %(least_share)s * CASE WHEN theirs.size < %(size)s THEN theirs.size ELSE %(size)s END
"""
_SPARE = """
    DELETE FROM corpus_fingerprint WHERE sketch_id = %(sketch)s AND hash IN (
        SELECT mine.hash
        FROM corpus_fingerprint mine JOIN corpus_fingerprint other ON other.hash = mine.hash
        WHERE mine.sketch_id = %(sketch)s GROUP BY mine.hash HAVING COUNT(*) > %(most_kept)s
    )
"""


@dataclass(frozen=True, kw_only=True)
class _Due:
    """An article that is to be compared, by the text that it had when it was read."""

    article_id: UUID
    revision_id: UUID
    erased_at: datetime | None
    hashes: set[int]


def group_stories(corpus: Corpus, *, seconds: float = float("inf")) -> int:
    """Give each article of a corpus that was not looked at yet its story; return how many there were.

    To be called outside of a transaction: it works in small ones of its own. Any number may run at once, be
    killed and begun again; each article is compared with every one before it. Ends early once the time is up.
    """
    until = time.monotonic() + seconds
    grouped = 0
    while time.monotonic() < until and (due := _read_due(corpus.pk)):
        grouped += retried(partial(_group, corpus.pk, due))
    return grouped


def group_due_stories(*, seconds: float) -> int:
    """Group what is due in any corpus until the time is up; return how many articles were grouped."""
    until = time.monotonic() + seconds
    return sum(
        group_stories(corpus, seconds=until - time.monotonic()) for corpus in corpora_with_due_stories()
    )


def corpora_with_due_stories() -> list[Corpus]:
    """Return the corpora with articles that wait to be grouped. One look into an index a corpus."""
    due = Article.objects.filter(corpus=OuterRef("pk"), story_due=True)
    return list(Corpus.objects.filter(Exists(due)))


def forget_sketches(articles: Iterable[UUID]) -> None:
    """Take away what is kept of the texts of articles, inside the caller's transaction; their story stays."""
    sketches = Sketch.objects.filter(article__in=list(articles))
    Fingerprint.objects.filter(sketch__in=sketches).delete()
    sketches.delete()


def _read_due(corpus_id: UUID) -> list[_Due]:
    """Return the next articles to compare, with their fingerprints: the slow part, outside of any lock."""
    waiting = Article.objects.filter(corpus=corpus_id, story_due=True).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:CHUNK])
    rows = Revision.objects.filter(article__in=ids, current=True).order_by("article")
    revisions = list(rows.values_list("article", "pk", "article__erased_at", "text"))
    blocks: dict[UUID, list[tuple[int, int, str]]] = {pk: [] for _, pk, _, _ in revisions}
    found = Block.objects.filter(revision__in=blocks, segmenter=SEGMENTER).order_by("revision", "start")
    for pk, start, end, kind in found.values_list("revision", "start", "end", "kind"):
        blocks[pk].append((start, end, kind))
    key = corpus_id.int & _KEYS
    return [
        _Due(
            article_id=article_id,
            revision_id=pk,
            erased_at=erased_at,
            hashes={key ^ hashed for hashed in fingerprints(body_of(text, blocks[pk]))},
        )
        for article_id, pk, erased_at, text in revisions
    ]


def _group(corpus_id: UUID, read: Sequence[_Due]) -> int:
    """Group articles in the caller's transaction; leave out what somebody else has done meanwhile."""
    # One after the other: two that compared at once would not see each other's fingerprints.
    Corpus.objects.select_for_update(no_key=True).get(pk=corpus_id)
    due = _still_due(read)
    articles = Article.objects.filter(pk__in=[item.article_id for item in due])
    articles.update(story=Coalesce("story", "id"), story_due=False)
    forget_sketches(articles.values_list("pk", flat=True))
    rows = [Sketch(article_id=item.article_id, size=len(item.hashes)) for item in due]
    changes: list[Change] = []
    for sketch, item in zip(Sketch.objects.bulk_create(rows), due, strict=True):
        insert_rows(Fingerprint, ("hash", "sketch"), [(hashed, sketch.pk) for hashed in sorted(item.hashes)])
        if matches := _matches(sketch):
            changes += _join(corpus_id, item.article_id, matches)
    record_many(JOB, changes)
    return len(due)


def _still_due(read: Sequence[_Due]) -> list[_Due]:
    """Lock the articles; return those that nobody has grouped, amended or erased since they were read."""
    waiting = Article.objects.filter(pk__in=[item.article_id for item in read], story_due=True)
    locked = waiting.select_for_update(no_key=True).order_by("pk")
    held = set(locked.values_list("pk", "erased_at"))
    current = Revision.objects.filter(pk__in=[item.revision_id for item in read], current=True)
    standing = set(current.values_list("pk", flat=True))
    return [
        item for item in read if (item.article_id, item.erased_at) in held and item.revision_id in standing
    ]


def _matches(sketch: Sketch) -> list[UUID]:
    """Return the articles that share enough with one, and bound how many rows its hashes have."""
    values = {
        "sketch": sketch.pk,
        "size": sketch.size,
        "least_share": LEAST_SHARE,
        "least_shared": LEAST_SHARED,
        "most_stories": MOST_STORIES,
        "most_kept": MOST_KEPT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MATCHES, values)
        found = [row[0] if isinstance(row[0], UUID) else UUID(row[0]) for row in cursor.fetchall()]
        cursor.execute(_SPARE, values)
    return found


def _join(corpus_id: UUID, article_id: UUID, matches: Sequence[UUID]) -> list[Change]:
    """Make one story of those that an article and its matches are in; return what that changes."""
    together = Article.objects.filter(pk__in=[article_id, *matches])
    stories = set(together.values_list("story", flat=True))
    earliest = min(story for story in stories if story)
    moving = Article.objects.filter(story__in=stories - {earliest})
    changes = [_joined(corpus_id, pk, before, earliest) for pk, before in moving.values_list("pk", "story")]
    moving.update(story=earliest)
    return changes


def _joined(corpus_id: UUID, article_id: UUID, before: UUID | None, story: UUID) -> Change:
    return Change(
        action="story.joined",
        object_type="article",
        object_id=article_id,
        corpus_id=corpus_id,
        subject_id=article_id,
        before={"story": str(before)},
        after={"story": str(story)},
    )
