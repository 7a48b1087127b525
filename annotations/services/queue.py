"""Who reviews what: open passes are taken under a lease, kept, given back or finished.

A row of `Assignment` is one pass; the moves between its states are in `ASSIGNMENT_MOVES`. The id of a taken
one is its fence: once a lease is lost, what comes under that id is refused, and the pass is somebody else's.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import structlog
from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from annotations.models import Assignment, AssignmentStatus, Layer
from annotations.models.queue import HAD, HELD
from annotations.services.opening import count_submitted, hold_waiting, is_unaided, passes_of
from annotations.services.planting import plant
from annotations.services.recalls import (
    end_recalls_of,
    is_recalled,
    is_still_asked,
    recalled_passes,
)
from annotations.services.reopening import reopen_layer
from annotations.services.settling import settle_without
from annotations.services.telling import told_assignment, told_terms
from annotations.services.terms import LAST_GIVEN, last_assignment
from corpus.models import Corpus, Membership, Revision, Role, User
from corpus.prepared import Prepared, one_of
from corpus.services.actors import JOB, Actor, Scope, require, role_in
from corpus.services.errors import BadInput, InvalidTransition, NotFound
from corpus.services.events import Change, record
from corpus.services.racing import retried
from corpus.services.revisions import hold_revision

log = structlog.get_logger(__name__)

NO_SUCH = "There is no such assignment, or it is in no corpus of yours."
_PASSES = Prepared(lambda revision: Assignment.objects.filter(revision=revision).order_by(*LAST_GIVEN))
_WAITING = Prepared(
    lambda *passes: (
        Assignment.objects.select_for_update()
        .filter(one_of("pk", passes), status=AssignmentStatus.OPEN)
        .order_by("number")[:1]
    )
)


# -- taking ------------------------------------------------------------------------------------------------


def take(actor: Actor, corpus: Corpus) -> Assignment | None:
    """Give the actor the first pass that may be theirs, or None when there is none.

    Their own ones that a re-review asks for again come first, then the queue.
    Two people never get one pass: PostgreSQL skips locked rows, SQLite has one writer. Nobody gets a text
    that they have, had or gave back.

    Raises:
        InvalidTransition: as many articles are in hand as the corpus allows.
    """
    require(actor, corpus.pk, Role.REVIEWER, Scope.REVIEW)
    user = _person(actor)
    return retried(lambda: _take(actor, user, corpus))


def keep_or_take(actor: Actor, revision: Revision, *, assigned: bool) -> None:
    """Renew the lease of the actor's pass over a text, or give them one, in the transaction of a decision.

    `assigned` says that they may have one already.
    """
    corpus = revision.article.corpus
    mine = Assignment.objects.filter(revision=revision, reviewer=actor.user, status=AssignmentStatus.TAKEN)
    if not assigned or not mine.update(lease_until=lease_end(corpus, timezone.now())):
        take_article(actor, revision)


def take_article(actor: Actor, revision: Revision) -> Assignment:
    """Give the actor a pass over this very text: theirs already, an open one, or one more.

    Whoever opens an article and decides on it has a pass, whether the queue had one for them or not. The
    caller holds the text, so that no pass over it is ended meanwhile.
    """
    user = _person(actor)
    corpus = revision.article.corpus
    rows = _PASSES.rows(revision.pk)
    mine = [row for row in rows if row.reviewer_id == user.pk]
    for row in mine:
        if row.status in (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED):
            return row
    # Whoever has opened an article has seen its suggestions: the unaided pass is for somebody else.
    waiting = [
        row.pk
        for row in rows
        if row.status == AssignmentStatus.OPEN and not is_unaided(corpus, revision.pk, row.number)
    ]
    free = _first_free(waiting) if waiting else None
    if free is None:
        held = {row.number for row in rows if row.status in HELD}
        unheld = (number for number in count(1) if number not in held)
        number = next(number for number in unheld if not is_unaided(corpus, revision.pk, number))
        free = Assignment(corpus=corpus, revision=revision, number=number)
    _give(actor, user, corpus, free, how="opened", before=mine[0] if mine else None)
    return free


def _first_free(waiting: Sequence[UUID]) -> Assignment | None:
    """Lock the first of some passes that still waits; somebody may take it from the queue meanwhile."""
    return _WAITING.first(*waiting)


def _take(actor: Actor, user: User, corpus: Corpus) -> Assignment | None:
    if corpus.hand_cap:
        # Two tabs of one person wait for one another, so that neither goes over the cap.
        Membership.objects.select_for_update(no_key=True).filter(corpus=corpus, user=user).first()
        in_hand = Assignment.objects.held_by(user.pk).filter(corpus=corpus).count()
        if in_hand >= corpus.hand_cap:
            raise InvalidTransition(
                f"{in_hand} articles are in your hands, the most here; finish or return one first."
            )
    recalled = _take_recalled(actor, user, corpus)
    if recalled is not None:
        return recalled
    had = Assignment.objects.filter(revision=OuterRef("revision"), reviewer=user, status__in=HAD)
    # An imported pass may have come without an assignment.
    done = Layer.objects.filter(revision=OuterRef("revision"), reviewer=user, submitted_at__isnull=False)
    open_ones = Assignment.objects.filter(
        ~Exists(had), ~Exists(done), corpus=corpus, status=AssignmentStatus.OPEN
    )
    free = open_ones.select_for_update(skip_locked=True, of=("self",)).order_by("rank", "id").first()
    if free is None:
        return None
    _give(actor, user, corpus, free, how="taken", before=last_assignment(user.pk, free.revision_id))
    return free


def _take_recalled(actor: Actor, user: User, corpus: Corpus) -> Assignment | None:
    """Put a pass that a re-review asks for back into its person's hands."""
    for layer in recalled_passes(corpus, user.pk):
        revision = layer.revision
        hold_revision(revision)
        # After the lock: it may have been submitted, or its text amended, meanwhile.
        if not is_recalled(layer):
            continue
        layer.refresh_from_db(fields=["submitted_at"])
        if layer.submitted_at:
            reopen_layer(actor, revision, layer, reason="a re-review asks for it")
        take_up_again(actor, revision)
        return take_article(actor, revision)
    return None


