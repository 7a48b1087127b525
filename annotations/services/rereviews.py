"""Re-reviews: a rule has changed, and what was decided by the old one is asked for anew.

Opening writes one row. From then on its lines are due in every pass that is open. The submitted passes are
gone through in chunks, each in a transaction of its own, and listed where they hold such lines. Whoever stops
on the way goes on where they stopped; twice comes to the same as once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Layer, LayerKind, Recall, ReReview
from annotations.services.due import Demands, demands_by_label, due_by_label
from annotations.services.opening import open_passes
from annotations.services.recalls import REVIEWING, end_recalls, still_reviewing
from annotations.services.settling import settle_without
from corpus.ids import uuid7
from corpus.models import Corpus, Membership, Revision, RevisionStatus, Role
from corpus.services.actors import Actor, Scope, require, role_in
from corpus.services.corpora import every_scheme_of, guideline_number
from corpus.services.errors import BadInput, NotFound
from corpus.services.events import Change, record

#: Texts that are gone through in one transaction.
CHUNK = 200
MAX_REASON = 2_000
#: Statuses of texts that hold a submitted pass.
SUBMITTED = (
    RevisionStatus.IN_REVIEW,
    RevisionStatus.SUBMITTED,
    RevisionStatus.DISPUTED,
    RevisionStatus.GOLD,
)
#: Statuses of texts whose passes are not settled yet.
WAITING = (RevisionStatus.IN_REVIEW, RevisionStatus.SUBMITTED)
NO_SUCH = "There is no such re-review, or it is in no corpus of yours."


@dataclass(kw_only=True)
class Extent:
    """How many decisions a re-review asks for, in submitted passes over how many articles."""

    articles: int = 0
    passes: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    #: The texts that were looked at, and whether these were all.
    looked_at: int = 0
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left of a re-review: passes that are not submitted again, and the lines asked for in them."""

    asked: int
    passes: int
    #: Of these, the passes of people who review here no more.
    abandoned: int
    lines: Mapping[str, int]

    @property
    def done(self) -> int:
        return self.asked - self.passes


# -- acts of leads -------------------------------------------------------------------------------------------


def open_rereview(
    actor: Actor, corpus: Corpus, *, labels: Sequence[str], since: int | None = None, reason: str = ""
) -> ReReview:
    """Ask for the decisions of some labels anew that are older than the guideline `since`, or the newest.

    Several may be open; of a label, the one that asks for the newest guideline counts.

    Raises:
        BadInput: there is no such label or version, or the reason is too long.
    """
    require(actor, corpus.pk, Role.LEAD, Scope.MANAGE)
    labels, since = _checked(corpus, labels, since)
    if len(reason) > MAX_REASON:
        raise BadInput(f"A reason has {MAX_REASON} characters at most.", field="reason")
    with transaction.atomic():
        rereview = ReReview.objects.create(
            corpus=corpus,
            guideline=since,
            labels=labels,
            reason=reason,
            opened_by=actor.user,
            at=timezone.now(),
        )
        record(actor, _change(rereview, "rereview.opened", {"guideline": since, "labels": labels}, reason))
    # Where there is little to list it is listed by now; the sweeper does the rest.
    list_chunk(rereview)
    return rereview


@transaction.atomic
def close_rereview(actor: Actor, rereview: ReReview) -> ReReview:
    """Ask no more; what was decided anew stands, and so does what was not. Again, it changes nothing."""
    require(actor, rereview.corpus_id, Role.LEAD, Scope.MANAGE)
    locked = ReReview.objects.select_for_update(of=("self",)).select_related("corpus").get(pk=rereview.pk)
    if locked.closed_at is None:
        locked.closed_at = timezone.now()
        locked.save(update_fields=["closed_at"])
        record(actor, _change(locked, "rereview.closed", None))
    return locked


