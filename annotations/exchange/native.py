"""The native record: one article a line, `attest/1`.

Offsets are half-open code points of `text`, unless the record has another `offset_unit`. Ids are UUIDs; a
record without ids gets new ones. `annotations` and `relations` name their layer, or stand in the record's
own. See docs/native-record.md.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from annotations.exchange.decided import Reviewed, Thing, check_words, read_reviews
from annotations.exchange.delivery import Delivery, check_article, read_blocks, read_delivery
from annotations.exchange.fields import RecordRefused, mapping, moment, objects, plain_id, truth, words
from annotations.exchange.native_units import in_code_points
from annotations.exchange.settled import (
    Assigned,
    Disputed,
    Settled,
    read_assignments,
    read_disputes,
    read_settlements,
)
from corpus.schemes import SchemeDefinition, SchemeError
from corpus.text.guard import TextRefused, check_text
from corpus.text.spans import SpanError, check_segments

NATIVE = "attest-jsonl"
SCHEMA = "attest/1"
LAYER = re.compile(
    r"gold\Z"
    r"|reviewer:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z"
    r"|machine:([a-z0-9_-]{1,64})@([A-Za-z0-9._+-]{1,32})(?:~([0-9a-f]{8}))?\Z"
)
ORIGINS = frozenset({"machine", "reviewer", "adjudicator"})


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
    """A checked record. `layers` has all that it speaks of, by name, those that say nothing included.

    `whole` tells the lossless record of a revision from a view, of which no decisions are read.
    """

    values: Mapping[str, Any]
    external_id: str
    text: str
    text_sha256: str
    delivery: Delivery
    whole: bool
    layers: dict[str, Mapping[str, Any]]
    blocks: Sequence[Mapping[str, Any]] = ()
    annotations: list[Labelled] = field(default_factory=list)
    relations: list[Related] = field(default_factory=list)
    reviews: list[Reviewed] = field(default_factory=list)
    disputes: list[Disputed] = field(default_factory=list)
    settlements: list[Settled] = field(default_factory=list)
    #: None where the record does not speak of them.
    assignments: list[Assigned] | None = None


def is_whole(values: Any) -> bool:
    """Return whether a record says that it is the lossless one of a revision."""
    return isinstance(values, dict) and values.get("layer") == "all"


def read_record(values: Any, scheme: SchemeDefinition) -> Record:
    """Check one record against its own text and the scheme.

    Raises:
        RecordRefused: with the first thing that does not fit; nothing of the record should then be used.
    """
    if not isinstance(values, dict):
        raise RecordRefused("A record is a JSON object.")
    if values.get("schema", SCHEMA) != SCHEMA:
        raise RecordRefused(f"schema is {values['schema']!r}; this reads {SCHEMA!r}.")
    if "tombstone" in values:
        raise RecordRefused(
            f"this article is gone from the layer that was exported ({str(values['tombstone'])[:40]}); what "
            "stands here is left alone."
        )
    if values.get("erased_at"):
        raise RecordRefused("this article was erased where it comes from; erase it here too if it stands.")
    values = in_code_points(values)
    record = _unlabelled(values)
    ends: dict[str, tuple[str, str]] = {}
    for number, item in enumerate(objects(values, "annotations")):
        try:
            labelled = _labelled(item, number, record, scheme)
        except (SpanError, SchemeError, RecordRefused) as error:
            raise RecordRefused(f"annotations[{number}]: {error}") from None
        if labelled.id in ends:
            raise RecordRefused(f"annotations[{number}]: its id stands twice.")
        ends[labelled.id] = labelled.label, labelled.layer
        record.annotations.append(labelled)
    for number, item in enumerate(objects(values, "relations")):
        try:
            record.relations.append(_related(item, number, record, ends, scheme))
        except (SchemeError, RecordRefused) as error:
            raise RecordRefused(f"relations[{number}]: {error}") from None
    _refuse_twice(record)
    if record.whole:
        _add_decisions(record)
    else:
        _check_reviews(record)
    return record


def _unlabelled(values: Mapping[str, Any]) -> Record:
    """Return a record without what is said of its text."""
    text = values.get("text")
    external_id = values.get("external_id") or values.get("id")
    if text == "" and values.get("length"):
        raise RecordRefused(
            "it is a record without words: put its text back first (rejoin in docs/release-contents.md)."
        )
    if not isinstance(text, str) or not text.strip():
        raise RecordRefused("text is missing or empty.")
    if not isinstance(external_id, str) or len(external_id) > 512:
        raise RecordRefused("external_id must be a text of 1 to 512 characters.")
    check_article(values)
    text_sha256 = _checked_hash(values, text)
    return Record(
        values=values,
        external_id=external_id,
        text=text,
        text_sha256=text_sha256,
        delivery=read_delivery(values, text, text_sha256),
        whole=is_whole(values),
        layers=_layers(values),
        blocks=read_blocks(values, len(text)),
    )


def _refuse_twice(record: Record) -> None:
    ids = [item.id for item in record.relations]
    if len(set(ids)) != len(ids):
        raise RecordRefused("two relations have one id.")
    if record.whole:
        _refuse_strangers(record.annotations)
        _refuse_strangers(record.relations)
        return
    # In a view each row of a reviewer becomes the first decision on its line.
    rows: list[Labelled | Related] = [*record.annotations, *record.relations]
    lines = [(item.layer, item.root) for item in rows if item.root and item.layer.startswith("reviewer:")]
    if len(set(lines)) != len(lines):
        raise RecordRefused("two rows of one layer have one root.")
    _refuse_doubles(record.relations)


def _refuse_doubles(relations: Sequence[Related]) -> None:
    """Refuse a link that stands twice, but for a machine's: it may suggest what it likes."""
    seen: dict[tuple[str, str, str, str], int] = {}
    for number, item in enumerate(relations):
        first = seen.setdefault((item.layer, item.label, item.head, item.child), number)
        if first != number and not item.layer.startswith("machine:"):
            raise RecordRefused(
                f"relations[{number}]: it says the same as relations[{first}]; leave one of them out."
            )


