"""How well a pipeline finds quotes: the figures of the field, and whether one pipeline beats another.

A quote of several segments counts as several pieces, as in PolNeAR (Newell et al. 2018). Two pieces match
when their tokens overlap by half of their union or more; matches are one to one, the closest first.
"""

import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from annotations.extraction.base import Suggestions
from annotations.extraction.cues import LEXICON
from annotations.extraction.learned.examples import Example
from annotations.extraction.words import word_set
from corpus.text.spans import Span

#: tokens must share this much of their union
HALF = 0.5
#: a predicted source may be this many tokens longer than the right one that it holds
LONGER = 5

_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w+")
_MARK = re.compile('[“”"]')
_SPEAKING = {"according"} | {
    word for word, entries in LEXICON.items() if any(verb.weight == 1 for _, verb in entries)
}
_OUTER = " \t\r\n\u00a0\"“”„«»‘’'.,;:!?"
_FUNCTION_WORDS = word_set(
    "the a an of in at on for and or to by with from his her their its this that these those"
)


class Piece(NamedTuple):
    """One segment of a quote with the quote's type, source and cue."""

    span: Span
    type: str
    source: Span | None
    cue: Span | None
    scored: bool = True


class Ratio(NamedTuple):
    """Precision, recall and their harmonic mean, each in [0, 1]."""

    precision: float
    recall: float
    f1: float


Counts = Counter[str]
Counted = Callable[[str, Piece], bool]


@dataclass(frozen=True)
class Evaluation:
    """What was counted in each article, from which every figure follows."""

    articles: Sequence[Counts]

    def figures(self) -> "Figures":
        """Return the figures over all articles."""
        return Figures(sum(self.articles, Counts()))


@dataclass(frozen=True)
class Figures:
    """The figures of some articles; a figure of nothing is 0."""

    counts: Counts

    @property
    def exact(self) -> Ratio:
        """Quotes with the very same span."""
        return self._ratio("exact")

    @property
    def trimmed(self) -> Ratio:
        """Quotes with the same span but for white space, quotation marks and punctuation at its ends."""
        return self._ratio("trimmed")

    @property
    def found(self) -> Ratio:
        """Quotes that match."""
        return self._ratio("matched")

    @property
    def attributed(self) -> Ratio:
        """Quotes that match and have the right source."""
        return self._ratio("attributed")

    @property
    def source_right(self) -> float:
        """Of the matches that have a source in gold, the share with the right one."""
        return self._share("source right", "sources")

    @property
    def cue_right(self) -> float:
        """Of the matches that have a cue in gold, the share whose cue shares a token with it."""
        return self._share("cue right", "cues")

    def recall(self, speech: str) -> float:
        """Return the share of the gold quotes of one type that were found, whatever type was predicted."""
        return self._share(f"{speech} matched", f"{speech} gold")

    def as_json(self) -> dict[str, float | int]:
        """Return the figures, rounded, as a card or a page holds them."""
        shares = {
            "exact": self.exact.f1,
            "trimmed": self.trimmed.f1,
            "found_precision": self.found.precision,
            "found_recall": self.found.recall,
            "found": self.found.f1,
            "attributed": self.attributed.f1,
            "source_right": self.source_right,
            "cue_right": self.cue_right,
            **{f"recall_{speech}": self.recall(speech) for speech in ("direct", "mixed", "indirect")},
        }
        numbers = {"gold": self.counts["gold"], "predicted": self.counts["predicted"]}
        return {**numbers, **{name: round(share, 4) for name, share in shares.items()}}

    def _ratio(self, name: str) -> Ratio:
        right = self.counts[name]
        precision = right / max(self.counts["predicted"], 1)
        recall = right / max(self.counts["gold"], 1)
        return Ratio(precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0)

    def _share(self, part: str, whole: str) -> float:
        return self.counts[part] / max(self.counts[whole], 1)


def evaluate(
    predicted: Iterable[Suggestions], gold: Iterable[Example], *, counts: Counted | None = None
) -> Evaluation:
    """Return how the quotes of each article, with their sources and cues, compare with gold.

    Args:
        predicted: what a pipeline suggests for each article of `gold`, in the same order.
        gold: articles with what people say of them.
        counts: tells of a predicted piece whether it counts at all; None for yes.
    """
    articles = []
    for suggestions, example in zip(predicted, gold, strict=True):
        text = example.article.text
        found = pieces_of(suggestions)
        if counts is not None:
            found = [piece for piece in found if counts(text, piece)]
        articles.append(_compare(text, found, pieces_of(example.gold, example.unscored)))
    return Evaluation(articles)


