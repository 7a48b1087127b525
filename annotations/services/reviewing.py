"""Deciding suggestions: accept, correct, reject, skip, add and retract, alone or many at once.

Nothing is changed in place. Each decision is a review in the reviewer's own layer; accept, correct and add
also write the annotation (with its relations) that stands there from then on.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotations.models import Annotation, Layer, LayerKind, Relation, Review, Verdict
from annotations.models.reviews import KEEPING, RejectReason
from annotations.services.decisions import Decision, Receipt
from annotations.services.desk import Desk, undecided
from annotations.services.layers import fits_scheme, fitted
from annotations.services.linking import (
    add_relation,
    correct_relation,
    drop_misfits,
    follow_suggestions,
    set_links,
)
from annotations.services.reading import read_layers, sees_suggestions, shown_layers
from corpus.models import Corpus, Event, IdempotencyKey, Revision, RevisionStatus, Role, SuggestionsShown
from corpus.services.actors import Actor, Scope, require
from corpus.services.corpora import guideline_number, scheme_of
from corpus.services.errors import (
    BadInput,
    InvalidTransition,
    KeyReused,
    NotFound,
    ServiceError,
    StaleVersion,
)
from corpus.services.events import Change, record, record_many
from corpus.services.racing import retried
from corpus.services.revisions import hold_revision, move_revision

MAX_DECISIONS = 1_000
MAX_NOTE = 2_000
#: Statuses of what nobody has decided on yet.
UNTOUCHED = (RevisionStatus.NEW, RevisionStatus.SUGGESTED)


class Refused(Exception):
    """Carries the receipts out of a transaction that is rolled back whole."""

    def __init__(self, receipts: list[Receipt]) -> None:
        super().__init__("refused")
        self.receipts = receipts


def decide(actor: Actor, revision: Revision, decision: Decision) -> Receipt:
    """Take one decision; raises the ServiceError that refuses it."""
    receipt = decide_many(actor, revision, [decision])[0]
    if receipt.error:
        raise receipt.error
    return receipt


def decide_many(
    actor: Actor, revision: Revision, decisions: Sequence[Decision], *, all_or_none: bool = False
) -> list[Receipt]:
    """Take decisions in order, each with its own receipt; with `all_or_none` one refusal undoes all.

    A decision whose idempotency key was used before gets its first receipt again, whatever has happened
    since. Two decisions with one version of one line: the first wins, the other is refused with
    StaleVersion and changes nothing. About twenty statements, however many decisions.

    Raises:
        NotFound, NotAllowed: for strangers and for members below reviewer.
        InvalidTransition: the pass is submitted, the text erased, or superseded before this pass began.
    """
    role = require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    if actor.user is None:
        raise BadInput("A review needs a person who makes it.")
    if len(decisions) > MAX_DECISIONS:
        raise BadInput(f"{MAX_DECISIONS} decisions at once are the most; send them in parts.")
    try:
        # Another tab may take a version, or a key, between our reading and our writing; then it is seen.
        return retried(lambda: _decide(actor, role, revision, decisions, all_or_none=all_or_none))
    except Refused as refused:
        return refused.receipts


def open_desk(actor: Actor, role: Role, revision: Revision, *, for_writing: bool) -> Desk:
    """Read what this reviewer sees and has decided; for writing, take and lock the own layer."""
    corpus = Corpus.objects.get(pk=revision.corpus_id)
    own = _take_layer(actor, revision) if for_writing else _look_up_layer(actor, revision)
    shown = sees_suggestions(corpus, role, own if not own._state.adding else None)
    machines = shown_layers(revision) if shown else []
    views = read_layers([own, *machines])
    return Desk(
        revision=revision,
        scheme=scheme_of(corpus.pk),
        guideline=guideline_number(corpus.pk),
        suggestions_shown=shown or _has_seen(corpus, views[0].layer),
        own=views[0],
        machines=views[1:],
        now=timezone.now(),
    )


@transaction.atomic
def submit_pass(actor: Actor, revision: Revision) -> Layer:
    """End the actor's pass. 'Read, nothing found' is a pass too.

    Raises:
        InvalidTransition: suggestions are left without a decision; `details` counts them and names the first.
    """
    role = require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    hold_revision(revision)
    desk = open_desk(actor, role, revision, for_writing=True)
    layer = desk.own.layer
    if layer.submitted_at:
        return layer
    _can_work_on(revision, layer)
    left = undecided(desk.own, desk.machines)
    if left:
        raise InvalidTransition(
            f"{len(left)} suggestions are left without a decision; decide or skip each.",
            undecided=len(left),
            first=str(left[0].pk),
        )
    layer.submitted_at = timezone.now()
    layer.save(update_fields=["submitted_at"])
    record(
        actor,
        _about(
            revision,
            "pass.submitted",
            "layer",
            layer.pk,
            after={
                "standing": len(desk.own.standing),
                "shown": [str(view.layer.pk) for view in desk.machines],
            },
        ),
    )
    if revision.status in (*UNTOUCHED, RevisionStatus.IN_REVIEW):
        move_revision(actor, revision, RevisionStatus.SUBMITTED)
    return layer


@transaction.atomic
def reopen_pass(actor: Actor, revision: Revision) -> Layer:
    """Take up one's own submitted pass again; its decisions stand until others follow."""
    require(actor, revision.corpus_id, Role.REVIEWER, Scope.REVIEW)
    hold_revision(revision)
    layer = Layer.objects.select_for_update().filter(
        revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user
    ).first()  # fmt: skip
    if layer is None:
        raise NotFound("You have no pass on this text.")
    if layer.submitted_at is None:
        return layer
    layer.submitted_at = None
    layer.save(update_fields=["submitted_at"])
    record(actor, _about(revision, "pass.reopened", "layer", layer.pk))
    others = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, submitted_at__isnull=False)
    if revision.status == RevisionStatus.SUBMITTED and not others.exists():
        move_revision(actor, revision, RevisionStatus.IN_REVIEW)
    return layer


