"""What the offsets of an article count, found out by the words that its spans carry."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

import regex

from annotations.exchange.articles import Annotation, Article, Layer
from annotations.exchange.fields import RecordRefused
from corpus.text.offsets import OffsetError, OffsetMap, OffsetUnit
from corpus.text.spans import SURFACE_JOINT, Span

#: Returns the words of an annotation as a format writes them, of what its segments cover.
Spelling = Callable[[Sequence[str]], str]


#: What a grapheme of several code points has in it somewhere, of whatever script.
_CLUSTER = regex.compile(
    r"\r\n|[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=Regional_Indicator}"
    r"\p{GCB=L}\p{GCB=V}\p{GCB=T}\p{GCB=LV}\p{GCB=LVT}]"
)


class Unit(StrEnum):
    """What an offset counts."""

    CODE_POINT = "code_point"
    UTF16 = "utf16"
    UTF8 = "utf8"
    #: What a reader sees as one character: an emoji with its modifiers, a letter with its accents.
    GRAPHEME = "grapheme"


class GraphemeMap:
    """Converts offsets of one text between code points and grapheme clusters."""

    def __init__(self, text: str) -> None:
        self._ends = [0, *accumulate(len(cluster) for cluster in regex.findall(r"\X", text))]

    def to_code_points(self, offset: int) -> int:
        if not 0 <= offset < len(self._ends):
            raise OffsetError(f"{offset} (grapheme) is out of the text, which has {len(self._ends) - 1}")
        return self._ends[offset]

    def from_code_points(self, offset: int) -> int:
        place = bisect_left(self._ends, offset)
        if place == len(self._ends) or self._ends[place] != offset:
            raise OffsetError(f"{offset} is inside a grapheme")
        return place


def offsets_of(text: str, unit: Unit) -> OffsetMap | GraphemeMap:
    """Return what converts the offsets of a text between code points and `unit`."""
    return GraphemeMap(text) if unit is Unit.GRAPHEME else OffsetMap(text, OffsetUnit(unit.value))


def plain_words(pieces: Sequence[str]) -> str:
    return SURFACE_JOINT.join(pieces)


class Settled(NamedTuple):
    """An article whose spans are code points, and what they were: None where it has none."""

    article: Article
    unit: Unit | None
    verified: bool


def settle_offsets(
    article: Article, *, own: Unit, declared: Unit | None, spelling: Spelling = plain_words
) -> Settled:
    """Return the article with its spans in code points.

    Where spans carry their words, the one unit is taken under which all of these fit. Where none does, it is
    `declared`, or else the unit that the format has of its own.

    Raises:
        RecordRefused: no unit fits, several fit and mean different spans, or a span is out of the text.
    """
    every = [annotation for layer in article.layers for annotation in layer.annotations]
    if not every:
        return Settled(article, None, verified=False)
    if not any(annotation.words is not None for annotation in every):
        unit = declared or own
        return Settled(_under(article, _spans(article.text, every, unit)), unit, verified=False)
    units = _units_apart(article.text, own)
    fitting: dict[Unit, list[tuple[Span, ...]]] = {}
    refusals: dict[Unit, RecordRefused] = {}
    for unit in units:
        try:
            fitting[unit] = _fitting_spans(article.text, every, unit, spelling)
        except RecordRefused as refusal:
            refusals[unit] = refusal
    if not fitting:
        others = "; in no other unit do all spans fit" if len(units) > 1 else ""
        raise RecordRefused(f"{refusals[own]}{others}")
    unit = declared if declared in fitting else next(iter(fitting))
    if declared not in fitting:
        _refuse_ambiguity(every, fitting)
    return Settled(_under(article, fitting[unit]), unit, verified=True)


def _units_apart(text: str, own: Unit) -> list[Unit]:
    """Return the units that count this text in ways of their own, `own` first."""
    alike = {Unit.CODE_POINT}
    if text.isascii():
        alike.add(Unit.UTF8)
    if text.isascii() or max(text) < "\U00010000":
        alike.add(Unit.UTF16)
    if not _CLUSTER.search(text):
        alike.add(Unit.GRAPHEME)
    others = [unit for unit in Unit if unit not in alike and unit is not own]
    return [own, *others] if own in alike else [own, Unit.CODE_POINT, *others]


def _fitting_spans(
    text: str, annotations: Sequence[Annotation], unit: Unit, spelling: Spelling
) -> list[tuple[Span, ...]]:
    """Return the spans of annotations in code points, once all that carry words fit them."""
    found = _spans(text, annotations, unit)
    for annotation, spans in zip(annotations, found, strict=True):
        pieces = [span.of(text) for span in spans]
        if annotation.words is not None and annotation.words not in (plain_words(pieces), spelling(pieces)):
            raise RecordRefused(
                f"{_shown(annotation)}: counted in {unit}, the text has {plain_words(pieces)[:80]!r} there, "
                f"not {annotation.words[:80]!r}"
            )
    return found


def _spans(text: str, annotations: Sequence[Annotation], unit: Unit) -> list[tuple[Span, ...]]:
    offsets = offsets_of(text, unit)
    found = []
    for annotation in annotations:
        try:
            found.append(
                tuple(
                    sorted(
                        Span(offsets.to_code_points(start), offsets.to_code_points(end))
                        for start, end in annotation.segments
                    )
                )
            )
        except OffsetError as error:
            raise RecordRefused(f"{_shown(annotation)}: {error}") from None
    return found


def _refuse_ambiguity(
    annotations: Sequence[Annotation], fitting: Mapping[Unit, Sequence[tuple[Span, ...]]]
) -> None:
    first, *others = fitting.items()
    for unit, found in others:
        for annotation, one, other in zip(annotations, first[1], found, strict=True):
            if one != other:
                raise RecordRefused(
                    f"{_shown(annotation)}: its words stand there in {first[0]} and, elsewhere, in {unit}; "
                    "state the offset unit"
                )


def _shown(annotation: Annotation) -> str:
    places = ", ".join(f"{start}–{end}" for start, end in annotation.segments)
    return f"{annotation.label!r} {annotation.key} at {places}"


def _under(article: Article, spans: Sequence[tuple[Span, ...]]) -> Article:
    """Return the article with these spans in the place of its own."""
    following = iter(spans)
    layers = tuple(
        Layer(
            name=layer.name,
            annotations=tuple(replace(row, segments=next(following)) for row in layer.annotations),
            relations=layer.relations,
        )
        for layer in article.layers
    )
    return replace(article, layers=layers)
