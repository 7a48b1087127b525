"""What adjudicators have settled and need not settle again when the passes of a text are compared anew."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from annotations.agreement import Case
from annotations.models import Dispute, DisputeStatus, Settlement
from annotations.services.due import Demands, asked_anew, demands_of
from annotations.services.reading import LayerView
from corpus.models import Revision

#: What each pass says in a dispute: the annotation by its layer.
Positions = dict[str, str | None]


def positions_of(case: Case, views: Sequence[LayerView]) -> Positions:
    return {
        str(view.layer.pk): unit.id if unit else None for view, unit in zip(views, case.units, strict=True)
    }


def still_settled(
    revision: Revision, views: Sequence[LayerView], cases: Sequence[Case]
) -> tuple[list[Dispute], list[Case]]:
    """Return the settled disputes that still hold, and the cases that none of them settles.

    One holds while every pass says what was settled, nobody has changed anything about it since, and no
    re-review asks for it anew.
    """
    settled = list(Dispute.objects.filter(revision=revision, status=DisputeStatus.SETTLED))
    if not settled:
        return [], list(cases)
    own = Settlement.objects.filter(dispute__in=settled, implied_by__isnull=True).select_related("result")
    newest = {row.dispute_id: row for row in own.order_by("version")}
    demands = demands_of(revision.corpus_id)
    by_positions = {
        frozenset((said["layer"], said["annotation"]) for said in dispute.positions): dispute
        for dispute in settled
    }
    held, open_cases = [], []
    for case in cases:
        dispute = by_positions.get(frozenset(positions_of(case, views).items()))
        settlement = newest.get(dispute.pk) if dispute else None
        if dispute and settlement and _holds(settlement, views, case, demands):
            held.append(dispute)
        else:
            open_cases.append(case)
    return held, open_cases


def _holds(settlement: Settlement, views: Sequence[LayerView], case: Case, demands: Demands) -> bool:
    labels = [
        settlement.result.label if settlement.result else None,
        *(unit.label for unit in case.units if unit),
    ]
    if asked_anew(demands, labels, settlement.guideline):
        return False
    lines = {UUID(unit.line) for unit in case.units if unit}
    return not any(_changed_since(view, lines, settlement.at) for view in views)


def _changed_since(view: LayerView, lines: Collection[UUID], moment: datetime) -> bool:
    """Return whether somebody decided, after a moment, on any of these lines or on where they lead."""
    concerned = set(lines)
    for relation in view.relations.values():
        head, child = view.end_lines(relation)
        if head in lines:
            concerned |= {relation.root, child}
    return any(
        review.at > moment and review.implied_by_id is None and review.line in concerned
        for review in view.reviews
    )