def find_rereview(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> ReReview:
    """Return a re-review for a lead; a foreign one does not exist."""
    found = ReReview.objects.select_related("corpus", "opened_by").filter(pk=pk).first()
    if found is None or role_in(actor, found.corpus_id) is None:
        raise NotFound(NO_SUCH)
    require(actor, found.corpus_id, Role.LEAD, scope)
    return found


def extent_of(
    actor: Actor, corpus: Corpus, *, labels: Sequence[str], since: int | None = None, most: int | None = None
) -> Extent:
    """Count what a re-review would ask for, in the newest texts only where `most` says how many."""
    require(actor, corpus.pk, Role.LEAD, Scope.READ)
    labels, since = _checked(corpus, labels, since)
    demands = demands_by_label([ReReview(corpus=corpus, guideline=since, labels=labels)])
    extent = Extent()
    texts = _texts(corpus.pk).order_by("-pk").values_list("pk", flat=True)
    ids = iter((texts[: most + 1] if most else texts).iterator(chunk_size=CHUNK))
    while chunk := list(islice(ids, CHUNK)):
        if most and extent.looked_at + len(chunk) > most:
            chunk, extent.whole = chunk[: most - extent.looked_at], False
        extent.looked_at += len(chunk)
        found = _due_passes(chunk, demands)
        extent.passes += len(found)
        extent.articles += len({layer.revision_id for layer, _ in found})
        for _, lines in found:
            extent.lines += lines
    return extent


# -- listing -------------------------------------------------------------------------------------------------


def sweep_rereviews(limit: int = 20) -> int:
    """List what open re-reviews ask for and end what is asked of nobody; return how many chunks that took.

    That is what closed ones asked for, and what open ones ask of people who review here no more. `limit`
    bounds one round, so that a sweeper has its other work done in between.
    """
    unlisted = ReReview.objects.filter(closed_at__isnull=True, listed_at__isnull=True)
    closed = ReReview.objects.filter(
        Exists(Recall.objects.filter(rereview=OuterRef("pk"), ended_at__isnull=True)), closed_at__isnull=False
    )
    done = 0
    for rereview in unlisted.order_by("id"):
        while done < limit and list_chunk(rereview) is not None:
            done += 1
    for rereview in closed.order_by("id"):
        while done < limit and _wind_up(rereview, Recall.objects.filter(rereview=rereview)):
            done += 1
    for rereview in ReReview.objects.filter(closed_at__isnull=True).order_by("id"):
        while done < limit and _wind_up(rereview, _waiting_for_who_left(rereview)):
            done += 1
    return done


def list_whole(rereview: ReReview) -> Iterator[int]:
    """List all that a re-review asks for; yields after each chunk how many texts it went through."""
    while (texts := list_chunk(rereview)) is not None:
        yield texts


@transaction.atomic
def list_chunk(rereview: ReReview) -> int | None:
    """Go through the next texts and list the passes that hold due lines; return how many texts there were.

    None once all are listed. The texts are held, so that a pass that is being submitted is seen, or sees.
    """
    locked = ReReview.objects.select_for_update().get(pk=rereview.pk)
    if locked.listed_at or locked.closed_at:
        rereview.listed_at = locked.listed_at
        return None
    texts = _texts(locked.corpus_id).order_by("pk")
    texts = texts.filter(pk__gt=locked.listed_to) if locked.listed_to else texts
    ids = list(texts.values_list("pk", flat=True)[:CHUNK])
    if not ids:
        rereview.listed_at = locked.listed_at = timezone.now()
        locked.save(update_fields=["listed_at"])
        return None
    list(Revision.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk").values_list("pk"))
    # After the locks: whoever had one may have amended or erased the text.
    standing = list(_texts(locked.corpus_id).filter(pk__in=ids).values_list("pk", flat=True))
    recalls = [
        Recall(id=uuid7(), rereview=locked, layer=layer, reviewer=layer.reviewer, label=label, lines=lines)
        for layer, counts in _due_passes(standing, demands_by_label([locked]))
        for label, lines in sorted(counts.items())
    ]
    Recall.objects.bulk_create(recalls, ignore_conflicts=True, batch_size=500)
    locked.listed_to = ids[-1]
    rereview.listed_at = locked.listed_at = timezone.now() if len(ids) < CHUNK else None
    locked.save(update_fields=["listed_to", "listed_at"])
    return len(ids)


def _waiting_for_who_left(rereview: ReReview) -> QuerySet[Recall]:
    """Return what is asked of people who review here no more and keeps their texts from going on.

    By their ids, which lead into the index: of those who review here, nothing is looked at.
    """
    members = Membership.objects.filter(corpus=rereview.corpus_id, role__in=REVIEWING, user__is_active=True)
    left = set(_asked(rereview)).difference(members.values_list("user", flat=True))
    asked = Recall.objects.filter(rereview=rereview, reviewer__in=left)
    return asked.filter(layer__revision__status__in=WAITING)


def _asked(rereview: ReReview) -> Iterator[int]:
    """Yield the people of whom something is asked; by index, a look-up each however much it is."""
    recalls = Recall.objects.filter(rereview=rereview, ended_at__isnull=True).order_by("reviewer_id")
    people = recalls.values_list("reviewer_id", flat=True)
    person = people.first()
    while person is not None:
        yield person
        person = people.filter(reviewer_id__gt=person).first()


def _wind_up(rereview: ReReview, recalls: QuerySet[Recall]) -> bool:
    """End the next of some recalls; return whether there were any.

    Texts that waited for them go on: a pass that nobody goes on with is opened for somebody else, and passes
    that were all submitted are settled.
    """
    asked = recalls.filter(ended_at__isnull=True)
    texts = list(asked.order_by("id").values_list("layer__revision_id", flat=True)[:CHUNK])
    for revision_id in sorted(set(texts)):
        _go_on_without(rereview, asked, revision_id)
    return bool(texts)


@transaction.atomic
def _go_on_without(rereview: ReReview, recalls: QuerySet[Recall], revision_id: UUID) -> None:
    list(Revision.objects.filter(pk=revision_id).select_for_update(no_key=True).values_list("pk"))
    end_recalls(recalls.filter(layer__revision=revision_id))
    revision = Revision.objects.select_related("article").get(pk=revision_id)
    if not revision.current or revision.article.erased_at or revision.status not in WAITING:
        return
    open_passes(rereview.corpus, [revision_id])
    taken = Assignment.objects.filter(revision=revision_id, status=AssignmentStatus.TAKEN)
    if not taken.exists():
        settle_without(revision_id)


def _texts(corpus_id: UUID) -> QuerySet[Revision]:
    return Revision.objects.filter(
        corpus=corpus_id, current=True, status__in=SUBMITTED, article__erased_at__isnull=True
    )


def _due_passes(revision_ids: Sequence[UUID], demands: Demands) -> list[tuple[Layer, Counter[str]]]:
    """Return the submitted passes over some texts that hold due lines, with how many of each label."""
    passes = Layer.objects.filter(
        revision__in=revision_ids, kind=LayerKind.REVIEWER, submitted_at__isnull=False
    )
    layers = {layer.pk: layer for layer in passes.select_related("reviewer").order_by("revision_id", "id")}
    due = due_by_label(list(layers), demands)
    return [(layer, due[pk]) for pk, layer in layers.items() if pk in due]


def _checked(corpus: Corpus, labels: Sequence[str], since: int | None) -> tuple[list[str], int]:
    known, newest = every_scheme_of(corpus.pk).labels, guideline_number(corpus.pk)
    if not labels:
        raise BadInput("Name one label or more that are to be decided anew.", field="labels")
    for label in labels:
        if label not in known:
            raise BadInput(f"There is no label {label!r}; there are {', '.join(known)}.", field="labels")
    since = newest if since is None else since
    if not 1 <= since <= newest:
        raise BadInput(f"The guideline has the versions 1 to {newest}.", field="since_guideline")
    return [label for label in known if label in labels], since


# -- progress ------------------------------------------------------------------------------------------------


def left_of(rereview: ReReview) -> Left:
    """Return how far a re-review has come. Three queries, over what it asks for alone."""
    asked = Recall.objects.filter(rereview=rereview)
    waiting = asked.filter(ended_at__isnull=True)
    counts = waiting.aggregate(
        passes=Count("layer", distinct=True),
        abandoned=Count("layer", distinct=True, filter=~still_reviewing()),
    )
    lines = waiting.values("label").annotate(left=Sum("lines")).order_by("label").values_list("label", "left")
    return Left(
        asked=asked.aggregate(passes=Count("layer", distinct=True))["passes"], lines=dict(lines), **counts
    )


# -- as they are told ----------------------------------------------------------------------------------------


def rereview_body(rereview: ReReview) -> dict[str, Any]:
    return {
        "id": rereview.pk,
        "corpus": rereview.corpus.slug,
        "guideline": rereview.guideline,
        "labels": rereview.labels,
        "reason": rereview.reason,
        "opened_at": rereview.at,
        "listed_at": rereview.listed_at,
        "closed_at": rereview.closed_at,
    }


def left_body(left: Left) -> dict[str, Any]:
    return {
        "asked": left.asked,
        "passes": left.passes,
        "abandoned": left.abandoned,
        "lines": dict(left.lines),
    }


def extent_body(extent: Extent) -> dict[str, Any]:
    return {
        "articles": extent.articles,
        "passes": extent.passes,
        "lines": dict(sorted(extent.lines.items())),
        "looked_at": extent.looked_at,
        "whole": extent.whole,
    }


def _change(rereview: ReReview, action: str, after: object, reason: str = "") -> Change:
    return Change(
        action=action,
        object_type="rereview",
        object_id=rereview.pk,
        corpus_id=rereview.corpus_id,
        after=after,
        reason=reason,
        versions={"guideline": rereview.guideline},
    )
