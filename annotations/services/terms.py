"""The terms of a pass: what of the suggestions a person is shown while they go through a text.

Of a pass that has begun they are fixed in its assignment. Whoever only looks at a text that they may still
be given is shown what they would be shown then; so nothing that a pass is to go without can be read before.
Leads and owners, who read every layer anyway, are shown everything.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from annotations.models import Assignment, AssignmentStatus, Layer
from corpus.models import Corpus, Revision, RevisionStatus, Role, SuggestionsShown
from corpus.prepared import Prepared
from corpus.services.actors import Actor

#: The order of the passes of a text, the one that was given to somebody last first.
LAST_GIVEN = (F("taken_at").desc(nulls_last=True), "-id")
_LAST_GIVEN_TO = Prepared(
    lambda revision, user: Assignment.objects.filter(revision=revision, reviewer=user).order_by(*LAST_GIVEN)[
        :1
    ]
)
#: Stands for no text.
NOWHERE = UUID(int=0)
#: Statuses of texts that nobody is given any more.
_OVER = (RevisionStatus.GOLD, RevisionStatus.SUPERSEDED)


@dataclass(frozen=True, kw_only=True)
class Terms:
    reviewer_id: int = 0
    revision_id: UUID = NOWHERE
    unaided: bool = False
    withheld_share: float = 0.0
    planted: bool = False
    #: The last pass over the text that was given to the person.
    assignment: Assignment | None = None

    @property
    def held(self) -> Assignment | None:
        """The assignment under which the person has the text in hand, or None."""
        row = self.assignment
        return row if row is not None and row.status == AssignmentStatus.TAKEN else None

    @property
    def altered(self) -> bool:
        """Whether the suggestions shown are others than the machines': without some, or with planted ones."""
        return bool(self.withheld_share) or self.planted


#: Of somebody who is shown all that the settings show.
EVERYTHING = Terms()


def terms_of(actor: Actor, corpus: Corpus, role: Role, revision: Revision, own: Layer | None) -> Terms:
    """Return the terms of the actor's pass over a text, whose stored layer is `own`. One query at most."""
    if actor.user is None:
        return EVERYTHING
    row = last_assignment(actor.user.pk, revision.pk)
    if role.reaches(Role.LEAD) or not role.reaches(Role.REVIEWER):
        return Terms(assignment=row)
    if row is not None:
        return _fixed(row, own, revision)
    everything = own is not None or revision.status in _OVER
    return Terms(
        reviewer_id=actor.user.pk,
        revision_id=revision.pk,
        withheld_share=0.0 if everything else corpus.withheld_share,
    )


def last_assignment(user_id: int, revision_id: UUID) -> Assignment | None:
    """Return the last pass over a text that was given to a person, or None."""
    return _LAST_GIVEN_TO.first(revision_id, user_id)


def at_submission(row: Assignment) -> Terms:
    """Return the terms under which a pass was submitted for the last time."""
    return Terms(
        reviewer_id=row.reviewer_id or 0,
        revision_id=row.revision_id,
        unaided=row.unaided,
        withheld_share=0.0 if row.reopened_at else row.withheld_share,
    )


def _fixed(row: Assignment, own: Layer | None, revision: Revision) -> Terms:
    submitted = own is not None and own.submitted_at is not None
    revealed = submitted or row.reopened_at is not None
    # Whose lease ran out may go on; if plants went meanwhile, that would tell which they are.
    goes_on = row.status == AssignmentStatus.TAKEN or (
        row.status == AssignmentStatus.EXPIRED and revision.status not in _OVER
    )
    return Terms(
        reviewer_id=row.reviewer_id or 0,
        revision_id=row.revision_id,
        unaided=row.unaided,
        withheld_share=0.0 if revealed else row.withheld_share,
        planted=row.planted and goes_on and not revealed,
        assignment=row,
    )


def altered_for(user_id: int, revision: str) -> Q:
    """Return the condition that a person has a pass over a text, named by the field `revision`, to which the
    suggestions are shown otherwise than the machines made them; until it is submitted for the first time."""
    passes = Assignment.objects.filter(reviewer=user_id, reopened_at__isnull=True)
    altered = passes.filter(Q(withheld_share__gt=0) | Q(planted=True) | Q(unaided=True))
    unfinished = altered.exclude(status=AssignmentStatus.SUBMITTED)
    return Q(**{f"{revision}__in": unfinished.values("revision")})


def when_shown(corpus: Corpus, terms: Terms) -> str:
    """Return when suggestions are shown under these terms; an unaided pass sees none before its end."""
    if terms.unaided and corpus.suggestions_shown == SuggestionsShown.AT_ONCE:
        return SuggestionsShown.AFTER_PASS
    return corpus.suggestions_shown