def pieces_of(suggestions: Suggestions, unscored: frozenset[int] = frozenset()) -> list[Piece]:
    """Return the segments of all quotes; of two quotes on one segment the last counts."""
    spans = {annotation.key: annotation.segments[0] for annotation in suggestions.annotations}
    links = {(link.label, link.head): spans[link.child] for link in suggestions.relations}
    pieces = {}
    for quote in suggestions.annotations:
        if quote.label != "quote":
            continue
        source, cue = links.get(("source", quote.key)), links.get(("cue", quote.key))
        speech = quote.attributes.get("type", "unknown")
        for segment in quote.segments:
            pieces[segment] = Piece(segment, speech, source, cue, quote.key not in unscored)
    return list(pieces.values())


def judged(suggestions: Suggestions, example: Example) -> list[tuple[float, bool]]:
    """Return the score of each suggested quote and whether gold has it; all segments must match."""
    ruler = Ruler(example.article.text)
    gold = sorted(ruler.range(piece.span) for piece in pieces_of(example.gold))
    starts = [span[0] for span in gold]
    judgements = []
    for quote in suggestions.annotations:
        if quote.label == "quote":
            ranges = [ruler.range(segment) for segment in quote.segments]
            right = all(matches(gold[: bisect_left(starts, span[1])], [span]) for span in ranges)
            judgements.append((quote.score, right))
    return judgements


def is_speech(text: str, piece: Piece) -> bool:
    """Whether a suggestion is of speech: it has quotation marks, or four words and a reporting verb.

    For gold that is scored on speech alone, where beliefs and intentions are marked too.
    """
    words = piece.span.of(text)
    if piece.type != "indirect" or _MARK.search(words):
        return True
    cue = piece.cue.of(text).lower() if piece.cue else ""
    return len(_WORD.findall(words)) >= 4 and not _SPEAKING.isdisjoint(_WORD.findall(cue))


class Ruler:
    """Measures spans of one text in tokens: words and single marks."""

    def __init__(self, text: str) -> None:
        tokens = list(_TOKEN.finditer(text))
        self._starts = [token.start() for token in tokens]
        self._ends = [token.end() for token in tokens]
        self._words = [token.group().lower() for token in tokens]

    def range(self, span: Span) -> tuple[int, int]:
        """Return the half-open range of the tokens that a span touches."""
        first = bisect_left(self._starts, span.start)
        if first and self._ends[first - 1] > span.start:
            first -= 1
        return first, max(first, bisect_left(self._starts, span.end))

    def names_somebody(self, first: int, last: int) -> bool:
        """Whether a range holds a word that is no function word."""
        return any(
            (word[0].isalnum() or word[0] == "_") and word not in _FUNCTION_WORDS
            for word in self._words[first:last]
        )


Range = tuple[int, int]


def _shared(one: Range, other: Range) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def overlap(one: Range, other: Range) -> float:
    """Return what two ranges share, as a part of their union."""
    shared = _shared(one, other)
    return shared / (one[1] - one[0] + other[1] - other[0] - shared) if shared else 0.0


def _compare(text: str, found: Sequence[Piece], gold: Sequence[Piece]) -> Counts:
    ruler = Ruler(text)
    scored = [piece for piece in gold if piece.scored]
    unscored = [ruler.range(piece.span) for piece in gold if not piece.scored]
    right = [ruler.range(piece.span) for piece in scored]
    found = [piece for piece in found if not _is_open(ruler.range(piece.span), unscored, right)]
    ranges = [ruler.range(piece.span) for piece in found]
    counts = Counts({"gold": len(scored), "predicted": len(found)})
    counts["exact"] = len({piece.span for piece in scored} & {piece.span for piece in found})
    counts["trimmed"] = (_trimmed(text, scored) & _trimmed(text, found)).total()
    counts.update(f"{piece.type} gold" for piece in scored)
    for number, other in matches(right, ranges):
        counts["matched"] += 1
        counts[f"{scored[number].type} matched"] += 1
        _compare_links(counts, ruler, found[other], scored[number])
    return counts


