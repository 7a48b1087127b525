"""What a member sees of the work of others: in a blind corpus nothing, not in a status, a count or an event.

In a blind corpus, whoever ranks below adjudicator sees of each revision the state of their own work on it,
and so does everybody of those that they have in hand. That state is worked out from their own layer and the
machines' alone, so that no act of another can show in it.
"""

from typing import Any

from django.db.models import BooleanField, Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from annotations.models import Layer, LayerKind
from annotations.services.in_hand import in_hand
from annotations.services.terms import altered_for
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

# Conditions on a revision. In SQL, because Django takes a millisecond to write each `Exists`.
_LAYER = (
    "EXISTS (SELECT 1 FROM annotations_layer AS layer WHERE layer.revision_id = corpus_revision.id AND {})"
)
_SUGGESTED = _LAYER.format("layer.kind = 'machine'")
_OWN = _LAYER.format("layer.kind = 'reviewer' AND layer.reviewer_id = %s")
_SUBMITTED = _LAYER.format(
    "layer.kind = 'reviewer' AND layer.reviewer_id = %s AND layer.submitted_at IS NOT NULL"
)
_IN_HAND = _LAYER.format("layer.kind = 'reviewer' AND layer.reviewer_id = %s AND layer.submitted_at IS NULL")
_TAKEN = (
    "EXISTS (SELECT 1 FROM annotations_assignment AS taken WHERE taken.revision_id = corpus_revision.id"
    " AND taken.reviewer_id = %s AND taken.status = 'taken')"
)
#: The oldest one of a corpus and status that can be decided on and that a reviewer has not finished.
_OLDEST = f"""(
    SELECT corpus_revision.id
    FROM corpus_revision JOIN corpus_article ON corpus_article.id = corpus_revision.article_id
    WHERE corpus_revision.corpus_id = %s AND corpus_revision.status = %s AND NOT {_SUBMITTED}
        AND corpus_article.erased_at IS NULL AND (corpus_revision.status = 'suggested' OR {_SUGGESTED})
    ORDER BY corpus_revision.id LIMIT 1
)"""  # noqa: S608 - no input in it
#: The oldest ones that a reviewer has begun, or taken, and that were settled without them: that may not show.
_OLDEST_SETTLED = """(
    SELECT corpus_revision.id
    FROM annotations_layer AS layer JOIN corpus_revision ON corpus_revision.id = layer.revision_id
        JOIN corpus_article ON corpus_article.id = corpus_revision.article_id
    WHERE layer.kind = 'reviewer' AND layer.reviewer_id = %s AND layer.submitted_at IS NULL
        AND corpus_revision.corpus_id = %s AND corpus_revision.status = 'gold'
        AND corpus_article.erased_at IS NULL
    ORDER BY corpus_revision.id LIMIT 1
)"""
_OLDEST_TAKEN_SETTLED = """(
    SELECT corpus_revision.id
    FROM annotations_assignment AS taken JOIN corpus_revision ON corpus_revision.id = taken.revision_id
        JOIN corpus_article ON corpus_article.id = corpus_revision.article_id
    WHERE taken.reviewer_id = %s AND taken.corpus_id = %s AND taken.status = 'taken'
        AND corpus_revision.status = 'gold' AND corpus_article.erased_at IS NULL
    ORDER BY corpus_revision.id LIMIT 1
)"""


def sees_others_work(actor: Actor, corpus: Corpus, role: Role) -> bool:
    """Return whether a member may know how far others have come."""
    return actor.user is None or not corpus.blind or role.reaches(Role.ADJUDICATOR)


