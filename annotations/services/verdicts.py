"""What each verdict does to a desk: accept, correct, reject, skip, add and retract, and confirming one.

Nothing is changed in place. Each decision is a review in the reviewer's own layer; accept, correct and add
also make the annotation (with its relations) that stands there from then on.
"""

from uuid import UUID

from annotations.models import Absence, Annotation, RejectReason, Relation, Review, Verdict
from annotations.models.reviews import KEEPING, REASONS
from annotations.services.decisions import CONFIRM, Decision, given_attributes
from annotations.services.desk import Desk
from annotations.services.layers import fits_scheme, fitted
from annotations.services.linking import add_relation, correct_relation, set_links
from corpus.services.errors import BadInput, InvalidTransition, StaleVersion

MAX_NOTE = 2_000


def apply_decision(desk: Desk, decision: Decision) -> Review:
    """Take a decision and return its review; a ServiceError may leave it half taken, for `roll_back`."""
    _check_words(decision)
    planted = _planted_and_kept(desk, decision)
    if planted is not None:
        return _take_back(desk, planted, decision)
    if decision.verdict == Verdict.ADD:
        return add_relation(desk, decision) if decision.head else _add(desk, decision)
    if decision.on is None:
        raise BadInput(f"{decision.verdict} needs the id of what it is on.", field="on")
    relation = desk.find_relation(decision.on)
    if relation is not None:
        _check_version(desk, relation.root, decision.version)
        if decision.verdict == CONFIRM:
            raise BadInput(
                "confirm is for annotations; what leads from one is confirmed with it.", field="on"
            )
        return _decide_relation(desk, relation, decision)
    annotation = desk.annotation(decision.on)
    _check_version(desk, annotation.root, decision.version)
    return _decide_annotation(desk, annotation, decision)


def _planted_and_kept(desk: Desk, decision: Decision) -> Annotation | None:
    """Return what was planted and would stand by this decision: accepted, corrected, or linked to."""
    if decision.verdict not in KEEPING:
        return None
    kept = [decision.on, decision.head, decision.child]
    kept += [link.annotation for links in decision.links.values() for link in links]
    found = (desk.suggestion_of(pk) for pk in kept if pk is not None and pk in desk.shown.planted)
    return next(found, None)


def _take_back(desk: Desk, planted: Annotation, decision: Decision) -> Review:
    """Record that something planted was kept, and that it is taken back at once; nothing is written."""
    if decision.on == planted.pk:
        _check_version(desk, planted.root, decision.version)
    verdict = Verdict.CORRECT if decision.verdict == Verdict.CORRECT else Verdict.ACCEPT
    review = desk.write_review(verdict, annotation=planted, note=decision.note)
    desk.write_review(Verdict.RETRACT, annotation=planted, retracts=review)
    desk.seen[planted.root] = desk.own.versions[planted.root]
    return review


def _decide_annotation(desk: Desk, annotation: Annotation, decision: Decision) -> Review:
    thing = desk.suggestion_of(annotation.root) or annotation
    if decision.verdict == CONFIRM:
        review = _confirm(desk, thing.root)
    elif decision.verdict == Verdict.RETRACT:
        review = _retract(desk, thing.root, annotation=thing, note=decision.note)
    elif decision.verdict in (Verdict.REJECT, Verdict.SKIP):
        review = desk.write_review(
            Verdict(decision.verdict), annotation=thing, reason=decision.reason, note=decision.note
        )
    else:
        review = _keep(desk, thing, decision)
        set_links(desk, review, decision.links)
    desk.seen[thing.root] = desk.own.versions[thing.root]
    return review


def _keep(desk: Desk, thing: Annotation, decision: Decision) -> Review:
    """Write the accepted or corrected annotation. A correction that changes nothing is an acceptance."""
    suggestion = desk.suggestion_of(thing.root)
    verdict, base = Verdict(decision.verdict), thing
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
    said = decision.attributes or {}
    known = desk.scheme.labels[label].attributes if label in desk.scheme.labels else {}
    unknown = next((name for name in said if said[name] is None and name not in {*attributes, *known}), None)
    if unknown is not None:
        raise BadInput(f"The label {label!r} has no attribute {unknown!r} to take away.", field="attributes")
    if decision.label and label in desk.scheme.labels:
        attributes = {name: value for name, value in attributes.items() if name in known}
    return given_attributes({**attributes, **said})


def _add(desk: Desk, decision: Decision) -> Review:
    if decision.label is None or not decision.segments:
        raise BadInput("add needs a label and segments.", field="segments")
    attributes = given_attributes(decision.attributes or {})
    fits_scheme(desk.scheme, decision.label, attributes)
    segments = fitted(desk.revision.text, decision.segments, decision.surface)
    result = desk.write_annotation(
        label=decision.label, segments=segments, attributes=attributes, derived_from=None
    )
    review = desk.write_review(
        Verdict.ADD, annotation=result, result=result, reason=decision.reason, note=decision.note
    )
    set_links(desk, review, decision.links)
    desk.seen[result.root] = review.version
    return review


def _decide_relation(desk: Desk, relation: Relation, decision: Decision) -> Review:
    if decision.verdict == Verdict.RETRACT:
        review = _retract(desk, relation.root, relation=relation, note=decision.note)
    elif decision.verdict in (Verdict.REJECT, Verdict.SKIP):
        review = desk.write_review(
            Verdict(decision.verdict), relation=relation, reason=decision.reason, note=decision.note
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


def _confirm(desk: Desk, line: UUID) -> Review:
    """Take the decision that counts on a line once more, with what it brought along and still counts.

    What was brought along by another decision stands from now on for itself.
    """
    counting = desk.own.counting.get(line)
    if counting is None:
        raise InvalidTransition("There is no own decision here to confirm.")
    along = {review.line for review in desk.own.reviews if review.implied_by_id == counting.pk}
    review = desk.repeat_review(counting)
    for other in sorted(along):
        held = desk.own.counting.get(other)
        if held is not None and held.implied_by_id is not None:
            desk.repeat_review(held, implied_by=review)
    return review


def _check_words(decision: Decision) -> None:
    if decision.verdict == Verdict.REJECT and decision.reason not in RejectReason.values:
        raise BadInput(f"reject needs a reason, one of {', '.join(RejectReason.values)}.", field="reason")
    if decision.reason and decision.reason not in REASONS:
        raise BadInput(
            f"There is no reason {decision.reason[:32]!r}; there are {', '.join(REASONS)}.", field="reason"
        )
    if decision.reason in Absence.values and not _leads_nowhere(decision):
        raise BadInput(
            f"{decision.reason} is why something has no source: it goes with links that lead nowhere.",
            field="reason",
        )
    if len(decision.note) > MAX_NOTE:
        raise BadInput(f"A note has {MAX_NOTE} characters at most.", field="note")


def _leads_nowhere(decision: Decision) -> bool:
    """Return whether a correction or an addition says that some relation has nothing to lead to."""
    keeps = decision.verdict in (Verdict.CORRECT, Verdict.ADD)
    return keeps and any(not links for links in decision.links.values())


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
