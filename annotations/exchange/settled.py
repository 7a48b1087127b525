"""How the gold of a lossless record came about: its settlements and disputes, and who was given the text."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from annotations.exchange.decided import Thing
from annotations.exchange.fields import RecordRefused, moment, number, objects, plain_id, words

OUTCOMES = frozenset({"agreed", "approved", "taken", "merged", "written", "rejected"})
DISPUTE_STATUSES = frozenset({"open", "settled", "dropped"})
ASSIGNMENT_STATUSES = frozenset({"open", "taken", "submitted", "returned", "expired"})
#: Of assignments: those that hold a pass, and those that hold it for a person.
HOLDING, HELD = ("open", "taken", "submitted"), ("taken", "submitted")
GOLD = "gold"
#: The largest number of a pass that every database's small integer holds.
MOST_PASSES = 2**15 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """One settlement, checked. Ids are 32 hexadecimal digits, empty for none; so are those below."""

    id: str
    line: str
    version: int
    outcome: str
    dispute: str
    kind: str
    result: str
    implied_by: str
    settled_by: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Disputed:
    """One dispute, checked. `positions` has the layer of each pass by its name, and its annotation there."""

    id: str
    line: str
    positions: Sequence[tuple[str, str]]
    status: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Assigned:
    """One assignment, checked."""

    id: str
    number: int
    status: str
    reviewer: str
    values: Mapping[str, Any]


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=HasId)
#: The layers of a record by name, with what it states of each.
Layers = Mapping[str, Mapping[str, Any]]


def read_settlements(
    values: Mapping[str, Any], things: Mapping[str, Thing], layers: Layers, disputes: Sequence[Disputed]
) -> list[Settled]:
    """Return the settlements of a record, once each names what stands in gold on its line.

    Args:
        values: the record.
        things: its annotations and relations, by id.
        layers: its layers.
        disputes: its disputes, as `read_disputes` gave them.
    """
    found = _each(values, "settlements", lambda item, place: _settlement(item, place, things))
    if found and GOLD not in layers:
        raise RecordRefused("it has settlements, and no gold layer.")
    known, by_id = {dispute.id for dispute in disputes}, {row.id: row for row in found}
    versions: dict[str, list[int]] = defaultdict(list)
    for row in found:
        if row.dispute and row.dispute not in known:
            raise RecordRefused(f"the settlement {row.id} settles no dispute of this record.")
        bringing = by_id.get(row.implied_by)
        if row.implied_by and (bringing is None or bringing.implied_by):
            raise RecordRefused(f"the settlement {row.id} is brought along by none of this record.")
        versions[row.line].append(row.version)
    for line, numbers in versions.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            raise RecordRefused(f"the settlements of {line} have the versions {sorted(numbers)[:20]}.")
    return found


def read_disputes(
    values: Mapping[str, Any], things: Mapping[str, Thing], layers: Layers, length: int
) -> list[Disputed]:
    """Return the disputes of a record, once each place lies in its text and each pass in its layers."""
    return _each(values, "disputes", lambda item, place: _dispute(item, place, things, layers, length))


def read_assignments(values: Mapping[str, Any], layers: Layers) -> list[Assigned]:
    """Return the assignments of a record, once no pass has two holders and no person two passes."""
    found = _each(values, "assignments", _assignment)
    numbers = [row.number for row in found if row.status in HOLDING]
    people = [row.reviewer for row in found if row.status in HELD]
    if len(set(numbers)) < len(numbers) or len(set(people)) < len(people):
        raise RecordRefused("two assignments are one pass, or are one person's.")
    superseded = values.get("current") is False
    submitted = {
        name.partition(":")[2].replace("-", "") for name, info in layers.items() if info.get("submitted_at")
    }
    for row in found:
        if row.status == "open" and superseded:
            raise RecordRefused("an assignment is open, and its text superseded.")
        if row.status == "submitted" and row.reviewer not in submitted:
            raise RecordRefused(f"the assignment {row.id} is submitted, and its person's layer is not.")
    return found


def _each(values: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any], int], Row]) -> list[Row]:
    found = []
    for position, item in enumerate(objects(values, key)):
        try:
            found.append(read(item, position))
        except RecordRefused as error:
            raise RecordRefused(f"{key}[{position}]: {error}") from None
    if len({row.id for row in found}) < len(found):
        raise RecordRefused(f"two of the {key} have one id.")
    return found


def _settlement(item: Mapping[str, Any], position: int, things: Mapping[str, Thing]) -> Settled:
    outcome = _one_of(item, "outcome", OUTCOMES)
    result = plain_id(item.get("result"), "result")
    words(item, "reason", most=32)
    words(item, "note")
    words(item, "rule", most=64)
    number(item, "guideline", least=0)
    _time(item, "at")
    line = _line(item)
    if bool(result) == (outcome == "rejected"):
        raise RecordRefused(f"{outcome} {'leaves nothing' if result else 'needs its result'}.")
    thing = things.get(result)
    if result and (thing is None or (thing.layer, thing.line) != (GOLD, line)):
        raise RecordRefused("its result does not stand in gold on its line.")
    return Settled(
        id=plain_id(item.get("id"), "id") or f"#settlement-{position}",
        line=line,
        version=number(item, "version", least=1) or 1,
        outcome=outcome,
        dispute=plain_id(item.get("dispute"), "dispute"),
        kind=thing.kind if thing else "annotation",
        result=result,
        implied_by=plain_id(item.get("implied_by"), "implied_by"),
        settled_by=plain_id(item.get("settled_by"), "settled_by"),
        values=item,
    )


def _dispute(
    item: Mapping[str, Any], position: int, things: Mapping[str, Thing], layers: Layers, length: int
) -> Disputed:
    status = _one_of(item, "status", DISPUTE_STATUSES)
    start = number(item, "start", least=0)
    if start is None or start >= length:
        raise RecordRefused(f"it starts at {start}, in a text of {length} characters.")
    number(item, "version", least=1)
    _time(item, "opened_at")
    differences = item.get("differences")
    if not isinstance(differences, list) or not all(type(name) is str for name in differences):
        raise RecordRefused("differences must be a list of texts.")
    return Disputed(
        id=plain_id(item.get("id"), "id") or f"#dispute-{position}",
        line=_line(item),
        positions=[_position(side, things, layers) for side in objects(item, "positions")],
        status=status,
        values=item,
    )


def _position(side: Mapping[str, Any], things: Mapping[str, Thing], layers: Layers) -> tuple[str, str]:
    layer, annotation = words(side, "layer"), plain_id(side.get("annotation"), "annotation")
    if not layer.startswith("reviewer:") or layer not in layers:
        raise RecordRefused(f"{layer!r} is no reviewer's layer of this record.")
    thing = things.get(annotation)
    if annotation and (thing is None or (thing.kind, thing.layer) != ("annotation", layer)):
        raise RecordRefused(f"{annotation} is no annotation of {layer}.")
    return layer, annotation


def _assignment(item: Mapping[str, Any], position: int) -> Assigned:
    status = _one_of(item, "status", ASSIGNMENT_STATUSES)
    rank = item.get("rank", 0)
    if isinstance(rank, bool) or not isinstance(rank, int | float) or not math.isfinite(rank):
        raise RecordRefused("rank is no number.")
    for key in ("taken_at", "lease_until", "ended_at"):
        moment(item.get(key), key)
    reviewer = plain_id(item.get("reviewer"), "reviewer")
    if status in HELD and not reviewer:
        raise RecordRefused(f"it is {status}, and nobody's.")
    if status == "taken" and not item.get("lease_until"):
        raise RecordRefused("it is taken, and under no lease.")
    which = number(item, "number", least=1)
    if which is None or which > MOST_PASSES:
        raise RecordRefused(f"number is {which}; it is a whole number from 1 to {MOST_PASSES}.")
    return Assigned(
        id=plain_id(item.get("id"), "id") or f"#assignment-{position}",
        number=which,
        status=status,
        reviewer=reviewer,
        values=item,
    )


def _one_of(item: Mapping[str, Any], key: str, known: frozenset[str]) -> str:
    value = words(item, key)
    if value not in known:
        raise RecordRefused(f"{key} is {value!r}; it is one of {', '.join(sorted(known))}.")
    return value


def _line(item: Mapping[str, Any]) -> str:
    line = plain_id(item.get("line"), "line")
    if not line:
        raise RecordRefused("its line is missing.")
    return line


def _time(item: Mapping[str, Any], key: str) -> None:
    if moment(item.get(key), key) is None:
        raise RecordRefused(f"{key} is missing.")
