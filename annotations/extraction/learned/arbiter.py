"""The arbiter: where rules and tagger differ, which of the two is to be believed, or neither.

The rules have the benefit of the doubt. Weights start with them, and what a few dozen articles teach is
surer of itself than it is right: taking the likeliest reading lost more than it gained on fewer than two
hundred articles, while what differs from the rules by a margin gains from ten articles on. How much of that
benefit they have is the caution, from 0 (the likeliest reading) to 1.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from annotations.extraction.learned.ranker import Features, Ranker
from annotations.extraction.learned.reading import Found, Page
from annotations.extraction.learned.tagger import NOWHERE, Stretch, Tagged

#: what the weights are before anything was learned
PRIOR = {"agree": 4.0, "rules": 2.5, "tagger": 0.0, "tagger sure=9": 1.0, "tagger sure=8": 0.5}
#: with full caution, where the rules found something, a quote is suggested from this probability on
KEPT = 0.3
#: and where they found nothing, from this one on
ADDED = 0.65
#: another reading takes the place of the rules' where it is likelier by this much
MARGIN = 0.25
#: without caution a quote is suggested where it is likelier than none
_EVEN = 0.5
#: a cue is near a quote at most this many tokens away
_NEAR = 4
#: steps of the length of a quote, in characters
_LENGTHS = (10, 20, 40, 80, 160, 320)
_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


class Option(NamedTuple):
    """One reading of a stretch of tokens: the quotes that it has, what speaks for it, and whose it is."""

    quotes: tuple[Stretch, ...]
    features: Features
    by_rules: bool = False


class Judges(Protocol):
    """Picks one of the options for a stretch of a page."""

    def __call__(self, options: Sequence[Option]) -> tuple[Option, float]: ...


def settle(page: Page, tagged: Tagged, judge: Judges) -> Tagged:
    """Return what was tagged in a page with its quotes settled; their probability is the judge's."""
    settled = [stretch for stretch in tagged.stretches if stretch.tag != "Q"]
    quotes = [stretch for stretch in tagged.stretches if stretch.tag == "Q"]
    for ours, theirs in _clusters(page.quotes, quotes):
        outer, nested = _nesting(ours)
        believed, chance = judge(options_of(page, tagged, outer, theirs))
        settled += [quote._replace(probability=chance) for quote in believed.quotes]
        for found in nested:
            if any(_holds(quote, found) for quote in believed.quotes):
                option, chance = judge(_options_of_nested(found))
                settled += [quote._replace(probability=chance) for quote in option.quotes]
    return tagged._replace(stretches=sorted(settled, key=lambda stretch: stretch.first))


def readings(page: Page, tagged: Tagged, arbiter: "Arbiter") -> Iterator[Stretch]:
    """Yield the quotes of every option that there was, each with the probability of its option."""
    quotes = [stretch for stretch in tagged.stretches if stretch.tag == "Q"]
    for ours, theirs in _clusters(page.quotes, quotes):
        outer, nested = _nesting(ours)
        for options in (options_of(page, tagged, outer, theirs), *map(_options_of_nested, nested)):
            for option, chance in zip(options, arbiter.chances(options), strict=True):
                yield from (quote._replace(probability=chance) for quote in option.quotes)


def _clusters(
    rules: Sequence[Found], tagged: Sequence[Stretch]
) -> Iterator[tuple[list[Found], list[Stretch]]]:
    """Yield the quotes that overlap, directly or by others, together."""
    ours: list[Found] = []
    theirs: list[Stretch] = []
    reach = 0
    items: list[Found | Stretch] = [*rules, *tagged]
    for item in sorted(items, key=_range):
        first, last = _range(item)
        if first >= reach and (ours or theirs):
            yield ours, theirs
            ours, theirs = [], []
        reach = max(reach, last)
        if isinstance(item, Found):
            ours.append(item)
        else:
            theirs.append(item)
    if ours or theirs:
        yield ours, theirs


def _range(item: Found | Stretch) -> tuple[int, int]:
    return item.first, item.last


def options_of(page: Page, tagged: Tagged, ours: Sequence[Found], theirs: Sequence[Stretch]) -> list[Option]:
    """Return what one can make of quotes that overlap: nothing, what the rules or what the tagger found."""
    options = [Option((), ("nothing",))]
    agree = [_range(item) for item in ours] == [_range(item) for item in theirs]
    if ours:
        features = ["agree" if agree else "rules"]
        for found in ours:
            features += _of_rules(found, tagged, alone=not theirs, agree=agree)
        if len(ours) > 1:
            features.append("rules several")
        quotes = tuple(Stretch("Q", item.first, item.last, 1.0) for item in ours)
        options.append(Option(quotes, features, by_rules=True))
    if theirs and not agree:
        features = ["tagger", f"tagger alone={not ours:d}"]
        for stretch in theirs:
            features += _of_tagger(page, tagged, stretch, ours)
        if len(theirs) > 1:
            features.append("tagger several")
        options.append(Option(tuple(theirs), features))
    return options


