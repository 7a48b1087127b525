"""From submitted passes to gold: what agrees is settled, what differs is disputed, and people settle that.

`settle_passes` runs in the transaction that submits a pass. The other acts are those of adjudicators: approve
what waits, settle a dispute, open one again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.agreement import Case, compare
from annotations.models import (
    Annotation,
    Assignment,
    AssignmentStatus,
    Dispute,
    DisputeStatus,
    Layer,
    LayerKind,
    Outcome,
)
from annotations.models.gold import SettleReason
from annotations.services.comparing import standing_by_id, submitted_passes, units_of
from annotations.services.gold import GoldDesk, Said, Wanted, wanted_from
from annotations.services.in_hand import in_hand
from annotations.services.layers import fits_scheme, fitted
from annotations.services.opening import close_passes, open_missing_passes, passes_of
from annotations.services.reading import LayerView
from annotations.services.recalls import end_recalls_of, others_are_asked
from annotations.services.resettling import positions_of, still_settled
from annotations.services.telling import told_dispute
from corpus.models import Corpus, Revision, RevisionStatus, Role, User
from corpus.schemes import SchemeDefinition, SchemeError
from corpus.services.actors import JOB, Actor, Scope, require
from corpus.services.corpora import scheme_of
from corpus.services.errors import BadInput, InvalidTransition, NotAllowed, NotFound, StaleVersion
from corpus.services.events import Change, record, record_many
from corpus.services.revisions import hold_revision, move_revision
from corpus.text.spans import Span

MAX_NOTE = 2_000
MAX_RULE = 64
NO_SUCH = "There is no such dispute, or it is in no corpus of yours."
IN_HAND = "You have a pass over this text in hand; submit it first."


@dataclass(frozen=True, kw_only=True)
class WrittenEnd:
    """Where a relation of something written anew leads."""

    label: str
    segments: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a dispute is settled; just one of the four.

    Attributes:
        take: the layer whose word counts whole.
        merge: the layer that each part is taken from: `content` (label, segments and attributes) and, by
            name, relations.
        write: label, segments, attributes and, by relation, the ends of what is written anew.
        reject: neither is right; nothing stands.
    """

    take: UUID | None = None
    merge: Mapping[str, UUID] = field(default_factory=dict)
    label: str = ""
    segments: tuple[tuple[int, int], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, Sequence[WrittenEnd]] = field(default_factory=dict)
    reject: bool = False
    reason: str = ""
    note: str = ""
    rule: str = ""


# -- by itself -----------------------------------------------------------------------------------------------


def settle_passes(revision: Revision) -> None:
    """Compare the submitted passes once there are as many as were asked for, and move the revision on.

    Nobody's act: whoever submits the last pass is not told by the events of their own that others differ.
    Where a re-review asks for others of the passes again, those are waited for.
    """
    if revision.status != RevisionStatus.SUBMITTED or others_are_asked(revision.pk):
        return
    corpus = Corpus.objects.get(pk=revision.corpus_id)
    views = submitted_passes(revision)
    if len(views) < passes_of(corpus, revision.pk):
        open_missing_passes(corpus, revision.pk)
        return
    close_passes([revision.pk])
    cases = compare([units_of(view) for view in views])
    if len(views) == 1:
        if corpus.single_is_gold:
            _keep(JOB, revision, views, cases, Outcome.APPROVED)
            move_revision(JOB, revision, RevisionStatus.GOLD, reason="a single pass counts here")
        return
    differing = _open_disputes(JOB, revision, views, cases)
    if corpus.agreed_is_gold:
        _keep(JOB, revision, views, [case for case in cases if case.agreed], Outcome.AGREED)
    if differing:
        move_revision(JOB, revision, RevisionStatus.DISPUTED)
    elif corpus.agreed_is_gold:
        move_revision(JOB, revision, RevisionStatus.GOLD, reason="all passes agree, or are settled")


