"""The labels and relations of a corpus, as data.

A definition is JSON::

    {"labels": [{"name": "quote", "description": "…", "colour": "#1d4ed8",
                 "attributes": {"type": ["direct", "indirect", "mixed"]}}],
     "relations": [{"name": "source", "description": "…", "heads": ["quote"], "children": ["attribution"]}]}
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
LABEL_KEYS = frozenset({"name", "description", "colour", "attributes"})
RELATION_KEYS = frozenset({"name", "description", "heads", "children"})
COLOUR = re.compile(r"#[0-9a-f]{6}\Z")

DEFAULT_SCHEME: dict[str, Any] = {
    "labels": [
        {
            "name": "claim",
            "description": "A check-worthy factual assertion.",
            "colour": "#b45309",
            "attributes": {},
        },
        {
            "name": "quote",
            "description": "What was said.",
            "colour": "#1d4ed8",
            "attributes": {"type": ["direct", "indirect", "mixed"]},
        },
        {
            "name": "attribution",
            "description": "The words that name the source.",
            "colour": "#047857",
            "attributes": {},
        },
        {"name": "cue", "description": "The reporting word.", "colour": "#7e22ce", "attributes": {}},
    ],
    "relations": [
        {
            "name": "source",
            "description": "Who said or asserted it.",
            "heads": ["quote", "claim"],
            "children": ["attribution"],
        },
        {"name": "cue", "description": "The word that reports it.", "heads": ["quote"], "children": ["cue"]},
    ],
}


class SchemeError(ValueError):
    """The message says what does not fit the scheme, and what would."""


@dataclass(frozen=True, kw_only=True)
class LabelDefinition:
    name: str
    description: str
    colour: str
    attributes: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class RelationDefinition:
    name: str
    description: str
    heads: tuple[str, ...]
    children: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SchemeDefinition:
    labels: Mapping[str, LabelDefinition]
    relations: Mapping[str, RelationDefinition]

    def check_annotation(self, label: str, attributes: Mapping[str, str]) -> None:
        """Raise SchemeError unless `label` exists and takes these attributes with these values."""
        definition = self.labels.get(label)
        if definition is None:
            raise SchemeError(f"The scheme has no label {label!r}; it has {_listed(self.labels)}.")
        for name, value in attributes.items():
            allowed = definition.attributes.get(name)
            if allowed is None:
                raise SchemeError(f"The label {label!r} has no attribute {name!r}.")
            if value not in allowed:
                raise SchemeError(
                    f"{name!r} of {label!r} cannot be {value!r}; it is one of {_listed(allowed)}."
                )

    def check_relation(self, label: str, head: str, child: str) -> None:
        """Raise SchemeError unless a `label` relation may lead from a `head` to a `child`."""
        definition = self.relations.get(label)
        if definition is None:
            raise SchemeError(f"The scheme has no relation {label!r}; it has {_listed(self.relations)}.")
        if head not in definition.heads:
            raise SchemeError(f"{label!r} starts at {_listed(definition.heads)}, not at {head!r}.")
        if child not in definition.children:
            raise SchemeError(f"{label!r} leads to {_listed(definition.children)}, not to {child!r}.")


Named = TypeVar("Named", LabelDefinition, RelationDefinition)


def parse_scheme(definition: object) -> SchemeDefinition:
    """Return the checked form of a definition; SchemeError names the first thing that is wrong with it."""
    if not isinstance(definition, dict) or set(definition) != {"labels", "relations"}:
        raise SchemeError("A scheme is an object with 'labels' and 'relations'.")
    labels = [_label(entry) for entry in _entries(definition["labels"], "labels")]
    if not labels:
        raise SchemeError("A scheme needs one label or more.")
    by_name = _unique(labels, "label")
    relations = [_relation(entry, by_name) for entry in _entries(definition["relations"], "relations")]
    return SchemeDefinition(labels=by_name, relations=_unique(relations, "relation"))


def united(schemes: Iterable[SchemeDefinition]) -> SchemeDefinition:
    """Return a scheme that allows what any of these allows; what several describe, the last of them does."""
    labels: dict[str, LabelDefinition] = {}
    relations: dict[str, RelationDefinition] = {}
    for scheme in schemes:
        for label in scheme.labels.values():
            before = labels[label.name].attributes if label.name in labels else {}
            attributes = {
                name: _either(before.get(name, ()), label.attributes.get(name, ()))
                for name in _either(before, label.attributes)
            }
            labels[label.name] = replace(label, attributes=attributes)
        for relation in scheme.relations.values():
            known = relations.get(relation.name, relation)
            relations[relation.name] = replace(
                relation,
                heads=_either(known.heads, relation.heads),
                children=_either(known.children, relation.children),
            )
    return SchemeDefinition(labels=labels, relations=relations)


def _either(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *others)))


@lru_cache(maxsize=1)
def default_scheme() -> SchemeDefinition:
    return parse_scheme(DEFAULT_SCHEME)


def _entries(value: object, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise SchemeError(f"'{what}' must be a list of objects.")
    return value


def _name(entry: Mapping[str, Any], what: str) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not NAME.match(name):
        raise SchemeError(f"A {what} needs a name of small letters, digits and _; {name!r} is none.")
    return name


def _description(entry: Mapping[str, Any], what: str, known: frozenset[str]) -> str:
    """Return the description of an entry that has nothing but the `known` keys."""
    if strange := set(entry) - known:
        raise SchemeError(f"A {what} has no {_listed(sorted(strange))}; it has {_listed(sorted(known))}.")
    description = entry.get("description", "")
    if not isinstance(description, str):
        raise SchemeError(f"The description of {entry.get('name')!r} must be a text.")
    return description


def _label(entry: Mapping[str, Any]) -> LabelDefinition:
    name = _name(entry, "label")
    description = _description(entry, "label", LABEL_KEYS)
    colour = entry.get("colour", "#475569")
    if not isinstance(colour, str) or not COLOUR.match(colour):
        raise SchemeError(f"The colour of {name!r} must look like #1d4ed8.")
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict) or not all(
        isinstance(values, list) and values and all(isinstance(value, str) and value for value in values)
        for values in attributes.values()
    ):
        raise SchemeError(f"Each attribute of {name!r} needs a list of one value or more.")
    return LabelDefinition(
        name=name,
        description=description,
        colour=colour,
        attributes={key: tuple(values) for key, values in attributes.items()},
    )


def _relation(entry: Mapping[str, Any], labels: Mapping[str, LabelDefinition]) -> RelationDefinition:
    name = _name(entry, "relation")
    description = _description(entry, "relation", RELATION_KEYS)
    ends: dict[str, tuple[str, ...]] = {}
    for side in ("heads", "children"):
        values = entry.get(side)
        if not isinstance(values, list) or not values:
            raise SchemeError(f"The relation {name!r} needs a list of {side}.")
        for value in values:
            if not isinstance(value, str) or value not in labels:
                raise SchemeError(f"The relation {name!r} names a label {value!r} that the scheme has not.")
        ends[side] = tuple(values)
    return RelationDefinition(name=name, description=description, **ends)


def _unique(entries: list[Named], what: str) -> dict[str, Named]:
    by_name = {entry.name: entry for entry in entries}
    if len(by_name) != len(entries):
        raise SchemeError(f"Two {what}s of the scheme have one name.")
    return by_name


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
