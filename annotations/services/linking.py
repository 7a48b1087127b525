"""Relations of what a reviewer keeps: accepting a quote accepts the source and cue shown with it.

Every review written here is brought along by another (`implied_by`) and falls when that one is retracted or
replaced; so neither needs a clean-up, and a source that two quotes share stands while one of them does. What
a new decision takes over from the one before it, it brings along anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from annotations.models import Annotation, Relation, Review, Verdict
from annotations.services.decisions import Decision, Link
from annotations.services.desk import Desk
from annotations.services.layers import fitted
from corpus.schemes import SchemeError
from corpus.services.errors import BadInput

DROPPED = (Verdict.REJECT, Verdict.SKIP)


def set_links(desk: Desk, review: Review, links: Mapping[str, Sequence[Link]]) -> None:
    """Make the relations that `links` names lead from what `review` left standing to just what it says."""
    head = desk.own.standing[review.line]
    for label, wanted in links.items():
        there = [pair for pair in desk.relations_from(review.line) if pair[0].label == label]
        _set_links(desk, review, head, label, wanted, there)


def follow_suggestions(desk: Desk, review: Review, *, named: set[str], explicit: set[UUID]) -> None:
    """Take the other relations of what `review` left standing as they were shown.

    `named` are the relations that the decision settled itself, `explicit` the lines decided in the same
    request: those speak for themselves, as do a relation or an end that the reviewer has dropped before.
    """
    head = desk.own.standing.get(review.line)
    if head is None:
        return
    for relation, child_line in desk.relations_from(review.line):
        if relation.label not in named and relation.root not in explicit:
            _follow(desk, review, head, relation, child_line)


def misfits(desk: Desk) -> set[UUID]:
    """Return the links that stand though the scheme forbids them between what their ends are."""
    return {
        line
        for line, relation in desk.own.links.items()
        if not _fits(desk, relation.label, *(desk.own.standing[end] for end in desk.own.end_lines(relation)))
    }


def drop_misfits(desk: Desk, kept: Mapping[UUID, Review], before: Collection[UUID]) -> bool:
    """Reject the links that do not fit since what was just taken; tell whether there were any.

    They fall with the decision that labels one of their ends so: one just taken (`kept`, by line), or, where
    something was taken back that had let them fall before, an earlier one. What did not fit `before`, since
    the scheme was changed, is left alone until one of its ends is decided on.
    """
    dropped = False
    for line in misfits(desk):
        relation = desk.own.links[line]
        head, child = desk.own.end_lines(relation)
        review = kept.get(head) or kept.get(child)
        if review is None and line in before:
            continue
        thing = desk.find_relation(line) or relation
        cause = review or _behind(desk, desk.own.counting[child])
        desk.write_review(Verdict.REJECT, relation=thing, implied_by=cause)
        dropped = True
    return dropped


def drop_doubles(desk: Desk) -> bool:
    """Reject the links that lead from where to where a newer one leads; tell whether there were any.

    An older one comes back with an end that stands again, or when a decision counts again. It falls with the
    decision that keeps the newer one.
    """
    newest: dict[tuple[str, UUID, UUID], UUID] = {}
    dropped = False
    for line in sorted(desk.own.links, key=lambda line: desk.own.counting[line].pk, reverse=True):
        relation = desk.own.links[line]
        kept = newest.setdefault((relation.label, *desk.own.end_lines(relation)), line)
        if kept != line:
            cause = _behind(desk, desk.own.counting[kept])
            desk.write_review(Verdict.REJECT, relation=desk.find_relation(line) or relation, implied_by=cause)
            dropped = True
    return dropped


def _behind(desk: Desk, review: Review) -> Review:
    """Return the decision that brought a review along, or itself."""
    if review.implied_by_id is None:
        return review
    return next(one for one in desk.own.reviews if one.pk == review.implied_by_id)


def add_relation(desk: Desk, decision: Decision) -> Review:
    """Add a relation between two annotations that are there; a suggested end is kept along with it."""
    if decision.head is None or decision.child is None or decision.label is None:
        raise BadInput("A relation needs a label, a head and a child.", field="head")
    head, child = desk.annotation(decision.head), desk.annotation(decision.child)
    _check(desk, decision.label, desk.latest(head), desk.latest(child))
    _refuse_double(desk, decision.label, head, child)
    undecided = _undecided(desk, decision.label, head, child)
    if undecided is not None:
        # It was suggested: to add it is to accept it, or it would stand twice once that is accepted too.
        accepting = replace(decision, verdict=Verdict.ACCEPT, label=None, head=None, child=None)
        review = correct_relation(desk, undecided, accepting)
        desk.seen[undecided.root] = review.version
        return review
    kept_head, kept_child = _end(desk, head), _end(desk, child)
    relation = desk.write_relation(label=decision.label, head=kept_head, child=kept_child, derived_from=None)
    review = desk.write_review(Verdict.ADD, relation=relation, result_relation=relation, note=decision.note)
    desk.seen[relation.root] = review.version
    _keep_along(desk, review, kept_head, kept_child)
    return review


def correct_relation(desk: Desk, relation: Relation, decision: Decision) -> Review:
    """Accept a relation as it is, or with another label, head or child; what is not named stays as it was."""
    base = desk.own.links.get(relation.root, relation) if decision.verdict == Verdict.CORRECT else relation
    head = desk.annotation(decision.head or base.head_id)
    child = desk.annotation(decision.child or base.child_id)
    label = decision.label or base.label
    kept_head, kept_child = _end(desk, head), _end(desk, child)
    _check(desk, label, kept_head, kept_child)
    _refuse_double(desk, label, head, child, besides=relation.root)
    result = desk.write_relation(label=label, head=kept_head, child=kept_child, derived_from=base)
    suggested = (desk.annotation(relation.head_id).root, desk.annotation(relation.child_id).root)
    same = (label, head.root, child.root) == (relation.label, *suggested)
    review = desk.write_review(
        Verdict.ACCEPT if same else Verdict.CORRECT,
        relation=relation,
        result_relation=result,
        note=decision.note,
    )
    _keep_along(desk, review, kept_head, kept_child)
    return review


def _follow(desk: Desk, review: Review, head: Annotation, relation: Relation, child_line: UUID) -> None:
    counting = desk.own.counting.get(relation.root)
    as_suggested = review.verdict == Verdict.ACCEPT
    if counting is not None and counting.implied_by_id is None:
        return
    # 'As suggested' lets go of the links that an earlier correction had put in.
    if as_suggested and relation.layer_id == desk.own.layer.pk:
        return
    if counting is not None and counting.verdict in DROPPED and not as_suggested:
        if desk.line_behind(counting) == review.line:
            desk.write_review(Verdict.REJECT, relation=relation, implied_by=review)
        return
    if desk.explicit(child_line) in DROPPED:
        return
    shown = desk.own.standing.get(child_line) or desk.suggestion_of(child_line)
    if shown is None or not _fits(desk, relation.label, head, shown):
        return
    if any(row.root != relation.root for row in _standing(desk, relation.label, head, shown)):
        return
    child = _kept_child(desk, review, child_line)
    if child is not None:
        _keep_relation(desk, review, relation, head, child)


def _set_links(
    desk: Desk,
    review: Review,
    head: Annotation,
    label: str,
    wanted: Sequence[Link],
    there: list[tuple[Relation, UUID]],
) -> None:
    """Make the relations `label` of `head` lead to `wanted` and to nothing else."""
    children = {}
    for link in wanted:
        child = _wanted_child(desk, review, label, link)
        children[child.root] = child
    for relation, child_line in there:
        if child_line not in children:
            desk.write_review(Verdict.REJECT, relation=relation, implied_by=review)
    known = {child_line: relation for relation, child_line in there}
    for child in children.values():
        _check(desk, label, head, child)
        if child.root in known:
            _keep_relation(desk, review, known[child.root], head, child)
        else:
            relation = desk.write_relation(label=label, head=head, child=child, derived_from=None)
            desk.write_review(Verdict.ADD, relation=relation, result_relation=relation, implied_by=review)


def _wanted_child(desk: Desk, review: Review, label: str, link: Link) -> Annotation:
    if link.annotation is not None:
        child = desk.annotation(link.annotation)
        kept = _kept_child(desk, review, child.root)
        return kept or _keep_line(desk, review, child)
    definition = desk.scheme.relations.get(label)
    if definition is None:
        raise BadInput(f"The scheme has no relation {label!r}.", field="links")
    if not link.segments:
        raise BadInput(f"A link of {label!r} names an annotation or segments.", field="links")
    child = desk.write_annotation(
        label=definition.children[0],
        segments=fitted(desk.revision.text, link.segments),
        attributes={},
        derived_from=None,
    )
    desk.write_review(Verdict.ADD, annotation=child, result=child, implied_by=review)
    return child


def _kept_child(desk: Desk, review: Review, line: UUID) -> Annotation | None:
    """Return what stands on a line, kept along with `review` unless it was decided for itself."""
    standing = desk.own.standing.get(line)
    if standing is not None:
        _keep_along(desk, review, standing)
        return standing
    suggestion = desk.suggestion_of(line)
    if suggestion is None:
        return None
    return _keep_line(desk, review, suggestion)


def _keep_line(desk: Desk, review: Review, annotation: Annotation) -> Annotation:
    result = desk.write_annotation(
        label=annotation.label,
        segments=desk.segments_of(annotation),
        attributes=dict(annotation.attributes),
        derived_from=annotation,
    )
    desk.write_review(Verdict.ACCEPT, annotation=annotation, result=result, implied_by=review)
    return result


def _keep_relation(
    desk: Desk, review: Review, relation: Relation, head: Annotation, child: Annotation
) -> None:
    earlier = next((row for row in desk.own.relations.values() if row.root == relation.root), None)
    if earlier is None or desk.own.end_lines(earlier) != (head.root, child.root):
        earlier = desk.write_relation(label=relation.label, head=head, child=child, derived_from=relation)
    desk.write_review(Verdict.ACCEPT, relation=relation, result_relation=earlier, implied_by=review)


def _end(desk: Desk, annotation: Annotation) -> Annotation:
    """Return what stands on the line of an end, or a copy of its suggestion, to be kept with the relation."""
    standing = desk.own.standing.get(annotation.root)
    if standing is not None:
        return standing
    if desk.explicit(annotation.root) in DROPPED or desk.suggestion_of(annotation.root) is None:
        raise BadInput("An end of this relation does not stand in your layer.")
    return desk.write_annotation(
        label=annotation.label,
        segments=desk.segments_of(annotation),
        attributes=dict(annotation.attributes),
        derived_from=annotation,
    )


def _keep_along(desk: Desk, review: Review, *kept: Annotation) -> None:
    """Let annotations stand for as long as `review` does, but for those that were decided for themselves."""
    for annotation in kept:
        if desk.explicit(annotation.root) is None:
            thing = desk.suggestion_of(annotation.root) or annotation
            desk.write_review(Verdict.ACCEPT, annotation=thing, result=annotation, implied_by=review)


def _check(desk: Desk, label: str, head: Annotation, child: Annotation) -> None:
    if head.root == child.root:
        raise BadInput("A relation leads from one annotation to another.")
    try:
        desk.scheme.check_relation(label, head.label, child.label)
    except SchemeError as error:
        raise BadInput(str(error)) from None


def _fits(desk: Desk, label: str, head: Annotation, child: Annotation) -> bool:
    try:
        desk.scheme.check_relation(label, head.label, child.label)
    except SchemeError:
        return False
    return True


def _undecided(desk: Desk, label: str, head: Annotation, child: Annotation) -> Relation | None:
    """Return the relation that is suggested between two lines and that no decision counts on."""
    for relation, line in desk.relations_from(head.root):
        if relation.label == label and line == child.root and relation.root not in desk.own.counting:
            return relation
    return None


def _refuse_double(
    desk: Desk, label: str, head: Annotation, child: Annotation, besides: UUID | None = None
) -> None:
    if any(row.root != besides for row in _standing(desk, label, head, child)):
        raise BadInput("This relation stands already.")


def _standing(desk: Desk, label: str, head: Annotation, child: Annotation) -> list[Relation]:
    """Return what links two lines in the reviewer's layer, decisions of this very request counted in."""
    if not {head.root, child.root} <= desk.own.standing.keys():
        return []
    found = []
    for review in desk.own.counting.values():
        row = desk.own.relations.get(review.result_relation_id) if review.result_relation_id else None
        if row and row.label == label and desk.own.end_lines(row) == (head.root, child.root):
            found.append(row)
    return found