def _decide(
    actor: Actor, role: Role, revision: Revision, decisions: Sequence[Decision], *, all_or_none: bool
) -> list[Receipt]:
    # First the lock: a repetition that runs at the same time then finds the key of the first.
    hold_revision(revision)
    replays = _replays(actor, revision, decisions)
    if len(replays) == len(decisions):
        return [replays[index] for index in range(len(decisions))]
    desk = open_desk(actor, role, revision, for_writing=True)
    _can_work_on(revision, desk.own.layer)
    receipts, changes = _take(desk, decisions, replays)
    if all_or_none and any(receipt.error for receipt in receipts):
        raise Refused([receipt if receipt.error else _undone() for receipt in receipts])
    if not changes:
        # Nor does a refused first decision leave a pass behind.
        raise Refused(receipts)
    desk.flush()
    record_many(actor, changes, now=desk.now)
    _keep_receipts(actor, revision, decisions, receipts)
    if revision.status in UNTOUCHED:
        move_revision(actor, revision, RevisionStatus.IN_REVIEW)
    return receipts


def _take(
    desk: Desk, decisions: Sequence[Decision], replays: dict[int, Receipt]
) -> tuple[list[Receipt], list[Change]]:
    """Apply decisions in order, then follow the links of what stands; a refused one leaves no trace."""
    receipts: dict[int, Receipt] = dict(replays)
    taken: list[tuple[int, Decision, Review]] = []
    keys: set[str] = set()
    for index, decision in enumerate(decisions):
        if index in replays:
            continue
        mark, seen = desk.mark(), dict(desk.seen)
        try:
            if decision.key and decision.key in keys:
                raise KeyReused("This key stands twice in one request.")
            review = _apply(desk, decision)
        except ServiceError as error:
            desk.roll_back(mark, seen)
            receipts[index] = Receipt(error=error)
            continue
        keys.add(decision.key)
        taken.append((index, decision, review))
    explicit = {review.line for _, _, review in taken}
    for _, decision, review in taken:
        if review.verdict in KEEPING and review.annotation_id:
            follow_suggestions(desk, review, named=set(decision.links), explicit=explicit)
    desk.own.settle()
    if drop_misfits(desk, {review.line: review for _, _, review in taken if review.result_id}):
        desk.own.settle()
    brought: dict[UUID | None, list[Review]] = defaultdict(list)
    for review in desk.new_reviews:
        brought[review.implied_by_id].append(review)
    changes = []
    for index, _, review in taken:
        receipts[index] = Receipt(body=_receipt_body(desk, review, brought[review.pk]))
        changes.append(_decided(desk, review, brought[review.pk]))
    return [receipts[index] for index in range(len(decisions))], changes


def _apply(desk: Desk, decision: Decision) -> Review:
    _check_words(decision)
    if decision.verdict == Verdict.ADD:
        return add_relation(desk, decision) if decision.head else _add(desk, decision)
    if decision.on is None:
        raise BadInput(f"{decision.verdict} needs the id of what it is on.", field="on")
    relation = desk.find_relation(decision.on)
    if relation is not None:
        _check_version(desk, relation.root, decision.version)
        return _decide_relation(desk, relation, decision)
    annotation = desk.annotation(decision.on)
    _check_version(desk, annotation.root, decision.version)
    return _decide_annotation(desk, annotation, decision)


