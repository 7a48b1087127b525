"""Deciding: one or many decisions of a reviewer, each with its receipt and its event."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from annotations.models import Review
from annotations.models.reviews import KEEPING
from annotations.services.decisions import CONFIRM, Decision, Receipt
from annotations.services.desk import Desk
from annotations.services.linking import drop_doubles, drop_misfits, follow_suggestions, misfits
from annotations.services.passes import UNTOUCHED, check_open, open_desk
from annotations.services.queue import keep_or_take
from annotations.services.telling import told_annotation, told_layer, told_relation
from annotations.services.verdicts import apply_decision
from corpus.models import IdempotencyKey, Revision, RevisionStatus, Role
from corpus.services.actors import Actor, Scope, require
from corpus.services.errors import BadInput, InvalidTransition, KeyReused, ServiceError
from corpus.services.events import Change, record_many
from corpus.services.racing import retried
from corpus.services.revisions import hold_revision, move_revision

MAX_DECISIONS = 1_000


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
    # Another tab may take a version, or a key, between our reading and our writing; then it is seen.
    return retried(lambda: _decide(actor, role, revision, decisions, all_or_none=all_or_none))


def _decide(
    actor: Actor, role: Role, revision: Revision, decisions: Sequence[Decision], *, all_or_none: bool
) -> list[Receipt]:
    # First the lock: a repetition that runs at the same time then finds the key of the first.
    hold_revision(revision)
    replays = _replays(actor, revision, decisions)
    if len(replays) == len(decisions):
        return [replays[index] for index in range(len(decisions))]
    desk = open_desk(actor, role, revision)
    check_open(revision, desk.own.layer)
    receipts, changes = _take(desk, decisions, replays)
    if all_or_none and any(receipt.error for receipt in receipts):
        return [receipt if receipt.error else _undone() for receipt in receipts]
    if not changes:
        return receipts
    if desk.flush():
        changes[0].after["began"] = {"layer": str(desk.own.layer.pk), **told_layer(desk.own.layer)}
    record_many(actor, changes, now=desk.now)
    _keep_receipts(actor, revision, decisions, receipts)
    keep_or_take(actor, revision, assigned=desk.shown.terms.assignment is not None)
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
    before = misfits(desk)
    for index, decision in enumerate(decisions):
        if index in replays:
            continue
        mark = desk.mark()
        try:
            if decision.key and decision.key in keys:
                raise KeyReused("This key stands twice in one request.")
            review = apply_decision(desk, decision)
        except ServiceError as error:
            desk.roll_back(mark)
            receipts[index] = Receipt(error=error)
            continue
        keys.add(decision.key)
        taken.append((index, decision, review))
    explicit = {review.line for _, _, review in taken}
    for _, decision, review in taken:
        if decision.verdict != CONFIRM and review.verdict in KEEPING and review.annotation_id:
            follow_suggestions(desk, review, named=set(decision.links), explicit=explicit)
    desk.own.settle()
    if drop_misfits(desk, {review.line: review for _, _, review in taken if review.result_id}, before):
        desk.own.settle()
    own = [review for _, _, review in taken if review.line not in desk.shown.planted]
    # Links that stood twice before are left alone by a request that decides nothing.
    if own and drop_doubles(desk):
        desk.own.settle()
    brought = _brought(desk, own)
    changes = []
    for index, _, review in taken:
        receipts[index] = Receipt(body=_receipt_body(desk, review, brought[review.pk]))
        changes.append(_change_of(desk, review, brought[review.pk]))
    return [receipts[index] for index in range(len(decisions))], changes


def _brought(desk: Desk, own: Sequence[Review]) -> dict[UUID, list[Review]]:
    """Return what each decision on the reviewer's own layer brought along.

    A link that falls anew with an earlier decision, since this request took something back, comes with the
    last of this request.
    """
    brought: dict[UUID, list[Review]] = defaultdict(list)
    here = {review.pk for review in desk.new_reviews}
    for review in desk.new_reviews:
        if review.implied_by_id is not None:
            brought[review.implied_by_id if review.implied_by_id in here else own[-1].pk].append(review)
    return brought


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
        "notice": _notice(desk, review),
        "on": str(review.annotation_id or review.relation_id),
        "line": str(review.line),
        "verdict": review.verdict,
        "version": desk.own.versions[review.line],
        "annotation": str(standing.pk) if standing else None,
        "relation": str(review.result_relation_id) if review.result_relation_id else None,
        "implied": [
            {
                "of": "annotation" if other.annotation_id else "relation",
                "on": str(other.annotation_id or other.relation_id),
                "line": str(other.line),
                "verdict": other.verdict,
                "version": other.version,
            }
            for other in brought
        ],
    }


def _notice(desk: Desk, review: Review) -> str | None:
    """Return what the person is to be told of a decision: that it kept something planted."""
    if review.line not in desk.shown.planted or review.verdict not in KEEPING:
        return None
    return (
        f"This suggestion was planted to check our attention (rule {desk.shown.rule}). "
        "It is taken back; nothing is left of it."
    )


def _change_of(desk: Desk, review: Review, brought: Sequence[Review]) -> Change:
    if review.line in desk.shown.planted:
        return _checked(desk, review)
    return _decided(desk, review, brought)


def _checked(desk: Desk, review: Review) -> Change:
    """Return the event of a decision on something planted, which no replay of the layer is to take in."""
    return Change(
        action="check.decided",
        object_type="review",
        object_id=review.pk,
        corpus_id=desk.revision.corpus_id,
        subject_id=desk.revision.pk,
        before={"version": review.version - 1},
        after={
            "layer": str(review.layer_id),
            "line": str(review.line),
            "verdict": review.verdict,
            "version": desk.own.versions[review.line],
            "taken_back": review.verdict in KEEPING,
        },
        reason=review.reason,
        versions={"guideline": review.guideline},
    )


def _decided(desk: Desk, review: Review, brought: Sequence[Review]) -> Change:
    """Return the event of a decision, which tells all that it takes to replay it."""
    after = {"layer": str(review.layer_id), "suggestions_shown": review.suggestions_shown}
    after |= _told(desk, review)
    if brought:
        after["implied"] = [str(other.pk) for other in brought]
        after["brought"] = [
            {"review": str(other.pk), **_told(desk, other)}
            | ({"implied_by": str(other.implied_by_id)} if other.implied_by_id != review.pk else {})
            for other in brought
        ]
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


def _told(desk: Desk, review: Review) -> dict[str, Any]:
    """Return a decision with what it wrote, without any word of the text or of the reviewer."""
    result = desk.own.annotations.get(review.result_id) if review.result_id else None
    relation = desk.own.relations.get(review.result_relation_id) if review.result_relation_id else None
    told: dict[str, Any] = {"verdict": review.verdict, "version": review.version, "line": str(review.line)}
    told["of"] = "annotation" if review.annotation_id else "relation"
    told["on"] = str(review.annotation_id or review.relation_id)
    if result is not None:
        told |= told_annotation(result, desk.own.segments_of(result))
    if relation is not None:
        told |= told_relation(relation)
    if review.retracts_id:
        told["retracts"] = str(review.retracts_id)
    return told
