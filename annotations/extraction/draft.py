"""Collects suggestions while they are found, and numbers them in the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from annotations.extraction.base import Link, Suggestion, Suggestions
from corpus.text.spans import Span

Key = tuple[str, tuple[Span, ...]]


@dataclass
class Draft:
    """Suggestions in the making; the same label on the same segments is one suggestion."""

    _annotations: dict[Key, tuple[float, str, Mapping[str, str]]] = field(default_factory=dict)
    _links: dict[tuple[str, Key], tuple[Key, float, str]] = field(default_factory=dict)

    def add(
        self,
        label: str,
        segments: Sequence[Span],
        score: float,
        reason: str,
        attributes: Mapping[str, str] | None = None,
    ) -> Key:
        """Note an annotation; of two findings for the same words the better scored one stays."""
        key = (label, tuple(segments))
        known = self._annotations.get(key)
        if known is None or known[0] < score:
            self._annotations[key] = (score, reason, attributes or {})
        return key

    def link(self, label: str, head: Key, child: Key, score: float, reason: str) -> None:
        """Note a relation between two annotations; the first of its kind for a head stays."""
        self._links.setdefault((label, head), (child, score, reason))

    def suggestions(self) -> Suggestions:
        """Return all that was noted, sorted by start, end and label."""
        order = sorted(self._annotations, key=lambda key: (key[1][0].start, key[1][-1].end, key[0], key[1]))
        numbers = {key: number for number, key in enumerate(order)}
        annotations = []
        for key, number in numbers.items():
            score, reason, attributes = self._annotations[key]
            annotations.append(
                Suggestion(
                    key=number,
                    label=key[0],
                    segments=key[1],
                    score=score,
                    reason=reason,
                    attributes=attributes,
                )
            )
        links = [
            Link(label=label, head=numbers[head], child=numbers[child], score=score, reason=reason)
            for (label, head), (child, score, reason) in self._links.items()
        ]
        links.sort(key=lambda link: (link.head, link.child, link.label))
        return Suggestions(annotations=tuple(annotations), relations=tuple(links))
