"""Verifying that nothing lies: texts, surfaces, statuses, reviews and events against one another.

Each check yields what it finds, worst first within a page, and never mends anything.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Count, Exists, F, OuterRef, Q

from annotations.guards import ANNOTATION_GUARDS, COMMENT_GUARDS, GOLD_GUARDS, RELEASE_GUARDS
from annotations.models import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Comment,
    Dispute,
    DisputeStatus,
    Job,
    JobStatus,
    Layer,
    LayerKind,
    Relation,
    Release,
    Review,
    Segment,
)
from annotations.models.reviews import KEEPING
from annotations.services.desk import undecided
from annotations.services.layers import digest_of
from annotations.services.reading import LayerView, read_layers
from annotations.services.released import false_rows
from annotations.services.terms import EVERYTHING, at_submission
from annotations.services.withholding import withheld_from
from corpus.guards import CORPUS_GUARDS
from corpus.models import Article, Block, Corpus, Event, RawSource, Revision, RevisionStatus
from corpus.services.anchors import Anchor
from corpus.services.events import GENESIS, chained_hash, sealed_events
from corpus.snapshot import snapshot
from corpus.text.guard import encode

PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Lie:
    """One thing that does not hold: which check found it, on what row, and what is wrong."""

    check: str
    on: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many rows a check has looked at so far."""

    check: str
    rows: int


def verify(corpus: Corpus | None = None, anchors: Collection[Anchor] = ()) -> Iterator[Lie | Progress]:
    """Check one corpus, or all with what belongs to none; yields lies as they are found, and progress.

    `anchors` are what was written down elsewhere of the chains of events; without them a chain that was cut,
    or written anew as a whole, fits together.
    """
    with snapshot() as alias:
        yield from _guards(alias)
        corpora = [corpus] if corpus else list(Corpus.objects.using(alias))
        for one in corpora:
            yield from _texts(alias, one)
            yield from _stories(alias, one)
            yield from _spans(alias, one)
            yield from _relations(alias, one)
            yield from _comments(alias, one)
            yield from _passes(alias, one)
            yield from _jobs(alias, one)
            yield from _releases(alias, one)
            yield from verify_chain(one.pk, anchors, using=alias)
        if corpus is None:
            yield from verify_chain(None, anchors, using=alias)
            yield from _anchored_elsewhere(corpora, anchors)


def _guards(alias: str) -> Iterator[Lie]:
    """The triggers stand: a table that was altered by hand may have lost them."""
    connection = connections[alias]
    query = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        standing = {row[0] for row in cursor.fetchall()}
    for guard in (*CORPUS_GUARDS, *ANNOTATION_GUARDS, *GOLD_GUARDS, *COMMENT_GUARDS, *RELEASE_GUARDS):
        for name in sorted(guard.names(connection.vendor) - standing):
            yield Lie(
                check="guards", on=name, message="this trigger is missing; rows of its table can be changed."
            )


def _texts(alias: str, corpus: Corpus) -> Iterator[Lie | Progress]:
    """Every text is what its hash says, every raw page too, and blocks lie within their text."""
    rows = 0
    for revision in _paged(
        Revision.objects.using(alias).filter(corpus=corpus).select_related("article", "raw")
    ):
        rows += 1
        yield from _text_of(revision)
        if rows % PAGE == 0:
            yield Progress(check="texts", rows=rows)
    outside = Block.objects.using(alias).filter(revision__corpus=corpus, end__gt=F("revision__length"))
    for pk in outside.values_list("pk", flat=True):
        yield Lie(check="blocks", on=str(pk), message="it ends after its text.")
    several = (
        Revision.objects.using(alias).filter(corpus=corpus, article__erased_at__isnull=True)
        .values("article_id").annotate(standing=Count("pk", filter=Q(current=True))).exclude(standing=1)
    )  # fmt: skip
    for row in several:
        yield Lie(
            check="revisions", on=str(row["article_id"]), message=f"{row['standing']} revisions are current."
        )
    yield Progress(check="texts", rows=rows)