def _give(
    actor: Actor, user: User, corpus: Corpus, assignment: Assignment, *, how: str, before: Assignment | None
) -> None:
    """Put a pass into a person's hands; `before` is the one that they had over this text."""
    now = timezone.now()
    assignment.status, assignment.reviewer = AssignmentStatus.TAKEN, user
    assignment.taken_at, assignment.lease_until = now, lease_end(corpus, now)
    _fix_terms(corpus, assignment, user, before=before, opened=how == "opened")
    assignment.save()
    record(actor, _change(assignment, "assignment.taken", how=how))
    if terms := told_terms(assignment):
        record(JOB, replace(_change(assignment, "check.terms"), after=terms))


def _fix_terms(
    corpus: Corpus, assignment: Assignment, user: User, *, before: Assignment | None, opened: bool
) -> None:
    """Fix what a pass is shown as it begins; whoever had this text before goes on under the same terms.

    Who `opened` the article by themselves has seen its suggestions: it is too late to show none, or others.
    """
    text = assignment.revision_id
    if before is not None:
        assignment.withheld_share, assignment.unaided = before.withheld_share, before.unaided
        assignment.reopened_at = before.reopened_at
        # Whoever gave it back has seen the text without what was planted.
        assignment.planted = before.planted and before.status != AssignmentStatus.RETURNED
        return
    assignment.withheld_share = corpus.withheld_share
    assignment.unaided = not opened and is_unaided(corpus, text, assignment.number)
    aided = not opened and not assignment.unaided
    assignment.planted = aided and plant(corpus, text, user, assignment.withheld_share)


# -- keeping and ending -------------------------------------------------------------------------------------