def settle_without(revision_id: UUID) -> None:
    """Settle a text once nobody goes on with a pass of it, where the others' are all that were asked for.

    In the caller's transaction, with the text locked. Where somebody has one in hand, that is
    waited for: it goes on once they end theirs.
    """
    if Assignment.objects.filter(revision=revision_id, status=AssignmentStatus.TAKEN).exists():
        return
    revision = Revision.objects.select_related("article__corpus").get(pk=revision_id)
    submitted = Layer.objects.filter(
        revision=revision, kind=LayerKind.REVIEWER, submitted_at__isnull=False
    ).count()
    if not submitted or submitted < passes_of(revision.article.corpus, revision.pk):
        return
    if revision.status == RevisionStatus.IN_REVIEW:
        move_revision(JOB, revision, RevisionStatus.SUBMITTED, reason="no other pass is waited for")
    settle_passes(revision)


def end_superseded(revision_ids: Sequence[UUID]) -> None:
    """Take what these new revisions supersede out of the queue, and out of dispute."""
    articles = Revision.objects.filter(pk__in=revision_ids).values("article")
    older = Revision.objects.filter(article__in=articles, current=False)
    end_work(JOB, list(older.values_list("pk", flat=True)))


def end_work(actor: Actor, revision_ids: Sequence[UUID]) -> None:
    """Close the open passes and disputes of texts that nobody is to work on any more."""
    if revision_ids:
        close_passes(revision_ids)
        drop_disputes(actor, revision_ids)
        end_recalls_of(revision_ids)


def drop_disputes(actor: Actor, revision_ids: Sequence[UUID]) -> None:
    """End the open disputes of revisions: a text is gone, or a pass goes on."""
    _drop(actor, Dispute.objects.filter(revision__in=revision_ids, status=DisputeStatus.OPEN))


def _drop(actor: Actor, disputes: QuerySet[Dispute]) -> None:
    dropped = list(disputes.select_for_update())
    disputes.update(status=DisputeStatus.DROPPED)
    for dispute in dropped:
        dispute.status = DisputeStatus.DROPPED
    record_many(actor, [_change(dispute, "dispute.dropped") for dispute in dropped])


def _keep(
    actor: Actor, revision: Revision, views: Sequence[LayerView], cases: Sequence[Case], outcome: Outcome
) -> None:
    """Settle what the passes agree on, as the first of them wrote it; what stood before and is gone falls."""
    desk = GoldDesk(actor, revision)
    rows = standing_by_id(views)
    lines = set()
    for case in cases:
        unit = next(unit for unit in case.units if unit)
        view, row = rows[unit.id]
        desk.settle(
            row.root, replace(wanted_from(view, row), guideline=_oldest(rows, case)), Said(outcome=outcome)
        )
        lines.add(row.root)
    for line in desk.settled_lines() - lines - desk.disputed:
        desk.settle(line, None, Said(outcome=Outcome.REJECTED))
    desk.flush()


def _oldest(rows: Mapping[str, tuple[LayerView, Annotation]], case: Case) -> int | None:
    """Return the oldest guideline that what passes agree on was decided under."""
    said = [wanted_from(*rows[unit.id]).guideline for unit in case.units if unit]
    return min((number for number in said if number is not None), default=None)


def _open_disputes(
    actor: Actor, revision: Revision, views: Sequence[LayerView], cases: Sequence[Case]
) -> list[Case]:
    """Open a dispute for each case that passes differ in and that is not settled; return those cases."""
    held, differing = still_settled(revision, views, [case for case in cases if not case.agreed])
    settled = Dispute.objects.filter(revision=revision, status=DisputeStatus.SETTLED)
    _drop(actor, settled.exclude(pk__in=[dispute.pk for dispute in held]))
    disputes = []
    for case in differing:
        first = next(unit for unit in case.units if unit)
        said = positions_of(case, views)
        positions = [{"layer": layer, "annotation": annotation} for layer, annotation in said.items()]
        disputes.append(
            Dispute(
                corpus_id=revision.corpus_id,
                revision=revision,
                line=UUID(first.line),
                start=case.place[0],
                differences=sorted(case.differences),
                positions=positions,
                opened_at=timezone.now(),
            )
        )
    Dispute.objects.bulk_create(disputes)
    record_many(
        actor,
        [_change(dispute, "dispute.opened") for dispute in disputes],
    )
    return differing


