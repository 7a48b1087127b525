"""What drawn numbers stand for: one of some things, a span of a text, a decision that can mostly be taken."""

from collections.abc import Sequence
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from annotations.models import Annotation, Relation, Verdict
from annotations.models.reviews import RejectReason
from annotations.services.decisions import Decision, Link
from annotations.services.reading import LayerView

PLACE = st.integers(min_value=0, max_value=10_000)
NUMBERS = st.tuples(*[PLACE] * 6)
WHO = st.integers(0, 2)
LABELS = ("claim", "quote", "attribution", "cue")
SOME_LABELS = st.sets(st.sampled_from(LABELS), min_size=1)


def pick(things: Sequence[Any], place: int) -> Any:
    if not things:
        reject()
    return things[place % len(things)]


def span_of(text: str, first: int, second: int) -> tuple[tuple[int, int], ...]:
    if not text:
        return ((0, 1),)
    start = first % len(text)
    end = start + 1 + second % 20
    if second % 5 == 0 and end + 3 < len(text):
        return (start, min(end, len(text))), (end + 2, end + 3)
    return ((start, min(end, len(text))),)


def decision_of(
    text: str, own: LayerView | None, machines: Sequence[LayerView], numbers: tuple[int, ...]
) -> Decision:
    """Return a decision on what a person is shown: mostly one that can be taken."""
    verdict, on, first, second, third, stale = numbers
    views = [*machines, *([own] if own else [])]
    annotations = [row for view in views for row in view.annotations.values()]
    relations = [row for view in views for row in view.relations.values()]
    said = list(Verdict)[verdict % len(Verdict)]
    reason = RejectReason.OTHER if said == Verdict.REJECT else ""
    words: dict[str, Any] = {"verdict": said, "reason": reason}
    span = span_of(text, first, second)
    things: list[Annotation | Relation] = [*annotations, *annotations, *relations]
    if said == Verdict.ADD:
        if third % 3 == 0 and len(annotations) > 1:
            ends = {"head": pick(annotations, first).pk, "child": pick(annotations, second).pk}
            return Decision(**words, **ends, label=("source", "cue")[third % 2])
        return Decision(**words, label=LABELS[third % 4], segments=span)
    thing = pick(things, on)
    words["on"] = thing.pk
    words["version"] = (own.versions.get(thing.root, 0) if own else 0) + (stale % 7 == 0)
    if said == Verdict.CORRECT and isinstance(thing, Relation):
        words["child"] = pick(annotations, third).pk
    elif said == Verdict.CORRECT:
        changes: list[dict[str, Any]] = [
            {"segments": span},
            {"label": LABELS[second % 4]},
            {"attributes": dict.fromkeys(thing.attributes)},
            {},
        ]
        words |= changes[third % len(changes)]
        if first % 2:
            link = [Link(segments=span), Link(annotation=pick(annotations, second).pk)][second % 2]
            words["links"] = {("source", "cue")[third % 2]: [link] * (first % 3)}
    return Decision(**words)
