"""The native record: one article a line, `attest/1`.

Offsets are half-open code points of `text`. Ids are UUIDs; a record without ids gets new ones. `annotations`
and `relations` name their layer, or stand in the record's own. See docs/native-record.md.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from corpus.schemes import SchemeDefinition, SchemeError
from corpus.text.guard import TextRefused, check_text
from corpus.text.spans import SpanError, check_segments

NATIVE = "attest-jsonl"
SCHEMA = "attest/1"
ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z")
LAYER = re.compile(r"gold\Z|reviewer:[0-9a-f-]{32,36}\Z|machine:([a-z0-9_-]{1,64})@([A-Za-z0-9._+-]{1,32})\Z")
ORIGINS = frozenset({"machine", "reviewer", "adjudicator"})
VERDICTS = frozenset({"accept", "correct", "reject", "skip", "add", "retract"})


class RecordRefused(ValueError):
    """The message names the place in the record and what is wrong with it."""


@dataclass(slots=True)
class Labelled:
    """One annotation of a record, checked.

    Ids are 32 hexadecimal digits; an annotation that came without one goes by `#` and its number.
    """

    id: str
    root: str
    label: str
    segments: Sequence[Sequence[int]]
    attributes: Mapping[str, str]
    layer: str
    origin: str
    score: float | None
    reason: str
    derived_from: str


@dataclass(slots=True)
class Related:
    id: str
    root: str
    label: str
    head: str
    child: str
    layer: str
    origin: str
    score: float | None
    reason: str
    derived_from: str


@dataclass(slots=True)
class Record:
    """A checked record. `layers` has all that it speaks of, by name, those that say nothing included."""

    values: Mapping[str, Any]
    external_id: str
    text: str
    text_sha256: str
    layers: dict[str, Mapping[str, Any]]
    annotations: list[Labelled] = field(default_factory=list)
    relations: list[Related] = field(default_factory=list)
    reviews: list[Mapping[str, Any]] = field(default_factory=list)


def read_record(values: Any, scheme: SchemeDefinition) -> Record:
    """Check one record against its own text and the scheme.

    Raises:
        RecordRefused: with the first thing that does not fit; nothing of the record should then be used.
    """
    if not isinstance(values, dict):
        raise RecordRefused("A record is a JSON object.")
    if values.get("schema", SCHEMA) != SCHEMA:
        raise RecordRefused(f"schema is {values['schema']!r}; this reads {SCHEMA!r}.")
    if values.get("erased_at"):
        raise RecordRefused("this article was erased where it comes from; erase it here too if it stands.")
    text = values.get("text")
    external_id = values.get("external_id") or values.get("id")
    if not isinstance(text, str) or not text:
        raise RecordRefused("text is missing or empty.")
    if not isinstance(external_id, str) or not external_id or len(external_id) > 512:
        raise RecordRefused("external_id must be a text of 1 to 512 characters.")
    record = Record(values, external_id, text, _checked_hash(values, text), _layers(values))
    labels: dict[str, str] = {}
    for number, item in enumerate(_objects(values, "annotations")):
        try:
            labelled = _labelled(item, number, record, scheme)
        except (SpanError, SchemeError, RecordRefused) as error:
            raise RecordRefused(f"annotations[{number}]: {error}") from None
        if labelled.id in labels:
            raise RecordRefused(f"annotations[{number}]: its id stands twice.")
        labels[labelled.id] = labelled.label
        record.annotations.append(labelled)
    for number, item in enumerate(_objects(values, "relations")):
        try:
            record.relations.append(_related(item, number, record, labels, scheme))
        except (SchemeError, RecordRefused) as error:
            raise RecordRefused(f"relations[{number}]: {error}") from None
    _refuse_twice(record)
    for number, item in enumerate(_objects(values, "reviews")):
        try:
            record.reviews.append(_review(item))
        except RecordRefused as error:
            raise RecordRefused(f"reviews[{number}]: {error}") from None
    return record


def _refuse_twice(record: Record) -> None:
    ids = [item.id for item in record.relations]
    if len(set(ids)) != len(ids):
        raise RecordRefused("two relations have one id.")


def moment(value: object, place: str) -> datetime | None:
    """Return an ISO 8601 time with its zone, or None where none is given."""
    if value is None or value == "":
        return None
    try:
        stamp = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        stamp = None
    if stamp is None or stamp.tzinfo is None:
        raise RecordRefused(f"{place} is {value!r}; give an ISO 8601 time with its zone.")
    return stamp


def plain_id(value: object, place: str) -> str:
    """Return an id as 32 hexadecimal digits; empty for none."""
    if value is None:
        return ""
    if not isinstance(value, str) or not ID.match(value):
        raise RecordRefused(f"{place} is {value!r}, which is no UUID.")
    return value.replace("-", "")


def _checked_hash(values: Mapping[str, Any], text: str) -> str:
    try:
        check_text(text)
    except TextRefused as error:
        raise RecordRefused(f"text: {error}") from None
    own = hashlib.sha256(text.encode()).hexdigest()
    stated = values.get("text_sha256")
    if stated is not None and stated != own:
        raise RecordRefused("text_sha256 is not that of text; the record was changed on its way.")
    return own


def _layers(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    layers: dict[str, Mapping[str, Any]] = {
        _layer_name(item.get("name")): item for item in _objects(values, "layers")
    }
    own = values.get("layer")
    if own is not None and own != "all":
        layers.setdefault(_layer_name(own), {})
    return layers


def _layer_name(name: object) -> str:
    if not isinstance(name, str) or not LAYER.match(name):
        raise RecordRefused(f"the layer {name!r} is none of gold, machine:<name>@<version>, reviewer:<id>.")
    return name


def _objects(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    items = values.get(key)
    if items is None:
        return []
    if not isinstance(items, list) or not all(type(item) is dict for item in items):
        raise RecordRefused(f"{key} must be a list of objects.")
    return items


def _labelled(item: Mapping[str, Any], number: int, record: Record, scheme: SchemeDefinition) -> Labelled:
    get = item.get
    label, attributes, segments = get("label"), get("attributes") or {}, get("segments")
    scheme.check_annotation(label, attributes)  # type: ignore[arg-type]  # refuses what is no label too
    if not isinstance(segments, list):
        raise RecordRefused("segments must be a list of [start, end].")
    if len(segments) == 1 and _plainly_fits(segments[0], record.text, get("surface")):
        spans: Sequence[Sequence[int]] = segments
    else:
        spans = check_segments(record.text, segments, get("surface"))
    layer = _known_layer(get("layer"), record)
    return Labelled(
        plain_id(get("id"), "id") or f"#{number}",
        plain_id(get("root"), "root"),
        str(label),
        spans,
        attributes,
        layer,
        _origin(get("origin"), layer),
        _score(get("score"), layer),
        get("reason") or "",
        plain_id(get("derived_from"), "derived_from"),
    )


def _plainly_fits(segment: Any, text: str, surface: object) -> bool:
    """Return whether a single segment certainly fits; where it may not, the slow check says why."""
    return (
        type(segment) is list
        and len(segment) == 2
        and type(segment[0]) is int
        and type(segment[1]) is int
        and 0 <= segment[0] < segment[1] <= len(text)
        and (surface is None or text[segment[0] : segment[1]] == surface)
    )


def _related(
    item: Mapping[str, Any],
    number: int,
    record: Record,
    labels: Mapping[str, str],
    scheme: SchemeDefinition,
) -> Related:
    get = item.get
    ends = []
    for side in ("head", "child"):
        end = get(side)
        # Records made by hand may name annotations by their number in the list.
        key = f"#{end}" if type(end) is int else plain_id(end, side)
        if key not in labels:
            raise RecordRefused(f"its {side} {end!r} is no annotation of this record.")
        ends.append(key)
    if ends[0] == ends[1]:
        raise RecordRefused("its head is its child.")
    scheme.check_relation(str(get("label")), labels[ends[0]], labels[ends[1]])
    layer = _known_layer(get("layer"), record)
    return Related(
        plain_id(get("id"), "id") or f"#relation-{number}",
        plain_id(get("root"), "root"),
        str(get("label")),
        ends[0],
        ends[1],
        layer,
        _origin(get("origin"), layer),
        _score(get("score"), layer),
        get("reason") or "",
        plain_id(get("derived_from"), "derived_from"),
    )


def _review(item: Mapping[str, Any]) -> Mapping[str, Any]:
    for key in ("id", "on", "line", "result", "result_relation", "retracts", "implied_by"):
        plain_id(item.get(key), key)
    if not item.get("on"):
        raise RecordRefused("'on' is missing: what was decided on.")
    if item.get("verdict") not in VERDICTS:
        raise RecordRefused(
            f"verdict is {item.get('verdict')!r}; it is one of {', '.join(sorted(VERDICTS))}."
        )
    if not isinstance(item.get("version", 1), int) or item.get("version", 1) < 1:
        raise RecordRefused("version counts from 1.")
    moment(item.get("at"), "at")
    return item


def _known_layer(name: object, record: Record) -> str:
    if name is None:
        if len(record.layers) == 1:
            return next(iter(record.layers))
        raise RecordRefused("it names no layer, and the record has no single one.")
    if name in record.layers:
        return str(name)
    checked = _layer_name(name)
    record.layers[checked] = {}
    return checked


def _origin(value: object, layer: str) -> str:
    if value is None:
        return "machine" if layer.startswith("machine:") else "reviewer"
    if value not in ORIGINS:
        raise RecordRefused(f"origin is {value!r}; it is one of {', '.join(sorted(ORIGINS))}.")
    return str(value)


def _score(value: object, layer: str) -> float | None:
    if value is None:
        if layer.startswith("machine:"):
            raise RecordRefused("a suggestion needs a score.")
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise RecordRefused(f"score is {value!r}; it lies between 0 and 1.")
    return float(value)