# -- by people -----------------------------------------------------------------------------------------------


@transaction.atomic
def approve_passes(actor: Actor, revision: Revision) -> None:
    """Let what was submitted be gold: the single pass, or what several agree on; what differs is disputed.

    Passes that differ are found here where fewer are asked for by now, and the sweeper has not come by yet.

    Raises:
        NotAllowed: the actor has a pass over this text, where the corpus asks for two people.
        InvalidTransition: it waits for no approval, or the corpus is blind and the actor has it in hand.
    """
    require(actor, revision.corpus_id, Role.ADJUDICATOR, Scope.REVIEW)
    hold_revision(revision)
    corpus = Corpus.objects.get(pk=revision.corpus_id)
    _refuse_party(actor, corpus, revision)
    if _is_blind_to(actor, corpus, revision.pk):
        raise InvalidTransition(IN_HAND)
    views = submitted_passes(revision)
    if revision.status != RevisionStatus.SUBMITTED or len(views) < passes_of(corpus, revision.pk):
        raise InvalidTransition(f"This text waits for no approval: it is {revision.status}.")
    cases = compare([units_of(view) for view in views])
    differing = _open_disputes(actor, revision, views, cases)
    _keep(actor, revision, views, [case for case in cases if case.agreed], Outcome.APPROVED)
    if differing:
        move_revision(actor, revision, RevisionStatus.DISPUTED)
    else:
        move_revision(actor, revision, RevisionStatus.GOLD, reason="approved")
    close_passes([revision.pk])


def find_dispute(actor: Actor, pk: UUID, scope: Scope = Scope.READ) -> Dispute:
    """Return a dispute for an adjudicator who may see its passes; a foreign one does not exist.

    Raises:
        NotAllowed: the actor has a pass in hand on the same text and would see others'.
    """
    dispute = Dispute.objects.select_related("revision__article", "corpus").filter(pk=pk).first()
    if dispute is None:
        raise NotFound(NO_SUCH)
    try:
        require(actor, dispute.corpus_id, Role.ADJUDICATOR, scope)
    except NotFound:
        raise NotFound(NO_SUCH) from None
    if _is_blind_to(actor, dispute.corpus, dispute.revision_id):
        raise NotAllowed(IN_HAND)
    return dispute


@transaction.atomic
def settle_dispute(actor: Actor, dispute: Dispute, choice: Choice, *, version: int) -> Dispute:
    """Decide what holds; when it was the last open one of its text, the text is gold.

    Raises:
        StaleVersion: somebody else settled or opened it since `version`.
        NotAllowed: the actor has a pass over this text, where the corpus asks for two people.
        InvalidTransition: it is settled already, or was dropped.
        BadInput: no choice, several, or one that does not fit the text or the scheme.
    """
    require(actor, dispute.corpus_id, Role.ADJUDICATOR, Scope.REVIEW)
    _check_words(choice)
    revision = Revision.objects.select_related("article").get(pk=dispute.revision_id)
    hold_revision(revision)
    corpus = Corpus.objects.get(pk=revision.corpus_id)
    _refuse_party(actor, corpus, revision)
    locked = _locked(dispute, version)
    if locked.status != DisputeStatus.OPEN:
        raise InvalidTransition(f"This dispute is {locked.status}; open it again first.")
    views = submitted_passes(revision)
    wanted, outcome = _chosen(locked, views, revision, scheme_of(corpus.pk), choice)
    desk = GoldDesk(actor, revision)
    said = Said(outcome=outcome, dispute=locked, reason=choice.reason, note=choice.note, rule=choice.rule)
    desk.settle(locked.line, wanted, said)
    desk.flush()
    locked.status, locked.version = DisputeStatus.SETTLED, locked.version + 1
    locked.save(update_fields=["status", "version"])
    record(actor, _change(locked, "dispute.settled", outcome=outcome, reason=choice.reason))
    if not Dispute.objects.filter(revision=revision, status=DisputeStatus.OPEN).exists():
        _end_disputes(actor, corpus, revision, views)
    return locked


