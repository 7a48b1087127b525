"""Krippendorff's alpha for unitizing: agreement beyond chance on where the units of a text begin and end.

The coefficient uα of Klaus Krippendorff, Yann Mathet, Stéphane Bouvry and Antoine Widlöcher (2016): On the
Reliability of Unitizing Textual Continua: Further Developments. Quality & Quantity 50(6), 2347-2364; as it
stands in Krippendorff (2019): Content Analysis, 4th edition, section 12.6, equations 32 to 34. It replaces
that of Krippendorff (1995, 2004), which its authors found to misbehave with more than two people.

As with alpha for categories, each character of the text is marked or not by each person. What differs is the
chance: a marked unit may lie anywhere, but stays whole and never meets itself, while the characters between
units are shuffled one by one. So there is more chance to agree the longer units are.

Several texts are read as one continuum: a text of m passes adds its meetings divided by m - 1.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import chain, pairwise

from annotations.agreement.nominal_alpha import coincidences, marginals, meetings
from annotations.agreement.passes import Passes
from annotations.agreement.statistic import Counts, People, Statistic
from corpus.text.spans import Span

#: What is counted beside the meetings: how often characters of one unit would have met themselves.
THEMSELVES = "themselves"
#: The value of characters between units.
GAP = None


def unitizing_alpha(length: int, people: Sequence[Mapping[Span, Hashable]]) -> float | None:
    """Return uα of one continuum, given the value of each unit by its span, for each person.

    Units of one person do not overlap. None where fewer than two people are there or nothing varies.
    """
    met = coincidences((_said_at(place, people), size) for place, size in _stretches(length, people))
    themselves = sum(_with_itself(length, units) for units in people)
    return _figure({**met, (THEMSELVES,): themselves})


def _stretches(length: int, people: Sequence[Mapping[Span, Hashable]]) -> Iterable[tuple[int, int]]:
    """Yield where each stretch begins in which nobody changes, and its length."""
    edges = sorted({0, length, *chain.from_iterable(span for units in people for span in units)})
    for start, end in pairwise(edges):
        yield start, end - start


def _said_at(place: int, people: Sequence[Mapping[Span, Hashable]]) -> Mapping[Hashable, int]:
    found: defaultdict[Hashable, int] = defaultdict(int)
    for units in people:
        found[next((value for span, value in units.items() if span.start <= place < span.end), GAP)] += 1
    return found


def _with_itself(length: int, units: Iterable[Span]) -> int:
    """Return the square of each unit's length, and one for each character of a gap."""
    sizes = [span.end - span.start for span in units]
    return length - sum(sizes) + sum(size * size for size in sizes)


def _counts(passes: Passes) -> Counts:
    if passes.people < 2:
        return {}
    themselves = sum(_with_itself(passes.length, pieces) for pieces in passes.pieces)
    return {**meetings(passes), (THEMSELVES,): themselves}


def _figure(sums: Counts) -> float | None:
    met = {key: count for key, count in sums.items() if key != (THEMSELVES,)}
    total = sum(met.values())
    apart = sum(count for (one, other), count in met.items() if one != other)
    values = [count for count in marginals(met).values() if count]
    if len(values) < 2:
        return None
    chance = total * (total * total - sum(count * count for count in values))
    return 1 - apart * (total * total - sums[THEMSELVES,]) / chance


STATISTIC = Statistic(
    name="unitizing_alpha",
    title="Krippendorff's alpha (units)",
    means="Where do annotations begin and end? How far everybody agrees on that beyond chance, by which as "
    "many annotations of the same lengths would lie anywhere.",
    undefined="It needs marked characters and others.",
    source="Krippendorff, Mathet, Bouvry and Widlöcher 2016",
    people=People.ALL,
    counts=_counts,
    figure=_figure,
)