def find_assignment(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> Assignment:
    """Return an assignment of the actor's own, or of anybody's for a lead; a foreign one does not exist."""
    related = ("corpus", "reviewer", "revision__article__corpus")
    found = Assignment.objects.select_related(*related).filter(pk=pk).first()
    role = role_in(actor, found.corpus_id) if found else None
    if found is None or role is None:
        raise NotFound(NO_SUCH)
    mine = actor.user is not None and found.reviewer_id == actor.user.pk
    # First whether it is there for the actor at all: a refusal of the scope would tell that it is.
    if not mine and not role.reaches(Role.LEAD):
        raise NotFound(NO_SUCH)
    require(actor, found.corpus_id, Role.REVIEWER, scope)
    return found


@transaction.atomic
def keep(actor: Actor, assignment: Assignment) -> Assignment:
    """Renew the lease. InvalidTransition once it is lost."""
    held = _held(actor, assignment)
    held.lease_until = lease_end(held.corpus, timezone.now())
    held.save(update_fields=["lease_until"])
    return held


@transaction.atomic
def give_back(actor: Actor, assignment: Assignment) -> Assignment:
    """End the pass and open it for somebody else; what was decided stays in the own layer."""
    waits = bool(hold_waiting([assignment.revision_id]))
    held = _held(actor, assignment)
    _end(actor, held, AssignmentStatus.RETURNED)
    _open_anew(held, waits=waits)
    return held


@transaction.atomic
def take_back(actor: Actor, assignment: Assignment) -> bool:
    """End a pass in somebody's hands, and return whether it waits for others. For leads; decisions stay."""
    require(actor, assignment.corpus_id, Role.LEAD, Scope.MANAGE)
    waits = bool(hold_waiting([assignment.revision_id]))
    row = Assignment.objects.select_for_update(of=("self",)).select_related("corpus").get(pk=assignment.pk)
    if row.status != AssignmentStatus.TAKEN:
        raise InvalidTransition(f"This assignment is {row.status}; nobody has it in hand.")
    _end(actor, row, AssignmentStatus.RETURNED)
    return _open_anew(row, waits=waits)


def hand_over(actor: Actor, assignment: Assignment, user: User) -> Assignment:
    """Give a pass, open or in somebody's hands, to another reviewer. For leads.

    Raises:
        BadInput: that person is no reviewer here, or has this text already.
    """
    require(actor, assignment.corpus_id, Role.LEAD, Scope.MANAGE)
    # That person may take the text from the queue meanwhile; then it is seen.
    return retried(lambda: _hand_over(actor, assignment, user))


def _hand_over(actor: Actor, assignment: Assignment, user: User) -> Assignment:
    waits = bool(hold_waiting([assignment.revision_id]))
    corpus = assignment.corpus
    member = Membership.objects.filter(corpus=corpus, user=user).first()
    if member is None or not Role(member.role).reaches(Role.REVIEWER):
        raise BadInput("That person reviews nothing in this corpus; make them a reviewer first.")
    row = Assignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if row.status not in (AssignmentStatus.OPEN, AssignmentStatus.TAKEN):
        raise InvalidTransition(f"This assignment is {row.status}; only an open or taken one is handed over.")
    if row.reviewer_id == user.pk:
        return row
    if not waits:
        raise InvalidTransition("This text was amended, erased or settled meanwhile; nobody is to review it.")
    kept = (AssignmentStatus.TAKEN, AssignmentStatus.SUBMITTED)
    submitted = Layer.objects.filter(revision=row.revision_id, reviewer=user, submitted_at__isnull=False)
    held = Assignment.objects.filter(revision=row.revision_id, reviewer=user, status__in=kept)
    if held.exists() or submitted.exists():
        raise BadInput("That person has a pass over this text already.")
    if row.status == AssignmentStatus.TAKEN:
        _end(actor, row, AssignmentStatus.RETURNED)
        row = _following(row)
    _give(actor, user, corpus, row, how="handed over", before=last_assignment(user.pk, row.revision_id))
    return row


def finish(actor: Actor, revision: Revision) -> None:
    """Say that the actor's pass over a text is submitted, in the transaction that submits it."""
    row = take_article(actor, revision)
    if row.status == AssignmentStatus.TAKEN:
        row.status, row.ended_at, row.lease_until = AssignmentStatus.SUBMITTED, timezone.now(), None
        row.save(update_fields=["status", "ended_at", "lease_until"])
        record(actor, _change(row, "assignment.submitted"))


def take_up_again(actor: Actor, revision: Revision) -> None:
    """Put the actor's submitted pass back into their hands, in the transaction that reopens it."""
    row = Assignment.objects.filter(
        revision=revision, reviewer=actor.user, status=AssignmentStatus.SUBMITTED
    ).first()
    if row is not None:
        now = timezone.now()
        row.status, row.ended_at = AssignmentStatus.TAKEN, None
        row.lease_until = lease_end(revision.article.corpus, now)
        row.reopened_at = row.reopened_at or now
        row.save(update_fields=["status", "ended_at", "lease_until", "reopened_at"])
        record(actor, _change(row, "assignment.reopened"))


def sweep_assignments(limit: int = 1_000) -> int:
    """Open the passes whose lease ran out for others; return how many. What was decided stays."""
    lost = Assignment.objects.with_lost_lease(timezone.now()).order_by("lease_until")
    done = 0
    for pk, revision_id in lost.values_list("pk", "revision_id")[:limit]:
        try:
            done += _expire(pk, revision_id)
        except OperationalError:
            raise
        except Exception:
            # One text that cannot go on keeps no other from being given to somebody.
            log.exception("assignment_not_expired", assignment=str(pk), revision=str(revision_id))
    return done


@transaction.atomic
def _expire(pk: UUID, revision_id: UUID) -> bool:
    """End a pass whose lease ran out, unless it was renewed or ended meanwhile; return whether it was so."""
    waits = bool(hold_waiting([revision_id]))
    lost = Assignment.objects.select_for_update(of=("self",)).with_lost_lease(timezone.now())
    row = lost.select_related("corpus").filter(pk=pk).first()
    if row is None:
        return False
    _end(JOB, row, AssignmentStatus.EXPIRED)
    if not is_still_asked(revision_id, row.reviewer_id):
        # What a re-review asks for waits for its own person: nobody else can confirm what they decided.
        _open_anew(row, waits=waits)
    return True


def lease_end(corpus: Corpus, now: datetime) -> datetime:
    return now + timedelta(minutes=corpus.lease_minutes)


def _held(actor: Actor, assignment: Assignment) -> Assignment:
    """Lock an assignment and return it, if it is the actor's own and in hand."""
    user = _person(actor)
    require(actor, assignment.corpus_id, Role.REVIEWER, Scope.REVIEW)
    row = Assignment.objects.select_for_update(of=("self",)).select_related("corpus").get(pk=assignment.pk)
    if row.reviewer_id != user.pk:
        raise NotFound(NO_SUCH)
    if row.status != AssignmentStatus.TAKEN:
        raise InvalidTransition(f"This assignment is {row.status}; it is no longer in your hands.")
    return row


def _end(actor: Actor, row: Assignment, status: AssignmentStatus) -> None:
    row.status, row.ended_at, row.lease_until = status, timezone.now(), None
    row.save(update_fields=["status", "ended_at", "lease_until"])
    if status == AssignmentStatus.RETURNED:
        end_recalls_of([row.revision_id], row.reviewer_id)
    record(actor, _change(row, f"assignment.{status}"))


def _open_anew(row: Assignment, *, waits: bool) -> bool:
    """Open an ended pass for somebody else, where its text `waits` and the others' are not enough."""
    asked = passes_of(row.corpus, row.revision_id)
    if waits and count_submitted([row.revision_id])[row.revision_id] < asked >= row.number:
        _following(row).save()
        return True
    if waits:
        # Nobody goes on with this one: what the others have submitted may be all that is waited for.
        settle_without(row.revision_id)
    return False


def _following(row: Assignment) -> Assignment:
    """Return a row for whoever has an ended pass next; not stored yet."""
    return Assignment(corpus_id=row.corpus_id, revision_id=row.revision_id, number=row.number, rank=row.rank)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise BadInput("A pass needs a person who makes it.")
    return actor.user


def _change(assignment: Assignment, action: str, *, how: str = "") -> Change:
    return Change(
        action=action,
        object_type="assignment",
        object_id=assignment.pk,
        corpus_id=assignment.corpus_id,
        subject_id=assignment.revision_id,
        after=told_assignment(assignment) | ({"how": how} if how else {}),
    )