def _refuse_strangers(rows: Sequence[Labelled] | Sequence[Related]) -> None:
    """Refuse what derives from something that a lossless record does not hold."""
    ids = {row.id for row in rows}
    for row in rows:
        if row.derived_from and row.derived_from not in ids:
            raise RecordRefused(f"{row.id} derives from {row.derived_from}, which is not in this record.")


def _check_reviews(record: Record) -> None:
    for number, item in enumerate(objects(record.values, "reviews")):
        try:
            check_words(item)
        except RecordRefused as error:
            raise RecordRefused(f"reviews[{number}]: {error}") from None


def _add_decisions(record: Record) -> None:
    """Read what people decided on the text, and how it was given to them."""
    values = record.values
    if "assignments" in values:
        record.assignments = read_assignments(values, record.layers)
    if not any(values.get(key) for key in ("reviews", "disputes", "settlements")):
        return
    things = {item.id: Thing("annotation", item.layer, item.root or item.id) for item in record.annotations}
    things |= {item.id: Thing("relation", item.layer, item.root or item.id) for item in record.relations}
    people = [name for name in record.layers if name.startswith("reviewer:")]
    spellings = {spelling: name for name in people for spelling in (name, name.replace("-", ""))}
    record.reviews = read_reviews(objects(values, "reviews"), things, spellings)
    record.disputes = read_disputes(values, things, record.layers, len(record.text))
    record.settlements = read_settlements(values, things, record.layers, record.disputes)


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
    layers: dict[str, Mapping[str, Any]] = {}
    for item in objects(values, "layers"):
        name = _layer_name(item.get("name"))
        if name in layers:
            raise RecordRefused(f"the layer {name} stands twice.")
        plain_id(item.get("id"), "id of a layer")
        mapping(item, "configuration")
        truth(item, "external")
        words(item, "annotator", most=64)
        for key in ("created_at", "submitted_at"):
            moment(item.get(key), key)
        layers[name] = item
    own = values.get("layer")
    if own is not None and own not in ("all", "machine"):
        layers.setdefault(_layer_name(own), {})
    return layers


