"""Passes from the stretches that people mark."""

from annotations.agreement import Unit
from annotations.agreement.comparison import Comparison
from annotations.agreement.passes import Passes
from annotations.agreement.spans import Segments
from annotations.agreement.statistic import Statistic
from corpus.text.spans import Span


def segments(*spans: tuple[int, int]) -> Segments:
    return tuple(Span(*span) for span in spans)


def quote(name: str, *spans: tuple[int, int], type: str = "", **links: tuple[int, int]) -> Unit:
    """Return a quote, with its type, and with one place for each relation."""
    return Unit(
        id=name,
        line=name,
        label="quote",
        segments=segments(*spans),
        attributes={"type": type} if type else {},
        links={relation: frozenset({segments(place)}) for relation, place in links.items()},
    )


def marked(length: int, **people: list[tuple[int, int]]) -> Passes:
    """Return what people mark of a text, each stretch an annotation."""
    return said(
        length,
        **{name: [quote(f"{name}{place}", place) for place in places] for name, places in people.items()},
    )


def said(length: int, **people: list[Unit]) -> Passes:
    return Passes(length=length, by_person=people)


def figure(statistic: Statistic, *texts: Passes) -> float | None:
    """Return what a statistic comes to over texts."""
    comparison = Comparison({"quote": [statistic]})
    for passes in texts:
        comparison.add(passes.length, passes.by_person)
    return comparison.figures()["quote"][statistic.name].value
