"""The submitted passes that re-reviews ask for again, each offered to its own person first of all."""

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Layer, Recall, ReReview
from corpus.models import Corpus, Membership, Role
from corpus.prepared import Prepared

#: Whose passes are waited for: everybody who may review here.
REVIEWING = tuple(role.value for role in Role if role.reaches(Role.REVIEWER))

_OPEN = Prepared(lambda corpus: ReReview.objects.filter(corpus=corpus, closed_at__isnull=True).order_by("id"))


def open_recalls() -> QuerySet[Recall]:
    return Recall.objects.filter(ended_at__isnull=True, rereview__closed_at__isnull=True)


def recalled_passes(corpus: Corpus, user_id: int) -> Iterator[Layer]:
    """Yield a person's passes that are asked for again and that they have not in hand, the oldest text first.

    A look-up by index for each open re-review; it passes over no more than the person has in hand.
    """
    taken = Assignment.objects.filter(
        revision=OuterRef("layer__revision"), reviewer=user_id, status=AssignmentStatus.TAKEN
    )
    for rereview in _OPEN.rows(corpus.pk):
        waiting = open_recalls().filter(rereview=rereview, reviewer=user_id).exclude(Exists(taken))
        recall = waiting.select_related("layer__revision__article__corpus").order_by("id").first()
        if recall is not None:
            yield recall.layer


def is_recalled(layer: Layer) -> bool:
    return open_recalls().filter(layer=layer).exists()


def is_still_asked(revision_id: UUID, user_id: int | None) -> bool:
    """Return whether a person's pass over a text is asked for again, and they may review here."""
    asked = open_recalls().filter(layer__revision=revision_id, reviewer=user_id)
    return asked.filter(still_reviewing()).exists()


def others_are_asked(revision_id: UUID) -> bool:
    """Return whether a submitted pass over a text waits to be gone through by one who may review here."""
    asked = open_recalls().filter(layer__revision=revision_id, layer__submitted_at__isnull=False)
    return asked.filter(still_reviewing()).exists()


def still_reviewing() -> Exists:
    """Return the condition that the person of a recall may review in its corpus."""
    member = Membership.objects.filter(corpus=OuterRef("rereview__corpus"), user=OuterRef("reviewer"))
    return Exists(member.filter(role__in=REVIEWING, user__is_active=True))


def end_recalls(recalls: QuerySet[Recall]) -> None:
    """Say that these passes are asked for no more: submitted anew, given away, or their text is gone."""
    recalls.filter(ended_at__isnull=True).update(ended_at=timezone.now())


def end_recalls_of(revision_ids: Collection[UUID], reviewer_id: int | None = None) -> None:
    recalls = Recall.objects.filter(layer__revision__in=revision_ids)
    end_recalls(recalls.filter(reviewer=reviewer_id) if reviewer_id else recalls)
