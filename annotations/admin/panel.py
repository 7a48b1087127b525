"""The panel that corrects or adds: what it offers, and the decision that it sends."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict

from annotations.admin.board import Board, Row, candidates
from annotations.models import Verdict
from annotations.services.decisions import Decision, Link
from corpus.schemes import LabelDefinition, SchemeDefinition
from corpus.services.errors import BadInput

SEGMENT = re.compile(r"([0-9]{1,9})\s?[-–]\s?([0-9]{1,9})\Z")
MAX_SEGMENTS = 100
#: What a relation's field says when it is to stay as it is.
LEAVE = "leave"
NONE = "none"


@dataclass(frozen=True, kw_only=True)
class AttributeField:
    name: str
    label: str
    attribute: str
    values: tuple[str, ...]
    chosen: str


@dataclass(frozen=True, kw_only=True)
class LinkField:
    """Where a relation leads: to stay, to nothing, to one of the rows, or to new words of the text."""

    relation: str
    description: str
    heads: str
    choices: list[Row]
    chosen: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    row: Row | None
    version: int
    label: str
    segments: str
    note: str
    labels: list[LabelDefinition]
    attributes: list[AttributeField]
    links: list[LinkField]
    refused: str = ""


def open_panel(
    board: Board, scheme: SchemeDefinition, row: Row | None, given: QueryDict, *, refused: str = ""
) -> Panel:
    """Return the panel for a row, or for something new; `given` is what the person has filled in already."""
    label = given.get("label") or (row.shown.label if row else next(iter(scheme.labels)))
    attributes = row.shown.attributes if row else {}
    return Panel(
        row=row,
        version=row.version if row else 0,
        label=label,
        segments=given.get("segments") or (row.shown.written if row else ""),
        note=given.get("note", ""),
        labels=list(scheme.labels.values()),
        attributes=[
            AttributeField(
                name=f"attribute-{definition.name}-{name}",
                label=definition.name,
                attribute=name,
                values=values,
                chosen=given.get(f"attribute-{definition.name}-{name}", attributes.get(name, "")),
            )
            for definition in scheme.labels.values()
            for name, values in definition.attributes.items()
        ],
        links=[
            LinkField(
                relation=relation.name,
                description=relation.description,
                heads=", ".join(relation.heads),
                choices=candidates(board, relation.children, but=row.line if row else None),
                chosen=given.get(f"link-{relation.name}", LEAVE),
                new=given.get(f"link-{relation.name}-new", ""),
            )
            for relation in scheme.relations.values()
        ],
        refused=refused,
    )


def panel_decision(form: QueryDict, scheme: SchemeDefinition) -> Decision:
    """Return the decision that a panel sends.

    Raises:
        BadInput: segments, an id or a version that cannot be read.
    """
    on = read_id(form.get("on", "")) if form.get("on") else None
    label = form.get("label", "")
    definition = scheme.labels.get(label)
    attributes: dict[str, str | None] = {}
    for name in definition.attributes if definition else ():
        if (value := form.get(f"attribute-{label}-{name}")) is not None:
            attributes[name] = value or None
    links = {}
    for relation in scheme.relations.values():
        if label in relation.heads and (wanted := _link(form, relation.name)) is not None:
            links[relation.name] = wanted
    return Decision(
        verdict=Verdict.CORRECT if on else Verdict.ADD,
        on=on,
        version=read_version(form.get("version", "0")),
        key=form.get("key", ""),
        note=form.get("note", ""),
        label=label,
        segments=read_segments(form.get("segments", "")),
        attributes=attributes,
        links=links,
    )


def _link(form: QueryDict, relation: str) -> list[Link] | None:
    if new := form.get(f"link-{relation}-new", "").strip():
        return [Link(segments=read_segments(new))]
    chosen = form.get(f"link-{relation}", LEAVE)
    if chosen == LEAVE:
        return None
    return [] if chosen == NONE else [Link(annotation=read_id(chosen))]


def read_segments(written: str) -> tuple[tuple[int, int], ...]:
    """Return the segments that are written as 12-40, 50-60: half-open, code points."""
    parts = [part.strip() for part in written.split(",") if part.strip()]
    matches = [SEGMENT.match(part) for part in parts[:MAX_SEGMENTS]]
    if not parts or len(parts) > MAX_SEGMENTS or not all(matches):
        raise BadInput(
            "Write segments as 12-40, or 12-40, 50-60 for a broken one; or select them in the text."
        )
    return tuple((int(match[1]), int(match[2])) for match in matches if match)


def read_id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadInput("This is no id.") from None


def read_version(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise BadInput("This is no version.")
    return int(value)
