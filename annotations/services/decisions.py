"""What a reviewer may say, as values: the input and the receipt of a decision."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import orjson

from annotations.models import Verdict
from corpus.services.errors import ServiceError

#: What counts on a line is right under today's guideline too: it is decided once more, as it was.
CONFIRM: Literal["confirm"] = "confirm"
#: All that may be said of a line.
SAID = [*Verdict.choices, (CONFIRM, CONFIRM)]


@dataclass(frozen=True, kw_only=True)
class Link:
    """The other end of a wanted relation: an annotation that is there, or segments of a new one."""

    annotation: UUID | None = None
    segments: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision as it comes in.

    `on` is the suggestion or own annotation (or relation) decided on; None with `add`. `version` is the
    number of own decisions on its line that the reviewer has seen (0 for none). `confirm` takes the decision
    that counts there once more, whatever it was. For `correct`, what is None stays as it was; so does an
    attribute that is not named, and one whose value is None is taken away. `links` names per relation all
    that it should lead to, and a relation it does not name stays. A relation is added or corrected by
    `label`, `head` and `child`.
    """

    verdict: Verdict | Literal["confirm"]
    on: UUID | None = None
    version: int = 0
    key: str = ""
    reason: str = ""
    note: str = ""
    label: str | None = None
    segments: tuple[tuple[int, int], ...] | None = None
    surface: str | None = None
    attributes: Mapping[str, str | None] | None = None
    links: Mapping[str, Sequence[Link]] = field(default_factory=dict)
    head: UUID | None = None
    child: UUID | None = None

    def fingerprint(self, revision_id: UUID) -> str:
        """Return a sha256 that differs when anything but the key does."""
        links = {
            name: [[link.annotation, link.segments] for link in wanted] for name, wanted in self.links.items()
        }
        said = [
            revision_id,
            self.verdict,
            self.on,
            self.version,
            self.reason,
            self.note,
            self.label,
            self.segments,
            self.surface,
            self.attributes and dict(self.attributes),
            self.head,
            self.child,
            links,
        ]
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def given_attributes(said: Mapping[str, str | None]) -> dict[str, str]:
    """Return the attributes that have a value."""
    return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of one decision: `body` where it stands (once more, for a replay), else `error`."""

    body: dict[str, Any] | None = None
    error: ServiceError | None = None
    replayed: bool = False