def _stories(alias: str, corpus: Corpus) -> Iterator[Lie]:
    """A story is named after an article of its own; nothing is kept to compare what was erased by."""
    articles = Article.objects.using(alias).filter(corpus=corpus)
    lead = articles.filter(pk=OuterRef("story"), story=OuterRef("story"))
    for pk in articles.exclude(story=None).exclude(Exists(lead)).values_list("pk", flat=True):
        yield Lie(check="stories", on=str(pk), message="its story is named after none of its articles.")
    kept = articles.filter(erased_at__isnull=False, sketch__fingerprints__isnull=False).distinct()
    for pk in kept.values_list("pk", flat=True):
        yield Lie(check="stories", on=str(pk), message="it was erased, and its fingerprints are still here.")


def _text_of(revision: Revision) -> Iterator[Lie]:
    on = str(revision.pk)
    if revision.article.erased_at:
        if revision.text:
            yield Lie(check="texts", on=on, message="its article was erased, and its text is still here.")
        return
    if hashlib.sha256(revision.text.encode("utf-8", "surrogatepass")).hexdigest() != revision.text_sha256:
        yield Lie(check="texts", on=on, message="its text is not what its hash says.")
    if len(revision.text) != revision.length:
        yield Lie(
            check="texts",
            on=on,
            message=f"its text has {len(revision.text)} code points, not {revision.length}.",
        )
    raw: RawSource | None = getattr(revision, "raw", None)
    if raw is not None:
        delivered = bytes(raw.data)
    elif revision.extractor:
        yield Lie(check="texts", on=on, message="the page that its text was taken from is missing.")
        return
    else:
        try:
            delivered = encode(revision.text, revision.encoding, bom=revision.bom)
        except (LookupError, UnicodeError):
            yield Lie(check="texts", on=on, message="its encoding cannot give the delivered bytes back.")
            return
    if hashlib.sha256(delivered).hexdigest() != revision.sha256:
        yield Lie(check="texts", on=on, message="the bytes as delivered are not what their hash says.")


def _spans(alias: str, corpus: Corpus) -> Iterator[Lie | Progress]:
    """text[start:end] == surface for every segment; several are sorted and disjoint; lines have a start."""
    rows = 0
    for page in _revision_pages(alias, corpus):
        texts = {revision.pk: revision for revision in page}
        further: dict[UUID, list[tuple[int, int, str]]] = {}
        segments = Segment.objects.using(alias).filter(annotation__layer__revision__in=texts)
        for segment in segments.order_by("annotation_id", "number"):
            further.setdefault(segment.annotation_id, []).append(
                (segment.start, segment.end, segment.surface)
            )
        annotations = Annotation.objects.using(alias).filter(layer__revision__in=texts)
        for row in annotations.values_list(
            "pk", "layer__revision_id", "start", "end", "surface", "root", "derived_from", "layer__kind"
        ):
            rows += 1
            pieces = [(row[2], row[3], row[4]), *further.get(row[0], ())]
            yield from _span(str(row[0]), texts[row[1]], pieces)
            # What an adjudicator wrote anew stands in gold on the line that was in dispute.
            derives_from_nothing = row[6] is None and row[5] != row[0] and row[7] != LayerKind.GOLD
            # The first of a line is its own root; an imported one may continue a line that is elsewhere.
            if derives_from_nothing and Annotation.objects.using(alias).filter(pk=row[5]).exists():
                yield Lie(
                    check="lines",
                    on=str(row[0]),
                    message="it derives from nothing, yet its root is another.",
                )
        yield Progress(check="spans", rows=rows)


def _span(on: str, revision: Revision, pieces: list[tuple[int, int, str]]) -> Iterator[Lie]:
    reached = -1
    for start, end, surface in pieces:
        if not 0 <= start < end <= revision.length:
            yield Lie(check="spans", on=on, message=f"{start} to {end} is outside of its text.")
        elif revision.article.erased_at:
            if surface:
                yield Lie(
                    check="spans", on=on, message="its article was erased, and its surface is still here."
                )
        elif revision.text[start:end] != surface:
            yield Lie(check="spans", on=on, message=f"its surface is not the text from {start} to {end}.")
        if start <= reached:
            yield Lie(check="spans", on=on, message="its segments are not sorted and disjoint.")
        reached = end


def _relations(alias: str, corpus: Corpus) -> Iterator[Lie]:
    """Both ends of a relation lie in its own layer."""
    strangers = (
        Relation.objects.using(alias)
        .filter(layer__revision__corpus=corpus)
        .filter(~Q(head__layer=F("layer")) | ~Q(child__layer=F("layer")))
    )
    for pk in strangers.values_list("pk", flat=True):
        yield Lie(check="relations", on=str(pk), message="it leads out of its layer.")