def status_seen_by(
    actor: Actor, corpus: Corpus, role: Role, revisions: QuerySet[Revision]
) -> QuerySet[Revision, Any]:
    """Annotate revisions with `seen_status`: the true one, or in a blind corpus the member's own view.

    Adjudicators and above have the own view of what they have in hand. Costs a few look-ups by index a row
    where the corpus is blind, and nothing otherwise.
    """
    if actor.user is None or not corpus.blind:
        return revisions.annotate(seen_status=F("status"))
    not_in_hand = ~Q(_in_hand(actor)) & ~Q(_taken(actor))
    sees_others = [When(not_in_hand, then=F("status"))] if role.reaches(Role.ADJUDICATOR) else []
    return revisions.annotate(
        seen_status=Case(
            When(status=RevisionStatus.SUPERSEDED, then=F("status")),
            *sees_others,
            # Whoever has a pass in hand is not to know that it is settled without them.
            When(_in_hand(actor), then=Value(RevisionStatus.IN_REVIEW.value)),
            When(Q(status=RevisionStatus.GOLD) & ~Q(_taken(actor)), then=F("status")),
            When(_own(actor), then=Value(RevisionStatus.SUBMITTED.value)),
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
    if actor.user is None or not corpus.blind or status == RevisionStatus.SUPERSEDED:
        return revisions.filter(status=status)
    if role.reaches(Role.ADJUDICATOR):
        held = Revision.objects.filter(in_hand(actor.user.pk), corpus=corpus)
        return _with_true_status(revisions, status, held=status_seen_by(actor, corpus, role, held))
    if status == RevisionStatus.GOLD:
        return revisions.filter(~_in_hand(actor), ~_taken(actor), status=status)
    own = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=actor.user)
    if status == RevisionStatus.IN_REVIEW:
        begun = own.filter(submitted_at__isnull=True)
        return revisions.exclude(status=RevisionStatus.SUPERSEDED).filter(pk__in=begun.values("revision_id"))
    settled = Q(status=RevisionStatus.GOLD) & ~Q(_taken(actor))
    revisions = revisions.exclude(status=RevisionStatus.SUPERSEDED).exclude(settled)
    if status == RevisionStatus.SUBMITTED:
        return revisions.filter(pk__in=own.filter(submitted_at__isnull=False).values("revision_id"))
    if status in (RevisionStatus.SUGGESTED, RevisionStatus.NEW):
        suggested = _suggested()
        return revisions.filter(~_own(actor), suggested if status == RevisionStatus.SUGGESTED else ~suggested)
    return revisions.none()


def _with_true_status(
    revisions: QuerySet[Revision], status: str, *, held: QuerySet[Revision, Any]
) -> QuerySet[Revision]:
    """Keep what has a status, but for the texts in hand that are seen with another.

    Those are few and asked for first, so that the rest stays one walk along the index of the status.
    """
    otherwise = held.exclude(seen_status=F("status")).values_list("pk", "seen_status")  # type: ignore[misc]  # annotated by the caller
    seen = dict(otherwise)
    also = [pk for pk, own in seen.items() if own == status]
    true = Q(status=status) & ~Q(pk__in=seen)
    return revisions.filter(true | Q(pk__in=also) if also else true)


def events_seen_by(actor: Actor, corpus: Corpus, role: Role, events: QuerySet[Event]) -> QuerySet[Event]:
    """Leave out the events that would show another's review to somebody who may not see it.

    Adjudicators and above see all, but for what others did on a text that they have a pass in hand on.
    """
    if actor.user is None:
        return events
    if not role.reaches(Role.LEAD):
        # Nobody can learn from the trail what is planted or withheld: how many suggestions a machine made.
        altered = altered_for(actor.user.pk, "subject_id")
        if corpus.withheld_share:
            done = Layer.objects.filter(reviewer=actor.user, submitted_at__isnull=False)
            altered |= ~Q(subject_id__in=done.values("revision"))
        events = events.exclude(action__startswith="check.").exclude(altered, action="layer.landed")
    if not corpus.blind:
        return events
    of_mine = ~Q(actor=actor.user) & in_hand(actor.user.pk, "subject_id")
    # Whoever has a pass in hand is not to know that it is settled without them.
    events = events.exclude(of_mine & Q(action="revision.moved", after=RevisionStatus.GOLD.value))
    if role.reaches(Role.ADJUDICATOR):
        return events.exclude(of_mine & _of_a_review())
    return events.filter(Q(actor=actor.user) | ~_of_a_review())


def next_revisions(actor: Actor, corpus: Corpus) -> QuerySet[Revision]:
    """Return a few revisions whose first is the oldest suggested one that this reviewer has not finished.

    Each status is one walk along its own index that passes only what the reviewer has submitted already,
    so the cost grows with one's own work and not with the corpus.
    """
    statuses = (RevisionStatus.SUGGESTED, *_BY_REVIEW)
    params = [value for status in statuses for value in (corpus.pk.hex, status.value, _user_id(actor))]
    oldest = ", ".join([*[_OLDEST] * len(statuses), _OLDEST_SETTLED, _OLDEST_TAKEN_SETTLED])
    params += [_user_id(actor), corpus.pk.hex] * 2
    return Revision.objects.filter(_sql(f"corpus_revision.id IN ({oldest})", *params)).order_by("id")


def _own(actor: Actor) -> RawSQL:
    return _sql(_OWN, _user_id(actor))


def _in_hand(actor: Actor) -> RawSQL:
    return _sql(_IN_HAND, _user_id(actor))


def _taken(actor: Actor) -> RawSQL:
    return _sql(_TAKEN, _user_id(actor))


def _suggested() -> RawSQL:
    return _sql(_SUGGESTED)


def _user_id(actor: Actor) -> int | None:
    return actor.user.pk if actor.user else None


def _sql(condition: str, *params: object) -> RawSQL:
    return RawSQL(condition, params, output_field=BooleanField())  # noqa: S611 - no input in it


def _of_a_review() -> Q:
    return (
        Q(action__startswith="review.")
        | Q(action__startswith="pass.")
        | Q(action__startswith="assignment.")
        | Q(action__startswith="dispute.")
        | Q(action__startswith="comment.")
        # What a webhook sends is what a lead sees; when it fails tells that something happened.
        | Q(action__startswith="webhook.")
        # What exports and releases hold is counted, disputes included, and their layer may be a person's.
        | Q(action__startswith="export.")
        | Q(action__startswith="release.")
        | Q(action__in=("gold.settled", "layer.imported"))
        | Q(action="block.kind_set")
        # Also what a move began from: that it was disputed.
        | Q(action="revision.moved", after__in=[status.value for status in _BY_REVIEW])
        | Q(action="revision.moved", before__in=[status.value for status in _BY_REVIEW])
    )
