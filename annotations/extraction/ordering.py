"""The lists of what may be taken instead of what one quote has: distinct, ordered, as long as digits go."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise, product
from typing import Any, Literal

from annotations.extraction.alternatives import Pieces
from annotations.extraction.candidate_pages import Page
from annotations.extraction.evaluation import overlap
from annotations.extraction.linkable import Stretch
from annotations.extraction.opinions import (
    PARTS,
    AttributedQuote,
    Ground,
    Option,
    Ordered,
    Part,
    Ranked,
    Thought,
    features_of_boundaries,
    features_of_correction,
    features_of_link,
)
from corpus.text.spans import Span

#: as many as there are digits to choose by
MOST = 9
#: a thought that begins so many thoughts before a quote may still share its words
_REACH = 20
#: so many of the thoughts that share words with a quote are offered for it
_LIKELIEST = 8
#: so many starts are tried out with so many ends
_EDGES = 7
#: so many of each list are tried out as a correction by themselves, and as many whole thoughts
_TRIED = 3
#: and so many are offered, each with a key of its own
_CORRECTIONS = 2


class Ordering:
    """Makes the lists for one quote.

    Args:
        page: where the quote stands.
        ground: the page with a pipeline's opinion; without one, lists keep the order that they are found in.
        now: its segments, its source and its cue.
        pieces: its segments in tokens.
    """

    def __init__(self, page: Page, ground: Ground | None, now: AttributedQuote, pieces: Pieces) -> None:
        self._page = page
        self._ground = ground
        self._now = now
        self._pieces = pieces
        sharing = _sharing(ground.opinion.thoughts, now.segments) if ground else []
        self._closest = max(sharing, key=lambda one: overlap(one.span, now.segments[0]), default=None)
        self._thoughts = sharing[:_LIKELIEST]
        self._first: dict[Part, Sequence[Ordered]] = {}

    def other_boundaries(self) -> Iterator[tuple[Pieces, str]]:
        """Yield what else was thought of there: as it was, and with one of its edges."""
        stretches = [stretch for one in self._thoughts if (stretch := self._page.stretch(one.span))]
        yield from (((stretch,), "as it may also be read") for stretch in stretches)
        first, last = self._pieces[0], self._pieces[-1]
        for stretch in stretches:
            if stretch.last > last.first:
                yield (*self._pieces[:-1], last._replace(last=stretch.last)), "where it may also end"
            if stretch.first < first.last:
                yield (first._replace(first=stretch.first), *self._pieces[1:]), "where it may also begin"

    def boundaries(self, found: Iterable[tuple[Pieces, str]]) -> list[tuple[tuple[Span, ...], str]]:
        """Return the first different ones, each with how it differs."""
        different = self._different(found)
        if self._ground is None:
            return [(spans, why) for spans, (_, why) in islice(different, MOST)]
        every = dict(different)
        for spans, which in self._different(self._both_edges([pieces for pieces, _ in every.values()])):
            every.setdefault(spans, which)
        ranks = {self._segments_of(one): (rank, one.chance) for rank, one in enumerate(self._thoughts)}
        options = []
        for place, (spans, (pieces, why)) in enumerate(every.items()):
            ranked = Ranked(place, *ranks.get(spans, ()))
            features = features_of_boundaries(self._ground, self._pieces, pieces, why, ranked)
            options.append(Option(self._with("segments", spans), features))
        return [(then.segments, every[then.segments][1]) for then in self._ordered("segments", options)]

    def _both_edges(self, found: Sequence[Pieces]) -> Iterator[tuple[Pieces, str]]:
        """Yield each start with each end, where there is one segment."""
        single = [pieces[0] for pieces in (self._pieces, *found) if len(pieces) == 1]
        starts = list(dict.fromkeys(first for first, _ in single))[:_EDGES]
        ends = list(dict.fromkeys(last for _, last in single))[:_EDGES]
        yield from (((Stretch(first, last),), "with both edges moved") for last in ends for first in starts)

    def _different(
        self, found: Iterable[tuple[Pieces, str]]
    ) -> Iterator[tuple[tuple[Span, ...], tuple[Pieces, str]]]:
        seen = {self._now.segments}
        for pieces, why in found:
            if all(first < last for first, last in pieces):
                spans = self._page.segments(pieces)
                if spans not in seen and _are_segments(spans):
                    seen.add(spans)
                    yield spans, (pieces, why)

    def links(
        self, part: Literal["source", "cue"], found: Iterable[Span], *, beside: Stretch | None
    ) -> tuple[Span, ...]:
        """Return the first different sources or cues; beside the one stands the other."""
        page = self._page
        present: Span | None = getattr(self._now, part)
        if self._ground is None:
            return tuple(islice(_others(_distinct(found), present), MOST))
        ranks = self._linkable(part, present)
        every = dict.fromkeys([*_others(dict.fromkeys(found), present), *ranks])
        now = page.stretch(present) if present else None
        options = []
        for place, span in enumerate(every):
            ranked = Ranked(place, *ranks.get(span, ()))
            features = features_of_link(self._ground, page.stretch(span), now, self._pieces, beside, ranked)
            options.append(Option(self._with(part, span), features))
        spans = (getattr(then, part) for then in self._ordered(part, options))
        return tuple(span for span in spans if span is not None)

    def _linkable(
        self, part: Literal["source", "cue"], present: Span | None
    ) -> dict[Span, tuple[int, float]]:
        """Return what was thought of for what comes closest to the quote, with its rank and its chance."""
        if self._closest is None:
            return {}
        every = self._closest.sources if part == "source" else self._closest.cues
        others = [(one.span, one.chance) for one in every if one.span and one.span != present]
        return {span: (rank, chance) for rank, (span, chance) in enumerate(others)}

    def corrections(self) -> list[AttributedQuote]:
        """Return what the quote most likely is if it is not right; to be asked for behind all lists."""
        if self._ground is None:
            return []
        whole = {
            AttributedQuote(self._segments_of(one), one.source, one.cue): one.chance
            for one in self._thoughts[:_TRIED]
        }
        chances = {
            part: {getattr(one.option.then, part): one.chance for one in found}
            for part, found in self._first.items()
        }
        doubts = self._doubts()
        options = []
        for then in dict.fromkeys(chain(self._combined(), whole)):
            if then != self._now:
                each = {part: known.get(getattr(then, part), 0.0) for part, known in chances.items()}
                features = features_of_correction(self._now, then, each, doubts, whole.get(then, 0.0))
                options.append(Option(then, features))
        ordered = self._ground.opinion.order("correction", self._now.segments, options)
        return [one.option.then for one in ordered[:_CORRECTIONS]]

    def _combined(self) -> Iterator[AttributedQuote]:
        """Yield the first few of each list, and the very first of several lists at once."""
        tops = {part: [one.option.then for one in found] for part, found in self._first.items()}
        yield from chain.from_iterable(found[:_TRIED] for found in tops.values())
        yield self._with("source", None)
        for segments, source, cue in product(*([*tops.get(part, ())[:1], self._now] for part in PARTS)):
            yield AttributedQuote(segments.segments, source.source, cue.cue)

    def _doubts(self) -> dict[Part, float]:
        """Return how likely each part of the quote is wrong, by the thought that comes closest to it."""
        thought = self._closest
        if thought is None:
            return dict.fromkeys(PARTS, 1.0)
        return {
            "segments": 1 - thought.chance if self._segments_of(thought) == self._now.segments else 1.0,
            "source": 1 - next((one.chance for one in thought.sources if one.span == self._now.source), 0.0),
            "cue": 1 - next((one.chance for one in thought.cues if one.span == self._now.cue), 0.0),
        }

    def _segments_of(self, thought: Thought) -> tuple[Span, ...]:
        """Return a thought as it would be proposed: without what stands between two parts of a quotation."""
        stretch = self._page.stretch(thought.span)
        return self._page.segments((stretch,)) if stretch else (thought.span,)

    def _with(self, part: Part, value: Any) -> AttributedQuote:
        segments, source, cue = self._now
        if part == "segments":
            return AttributedQuote(value, source, cue)
        if part == "source":
            return AttributedQuote(segments, value, cue)
        return AttributedQuote(segments, source, value)

    def _ordered(self, part: Part, options: Sequence[Option]) -> list[AttributedQuote]:
        if self._ground is not None:
            self._first[part] = self._ground.opinion.order(part, self._now.segments, options)[:MOST]
        return [one.option.then for one in self._first[part]]


def _sharing(thoughts: Sequence[Thought], quote: tuple[Span, ...]) -> list[Thought]:
    """Return the thoughts that share words with a quote, the likeliest first."""
    low = bisect_left(thoughts, quote[0].start, key=lambda one: one.span.start)
    high = bisect_left(thoughts, quote[-1].end, key=lambda one: one.span.start)
    near = [one for one in thoughts[max(low - _REACH, 0) : high] if one.span.end > quote[0].start]
    return sorted(near, key=lambda one: (-one.chance, one.span))


def _distinct(spans: Iterable[Span]) -> Iterator[Span]:
    seen: set[Span] = set()
    for span in spans:
        if span not in seen:
            seen.add(span)
            yield span


def _others(spans: Iterable[Span], present: Span | None) -> Iterator[Span]:
    """Yield those that hold words and are not what is there."""
    return (span for span in spans if span != present and span.start < span.end)


def _are_segments(spans: Sequence[Span]) -> bool:
    """Whether each has words, as the mere end of a sentence has not, and none touches the next."""
    edges = [edge for span in spans for edge in span]
    return all(one < other for one, other in pairwise(edges))
