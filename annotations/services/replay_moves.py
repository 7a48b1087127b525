"""What the events tell of the work on a text: its status, who had which pass, what was in dispute.

An event of an assignment or a dispute tells all of its row as it was from then on, so the newest one is the
row. What waits in the queue without a person, and in which order, is nobody's act: the settings give it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q

from annotations.models import Assignment, Dispute
from annotations.services.telling import TERMS, read_assignment, read_dispute
from corpus.models import Block, Event, Revision, RevisionStatus

#: All but the end of the lease, which each sign of life moves, and the rank, which the settings give.
GIVEN = ("number", "status", "reviewer_id", "taken_at", "ended_at", "reopened_at", *TERMS)
DISPUTED = ("line", "start", "differences", "positions", "status", "version", "opened_at")
RELEVANT = (
    Q(action__startswith="assignment.")
    | Q(action__startswith="dispute.")
    | Q(action="check.terms")
    | Q(action__in=("article.created", "article.amended", "revision.moved", "block.kind_set"))
)

#: What rows hold, by kind and id.
Rows = dict[tuple[str, str], tuple[Any, ...]]


@dataclass(kw_only=True)
class Moves:
    """What the events of one text tell of the work on it.

    `untold` has what they do not tell: rows by kind and id, `status`, and the kinds of which an import
    brought rows.
    """

    revision: Revision
    status: str = RevisionStatus.NEW.value
    assignments: dict[UUID, Assignment] = field(default_factory=dict)
    disputes: dict[UUID, Dispute] = field(default_factory=dict)
    #: What of the suggestions a pass is shown, where that is not all.
    terms: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    #: Of each block that somebody set, its kind and the person.
    blocks: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    untold: set[str] = field(default_factory=set)

    def take(self, event: Event) -> None:
        kind, _, act = event.action.partition(".")
        if event.action == "revision.moved":
            self.status = str(event.after)
            self.untold.discard("status")
        elif event.action == "block.kind_set":
            self.blocks[int(event.object_id)] = (str(event.after), event.actor_id)
        elif kind == "check":
            pk = UUID(event.object_id)
            self.terms[pk] = event.after or {}
            self._set_terms(pk)
        elif kind == "article":
            if (event.after or {}).get("imported"):
                self.untold |= {"status", "block"}
        elif act == "imported":
            self.untold.add(kind)
        else:
            self._take_row(kind, UUID(event.object_id), event.after or {})

    def _take_row(self, kind: str, pk: UUID, told: dict[str, Any]) -> None:
        if "status" not in told:
            self.untold.add(f"{kind} {pk}")
            return
        self.untold.discard(f"{kind} {pk}")
        if kind == "assignment":
            self.assignments[pk] = read_assignment(told, pk, self.revision)
            self._set_terms(pk)
        else:
            self.disputes[pk] = read_dispute(told, pk, self.revision)

    def _set_terms(self, pk: UUID) -> None:
        if pk in self.assignments:
            for name, value in self.terms.get(pk, {}).items():
                setattr(self.assignments[pk], name, value)

    def rows(self) -> Rows:
        return rows_of(self.revision, self.status, self.assignments, self.disputes, self.blocks)

    def compared(self, told: Rows, held: Rows) -> tuple[Rows, Rows]:
        """Return of what is told and of what is held that of which the events tell all."""
        return (
            {key: row for key, row in told.items() if self._is_told(key)},
            {
                key: row
                for key, row in held.items()
                if self._is_told(key) and (key in told or self._sole(key))
            },
        )

    def _is_told(self, key: tuple[str, str]) -> bool:
        kind, pk = key
        return f"{kind} {pk}" not in self.untold and not (kind == "revision" and "status" in self.untold)

    def _sole(self, key: tuple[str, str]) -> bool:
        """Return whether nothing of this kind came in by an import, so that events must tell of each."""
        return key[0] not in self.untold


def stored_moves(alias: str, page: Collection[Revision]) -> dict[UUID, Rows]:
    """Return what the tables hold of the work on texts. Four queries."""
    assignments: dict[UUID, dict[UUID, Assignment]] = defaultdict(dict)
    disputes: dict[UUID, dict[UUID, Dispute]] = defaultdict(dict)
    blocks: dict[UUID, dict[int, tuple[str, int | None]]] = defaultdict(dict)
    ids = [revision.pk for revision in page]
    # Nobody has had the others.
    for given in Assignment.objects.using(alias).filter(revision__in=ids, reviewer__isnull=False):
        assignments[given.revision_id][given.pk] = given
    for dispute in Dispute.objects.using(alias).filter(revision__in=ids):
        disputes[dispute.revision_id][dispute.pk] = dispute
    for block in Block.objects.using(alias).filter(revision__in=ids, kind_set__isnull=False):
        blocks[block.revision_id][block.pk] = (block.kind_set or "", block.set_by_id)
    return {
        one.pk: rows_of(one, one.status, assignments[one.pk], disputes[one.pk], blocks[one.pk])
        for one in page
    }


def rows_of(
    revision: Revision,
    status: str,
    assignments: dict[UUID, Assignment],
    disputes: dict[UUID, Dispute],
    blocks: dict[int, tuple[str, int | None]],
) -> Rows:
    rows: Rows = {("revision", str(revision.pk)): (status,)}
    rows |= {("assignment", str(pk)): _values(row, GIVEN) for pk, row in assignments.items()}
    rows |= {("dispute", str(pk)): _values(row, DISPUTED) for pk, row in disputes.items()}
    return rows | {("block", str(pk)): told for pk, told in blocks.items()}


def _values(row: Assignment | Dispute, columns: Collection[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, column) for column in columns)