def _is_open(found: Range, unscored: Sequence[Range], right: Sequence[Range]) -> bool:
    """Whether a predicted range is rather one on which there is no verdict."""
    length = max(1, found[1] - found[0])
    best = max((overlap(found, span) for span in unscored), default=0.0)
    best_right = max((overlap(found, span) for span in right), default=0.0)
    if best >= HALF and best > best_right:
        return True
    inside = max((_shared(found, span) / length for span in unscored), default=0.0)
    inside_right = max((_shared(found, span) / length for span in right), default=0.0)
    return best_right < HALF and inside >= 0.8 and inside_right < 0.3


def _trimmed(text: str, pieces: Iterable[Piece]) -> Counter[Span]:
    trimmed: Counter[Span] = Counter()
    for piece in pieces:
        start, end = piece.span
        while start < end and text[start] in _OUTER:
            start += 1
        while end > start and text[end - 1] in _OUTER:
            end -= 1
        trimmed[Span(start, end)] += 1
    return trimmed


def matches(gold: Sequence[Range], found: Sequence[Range]) -> list[tuple[int, int]]:
    """Return pairs of numbers that match one to one, the closest first."""
    order = sorted(range(len(found)), key=lambda number: found[number])
    pairs = []
    for number, span in enumerate(gold):
        for other in order:
            if found[other][0] >= span[1]:
                break
            closeness = overlap(span, found[other])
            if closeness >= HALF:
                pairs.append((-closeness, number, other))
    matched: dict[int, int] = {}
    used: set[int] = set()
    for _, number, other in sorted(pairs):
        if number not in matched and other not in used:
            matched[number] = other
            used.add(other)
    return list(matched.items())


def _compare_links(counts: Counts, ruler: Ruler, found: Piece, gold: Piece) -> None:
    if gold.source is None:
        counts["attributed"] += found.source is None
    else:
        right = found.source is not None and is_right_source(ruler, found.source, gold.source)
        counts["sources"] += 1
        counts["source right"] += right
        counts["attributed"] += right
    if gold.cue is not None:
        counts["cues"] += 1
        if found.cue is not None and _shared(ruler.range(found.cue), ruler.range(gold.cue)):
            counts["cue right"] += 1


def is_right_source(ruler: Ruler, found: Span, gold: Span) -> bool:
    """Whether a source names the one in gold: nearly the same words, a naming part, or a little more."""
    one, other = ruler.range(found), ruler.range(gold)
    if not _shared(one, other):
        return False
    if overlap(one, other) >= HALF:
        return True
    if other[0] <= one[0] and one[1] <= other[1]:
        return ruler.names_somebody(*one)
    return one[0] <= other[0] and other[1] <= one[1] and one[1] - one[0] <= other[1] - other[0] + LONGER


class Difference(NamedTuple):
    """By how much a figure of `b` exceeds that of `a`, and its 95 % interval."""

    difference: float
    low: float
    high: float


def found_f1(figures: Figures) -> float:
    """Return the F1 of the quotes that match."""
    return figures.found.f1


def attributed_f1(figures: Figures) -> float:
    """Return the F1 of the quotes that match and have the right source."""
    return figures.attributed.f1


def paired_bootstrap(
    a: Evaluation,
    b: Evaluation,
    *,
    seed: int,
    draws: int = 1000,
    figure: Callable[[Figures], float] = attributed_f1,
) -> Difference:
    """Return by how much `b` beats `a` on the same articles, with the percentile interval.

    Articles are drawn with replacement, for both alike, since quotes of one article are not independent.
    The interval is above 0 when `b` is the better at the level of 2.5 %.

    Efron and Tibshirani (1993), "An Introduction to the Bootstrap"; Koehn (2004), "Statistical
    Significance Tests for Machine Translation Evaluation".
    """
    if len(a.articles) != len(b.articles):
        raise ValueError(f"{len(a.articles)} articles cannot be paired with {len(b.articles)}")
    both = figure(b.figures()) - figure(a.figures())
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    numbers = range(len(a.articles))
    differences = []
    for _ in range(draws if numbers else 0):
        drawn = Counter(chance.choices(numbers, k=len(numbers)))
        differences.append(figure(_weighted(b, drawn)) - figure(_weighted(a, drawn)))
    differences.sort()
    if not differences:
        return Difference(both, both, both)
    return Difference(both, *(differences[int(share * (draws - 1))] for share in (0.025, 0.975)))


def _weighted(evaluation: Evaluation, drawn: Mapping[int, int]) -> Figures:
    total = Counts()
    for number, times in drawn.items():
        for name, count in evaluation.articles[number].items():
            total[name] += times * count
    return Figures(total)
