"""Stories: the articles of a corpus that print the same text or large parts of it, found as they come in.

An article is compared with all that were looked at before it, by the fingerprints that they share. Whoever
holds a large part of another, or the other of it, joins its story; one that joins two makes them one. Nothing
ever leaves a story (docs/stories.md).
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
CHUNK = 50
#: Two texts are of one story if this share of the smaller sketch is in both. Half of it tells always; a third
#: where few others have it too, and another outlet printed it: what stands below everything that an outlet
#: prints is less of an article than half. `python -m bench stories` measures them.
HALF, THIRD = 1 / 2, 1 / 3
FEW = 10
#: Fewer shared fingerprints are chance, unless the two sketches are the same.
LEAST_SHARED = 5
#: Articles that have a row for one hash, the first ones; so the cost of an article has a bound.
MOST_KEPT = 40

_KEYS = 2**63 - 1
#: Hashes that are looked up at once.
LOOKED_UP = 1_000


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
    killed and begun again; each article is compared with every one before it. Ends early once the time is up,
    and however much goes on coming in: what does is for the next time.
    """
    until = time.monotonic() + seconds
    grouped = 0
    for ids in _pages_due(corpus.pk):
        if time.monotonic() >= until:
            break
        grouped += retried(partial(_group, corpus.pk, _read_due(corpus.pk, ids)))
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


def _pages_due(corpus_id: UUID) -> Iterator[list[UUID]]:
    """Yield the articles that are due when this begins, some at a time."""
    due = Article.objects.filter(corpus=corpus_id, story_due=True).order_by("pk").values_list("pk", flat=True)
    newest = due.last()
    page = list(due[:CHUNK])
    while page and newest:
        yield page
        page = list(due.filter(pk__gt=page[-1], pk__lte=newest)[:CHUNK])


def _read_due(corpus_id: UUID, ids: Sequence[UUID]) -> list[_Due]:
    """Return articles to compare, with their fingerprints: the slow part, outside of any lock."""
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
    _hold(corpus_id)
    due = _still_due(read)
    articles = Article.objects.filter(pk__in=[item.article_id for item in due])
    articles.update(story=Coalesce("story", "id"), story_due=False)
    forget_sketches(articles.values_list("pk", flat=True))
    sketches = Sketch.objects.bulk_create(
        [Sketch(article_id=item.article_id, size=len(item.hashes)) for item in due]
    )
    fresh = {sketch.pk: item.hashes for sketch, item in zip(sketches, due, strict=True)}
    holders = _holders(fresh)
    kept = [(hashed, sketch) for hashed, held in holders.items() for sketch in held[:MOST_KEPT]]
    insert_rows(Fingerprint, ("hash", "sketch"), sorted(row for row in kept if row[1] in fresh))
    record_many(JOB, _join_matches(corpus_id, _matches(fresh, holders)))
    return len(due)


def _hold(corpus_id: UUID) -> None:
    """Wait for whoever groups this corpus: two at once would not see each other's fingerprints."""
    Corpus.objects.select_for_update(no_key=True).get(pk=corpus_id)


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


def _holders(fresh: dict[int, set[int]]) -> dict[int, list[int]]:
    """Return for each hash of new sketches those that have it, the earliest first and the new ones last."""
    hashes = sorted(set().union(*fresh.values()))
    holders: dict[int, list[int]] = {hashed: [] for hashed in hashes}
    read_by_index()
    for start in range(0, len(hashes), LOOKED_UP):
        rows = Fingerprint.objects.filter(hash__in=hashes[start : start + LOOKED_UP]).order_by("sketch")
        for hashed, sketch in rows.values_list("hash", "sketch"):
            holders[hashed].append(sketch)
    for sketch, held in fresh.items():
        for hashed in held:
            holders[hashed].append(sketch)
    return holders


def read_by_index(*, local: bool = True) -> None:
    """Have PostgreSQL look fingerprints up by their index, until the end of the transaction if `local`.

    While there are some hundred thousand it would rather read them all, and the cost would grow up to there.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('enable_seqscan', 'off', %s)", [local])


def _matches(fresh: dict[int, set[int]], holders: dict[int, list[int]]) -> list[tuple[UUID, UUID]]:
    """Return the pairs of articles that share enough, of which one has one of the new sketches.

    Counted here and not in SQL: what a table costs that is joined with itself depends on what the database
    believes of it, and where it believes that nothing is there, fifty articles took minutes.
    """
    shared: Counter[tuple[int, int]] = Counter()
    telling: Counter[tuple[int, int]] = Counter()
    for sketch, hashes in fresh.items():
        for hashed in hashes:
            pairs = [(sketch, other) for other in holders[hashed] if other != sketch]
            shared.update(pairs)
            if len(holders[hashed]) <= FEW:
                telling.update(pairs)
    near = [pair for pair, count in shared.items() if count >= LEAST_SHARED or count == len(fresh[pair[0]])]
    sketches = Sketch.objects.select_related("article").only("size", "article__outlet")
    by_pk = sketches.in_bulk({sketch for pair in near for sketch in pair})
    return [
        (by_pk[one].article_id, by_pk[other].article_id)
        for one, other in near
        # Its fingerprints were read, and it was erased since.
        if other in by_pk
        and _is_copy(by_pk[one], by_pk[other], shared=shared[one, other], telling=telling[one, other])
    ]


def _is_copy(one: Sketch, other: Sketch, *, shared: int, telling: int) -> bool:
    """Tell whether two sketches share enough; `telling` counts what few others have."""
    if shared < LEAST_SHARED and not shared == one.size == other.size:
        return False
    smaller = min(one.size, other.size)
    outlets = {one.article.outlet_id, other.article.outlet_id}
    apart = len(outlets) == 2 or None in outlets
    return shared >= HALF * smaller or (apart and telling >= THIRD * smaller)


def _join_matches(corpus_id: UUID, matches: Sequence[tuple[UUID, UUID]]) -> list[Change]:
    """Make one story of those that matches tie together, named after its earliest; tell the changes."""
    matched = Article.objects.filter(pk__in={pk for pair in matches for pk in pair})
    stories = {pk: story or pk for pk, story in matched.values_list("pk", "story")}
    changes: list[Change] = []
    for story, earliest in _roots((stories[one], stories[other]) for one, other in matches).items():
        if story != earliest:
            moving = Revision.objects.filter(article__story=story, current=True)
            changes += [
                _joined(corpus_id, article, revision, before=story, after=earliest)
                for article, revision in moving.values_list("article", "pk")
            ]
            Article.objects.filter(story=story).update(story=earliest)
    return changes


def _roots(ties: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Return the least of all that each is tied to, by way of others too (union-find)."""
    above: dict[UUID, UUID] = {}

    def root_of(story: UUID) -> UUID:
        while (upper := above.setdefault(story, story)) != story:
            story = upper
        return story

    for one, other in ties:
        first, second = sorted((root_of(one), root_of(other)))
        above[second] = first
    return {story: root_of(story) for story in above}


def _joined(corpus_id: UUID, article_id: UUID, revision_id: UUID, *, before: UUID, after: UUID) -> Change:
    return Change(
        action="article.joined",
        object_type="article",
        object_id=article_id,
        corpus_id=corpus_id,
        subject_id=revision_id,
        before={"story": str(before)},
        after={"story": str(after)},
    )
