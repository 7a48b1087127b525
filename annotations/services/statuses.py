"""What the layers that a record brings make of a revision's status."""

from collections.abc import Collection

from annotations.exchange.native import Record
from annotations.services.decided_columns import has_open_dispute
from corpus.models import RevisionStatus

#: How far the work has come; a layer that comes in never takes a revision back.
ORDER = (
    RevisionStatus.NEW,
    RevisionStatus.SUGGESTED,
    RevisionStatus.IN_REVIEW,
    RevisionStatus.SUBMITTED,
    RevisionStatus.DISPUTED,
    RevisionStatus.GOLD,
    RevisionStatus.SUPERSEDED,
)


def status_by_layers(record: Record, names: Collection[str], *, disputed: bool) -> RevisionStatus:
    """Return the status that the layers `names` of a record vouch for; `disputed` where one is open."""
    if disputed:
        return RevisionStatus.DISPUTED
    people = [name for name in names if name.startswith("reviewer:")]
    if "gold" in names:
        return RevisionStatus.GOLD
    if any(record.layers[name].get("submitted_at") for name in people):
        return RevisionStatus.SUBMITTED
    if people:
        return RevisionStatus.IN_REVIEW
    if any(name.startswith("machine:") for name in names):
        return RevisionStatus.SUGGESTED
    return RevisionStatus.NEW


def status_on_arrival(record: Record, *, waiting: bool) -> RevisionStatus:
    """Return the status that a record states, if its layers vouch for that, or else theirs.

    `waiting` says that a pipeline of this corpus has yet to look at the text.
    """
    vouched = status_by_layers(record, record.layers, disputed=has_open_dispute(record))
    stated = record.values.get("status")
    also = _also(record, vouched, waiting=waiting)
    return next((status for status in also if status == stated), vouched)


def _also(record: Record, vouched: RevisionStatus, *, waiting: bool) -> Collection[RevisionStatus]:
    """Return the other statuses that a revision with these layers may rightly have."""
    people = [name for name in record.layers if name.startswith("reviewer:")]
    if vouched == RevisionStatus.GOLD and any(record.layers[name].get("submitted_at") for name in people):
        return RevisionStatus.IN_REVIEW, RevisionStatus.SUBMITTED
    if vouched == RevisionStatus.GOLD:
        return (RevisionStatus.IN_REVIEW,) if people else ()
    if vouched == RevisionStatus.SUBMITTED:
        return (RevisionStatus.IN_REVIEW,)
    if vouched == RevisionStatus.SUGGESTED and waiting:
        return (RevisionStatus.NEW,)
    return ()