def _comments(alias: str, corpus: Corpus) -> Iterator[Lie]:
    """Nothing is said any more of an article that was erased."""
    left = Comment.objects.using(alias).filter(corpus=corpus).exclude(text="")
    for pk in left.filter(revision__article__erased_at__isnull=False).values_list("pk", flat=True):
        yield Lie(
            check="comments", on=str(pk), message="its article was erased, and its words are still here."
        )


def _passes(alias: str, corpus: Corpus) -> Iterator[Lie | Progress]:
    """Reviews are those that the events tell of, versions have no gaps, no status claims too much."""
    for page in _revision_pages(alias, corpus):
        layers = list(
            Layer.objects.using(alias)
            .filter(revision__in=page)
            .select_related("pipeline", "reviewer")
            .order_by("pk")
        )
        views: dict[UUID, list[LayerView]] = defaultdict(list)
        for view in read_layers(layers, using=alias):
            views[view.layer.revision_id].append(view)
        told = _told_of(alias, page)
        open_disputes = Dispute.objects.using(alias).filter(revision__in=page, status=DisputeStatus.OPEN)
        disputed = set(open_disputes.values_list("revision_id", flat=True))
        assignments: dict[UUID, list[Assignment]] = defaultdict(list)
        for assignment in Assignment.objects.using(alias).filter(revision__in=page):
            assignments[assignment.revision_id].append(assignment)
        for revision in page:
            people = [view for view in views[revision.pk] if view.layer.kind == LayerKind.REVIEWER]
            yield from _reviews_of(people, told.reviews[revision.pk], told.imported)
            yield from _landed(views[revision.pk], told.landed)
            yield from _gold_of(views[revision.pk])
            yield from _status_of(revision, views[revision.pk], people)
            yield from _undecided(revision, views[revision.pk], people, told.shown, assignments[revision.pk])
            yield from _disputed_or_not(revision, disputed=revision.pk in disputed)
            yield from _given(revision, assignments[revision.pk], people)
        yield Progress(check="passes", rows=len(layers))


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the events of some revisions tell: reviews by revision, and of layers by id how they came."""

    reviews: dict[UUID | None, set[str]]
    imported: set[str]
    landed: dict[str, dict[str, Any]]
    #: The suggestions' layers that each pass was shown when it was last submitted.
    shown: dict[str, set[str]]


def _told_of(alias: str, page: list[Revision]) -> Told:
    told = Told(reviews=defaultdict(set), imported=set(), landed={}, shown={})
    events = Event.objects.using(alias).filter(subject_id__in=[revision.pk for revision in page])
    of_layers = Q(action__in=("layer.imported", "layer.landed", "pass.submitted"))
    for event in events.filter(Q(action__startswith="review.") | of_layers).order_by("id"):
        after = event.after or {}
        if event.action == "layer.imported":
            told.imported.add(event.object_id)
        elif event.action == "layer.landed":
            told.landed[event.object_id] = after
        elif event.action == "pass.submitted":
            told.shown[event.object_id] = set(after.get("shown", ()))
        else:
            told.reviews[event.subject_id] |= {event.object_id, *after.get("implied", ())}
    return told


def _landed(views: list[LayerView], landed: dict[str, dict[str, Any]]) -> Iterator[Lie]:
    """A machine's layer holds what landed, no more and no less."""
    for view in views:
        after = landed.get(str(view.layer.pk))
        if after is None:
            continue
        rows = sorted(view.annotations.values(), key=lambda row: row.pk)
        digest = digest_of((row.label, view.segments_of(row), row.score) for row in rows)
        if (after["digest"], after["relations"]) != (digest, len(view.relations)):
            yield Lie(check="layers", on=str(view.layer.pk), message="it does not hold what landed in it.")


def _reviews_of(people: list[LayerView], told: set[str], imported: set[str]) -> Iterator[Lie]:
    here = {str(review.pk) for view in people for review in view.reviews}
    for lost in sorted(told - here):
        yield Lie(check="reviews", on=lost, message="an event tells of it, and it is not here.")
    for view in people:
        lines: dict[UUID, list[int]] = defaultdict(list)
        for review in view.reviews:
            lines[review.line].append(review.version)
            yield from _result_of(view, review)
            if str(review.pk) not in told and str(view.layer.pk) not in imported:
                yield Lie(check="reviews", on=str(review.pk), message="no event tells of it.")
        for line, versions in lines.items():
            if sorted(versions) != list(range(1, len(versions) + 1)):
                yield Lie(check="reviews", on=str(line), message=f"its versions are {sorted(versions)}.")