@transaction.atomic
def reopen_dispute(actor: Actor, dispute: Dispute, *, version: int) -> Dispute:
    """Open a settled dispute again; what stands in gold stays until it is settled anew."""
    require(actor, dispute.corpus_id, Role.ADJUDICATOR, Scope.REVIEW)
    revision = Revision.objects.select_related("article").get(pk=dispute.revision_id)
    hold_revision(revision)
    locked = _locked(dispute, version)
    if locked.status == DisputeStatus.OPEN:
        return locked
    if locked.status == DisputeStatus.DROPPED or not revision.current or revision.article.erased_at:
        raise InvalidTransition("This dispute has ended with its passes or its text; it cannot be opened.")
    if revision.status not in (RevisionStatus.DISPUTED, RevisionStatus.GOLD):
        raise InvalidTransition("A pass over this text goes on; what differs is found anew once it ends.")
    locked.status, locked.version = DisputeStatus.OPEN, locked.version + 1
    locked.save(update_fields=["status", "version"])
    record(actor, _change(locked, "dispute.reopened"))
    move_revision(actor, revision, RevisionStatus.DISPUTED, reason="a dispute was opened again")
    return locked


def _end_disputes(actor: Actor, corpus: Corpus, revision: Revision, views: Sequence[LayerView]) -> None:
    """Move a text on once its last dispute is settled; whoever settled it saw what agrees beside it.

    What agrees is what the passes say that were compared: of one that came since, nobody was asked.
    """
    if not corpus.agreed_is_gold:
        parties = _parties_of(revision)
        views = [view for view in views if str(view.layer.pk) in parties]
        agreed = [case for case in compare([units_of(view) for view in views]) if case.agreed]
        _keep(actor, revision, views, agreed, Outcome.APPROVED)
    move_revision(actor, revision, RevisionStatus.GOLD, reason="its disputes are settled")


def _parties_of(revision: Revision) -> set[str]:
    """Return the layers of the passes that the disputes of a text are between."""
    disputes = Dispute.objects.filter(revision=revision).exclude(status=DisputeStatus.DROPPED)
    every = disputes.values_list("positions", flat=True)
    return {position["layer"] for positions in every for position in positions}


def _locked(dispute: Dispute, version: int) -> Dispute:
    locked = Dispute.objects.select_for_update().get(pk=dispute.pk)
    if locked.version != version:
        raise StaleVersion(
            f"The dispute is at version {locked.version} by now; yours was {version}.",
            version=locked.version,
        )
    return locked


def _chosen(
    dispute: Dispute,
    views: Sequence[LayerView],
    revision: Revision,
    scheme: SchemeDefinition,
    choice: Choice,
) -> tuple[Wanted | None, Outcome]:
    if choice.reject:
        return None, Outcome.REJECTED
    if choice.take:
        wanted = _position(dispute, views, choice.take)
        # To side with a pass that has nothing here is to say that there is nothing.
        return wanted, Outcome.TAKEN if wanted else Outcome.REJECTED
    if choice.merge:
        return _merged(dispute, views, scheme, choice.merge), Outcome.MERGED
    return _written(revision, scheme, choice), Outcome.WRITTEN


def _position(dispute: Dispute, views: Sequence[LayerView], layer: UUID) -> Wanted | None:
    """Return what one pass says of a dispute, None where it has nothing there."""
    held = {position["layer"]: position["annotation"] for position in dispute.positions}
    view = next((view for view in views if view.layer.pk == layer), None)
    if view is None or str(layer) not in held:
        raise BadInput("That layer is no party to this dispute.", field="take")
    annotation = held[str(layer)]
    if annotation is None:
        return None
    row = view.annotations.get(UUID(annotation))
    if row is None or view.standing.get(row.root) is not row:
        raise InvalidTransition("That pass says something else by now; its person took it up again.")
    return wanted_from(view, row)


