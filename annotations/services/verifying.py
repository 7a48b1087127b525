"""Verifying that nothing lies: texts, surfaces, statuses, reviews and events against one another.

Each check yields what it finds, worst first within a page, and never mends anything.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
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
    Release,
    Review,
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
from corpus.text.spans import Span

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
        for check in checks(alias, corpus, anchors):
            yield from check()


def checks(
    alias: str, corpus: Corpus | None = None, anchors: Collection[Anchor] = ()
) -> Iterator[partial[Iterator[Lie | Progress]]]:
    """Yield every check of `verify`: what one finds follows from its arguments and the rows that it reads."""
    yield partial(_guards, alias)
    corpora = [corpus.pk] if corpus else [one.pk for one in Corpus.objects.using(alias)]
    for pk in corpora:
        for check in (_revisions, _stories, _comments, _jobs, _releases):
            yield partial(check, alias, pk)
        yield partial(verify_chain, pk, anchors, using=alias)
    if corpus is None:
        yield partial(verify_chain, None, anchors, using=alias)
        yield partial(_anchored_elsewhere, corpora, anchors)


def _guards(alias: str) -> Iterator[Lie | Progress]:
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


def _revisions(alias: str, corpus_id: UUID) -> Iterator[Lie | Progress]:
    """Texts, spans, relations and passes, a page of revisions at a time; one of each article is current."""
    rows = 0
    for page in _revision_pages(alias, corpus_id):
        layers = Layer._base_manager.using(alias).filter(revision__in=page)
        views: dict[UUID, list[LayerView]] = defaultdict(list)
        for view in read_layers(list(layers.order_by("pk")), using=alias):
            views[view.layer.revision_id].append(view)
        for revision in page:
            yield from _text_of(revision)
            for view in views[revision.pk]:
                yield from _spans_of(alias, revision, view)
                yield from _relations_of(view)
        yield from _passes(alias, page, views)
        rows += len(page)
        yield Progress(check="texts", rows=rows)
    outside = Block.objects.using(alias).filter(revision__corpus_id=corpus_id, end__gt=F("revision__length"))
    for pk in outside.values_list("pk", flat=True):
        yield Lie(check="blocks", on=str(pk), message="it ends after its text.")
    several = (
        Revision.objects.using(alias).filter(corpus_id=corpus_id, article__erased_at__isnull=True)
        .values("article_id").annotate(standing=Count("pk", filter=Q(current=True))).exclude(standing=1)
    )  # fmt: skip
    for row in several:
        yield Lie(
            check="revisions", on=str(row["article_id"]), message=f"{row['standing']} revisions are current."
        )


def _stories(alias: str, corpus_id: UUID) -> Iterator[Lie]:
    """A story is named after an article of its own; nothing is kept to compare what was erased by."""
    articles = Article.objects.using(alias).filter(corpus_id=corpus_id)
    lead = articles.filter(pk=OuterRef("story"), story=OuterRef("story"))
    for pk in articles.exclude(story=None).exclude(Exists(lead)).values_list("pk", flat=True):
        yield Lie(check="stories", on=str(pk), message="its story is named after none of its articles.")
    kept = articles.filter(erased_at__isnull=False, sketch__fingerprints__isnull=False).distinct()
    for pk in kept.values_list("pk", flat=True):
        yield Lie(check="stories", on=str(pk), message="it was erased, and its fingerprints are still here.")


def _text_of(revision: Revision) -> Iterator[Lie]:
    """A text is what its hash says, and so is its raw page."""
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


def _spans_of(alias: str, revision: Revision, view: LayerView) -> Iterator[Lie]:
    """text[start:end] == surface for every segment; several are sorted and disjoint; lines have a start."""
    for row in view.annotations.values():
        surfaces = (row.surface, *view.further_surfaces.get(row.pk, ()))
        yield from _span(str(row.pk), revision, zip(view.segments_of(row), surfaces, strict=True))
        # What an adjudicator wrote anew stands in gold on the line that was in dispute.
        elsewhere = row.root != row.pk and view.layer.kind != LayerKind.GOLD
        # The first of a line is its own root; an imported one may continue a line that is elsewhere.
        if (
            elsewhere
            and row.derived_from_id is None
            and Annotation.objects.using(alias).filter(pk=row.root).exists()
        ):
            yield Lie(
                check="lines", on=str(row.pk), message="it derives from nothing, yet its root is another."
            )


def _span(on: str, revision: Revision, pieces: Iterable[tuple[Span, str]]) -> Iterator[Lie]:
    reached = -1
    for (start, end), surface in pieces:
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


def _relations_of(view: LayerView) -> Iterator[Lie]:
    """Both ends of a relation lie in its own layer."""
    for relation in view.relations.values():
        if not {relation.head_id, relation.child_id} <= view.annotations.keys():
            yield Lie(check="relations", on=str(relation.pk), message="it leads out of its layer.")


def _comments(alias: str, corpus_id: UUID) -> Iterator[Lie]:
    """Nothing is said any more of an article that was erased."""
    left = Comment.objects.using(alias).filter(corpus_id=corpus_id).exclude(text="")
    for pk in left.filter(revision__article__erased_at__isnull=False).values_list("pk", flat=True):
        yield Lie(
            check="comments", on=str(pk), message="its article was erased, and its words are still here."
        )


def _passes(alias: str, page: list[Revision], views: dict[UUID, list[LayerView]]) -> Iterator[Lie]:
    """Reviews are those that the events tell of, versions have no gaps, no status claims too much."""
    told = _told_of(alias, page)
    open_disputes = Dispute.objects.using(alias).filter(revision__in=page, status=DisputeStatus.OPEN)
    disputed = set(open_disputes.values_list("revision_id", flat=True))
    assignments: dict[UUID, list[Assignment]] = defaultdict(list)
    for assignment in Assignment.objects.using(alias).filter(revision__in=page):
        assignments[assignment.revision_id].append(assignment)
    for revision in page:
        meant = [view for view in views[revision.pk] if view.layer.kind != LayerKind.PLANTED]
        people = [view for view in meant if view.layer.kind == LayerKind.REVIEWER]
        yield from _reviews_of(people, told.reviews[revision.pk], told.imported)
        yield from _landed(meant, told.landed)
        yield from _gold_of(meant)
        yield from _status_of(revision, meant, people)
        yield from _undecided(revision, meant, people, told.shown, assignments[revision.pk])
        yield from _disputed_or_not(revision, disputed=revision.pk in disputed)
        yield from _given(revision, assignments[revision.pk], people)


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


def _jobs(alias: str, corpus_id: UUID) -> Iterator[Lie]:
    """A job that is done has its layer, and a revision that says suggested has no job open."""
    done = Job.objects.using(alias).filter(revision__corpus_id=corpus_id, status=JobStatus.DONE)
    missing = done.exclude(
        pk__in=done.filter(
            revision__layers__pipeline=F("pipeline"), revision__layers__kind=LayerKind.MACHINE
        ).values("pk")
    )
    for pk in missing.values_list("pk", flat=True):
        yield Lie(check="jobs", on=str(pk), message="it is done, and its layer is missing.")


def _releases(alias: str, corpus_id: UUID) -> Iterator[Lie | Progress]:
    """Every release gives the files that its manifest tells of, but for articles that were erased."""
    releases = Release.objects.using(alias).filter(corpus_id=corpus_id).select_related("corpus")
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


def _anchored_elsewhere(corpora: Iterable[UUID], anchors: Iterable[Anchor]) -> Iterator[Lie | Progress]:
    """A corpus that was anchored is still there."""
    for pk in {anchor.corpus_id for anchor in anchors} - {None, *corpora}:
        yield Lie(check="events", on=str(pk), message="it was anchored, and there is no such corpus.")


def _revision_pages(alias: str, corpus_id: UUID) -> Iterator[list[Revision]]:
    revisions = Revision.objects.using(alias).filter(corpus_id=corpus_id).select_related("article", "raw")
    page = list(revisions.order_by("pk")[:PAGE])
    while page:
        yield page
        # Only behind a full page may there be more.
        following = revisions.filter(pk__gt=page[-1].pk).order_by("pk")
        page = list(following[:PAGE]) if len(page) == PAGE else []
