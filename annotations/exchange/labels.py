"""Which labels of a file are which of a scheme: by a small file, by equal names, by names that are common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotations.exchange.fields import RecordRefused
from corpus.schemes import SchemeDefinition

#: Names that other tools and corpora use, in small letters, for what our default scheme calls otherwise.
COMMON_LABELS = {
    "quotation": "quote",
    "content": "quote",
    "speaker": "attribution",
    "source": "attribution",
    "reporting_verb": "cue",
    "assertion": "claim",
    "statement": "claim",
}
COMMON_RELATIONS = {
    "said_by": "source",
    "spoken_by": "source",
    "speaker": "source",
    "attribution": "source",
    "reported_by": "cue",
}
KEYS = frozenset({"labels", "relations", "attributes", "columns"})


class MapRefused(ValueError):
    """A label map cannot be used; the message says where."""


@dataclass(frozen=True, slots=True)
class Became:
    """What a label or relation of a file is here; `reversed` swaps the ends of a relation."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    reversed: bool = False


@dataclass(frozen=True)
class LabelMap:
    """What each label, relation and attribute of a file becomes; None leaves it out."""

    scheme: SchemeDefinition
    labels: Mapping[str, Became | None] = field(default_factory=dict)
    relations: Mapping[str, Became | None] = field(default_factory=dict)
    attributes: Mapping[str, str | None] = field(default_factory=dict)

    def label(self, name: str) -> Became | None:
        if name in self.labels:
            return self.labels[name]
        return Became(_known(name, self.scheme.labels, COMMON_LABELS, "label"))

    def relation(self, name: str) -> Became | None:
        if name in self.relations:
            return self.relations[name]
        return Became(_known(name, self.scheme.relations, COMMON_RELATIONS, "relation"))

    def attribute(self, name: str) -> str | None:
        return self.attributes.get(name, name)


def read_label_map(values: object, scheme: SchemeDefinition) -> LabelMap:
    """Return a map from JSON such as `{"labels": {"PERSON": null, "SAID": "quote"}}`.

    A label may become `{"label": "quote", "attributes": {"type": "direct"}}`, a relation
    `{"relation": "source", "reversed": true}`; null leaves out.

    Raises:
        MapRefused: it has something else, or leads to what the scheme has not.
    """
    if values is None:
        return LabelMap(scheme)
    if not isinstance(values, dict) or not set(values) <= KEYS:
        raise MapRefused("A label map is an object with labels, relations, attributes and columns.")
    return LabelMap(
        scheme,
        {name: _became(name, to, "label", scheme.labels) for name, to in _object(values, "labels").items()},
        {
            name: _became(name, to, "relation", scheme.relations)
            for name, to in _object(values, "relations").items()
        },
        {name: _text_or_none(name, to) for name, to in _object(values, "attributes").items()},
    )


def columns_of(values: object) -> dict[str, str]:
    """Return what a label map says that the columns of a table are called, by our names for them."""
    columns = _object(values, "columns") if isinstance(values, dict) else {}
    if not all(isinstance(name, str) for name in columns.values()):
        raise MapRefused("columns of the label map must be an object of texts.")
    return dict(columns)


def _known(name: str, known: Mapping[str, Any], common: Mapping[str, str], what: str) -> str:
    plain = "_".join(name.strip().lower().replace("-", " ").split())
    for candidate in (name, plain, common.get(plain, "")):
        if candidate in known:
            return candidate
    raise RecordRefused(
        f"the {what} {name[:80]!r} is none of the scheme's, which are {', '.join(known)}; map it"
    )


def _object(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key, {})
    if not isinstance(found, dict):
        raise MapRefused(f"{key} of the label map must be an object.")
    return found


def _became(name: str, to: object, key: str, known: Mapping[str, Any]) -> Became | None:
    if to is None:
        return None
    if isinstance(to, str):
        to = {key: to}
    if not isinstance(to, dict) or not set(to) <= {key, "attributes", "reversed"}:
        raise MapRefused(f"{name!r} of the label map becomes a name, an object with {key!r}, or null.")
    target, attributes, swapped = to.get(key), to.get("attributes", {}), to.get("reversed", False)
    if not isinstance(target, str) or target not in known:
        raise MapRefused(f"{name!r} of the label map becomes {target!r}; the scheme has {', '.join(known)}.")
    if not isinstance(attributes, dict) or not isinstance(swapped, bool):
        raise MapRefused(f"{name!r} of the label map: attributes is an object, reversed true or false.")
    return Became(target, {str(key): str(value) for key, value in attributes.items()}, swapped)


def _text_or_none(name: str, to: object) -> str | None:
    if to is not None and not isinstance(to, str):
        raise MapRefused(f"the attribute {name!r} of the label map becomes a name or null.")
    return to