def _merged(
    dispute: Dispute, views: Sequence[LayerView], scheme: SchemeDefinition, parts: Mapping[str, UUID]
) -> Wanted:
    if "content" not in parts:
        raise BadInput("A merge names the layer that its content is taken from.", field="merge")
    base = _position(dispute, views, parts["content"])
    if base is None:
        raise BadInput("The layer that the content is taken from has none.", field="merge")
    links = dict(base.links)
    for name, layer in parts.items():
        if name == "content":
            continue
        other = _position(dispute, views, layer)
        links[name] = other.links.get(name, ()) if other else ()
        _check_links(scheme, base.label, name, links[name])
    return Wanted(
        label=base.label,
        segments=base.segments,
        attributes=base.attributes,
        derived_from=base.derived_from,
        links=links,
    )


def _written(revision: Revision, scheme: SchemeDefinition, choice: Choice) -> Wanted:
    if not choice.label or not choice.segments:
        raise BadInput("Take a layer, merge, write a label with segments, or reject.", field="take")
    fits_scheme(scheme, choice.label, choice.attributes)
    links: dict[str, list[Wanted]] = {}
    for name, ends in choice.links.items():
        links[name] = []
        for end in ends:
            fits_scheme(scheme, end.label, {})
            links[name].append(Wanted(label=end.label, segments=_spans(revision, end.segments)))
        _check_links(scheme, choice.label, name, links[name])
    segments = _spans(revision, choice.segments)
    for name, wanted in links.items():
        if any((end.label, end.segments) == (choice.label, segments) for end in wanted):
            raise BadInput(f"{name} leads from these words to themselves; name others.", field="links")
    return Wanted(
        label=choice.label,
        segments=segments,
        attributes=choice.attributes,
        links=links,
    )


def _spans(revision: Revision, segments: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    return fitted(revision.text, segments)


def _check_links(scheme: SchemeDefinition, head: str, name: str, ends: Sequence[Wanted]) -> None:
    try:
        for end in ends:
            scheme.check_relation(name, head, end.label)
    except SchemeError as error:
        raise BadInput(str(error)) from None


def _check_words(choice: Choice) -> None:
    ways = [choice.take is not None, bool(choice.merge), bool(choice.label), choice.reject]
    if sum(ways) != 1:
        raise BadInput("Settle in one way: take, merge, write or reject.", field="take")
    if choice.reason not in SettleReason.values:
        raise BadInput(f"Settling needs a reason, one of {', '.join(SettleReason.values)}.", field="reason")
    if len(choice.note) > MAX_NOTE:
        raise BadInput(f"A note has {MAX_NOTE} characters at most.", field="note")
    if len(choice.rule) > MAX_RULE:
        raise BadInput(f"A rule of the guideline is named in {MAX_RULE} characters at most.", field="rule")


def _refuse_party(actor: Actor, corpus: Corpus, revision: Revision) -> None:
    if not corpus.two_people or actor.user is None:
        return
    own = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user)
    if own.exists() or _has_in_hand(actor.user, revision.pk):
        raise NotAllowed("You have a pass over this text; somebody else must have the second look.")


def _is_blind_to(actor: Actor, corpus: Corpus, revision_id: UUID) -> bool:
    return corpus.blind and actor.user is not None and _has_in_hand(actor.user, revision_id)


def _has_in_hand(user: User, revision_id: UUID) -> bool:
    return Revision.objects.filter(in_hand(user.pk), pk=revision_id).exists()


def _change(dispute: Dispute, action: str, *, outcome: Outcome | None = None, reason: str = "") -> Change:
    return Change(
        action=action,
        object_type="dispute",
        object_id=dispute.pk,
        corpus_id=dispute.corpus_id,
        subject_id=dispute.revision_id,
        after=told_dispute(dispute) | ({"outcome": outcome.value} if outcome else {}),
        reason=reason,
    )
