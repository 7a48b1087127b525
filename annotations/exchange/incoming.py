"""From an article of an exchange format to the values of a native record, which is checked as any other."""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from annotations.exchange.articles import FIELDS, Annotation, Article, Layer, Relation
from annotations.exchange.fields import ID, RecordRefused
from annotations.exchange.format import Format
from annotations.exchange.labels import Became, LabelMap
from annotations.exchange.native import LAYER
from annotations.exchange.units import Settled, Unit, settle_offsets

#: The score of a suggestion whose file states none.
NO_SCORE = 0.5
LONGEST_NAME = 64


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How the articles of a file are to be read."""

    format: Format
    labels: LabelMap
    #: Where the names of people hold: two corpora may each have a "1".
    space: UUID
    #: Who said what the file names nobody for; empty for the format's own name.
    annotator: str = ""
    #: What offsets count where no words prove it; None for the format's own unit.
    unit: Unit | None = None


def native_values(article: Article, taking: Taking) -> tuple[dict[str, Any], Counter[str]]:
    """Return an article as the values of a native record, and what there is to say of it, counted.

    Raises:
        RecordRefused: a span, label or layer of it cannot be taken.
    """
    settled = settle_offsets(
        article, own=taking.format.unit, declared=taking.unit, spelling=taking.format.spelling
    )
    notes = Counter(article.left_out)
    notes[_offsets_note(settled)] += 1
    values: dict[str, Any] = {
        "external_id": article.external_id
        or hashlib.sha256(article.text.encode("utf-8", "replace")).hexdigest()[:32],
        "text": article.text,
        "metadata": dict(article.metadata),
        "layers": [],
        "annotations": [],
        "relations": [],
        **{name: getattr(article, name) for name in FIELDS if getattr(article, name)},
    }
    names: set[str] = set()
    ids: set[str] = set()
    for layer in settled.article.layers:
        name, info = _layer_name(layer.name, taking)
        if name in names:
            raise RecordRefused(f"two layers of it are by {layer.name or name!r}; give each annotator one")
        names.add(name)
        values["layers"].append({"name": name, **info})
        _add(values, layer, name, taking.labels, notes, ids)
    return values, +notes


def machine_layer(model: str, version: str = "") -> str:
    """Return the name of the layer of a model as Attest writes such names."""
    if LAYER.match(f"machine:{model}"):
        return f"machine:{model}"
    name = re.sub(r"[^a-z0-9_-]+", "-", model.lower()).strip("-")[:64] or "model"
    return f"machine:{name}@{re.sub(r'[^A-Za-z0-9._+-]+', '-', version)[:32].strip('-') or '0'}"


def _offsets_note(settled: Settled) -> str:
    if settled.unit is None:
        return "articles without spans"
    proof = "verified by their words" if settled.verified else "unverified: no words to check them by"
    return f"articles with offsets in {settled.unit}, {proof}"


def _layer_name(name: str, taking: Taking) -> tuple[str, dict[str, Any]]:
    """Return the name of a layer here, and what the record states of it."""
    name = name or taking.annotator or taking.format.name
    if LAYER.match(name):
        return name, {}
    if name.startswith("machine:"):
        return machine_layer(*name.removeprefix("machine:").partition("@")[::2]), {}
    person = uuid5(taking.space, f"{taking.format.name}:{name}")
    return f"reviewer:{person}", {"annotator": name[:LONGEST_NAME]}


def _add(
    values: dict[str, Any], layer: Layer, name: str, labels: LabelMap, notes: Counter[str], ids: set[str]
) -> None:
    """Add what a layer says to the values of a record, which has these ids already."""
    annotations, relations = values["annotations"], values["relations"]
    ends: dict[str, int | str] = {}
    known = set()
    for row in layer.annotations:
        if row.key in known:
            raise RecordRefused(f"the id {row.key!r} stands twice")
        known.add(row.key)
        became = labels.label(row.label)
        if became is None:
            notes["annotations that the label map leaves out"] += 1
            continue
        own = _own_id(row.key, ids)
        # A record names its annotations by their ids, and those without one by their numbers.
        ends[row.key] = own.get("id", len(annotations))
        annotations.append(_annotation(row, became, name, labels, notes) | own)
    linked = set()
    for link in layer.relations:
        if not {link.head, link.child} <= known:
            raise RecordRefused(
                f"the relation {link.label!r} from {link.head!r} to {link.child!r} has no such end"
            )
        became = labels.relation(link.label)
        if became is None or link.head not in ends or link.child not in ends:
            notes["relations that the label map leaves out"] += 1
            continue
        relation = _relation(link, became, name, ends, notes)
        says = (relation["label"], relation["head"], relation["child"])
        if says in linked:
            notes["relations that stand there twice"] += 1
            continue
        linked.add(says)
        relations.append(relation)


def _annotation(
    row: Annotation, became: Became, layer: str, labels: LabelMap, notes: Counter[str]
) -> dict[str, Any]:
    attributes = dict(became.attributes)
    for key, value in row.attributes.items():
        if (own := labels.attribute(key)) is None:
            notes["attributes that the label map leaves out"] += 1
        else:
            attributes[own] = value
    return {
        "label": became.name,
        "segments": [list(span) for span in row.segments],
        "attributes": attributes,
        "reason": row.reason,
        "layer": layer,
        **_score(row, layer, notes),
    }


def _relation(
    link: Relation, became: Became, layer: str, ends: Mapping[str, int | str], notes: Counter[str]
) -> dict[str, Any]:
    head, child = (link.child, link.head) if became.reversed else (link.head, link.child)
    return {
        "label": became.name,
        "head": ends[head],
        "child": ends[child],
        "reason": link.reason,
        "layer": layer,
        **_score(link, layer, notes),
    }


def _score(row: Annotation | Relation, layer: str, notes: Counter[str]) -> dict[str, Any]:
    if row.score is not None:
        if not (math.isfinite(row.score) and 0 <= row.score <= 1):
            raise RecordRefused(f"the score {row.score} of {row.label!r} does not lie between 0 and 1")
        return {"score": row.score}
    if not layer.startswith("machine:"):
        return {}
    notes[f"suggestions without a score, taken as {NO_SCORE}"] += 1
    return {"score": NO_SCORE}


def _own_id(key: str, taken: set[str]) -> dict[str, str]:
    """Return the id that an annotation brings, where it is one that Attest could have given."""
    if not ID.match(key) or key in taken:
        return {}
    taken.add(key)
    return {"id": key}
