"""Settlements, disputes and assignments of a record as columns of rows; as annotations.services.importing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from annotations.exchange.fields import moment
from annotations.exchange.native import Record
from annotations.models import DisputeStatus
from annotations.services.identities import RecordIdentities

#: Gives the key of the person of a public id.
People = Callable[[str], int]


def has_open_dispute(record: Record) -> bool:
    return any(dispute.status == DisputeStatus.OPEN for dispute in record.disputes)


def dispute_columns(
    record: Record, ids: RecordIdentities, revision_id: UUID, layers: Mapping[str, UUID], now: datetime
) -> list[dict[str, Any]]:
    """Return the disputes of a record; `layers` has those of the revision by name."""
    known = ids.annotations.known
    return [
        {
            "id": ids.disputes.keep(dispute.id),
            "revision": revision_id,
            "line": known(dispute.line) or dispute.line,
            "start": dispute.values["start"],
            "differences": dispute.values["differences"],
            "positions": [
                {"layer": str(layers[name]), "annotation": _text(known(annotation))}
                for name, annotation in dispute.positions
            ],
            "status": dispute.status,
            "version": dispute.values.get("version") or 1,
            "opened_at": moment(dispute.values.get("opened_at"), "opened_at") or now,
        }
        for dispute in record.disputes
    ]


def settlement_columns(
    record: Record, ids: RecordIdentities, layer: UUID, people: People, now: datetime
) -> list[dict[str, Any]]:
    """Return the settlements of a record, whose disputes have their ids already; `layer` is its gold."""
    # All of their ids first: one may name another that comes after it.
    ids.settlements.keep_all([row.id for row in record.settlements])
    rows = []
    for row in record.settlements:
        linked, values = row.kind == "relation", row.values
        things = ids.relations if linked else ids.annotations
        result = things.known(row.result)
        rows.append(
            {
                "id": ids.settlements.known(row.id),
                "layer": layer,
                "line": things.known(row.line) or row.line,
                "version": row.version,
                "outcome": row.outcome,
                "dispute": ids.disputes.known(row.dispute),
                "result": None if linked else result,
                "result_relation": result if linked else None,
                "implied_by": ids.settlements.known(row.implied_by),
                "reason": values.get("reason") or "",
                "note": values.get("note") or "",
                "rule": values.get("rule") or "",
                "guideline": values.get("guideline") or 0,
                "settled_by": people(row.settled_by) if row.settled_by else None,
                "at": moment(values.get("at"), "at") or now,
            }
        )
    return rows


def assignment_columns(
    record: Record, ids: RecordIdentities, revision_id: UUID, people: People
) -> list[dict[str, Any]]:
    return [
        {
            "id": ids.assignments.keep(row.id),
            "revision": revision_id,
            "number": row.number,
            "rank": float(row.values.get("rank") or 0),
            "status": row.status,
            "reviewer": people(row.reviewer) if row.reviewer else None,
            **{name: moment(row.values.get(name), name) for name in ("taken_at", "lease_until", "ended_at")},
        }
        for row in record.assignments or ()
    ]


def _text(identity: str | None) -> str | None:
    """Return an id as the positions of a dispute hold it."""
    return str(UUID(identity)) if identity else None
