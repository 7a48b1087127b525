"""What a member sees of the work of others: in a blind corpus nothing, not in a status, a count or an event.

In a blind corpus, whoever ranks below adjudicator sees of each revision the state of their own work on it.
That state is worked out from their own layer and the machines' alone, so that no act of another can show in
it.
"""

from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from annotations.models import Layer, LayerKind
from corpus.models import Corpus, Event, Revision, RevisionStatus, Role
from corpus.services.actors import Actor

#: Statuses that hold for everybody, whoever did the work.
SHARED = (RevisionStatus.GOLD, RevisionStatus.SUPERSEDED)
#: Statuses that a member of a blind corpus can see; nobody is shown that others differ.
OWN_STATUSES = (
    *SHARED,
    RevisionStatus.SUBMITTED,
    RevisionStatus.IN_REVIEW,
    RevisionStatus.SUGGESTED,
    RevisionStatus.NEW,
)
#: Statuses that a person's work brings about.
_BY_REVIEW = (RevisionStatus.IN_REVIEW, RevisionStatus.SUBMITTED, RevisionStatus.DISPUTED)


def sees_others_work(actor: Actor, corpus: Corpus, role: Role) -> bool:
    """Return whether a member may know how far others have come."""
    return actor.user is None or not corpus.blind or role.reaches(Role.ADJUDICATOR)


def status_seen_by(
    actor: Actor, corpus: Corpus, role: Role, revisions: QuerySet[Revision]
) -> QuerySet[Revision, Any]:
    """Annotate revisions with `seen_status`: the true one, or in a blind corpus the member's own view.

    Costs up to three look-ups by index a row where the corpus is blind, and nothing otherwise.
    """
    if sees_others_work(actor, corpus, role):
        return revisions.annotate(seen_status=F("status"))
    return revisions.annotate(
        seen_status=Case(
            When(status__in=SHARED, then=F("status")),
            When(_own(actor, submitted=True), then=Value(RevisionStatus.SUBMITTED.value)),
            When(_own(actor), then=Value(RevisionStatus.IN_REVIEW.value)),
            When(_suggested(), then=Value(RevisionStatus.SUGGESTED.value)),
            default=Value(RevisionStatus.NEW.value),
            output_field=CharField(),
        )
    )


def with_seen_status(
    actor: Actor, corpus: Corpus, role: Role, revisions: QuerySet[Revision], status: str
) -> QuerySet[Revision]:
    """Keep the revisions whose status, as this member sees it, is `status`.

    Where the corpus is blind, a page of `new` or `suggested` looks at every revision in between.
    """
    if sees_others_work(actor, corpus, role) or status in SHARED:
        return revisions.filter(status=status)
    revisions = revisions.exclude(status__in=SHARED)
    if status in (RevisionStatus.SUBMITTED, RevisionStatus.IN_REVIEW):
        own = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=actor.user)
        own = own.filter(submitted_at__isnull=status == RevisionStatus.IN_REVIEW)
        return revisions.filter(pk__in=own.values("revision_id"))
    if status in (RevisionStatus.SUGGESTED, RevisionStatus.NEW):
        suggested = _suggested()
        return revisions.filter(~_own(actor), suggested if status == RevisionStatus.SUGGESTED else ~suggested)
    return revisions.none()


def events_seen_by(actor: Actor, corpus: Corpus, role: Role, events: QuerySet[Event]) -> QuerySet[Event]:
    """Leave out the events that would show another's review to somebody who may not see it.

    Adjudicators and above see all, but for what others did on a text that they have a pass in hand on.
    """
    if actor.user is None or not corpus.blind:
        return events
    if role.reaches(Role.ADJUDICATOR):
        in_hand = Layer.objects.filter(
            kind=LayerKind.REVIEWER, reviewer=actor.user, submitted_at__isnull=True
        )
        return events.exclude(
            _of_a_review() & ~Q(actor=actor.user) & Q(subject_id__in=in_hand.values("revision_id"))
        )
    return events.filter(Q(actor=actor.user) | ~_of_a_review())


def next_revision(actor: Actor, corpus: Corpus) -> UUID | None:
    """Return the oldest suggested revision that this reviewer has not finished, or None.

    Each status is one walk along its own index that passes only what the reviewer has submitted already,
    so the cost grows with one's own work and not with the corpus.
    """
    oldest: list[UUID] = []
    for status in (RevisionStatus.SUGGESTED, *_BY_REVIEW):
        waiting = Revision.objects.filter(~_own(actor, submitted=True), corpus=corpus, status=status)
        if status != RevisionStatus.SUGGESTED:
            waiting = waiting.filter(_suggested())
        oldest += waiting.order_by("id").values_list("id", flat=True)[:1]
    return min(oldest, default=None)


def _own(actor: Actor, *, submitted: bool = False) -> Exists:
    layers = Layer.objects.filter(revision_id=OuterRef("pk"), kind=LayerKind.REVIEWER, reviewer=actor.user)
    return Exists(layers.filter(submitted_at__isnull=False) if submitted else layers)


def _suggested() -> Exists:
    return Exists(Layer.objects.filter(revision_id=OuterRef("pk"), kind=LayerKind.MACHINE))


def _of_a_review() -> Q:
    return (
        Q(action__startswith="review.")
        | Q(action__startswith="pass.")
        | Q(action__startswith="assignment.")
        | Q(action__startswith="dispute.")
        | Q(action="gold.settled")
        | Q(action="block.kind_set")
        | Q(action="revision.moved", after__in=[status.value for status in _BY_REVIEW])
    )
