"""Which texts a person has in hand: taken from the queue, or begun and not yet submitted.

In a blind corpus nobody is shown what others say of a text that they have in hand, whatever their role.
"""

from uuid import UUID

from django.db.models import Q

from annotations.models import Assignment, Layer, LayerKind
from corpus.prepared import Prepared

_HELD_BY = Prepared(
    lambda user, revision: (
        Assignment.objects.held_by(user).filter(revision=revision).values_list("pk", flat=True)[:1]
    )
)


def in_hand(user_id: int, revision: str = "pk") -> Q:
    """Return the condition that a text, named by the field `revision`, is in somebody's hands."""
    begun = Layer.objects.filter(kind=LayerKind.REVIEWER, reviewer=user_id, submitted_at__isnull=True)
    taken = Assignment.objects.held_by(user_id)
    name = f"{revision}__in"
    return Q(**{name: begun.values("revision")}) | Q(**{name: taken.values("revision")})


def has_in_hand(user_id: int, revision_id: UUID, own: Layer | None) -> bool:
    """Return whether a person, whose layer of it is `own`, has a text in hand. A query without one."""
    if own is not None:
        return own.submitted_at is None
    return _HELD_BY.first(user_id, revision_id) is not None