def _nesting(found: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Return the quotes of the rules that no other overlaps from the left, and those that lie within one."""
    outer: list[Found] = []
    nested: list[Found] = []
    for item in found:
        if not outer or item.first >= outer[-1].last:
            outer.append(item)
        elif item.last <= outer[-1].last:
            nested.append(item)
    return outer, nested


def _holds(quote: Stretch, found: Found) -> bool:
    """Whether a quote holds another that is at most half of it."""
    inside = quote.first <= found.first and found.last <= quote.last
    return inside and 2 * (found.last - found.first) <= quote.last - quote.first


def _options_of_nested(found: Found) -> list[Option]:
    """Return whether to keep a quote within a quote, which a tagger cannot see."""
    kept = Option((Stretch("Q", found.first, found.last, 1.0),), ("nested",), by_rules=True)
    return [Option((), ("nothing nested",)), kept]


def _of_rules(found: Found, tagged: Tagged, *, alone: bool, agree: bool) -> list[str]:
    support = sum(tagged.inside[found.first : found.last]) / (found.last - found.first)
    state = "agree" if agree else "alone" if alone else "other"
    return [
        f"{state} rule={found.rule}",
        f"{state} support={_step(support)}",
        f"{state} long={min(found.last - found.first, 4)}",
        *(f"{state} {pointing}" for pointing in _pointing(tagged, found.first)),
    ]


def _of_tagger(page: Page, tagged: Tagged, stretch: Stretch, ours: Sequence[Found]) -> list[str]:
    tokens = page.passage.tokens
    features = [
        f"tagger sure={_step(stretch.probability)}",
        f"tagger long={min(stretch.last - stretch.first, 4)}",
    ]
    for found in ours:
        features.append(f"tagger for={found.rule}")
        features.append(
            f"tagger starts={_sign(stretch.first - found.first)} ends={_sign(stretch.last - found.last)}"
        )
    features.append(f"tagger beside={_beside(tagged, stretch)}")
    for pointing in _pointing(tagged, stretch.first):
        length = tokens[stretch.last - 1].end - tokens[stretch.first].start
        features += [
            f"tagger {pointing}",
            f"tagger length={sum(length > step for step in _LENGTHS)}",
            f"tagger support={_step(min(tagged.inside[stretch.first : stretch.last]))}",
        ]
    if not ours:
        features.append(f"tagger new sure={_step(stretch.probability)}")
        features.append(f"tagger new begins={tokens[stretch.first].low}")
    return features


def _beside(tagged: Tagged, quote: Stretch) -> str:
    """Return which of cue and source the tagger has near a quote, before it and behind it."""
    number = bisect_left(tagged.stretches, quote.first, key=lambda item: item.first)
    around = tagged.stretches[max(number - _NEAR, 0) : number + _NEAR]
    before = [item.tag for item in around if 0 <= quote.first - item.last <= _NEAR]
    behind = [item.tag for item in around if 0 <= item.first - quote.last <= _NEAR]
    return "".join(sorted(before)) + "_" + "".join(sorted(behind))


def _pointing(tagged: Tagged, first: int) -> Iterator[str]:
    """Yield how surely a tagger that knows points to the source of a quote: who speaks has a source."""
    pointed = tagged.sources.get(first)
    if pointed:
        best = max(pointed, key=pointed.__getitem__)
        yield f"pointing {'nowhere' if best == NOWHERE else 'somewhere'}={_step(pointed[best])}"


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _step(share: float) -> int:
    return sum(share >= step for step in _STEPS)


class Arbiter:
    """Believes the option that past articles make likeliest, with the benefit of the doubt for the rules."""

    def __init__(self, ranker: Ranker, caution: float = 1.0) -> None:
        self.ranker = ranker
        self._kept = _EVEN + caution * (KEPT - _EVEN)
        self._added = _EVEN + caution * (ADDED - _EVEN)
        self._margin = caution * MARGIN

    def __call__(self, options: Sequence[Option]) -> tuple[Option, float]:
        """Return the option to believe and its probability; the first option is nothing."""
        chances = self.chances(options)
        best = max(
            range(1, len(options)),
            key=lambda number: chances[number] + self._margin * options[number].by_rules,
        )
        known = any(option.by_rules for option in options)
        if 1 - chances[0] < (self._kept if known else self._added):
            return options[0], chances[0]
        return options[best], chances[best]

    def chances(self, options: Sequence[Option]) -> list[float]:
        """Return how likely each option is; the rules have no benefit here."""
        return self.ranker.probabilities([option.features for option in options])