def _layer_name(name: object) -> str:
    """Return the one spelling of a layer's name."""
    if not isinstance(name, str) or not LAYER.match(name):
        raise RecordRefused(f"the layer {name!r} is none of gold, machine:<name>@<version>, reviewer:<id>.")
    if not name.startswith("reviewer:"):
        return name
    return f"reviewer:{UUID(name.removeprefix('reviewer:'))}"


def _labelled(item: Mapping[str, Any], number: int, record: Record, scheme: SchemeDefinition) -> Labelled:
    get = item.get
    label, attributes, segments = get("label"), get("attributes") or {}, get("segments")
    if type(label) is not str or type(attributes) is not dict:
        raise RecordRefused("label must be a text, and attributes an object.")
    scheme.check_annotation(label, attributes)
    if not isinstance(segments, list):
        raise RecordRefused("segments must be a list of [start, end].")
    if len(segments) == 1 and _plainly_fits(segments[0], record.text, get("surface")):
        spans: Sequence[Sequence[int]] = segments
    else:
        spans = check_segments(record.text, segments, get("surface"))
    layer = _known_layer(get("layer"), record)
    origin = _origin(get("origin"), layer)
    return Labelled(
        plain_id(get("id"), "id") or f"#{number}",
        plain_id(get("root"), "root"),
        label,
        spans,
        attributes,
        layer,
        origin,
        _score(get("score"), origin),
        words(item, "reason"),
        _derived(item),
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
    known: Mapping[str, tuple[str, str]],
    scheme: SchemeDefinition,
) -> Related:
    get = item.get
    ends = []
    for side in ("head", "child"):
        end = get(side)
        # Records made by hand may name annotations by their number in the list.
        key = f"#{end}" if type(end) is int else plain_id(end, side)
        if key not in known:
            raise RecordRefused(f"its {side} {end!r} is no annotation of this record.")
        ends.append(key)
    if ends[0] == ends[1]:
        raise RecordRefused("its head is its child.")
    (head, head_layer), (child, child_layer) = known[ends[0]], known[ends[1]]
    label = words(item, "label")
    scheme.check_relation(label, head, child)
    layer = _known_layer(get("layer"), record)
    if not head_layer == child_layer == layer:
        raise RecordRefused("it leads out of its layer.")
    origin = _origin(get("origin"), layer)
    return Related(
        plain_id(get("id"), "id") or f"#relation-{number}",
        plain_id(get("root"), "root"),
        label,
        ends[0],
        ends[1],
        layer,
        origin,
        _score(get("score"), origin),
        words(item, "reason"),
        _derived(item),
    )


def _derived(item: Mapping[str, Any]) -> str:
    derived = plain_id(item.get("derived_from"), "derived_from")
    if derived and derived == plain_id(item.get("id"), "id"):
        raise RecordRefused("it derives from itself.")
    return derived


def _known_layer(name: object, record: Record) -> str:
    if name is None:
        if len(record.layers) == 1:
            return next(iter(record.layers))
        raise RecordRefused("it names no layer, and the record has no single one.")
    if type(name) is str and name in record.layers:
        return name
    checked = _layer_name(name)
    record.layers.setdefault(checked, {})
    return checked


def _origin(value: object, layer: str) -> str:
    """Return who said it: in its own layer a machine, in a person's a person, in gold anybody."""
    machine = layer.startswith("machine:")
    if value is None:
        return "machine" if machine else "reviewer"
    if type(value) is not str or value not in ORIGINS:
        raise RecordRefused(f"origin is {value!r}; it is one of {', '.join(sorted(ORIGINS))}.")
    if (value == "machine") != machine and layer != "gold":
        raise RecordRefused(f"its origin is {value}, and its layer {layer}.")
    return value


def _score(value: object, origin: str) -> float | None:
    if value is None:
        if origin == "machine":
            raise RecordRefused("a suggestion needs a score.")
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
        raise RecordRefused(f"score is {value!r}; it lies between 0 and 1.")
    return float(value)