def _decide_annotation(desk: Desk, annotation: Annotation, decision: Decision) -> Review:
    thing = desk.suggestion_of(annotation.root) or annotation
    if decision.verdict == Verdict.RETRACT:
        review = _retract(desk, thing.root, annotation=thing, note=decision.note)
    elif decision.verdict in (Verdict.REJECT, Verdict.SKIP):
        review = desk.write_review(
            decision.verdict, annotation=thing, reason=decision.reason, note=decision.note
        )
    else:
        review = _keep(desk, thing, decision)
        set_links(desk, review, decision.links)
    desk.seen[thing.root] = desk.own.versions[thing.root]
    return review


def _keep(desk: Desk, thing: Annotation, decision: Decision) -> Review:
    """Write the accepted or corrected annotation. A correction that changes nothing is an acceptance."""
    suggestion = desk.suggestion_of(thing.root)
    verdict, base = decision.verdict, thing
    label, segments, attributes = thing.label, desk.segments_of(thing), dict(thing.attributes)
    if verdict == Verdict.ACCEPT and suggestion is None:
        raise BadInput("accept is for suggestions; an own annotation stands already.")
    if verdict == Verdict.CORRECT:
        suggested = (label, segments, attributes)
        base = desk.latest(thing)
        label = decision.label or base.label
        segments = desk.segments_of(base)
        if decision.segments is not None:
            segments = fitted(desk.revision.text, decision.segments, decision.surface)
        attributes = _fitting_attributes(desk, label, dict(base.attributes), decision)
        fits_scheme(desk.scheme, label, attributes)
        if suggestion is not None and (label, segments, attributes) == suggested and not decision.links:
            verdict, base = Verdict.ACCEPT, thing
    result = desk.write_annotation(label=label, segments=segments, attributes=attributes, derived_from=base)
    return desk.write_review(
        verdict, annotation=thing, result=result, reason=decision.reason, note=decision.note
    )


def _fitting_attributes(
    desk: Desk, label: str, attributes: dict[str, str], decision: Decision
) -> dict[str, str]:
    """Return the attributes as corrected; those that a new label has not stay behind with the old one."""
    if decision.label and label in desk.scheme.labels:
        known = desk.scheme.labels[label].attributes
        attributes = {name: value for name, value in attributes.items() if name in known}
    return {**attributes, **(decision.attributes or {})}


def _add(desk: Desk, decision: Decision) -> Review:
    if decision.label is None or not decision.segments:
        raise BadInput("add needs a label and segments.", field="segments")
    attributes = dict(decision.attributes or {})
    fits_scheme(desk.scheme, decision.label, attributes)
    segments = fitted(desk.revision.text, decision.segments, decision.surface)
    result = desk.write_annotation(
        label=decision.label, segments=segments, attributes=attributes, derived_from=None
    )
    review = desk.write_review(Verdict.ADD, annotation=result, result=result, note=decision.note)
    set_links(desk, review, decision.links)
    desk.seen[result.root] = review.version
    return review


def _decide_relation(desk: Desk, relation: Relation, decision: Decision) -> Review:
    if decision.verdict == Verdict.RETRACT:
        review = _retract(desk, relation.root, relation=relation, note=decision.note)
    elif decision.verdict in (Verdict.REJECT, Verdict.SKIP):
        review = desk.write_review(
            decision.verdict, relation=relation, reason=decision.reason, note=decision.note
        )
    else:
        review = correct_relation(desk, relation, decision)
    desk.seen[relation.root] = desk.own.versions[relation.root]
    return review


def _retract(
    desk: Desk,
    line: UUID,
    *,
    annotation: Annotation | None = None,
    relation: Relation | None = None,
    note: str,
) -> Review:
    counting = desk.own.counting.get(line)
    if counting is None:
        raise InvalidTransition("There is no own decision here to retract.")
    return desk.write_review(
        Verdict.RETRACT, annotation=annotation, relation=relation, retracts=counting, note=note
    )


def _check_words(decision: Decision) -> None:
    known = ", ".join(RejectReason.values)
    if decision.verdict == Verdict.REJECT and decision.reason not in RejectReason.values:
        raise BadInput(f"reject needs a reason, one of {known}.", field="reason")
    if decision.reason and decision.reason not in RejectReason.values:
        raise BadInput(f"There is no reason {decision.reason[:32]!r}; there are {known}.", field="reason")
    if len(decision.note) > MAX_NOTE:
        raise BadInput(f"A note has {MAX_NOTE} characters at most.", field="note")


def _check_version(desk: Desk, line: UUID, version: int) -> None:
    seen = desk.seen.get(line, 0)
    if version != seen:
        counting = desk.own.counting.get(line)
        raise StaleVersion(
            f"You have decided on this {seen} times by now; this decision knew of {version}.",
            version=seen,
            verdict=counting.verdict if counting else None,
            annotation=str(counting.result_id) if counting and counting.result_id else None,
        )


