"""Settlements, disputes and assignments as the parts of native records; as annotations.services.rows."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from annotations.models import Assignment, Dispute, Layer, LayerKind, Settlement
from annotations.services.reading import layer_name
from annotations.services.rows import driver_rows, iso_time, public_id, text_id

#: Parts of records by the revision that they are of, as `stored_id` gives it.
Decided: TypeAlias = dict[str, list[dict[str, Any]]]


def settlement_rows(alias: str, layers: Sequence[Layer]) -> Decided:
    """Return what was settled in those of the layers that are gold, by revision as `stored_id` gives it."""
    gold = [layer.pk for layer in layers if layer.kind == LayerKind.GOLD]
    if not gold:
        return {}
    rows = Settlement.objects.using(alias).filter(layer__in=gold).order_by("line", "version")
    found: Decided = defaultdict(list)
    for (
        revision, pk, line, version, outcome, dispute, result, result_relation, implied_by, reason, note,
        rule, guideline, settled_by, at,
    ) in driver_rows(
        rows.values_list(
            text_id("layer__revision_id"), text_id("id"), text_id("line"), "version", "outcome",
            text_id("dispute_id"), text_id("result_id"), text_id("result_relation_id"),
            text_id("implied_by_id"), "reason", "note", "rule", "guideline",
            text_id("settled_by__public_id"), "at",
        )
    ):  # fmt: skip
        wrote = result or result_relation
        found[revision].append(
            {
                "id": public_id(pk),
                "line": public_id(line),
                "version": version,
                "outcome": outcome,
                "dispute": _public(dispute),
                "result": _public(wrote),
                "implied_by": _public(implied_by),
                "reason": reason,
                "note": note,
                "rule": rule,
                "guideline": guideline,
                "settled_by": _public(settled_by),
                "at": iso_time(at),
            }
        )
    return found


def dispute_rows(alias: str, revisions: Sequence[UUID], layers: Sequence[Layer]) -> Decided:
    """Return the disputes of revisions, by revision; `layers` are those of the revisions."""
    names = {str(layer.pk): layer_name(layer) for layer in layers}
    found: Decided = defaultdict(list)
    rows = Dispute.objects.using(alias).filter(revision__in=revisions).order_by("id")
    for revision, pk, line, start, differences, positions, status, version, opened_at in driver_rows(
        rows.values_list(
            text_id("revision_id"), text_id("id"), text_id("line"), "start", "differences", "positions",
            "status", "version", "opened_at",
        )
    ):  # fmt: skip
        found[revision].append(
            {
                "id": public_id(pk),
                "line": public_id(line),
                "start": start,
                "differences": orjson.loads(differences),
                "positions": [
                    {"layer": names[side["layer"]], "annotation": side["annotation"]}
                    for side in orjson.loads(positions)
                ],
                "status": status,
                "version": version,
                "opened_at": iso_time(opened_at),
            }
        )
    return found


def assignment_rows(alias: str, revisions: Sequence[UUID]) -> Decided:
    """Return who was given each revision, by revision."""
    found: Decided = defaultdict(list)
    rows = Assignment.objects.using(alias).filter(revision__in=revisions).order_by("id")
    for revision, pk, number, rank, status, reviewer, taken_at, lease_until, ended_at in driver_rows(
        rows.values_list(
            text_id("revision_id"), text_id("id"), "number", "rank", "status",
            text_id("reviewer__public_id"), "taken_at", "lease_until", "ended_at",
        )
    ):  # fmt: skip
        found[revision].append(
            {
                "id": public_id(pk),
                "number": number,
                "rank": rank,
                "status": status,
                "reviewer": _public(reviewer),
                "taken_at": iso_time(taken_at),
                "lease_until": iso_time(lease_until),
                "ended_at": iso_time(ended_at),
            }
        )
    return found


def _public(stored: str | None) -> str | None:
    return public_id(stored) if stored else None
