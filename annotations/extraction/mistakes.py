"""What a pipeline got right and wrong, quote by quote, and by the construction that found it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from annotations.extraction.base import Suggestion, Suggestions
from annotations.extraction.evaluation import Ruler, is_right_source, matches, overlap
from annotations.extraction.learned.examples import Example
from corpus.text.spans import Span

#: what a reason quotes of the article; “that” is part of a construction's name
_QUOTED = re.compile("“(?!that”)[^”]*”")
#: what a piece may have more or less than gold at its ends without a word said against it
_OUTER = " \t\r\n\u00a0\"“”„«»‘’'.,;:!?"


class Kind(StrEnum):
    """What became of one piece of a quote, the gravest first."""

    MISSED = "missed"  #: people have it, the pipeline has not
    SPURIOUS = "spurious"  #: the pipeline has it, people have not
    SOURCE = "source"  #: found, with another source, or with one where people have none
    BOUNDARY = "boundary"  #: found, with another beginning or end
    CUE = "cue"  #: found, with another cue
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One piece of a quote with what belongs to it, as one side has it."""

    span: Span
    type: str
    source: Span | None
    cue: Span | None
    score: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What both sides say of one piece, and what that comes to.

    `construction` is the pipeline's reason without the words of the article; for what was missed, the type
    that people gave it.
    """

    kind: Kind
    construction: str
    gold: Said | None
    found: Said | None

    @property
    def place(self) -> Span:
        piece = self.gold or self.found
        if piece is None:
            raise ValueError("A judgement is of something.")
        return piece.span


def judge(predicted: Suggestions, example: Example) -> list[Judgement]:
    """Return a judgement of each piece that either side has, in the order of the text.

    Pieces meet as in `evaluate`. What the guideline leaves open counts neither way.
    """
    text = example.article.text
    ruler = Ruler(text)
    gold = _pieces(example.gold, lambda key: key not in example.unscored)
    unscored = _pieces(example.gold, lambda key: key in example.unscored)
    left_open = [ruler.range(piece.span) for piece in unscored]
    found = [
        piece
        for piece in _pieces(predicted, lambda _: True)
        if not any(overlap(ruler.range(piece.span), other) > 0 for other in left_open)
    ]
    met = dict(
        matches([ruler.range(piece.span) for piece in gold], [ruler.range(piece.span) for piece in found])
    )
    judgements = []
    for number, piece in enumerate(gold):
        other = found[met[number]] if number in met else None
        judgements.append(_judgement(text, ruler, piece, other))
    used = set(met.values())
    judgements += [
        Judgement(kind=Kind.SPURIOUS, construction=construction_of(piece.reason), gold=None, found=piece)
        for number, piece in enumerate(found)
        if number not in used
    ]
    return sorted(judgements, key=lambda judged: (judged.place, judged.kind))


def by_construction(judgements: Iterable[Judgement]) -> Mapping[str, Counter[Kind]]:
    """Count the judgements of each construction, the most frequent construction first."""
    counted: dict[str, Counter[Kind]] = {}
    for judged in judgements:
        counted.setdefault(judged.construction, Counter())[judged.kind] += 1
    return dict(sorted(counted.items(), key=lambda item: (-item[1].total(), item[0])))


def construction_of(reason: str) -> str:
    """Return a reason without the words of the article: of 'cue “warned” + clause', 'cue “…” + clause'."""
    return _QUOTED.sub("“…”", reason) or "no reason given"


def _judgement(text: str, ruler: Ruler, gold: Said, found: Said | None) -> Judgement:
    if found is None:
        return Judgement(kind=Kind.MISSED, construction=f"missed: {gold.type}", gold=gold, found=None)
    kind = Kind.RIGHT
    if not _same_source(ruler, gold, found):
        kind = Kind.SOURCE
    elif _trimmed(text, gold.span) != _trimmed(text, found.span):
        kind = Kind.BOUNDARY
    elif gold.cue and (found.cue is None or not overlap(ruler.range(gold.cue), ruler.range(found.cue))):
        kind = Kind.CUE
    return Judgement(kind=kind, construction=construction_of(found.reason), gold=gold, found=found)


def _same_source(ruler: Ruler, gold: Said, found: Said) -> bool:
    if gold.source is None or found.source is None:
        return gold.source is found.source
    return is_right_source(ruler, found.source, gold.source)


def _trimmed(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start] in _OUTER:
        start += 1
    while end > start and text[end - 1] in _OUTER:
        end -= 1
    return Span(start, end)


def _pieces(said: Suggestions, counts: Callable[[int], bool]) -> list[Said]:
    spans = {row.key: row.segments[0] for row in said.annotations}
    links = {(link.label, link.head): spans[link.child] for link in said.relations}
    return [
        _piece(quote, segment, links)
        for quote in said.annotations
        if quote.label == "quote" and counts(quote.key)
        for segment in quote.segments
    ]


def _piece(quote: Suggestion, segment: Span, links: Mapping[tuple[str, int], Span]) -> Said:
    return Said(
        span=segment,
        type=quote.attributes.get("type", "unknown"),
        source=links.get(("source", quote.key)),
        cue=links.get(("cue", quote.key)),
        score=quote.score,
        reason=quote.reason,
    )