def _result_of(view: LayerView, review: Review) -> Iterator[Lie]:
    wrote = review.result_id or review.result_relation_id
    if (review.verdict in KEEPING) != bool(wrote):
        yield Lie(
            check="reviews", on=str(review.pk), message=f"it says {review.verdict}, and wrote otherwise."
        )
    elif wrote and wrote not in view.annotations and wrote not in view.relations:
        yield Lie(check="reviews", on=str(review.pk), message="what it wrote is not in its layer.")


def _gold_of(views: list[LayerView]) -> Iterator[Lie]:
    """What a settlement left stands in its gold layer on its line, and versions have no gaps."""
    for view in views:
        lines: dict[UUID, list[int]] = defaultdict(list)
        for row in view.settlements:
            lines[row.line].append(row.version)
            wrote = row.result_id or row.result_relation_id
            left = (view.annotations | view.relations).get(wrote) if wrote else None
            if wrote and (left is None or left.root != row.line):
                yield Lie(check="gold", on=str(row.pk), message="its result is not in gold on its line.")
        for line, versions in lines.items():
            if sorted(versions) != list(range(1, len(versions) + 1)):
                yield Lie(check="gold", on=str(line), message=f"its versions are {sorted(versions)}.")


def _disputed_or_not(revision: Revision, *, disputed: bool) -> Iterator[Lie]:
    on, status = str(revision.pk), revision.status
    if status == RevisionStatus.GOLD and disputed:
        yield Lie(check="status", on=on, message="it says gold, and a dispute is open.")
    # Erasing ends the disputes of a text and leaves its status.
    if status == RevisionStatus.DISPUTED and not disputed and not revision.article.erased_at:
        yield Lie(check="status", on=on, message="it says disputed, and no dispute is open.")


def _given(revision: Revision, assignments: list[Assignment], people: list[LayerView]) -> Iterator[Lie]:
    """Nobody is offered a text that another has replaced, and who finished a pass has a finished layer."""
    finished = {view.layer.reviewer_id for view in people if view.layer.submitted_at}
    for row in assignments:
        if row.status == AssignmentStatus.OPEN and not revision.current:
            yield Lie(check="queue", on=str(row.pk), message="it is open, and its text superseded.")
        if row.status == AssignmentStatus.SUBMITTED and row.reviewer_id not in finished:
            yield Lie(
                check="queue", on=str(row.pk), message="it is submitted, and its person's layer is not."
            )


def _status_of(revision: Revision, views: list[LayerView], people: list[LayerView]) -> Iterator[Lie]:
    on, status = str(revision.pk), revision.status
    submitted = [view for view in people if view.layer.submitted_at]
    if status == RevisionStatus.SUBMITTED and not submitted:
        yield Lie(check="status", on=on, message="it says submitted, and no pass is.")
    if status == RevisionStatus.IN_REVIEW and not people:
        yield Lie(check="status", on=on, message="it says in review, and nobody has decided anything.")
    if status == RevisionStatus.GOLD and not any(view.layer.kind == LayerKind.GOLD for view in views):
        yield Lie(check="status", on=on, message="it says gold, and has no gold layer.")
    if status in (RevisionStatus.NEW, RevisionStatus.SUGGESTED) and any(view.reviews for view in people):
        yield Lie(check="status", on=on, message=f"it says {status}, and people have decided on it.")


def _undecided(
    revision: Revision,
    views: list[LayerView],
    people: list[LayerView],
    shown: dict[str, set[str]],
    assignments: list[Assignment],
) -> Iterator[Lie]:
    """A submitted pass has a decision on each suggestion that it was shown."""
    if revision.status != RevisionStatus.SUBMITTED:
        return
    for view in people:
        if not view.layer.submitted_at:
            continue
        then = shown.get(str(view.layer.pk), set())
        seen = [machine for machine in views if str(machine.layer.pk) in then]
        mine = (row for row in assignments if row.reviewer_id == view.layer.reviewer_id)
        finished = (row for row in mine if row.status == AssignmentStatus.SUBMITTED)
        terms = next(map(at_submission, finished), EVERYTHING)
        withheld = {row.line for row in withheld_from(terms, seen, view.versions)}
        if any(row.root not in withheld for row in undecided(view, seen)):
            message = f"pass {view.layer.pk} is submitted with suggestions undecided."
            yield Lie(check="status", on=str(revision.pk), message=message)