def _can_work_on(revision: Revision, layer: Layer) -> None:
    if revision.article.erased_at:
        raise InvalidTransition("This article was erased.")
    if layer.submitted_at:
        raise InvalidTransition("Your pass is submitted; take it up again to change it.")
    if revision.status == RevisionStatus.SUPERSEDED and layer._state.adding:
        raise InvalidTransition("An amended text has taken the place of this one; review that.")


def _has_seen(corpus: Corpus, layer: Layer) -> bool:
    """Return whether a pass that is open again was shown the suggestions when it was first submitted."""
    if corpus.suggestions_shown != SuggestionsShown.AFTER_PASS:
        return False
    submitted = Event.objects.filter(subject_id=layer.revision_id, action="pass.submitted")
    return submitted.filter(object_id=str(layer.pk)).exists()


def _look_up_layer(actor: Actor, revision: Revision) -> Layer:
    found = Layer.objects.filter(revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user).first()
    return found or Layer(revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user)


def _take_layer(actor: Actor, revision: Revision) -> Layer:
    """Return the actor's layer locked, made if this is the first decision of the pass."""
    if revision.status == RevisionStatus.SUPERSEDED or revision.article.erased_at:
        layer = _look_up_layer(actor, revision)
        _can_work_on(revision, layer)
        return layer
    layer, _ = Layer.objects.select_for_update().get_or_create(
        revision=revision, kind=LayerKind.REVIEWER, reviewer=actor.user
    )
    return layer


def _replays(actor: Actor, revision: Revision, decisions: Sequence[Decision]) -> dict[int, Receipt]:
    """Return the first receipts of decisions whose key was used before, by index."""
    keys = {decision.key for decision in decisions if decision.key}
    if not keys:
        return {}
    kept = {row.key: row for row in IdempotencyKey.objects.filter(user=actor.user, key__in=keys)}
    replays: dict[int, Receipt] = {}
    for index, decision in enumerate(decisions):
        row = kept.get(decision.key)
        if row is None:
            continue
        if row.fingerprint == decision.fingerprint(revision.pk):
            replays[index] = Receipt(body=row.body, replayed=True)
        else:
            replays[index] = Receipt(error=KeyReused("This key was used before for another decision."))
    return replays


def _keep_receipts(
    actor: Actor, revision: Revision, decisions: Sequence[Decision], receipts: Sequence[Receipt]
) -> None:
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(
            user=actor.user,
            key=decision.key,
            fingerprint=decision.fingerprint(revision.pk),
            status=200,
            body=receipt.body,
        )
        for decision, receipt in zip(decisions, receipts, strict=True)
        if decision.key and receipt.body is not None and not receipt.replayed
    )


def _undone() -> Receipt:
    return Receipt(
        error=InvalidTransition("Another decision of this request was refused, and all or none was asked.")
    )


def _receipt_body(desk: Desk, review: Review, brought: Sequence[Review]) -> dict[str, Any]:
    """Return what a client needs to go on: the line's new version, what stands, and what came along."""
    standing = desk.own.standing.get(review.line)
    return {
        "review": str(review.pk),
        "on": str(review.annotation_id or review.relation_id),
        "line": str(review.line),
        "verdict": review.verdict,
        "version": desk.own.versions[review.line],
        "annotation": str(standing.pk) if standing else None,
        "relation": str(review.result_relation_id) if review.result_relation_id else None,
        "implied": [
            {
                "on": str(other.annotation_id or other.relation_id),
                "line": str(other.line),
                "verdict": other.verdict,
                "version": other.version,
            }
            for other in brought
        ],
    }


def _decided(desk: Desk, review: Review, brought: Sequence[Review]) -> Change:
    result = desk.own.annotations.get(review.result_id) if review.result_id else None
    after: dict[str, Any] = {"verdict": review.verdict, "version": review.version, "line": str(review.line)}
    if result is not None:
        after["annotation"] = str(result.pk)
        after["label"] = result.label
        after["segments"] = [list(span) for span in desk.own.segments_of(result)]
        after["attributes"] = result.attributes
    if review.result_relation_id:
        after["relation"] = str(review.result_relation_id)
    if review.retracts_id:
        after["retracts"] = str(review.retracts_id)
    if brought:
        after["implied"] = [str(other.pk) for other in brought]
    return Change(
        action=f"review.{review.verdict}",
        object_type="review",
        object_id=review.pk,
        corpus_id=desk.revision.corpus_id,
        subject_id=desk.revision.pk,
        before={"version": review.version - 1},
        after=after,
        reason=review.reason,
        versions={"guideline": review.guideline},
    )


def _about(
    revision: Revision, action: str, object_type: str, object_id: object, *, after: Any = None
) -> Change:
    return Change(
        action=action,
        object_type=object_type,
        object_id=object_id,
        corpus_id=revision.corpus_id,
        subject_id=revision.pk,
        after=after,
    )
