"""Short words for what reviewers do in the tests."""

from uuid import UUID

from annotations.models import Annotation, Verdict
from annotations.services.decisions import CONFIRM, Decision, Link
from annotations.services.reading import LayerView, own_layer, read_layers, shown_layers
from annotations.services.reviewing import decide
from corpus.models import Revision, User
from tests.conftest import acting


def machine(revision: Revision) -> LayerView:
    return read_layers(shown_layers(revision))[0]


def own(user: User, revision: Revision) -> LayerView:
    layer = own_layer(acting(user), revision)
    assert layer is not None, "no pass"
    return read_layers([layer])[0]


def suggestion(revision: Revision, surface: str, label: str = "quote") -> Annotation:
    """Return the suggestion of that label whose surface holds `surface`."""
    found = [
        row for row in machine(revision).annotations.values() if row.label == label and surface in row.surface
    ]
    assert len(found) == 1, f"{len(found)} {label}s hold {surface!r}"
    return found[0]


def say(user: User, revision: Revision, verdict: str, on: UUID | None = None, **words: object) -> dict:
    """Decide and return the receipt's body."""
    said = CONFIRM if verdict == CONFIRM else Verdict(verdict)
    decision = Decision(verdict=said, on=on, **words)  # type: ignore[arg-type]
    body = decide(acting(user), revision, decision).body
    assert body is not None
    return body


def at(text: str, words: str) -> tuple[int, int]:
    """Return where `words` stands in `text`, the once that it does."""
    assert text.count(words) == 1
    start = text.index(words)
    return start, start + len(words)


def standing(view: LayerView) -> set[tuple[str, str]]:
    return {(row.label, row.surface) for row in view.standing.values()}


def linked(view: LayerView) -> set[tuple[str, str, str]]:
    """Return the standing relations as (relation, surface of head, surface of child)."""
    ends = {
        row.pk: [view.standing[line].surface for line in view.end_lines(row)] for row in view.links.values()
    }
    return {(row.label, *ends[row.pk]) for row in view.links.values()}  # type: ignore[misc]


__all__ = ["Link", "at", "linked", "machine", "own", "say", "standing", "suggestion"]