def _jobs(alias: str, corpus: Corpus) -> Iterator[Lie]:
    """A job that is done has its layer, and a revision that says suggested has no job open."""
    done = Job.objects.using(alias).filter(revision__corpus=corpus, status=JobStatus.DONE)
    missing = done.exclude(
        pk__in=done.filter(
            revision__layers__pipeline=F("pipeline"), revision__layers__kind=LayerKind.MACHINE
        ).values("pk")
    )
    for pk in missing.values_list("pk", flat=True):
        yield Lie(check="jobs", on=str(pk), message="it is done, and its layer is missing.")


def _releases(alias: str, corpus: Corpus) -> Iterator[Lie | Progress]:
    """Every release gives the files that its manifest tells of, but for articles that were erased."""
    releases = Release.objects.using(alias).filter(corpus=corpus).select_related("corpus")
    for rows, release in enumerate(releases.order_by("pk"), 1):
        for on, message in false_rows(release, alias):
            yield Lie(check="releases", on=f"{release.name}: {on}", message=message)
        yield Progress(check="releases", rows=rows)


def verify_chain(
    corpus_id: UUID | None, anchors: Collection[Anchor] = (), *, using: str = DEFAULT_DB_ALIAS
) -> Iterator[Lie | Progress]:
    """Positions run from 1 without a gap, each hash fits its event and the one before, and its anchors."""
    previous, position = GENESIS, 0
    anchored: dict[int, list[Anchor]] = defaultdict(list)
    for anchor in anchors:
        if anchor.corpus_id == corpus_id:
            anchored[anchor.position].append(anchor)
    try:
        for event in sealed_events(corpus_id, using).iterator(chunk_size=2_000):
            position += 1
            if event.position != position:
                yield Lie(
                    check="events", on=str(event.pk), message=f"position {position} is missing before it."
                )
                position = event.position or position
            if event.hash != chained_hash(previous, event):
                yield Lie(
                    check="events", on=str(event.pk), message=f"event {position} does not fit its chain."
                )
            yield from _as_anchored(event, anchored.pop(position, ()))
            previous = event.hash or ""
            if position % 10_000 == 0:
                yield Progress(check="events", rows=position)
    except (ValueError, TypeError, AttributeError) as error:
        # What stands there is no event; a database without types, or a hand, let it in.
        message = f"the event behind position {position} cannot be read: {error}"
        yield Lie(check="events", on=str(corpus_id), message=message)
        return
    if anchored:
        message = f"its chain ends at {position}, and was anchored up to {max(anchored)}."
        yield Lie(check="events", on=str(corpus_id), message=message)
    yield Progress(check="events", rows=position)


def _as_anchored(event: Event, anchors: Iterable[Anchor]) -> Iterator[Lie]:
    for anchor in anchors:
        if anchor.hash != event.hash:
            message = (
                f"event {event.position} was another when it was anchored ({anchor.place}, {anchor.at})."
            )
            yield Lie(check="events", on=str(event.pk), message=message)


def _anchored_elsewhere(corpora: Iterable[Corpus], anchors: Iterable[Anchor]) -> Iterator[Lie]:
    """A corpus that was anchored is still there."""
    for pk in {anchor.corpus_id for anchor in anchors} - {None, *(corpus.pk for corpus in corpora)}:
        yield Lie(check="events", on=str(pk), message="it was anchored, and there is no such corpus.")


def _revision_pages(alias: str, corpus: Corpus) -> Iterator[list[Revision]]:
    page: list[Revision] = []
    for revision in _paged(Revision.objects.using(alias).filter(corpus=corpus).select_related("article")):
        page.append(revision)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def _paged(queryset) -> Iterator[Revision]:  # type: ignore[no-untyped-def]
    last: UUID | None = None
    while True:
        page = list((queryset.filter(pk__gt=last) if last else queryset).order_by("pk")[:PAGE])
        if not page:
            return
        yield from page
        last = page[-1].pk
