"""The linker: which cue and which source belong to a quote that the tagger found."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Protocol

from annotations.extraction.base import Suggestions
from annotations.extraction.learned.features import token_range
from annotations.extraction.learned.ranker import Features, Ranker
from annotations.extraction.learned.reading import Page
from annotations.extraction.learned.tagger import NOWHERE, Stretch, Tagged
from annotations.extraction.passages import Passage
from annotations.extraction.phrases import pronoun_of
from annotations.extraction.tokens import QUOTED, STOP, Token
from annotations.extraction.words import AUXILIARIES, RELATIVES, is_adverb
from corpus.text.spans import Span

#: the tag of what only the rules propose
_ADVISED = "advised"
#: a candidate is at most so many candidates away from its quote, which keeps hostile text linear
REACH = 4


#: what a weight is before anything was learned: the rules are mostly right, and else what stands closest
PRIOR = {
    "rules": 3.0,
    "rules overlap": 2.0,
    "c<gap=0": 1.0,
    "c>gap=0": 1.0,
    "q<gap=0": 0.5,
    "q>gap=0": 0.5,
    "q<gap=1": 0.5,
    "q>gap=1": 0.5,
    "pointed best source": 1.0,
    "pointed best nothing": 1.0,
    "sure=5": 0.5,
    "sure=0": -0.5,
}


#: steps of how likely a tagger that knows takes something for the source
_POINTED = (0.05, 0.2, 0.5, 0.8, 0.95)
#: whose choice a candidate is
_WHOSE = ("rules", "rules overlap", "rules differ", "carried", "mentioned")
#: with full caution, another cue or source takes the place of the rules' where it is likelier by this much
MARGIN = 0.5


class Candidate(NamedTuple):
    """What may be meant: a stretch of the passage's tokens, a span carried over, or nothing."""

    first: int
    last: int
    features: Features
    span: Span | None


class Advice(NamedTuple):
    """The cue and the source that the rules give to a quote, if they know the quote."""

    span: Span | None = None
    rule: str = ""
    cue: Span | None = None
    source: Span | None = None

    @property
    def known(self) -> bool:
        """Whether a rule found the quote."""
        return bool(self.rule)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The stretches of one passage, among which quotes look for their cue and source."""

    passage: Passage
    starts: Sequence[int]
    sentence: Sequence[int]
    quoted: Sequence[int]
    begun: Mapping[str, Sequence[int]]
    verbs: Mapping[int, int]
    by_tag: Mapping[str, Sequence[Stretch]]
    sources: Mapping[int, Mapping[int, float]]


def scene_of(page: Page, tagged: Tagged) -> Scene:
    """Return the stretches of a page, ready to be asked what stands between two of them."""
    tokens, stretches = page.passage.tokens, tagged.stretches
    by_tag = {tag: [stretch for stretch in stretches if stretch.tag == tag] for tag in "QCS"}
    by_tag["S"] = _filled("S", [_without_clause(tokens, source) for source in by_tag["S"]], page.subjects)
    by_tag["C"] = _filled("C", by_tag["C"], page.verbs)
    return Scene(
        passage=page.passage,
        starts=[token.start for token in tokens],
        sentence=list(accumulate((token.low == STOP for token in tokens), initial=0)),
        quoted=list(accumulate((token.low == QUOTED for token in tokens), initial=0)),
        by_tag=by_tag,
        verbs=_verbs(tokens, by_tag["C"]),
        begun={tag: _begun(tag, stretches, len(tokens)) for tag in "QCS"},
        sources=tagged.sources,
    )


def _verbs(tokens: Sequence[Token], cues: Sequence[Stretch]) -> dict[int, int]:
    """Return for each place directly before a cue, adverbs left out, which token the cue begins with."""
    verbs = {}
    for cue in cues:
        place = cue.first
        verbs[place] = cue.first
        while place > 0 and (is_adverb(tokens[place - 1].low) or tokens[place - 1].low in AUXILIARIES):
            place -= 1
            verbs[place] = cue.first
    return verbs


def _without_clause(tokens: Sequence[Token], source: Stretch) -> Stretch:
    """Return a source up to the relative clause that describes it, as the rules have it: Lee, who …"""
    for index in range(source.first + 1, source.last - 1):
        if tokens[index].low == "," and tokens[index + 1].low in RELATIVES:
            return source._replace(last=index)
    return source


def _filled(tag: str, tagged: Sequence[Stretch], proposed: Sequence[tuple[int, int]]) -> list[Stretch]:
    """Return what was tagged and, between, what was proposed but not tagged."""
    filled = list(tagged)
    ends = [stretch.last for stretch in tagged]
    for first, last in proposed:
        number = bisect_right(ends, first)
        if number == len(tagged) or tagged[number].first >= last:
            filled.append(Stretch(tag, first, last, 0.0))
    return sorted(filled, key=lambda stretch: stretch.first)


def _begun(tag: str, stretches: Sequence[Stretch], length: int) -> list[int]:
    """Return how many stretches of a tag begin before each token."""
    begins = [0] * length
    for stretch in stretches:
        begins[stretch.first] += stretch.tag == tag
    return list(accumulate(begins, initial=0))


def span_of(tokens: Sequence[Token], first: int, last: int) -> Span:
    """Return what a range of tokens covers, without stops at its ends."""
    return Span(tokens[first].start, tokens[last - 1].end)


def advice_by_quote(rules: Suggestions) -> list[tuple[Span, Advice]]:
    """Return each segment of the rules' quotes with the cue and source that they give it, sorted."""
    spans = {annotation.key: annotation.segments[0] for annotation in rules.annotations}
    links = {(link.label, link.head): spans[link.child] for link in rules.relations}
    advices = [
        (
            segment,
            Advice(segment, quote.reason, links.get(("cue", quote.key)), links.get(("source", quote.key))),
        )
        for quote in rules.annotations
        if quote.label == "quote"
        for segment in quote.segments
    ]
    return sorted(advices, key=lambda advice: advice[0])


def advice_for(span: Span, advices: Sequence[tuple[Span, Advice]]) -> Advice:
    """Return what the rules say of the quote that shares most with a span."""
    best, most = Advice(), 0
    index = bisect_right(advices, span.end, key=lambda entry: entry[0].start)
    for segment, advice in reversed(advices[max(index - 8, 0) : index]):
        shared = min(segment.end, span.end) - max(segment.start, span.start)
        if shared > most:
            best, most = advice, shared
    return best


def cue_candidates(scene: Scene, quote: Stretch, advice: Advice) -> list[Candidate]:
    """Return the cues that a quote may have; the last candidate is none at all."""
    near = _nearest(scene.by_tag["C"], quote)
    found = [_candidate(scene, stretch, quote, None, advice.cue) for stretch in near]
    found += _advised(scene, quote, None, advice.cue, found)
    return [*found, _nothing(scene, quote, advice, advice.cue)]


def source_candidates(
    scene: Scene,
    quote: Stretch,
    cue: Candidate,
    advice: Advice,
    carried: Span | None,
    mentions: Sequence[Span] = (),
) -> list[Candidate]:
    """Return the sources that a quote may have; the last candidate is none at all.

    `carried` is the source of the quote before, which may go on speaking; `mentions` are what may be a
    source in the whole article, sorted and disjoint.
    """
    beside = Stretch("C", cue.first, cue.last, 1.0) if cue.first < cue.last else None
    near = dict.fromkeys(_nearest(scene.by_tag["S"], quote))
    if beside:
        near |= dict.fromkeys(_nearest(scene.by_tag["S"], beside))
    found = [_candidate(scene, stretch, quote, beside, advice.source) for stretch in near]
    found += _advised(scene, quote, beside, advice.source, found)
    if carried is not None and not any(
        candidate.span is not None and candidate.span.overlaps(carried) for candidate in found
    ):
        found.append(_carried(carried, quote, beside, advice))
    pointed = scene.sources.get(quote.first)
    if pointed is not None:
        found += [
            Candidate(0, 0, ("mentioned",), span)
            for span in _mentioned(mentions, pointed)
            if not any(candidate.span is not None and candidate.span.overlaps(span) for candidate in found)
        ]
    found.append(_nothing(scene, quote, advice, advice.source))
    return found if pointed is None else [_pointed(candidate, pointed) for candidate in found]


def _mentioned(mentions: Sequence[Span], pointed: Mapping[int, float]) -> list[Span]:
    """Return the mentions that the tagger points to; those that are no candidates are paragraphs away."""
    found = []
    for offset in pointed:
        number = bisect_right(mentions, offset, key=lambda span: span.start) - 1
        if number >= 0 and offset < mentions[number].end:
            found.append(mentions[number])
    return list(dict.fromkeys(found))


def _pointed(candidate: Candidate, pointed: Mapping[int, float]) -> Candidate:
    """Return a candidate with how likely the tagger takes it for the source, where it says so."""
    span = candidate.span or Span(NOWHERE, NOWHERE + 1)
    shares = {offset: share for offset, share in pointed.items() if span.start <= offset < span.end}
    what = "source" if candidate.span else "nothing"
    level = sum(sum(shares.values()) >= step for step in _POINTED)
    features = [f"pointed {what}={level}"]
    features += [f"pointed={level} {whose}" for whose in _WHOSE if whose in candidate.features]
    best = max(pointed, key=pointed.__getitem__, default=None)
    if best in shares:
        features.append(f"pointed best {what}")
        if best == span.start:
            features.append("pointed begins")
    return candidate._replace(features=(*candidate.features, *features))


def _nearest(stretches: Sequence[Stretch], to: Stretch) -> list[Stretch]:
    """Return the nearest few stretches on either side."""
    middle = bisect_right(stretches, to.first, key=lambda stretch: stretch.first)
    return list(stretches[max(middle - REACH, 0) : middle + REACH])


def _advised(
    scene: Scene, quote: Stretch, cue: Stretch | None, span: Span | None, found: Sequence[Candidate]
) -> list[Candidate]:
    """Return the rules' choice where the tagger has not found it: in this passage, or before it."""
    if span is None or any(candidate.span == span for candidate in found):
        return []
    tokens = scene.passage.tokens
    if span.start < tokens[0].start or span.end > tokens[-1].end:
        return [Candidate(0, 0, ("rules", "advised elsewhere"), span)]
    first, last = token_range(scene.starts, tokens, span)
    stretch = Stretch(_ADVISED, first, last, 0.0)
    return [_candidate(scene, stretch, quote, cue, span)._replace(span=span)]


def _carried(carried: Span, quote: Stretch, cue: Stretch | None, advice: Advice) -> Candidate:
    start = "starts" if quote.first == 0 else "later"
    bare = "with cue" if cue else "without cue"
    features = ("carried", f"carried {start} {bare}", f"carried known={advice.known:d}")
    return Candidate(0, 0, features, carried)


def _nothing(scene: Scene, quote: Stretch, advice: Advice, chosen: Span | None) -> Candidate:
    kind = scene.passage.tokens[quote.first].low == QUOTED
    features = ["nothing", f"nothing quoted={kind:d}", f"nothing known={advice.known:d}{chosen is None:d}"]
    if advice.known and chosen is None:
        features.append("rules")
    return Candidate(0, 0, features, None)


def _candidate(
    scene: Scene, stretch: Stretch, quote: Stretch, cue: Stretch | None, advised: Span | None
) -> Candidate:
    tokens = scene.passage.tokens
    span = span_of(tokens, stretch.first, stretch.last)
    features = _relation(scene, stretch, quote, "q")
    word = tokens[stretch.last - 1]
    features.append(f"sure={round(stretch.probability * 5)}")
    if stretch.last == stretch.first + 1 and pronoun_of(word):
        features.append(f"pronoun={pronoun_of(word)}")
    if advised is not None:
        features.append(_agreement(stretch, span, advised))
    if cue is not None:
        features += _relation(scene, stretch, cue, "c")
        side = "<" if stretch.first < cue.first else ">"
        features.append(f"c{side} cue ends={tokens[cue.last - 1].low}")
    following = scene.verbs.get(stretch.last)
    if following is not None and (cue is None or following != cue.first):
        features.append("another verb follows")
    if stretch.tag == "C":
        features.append(f"begins={tokens[stretch.first].low}")
    return Candidate(stretch.first, stretch.last, features, span)


def _agreement(stretch: Stretch, span: Span, advised: Span) -> str:
    if stretch.tag == _ADVISED or span == advised:
        return "rules"
    return "rules overlap" if span.overlaps(advised) else "rules differ"


def _relation(scene: Scene, stretch: Stretch, other: Stretch, letter: str) -> list[str]:
    """Return how a candidate stands to the quote or to its cue."""
    tokens = scene.passage.tokens
    before = stretch.first < other.first
    start, end = (stretch.last, other.first) if before else (other.last, stretch.first)
    gap = max(end - start, 0)
    side = "<" if before else ">"
    sentences = scene.sentence[max(end, 0)] - scene.sentence[min(start, max(end, 0))]
    name = f"{letter}{side}"
    features = [
        f"{name}gap={gap if gap < 4 else 4 + (gap > 6) + (gap > 10) + (gap > 20) + (gap > 40)}",
        f"{name}sentences={min(sentences, 3)}",
        f"{name}quotations={min(scene.quoted[max(end, start)] - scene.quoted[start], 2)}",
    ]
    for tag, begun in scene.begun.items():
        count = begun[max(start, end)] - begun[start]
        features.append(f"{name}{tag}={min(count, 2)}{min(sentences, 1)}")
    if 0 < gap < 3:
        features.append(f"{name}words={' '.join(token.low for token in tokens[start:end])}")
    if other.first <= stretch.first < other.last:
        features.append(f"{letter} within")
    return features


class Linked(NamedTuple):
    """A piece of a quote with its cue and its source, and how likely each is."""

    piece: Stretch
    span: Span
    advice: Advice
    cue: Candidate
    cue_chance: float
    source: Candidate
    source_chance: float


class Decides(Protocol):
    """Picks the cue or the source ("cue", "source") of the piece of a quote that covers `span`."""

    def __call__(
        self, relation: str, span: Span, candidates: Sequence[Candidate]
    ) -> tuple[Candidate, float]: ...


def link(
    scene: Scene,
    quotes: Sequence[Stretch],
    advices: Sequence[tuple[Span, Advice]],
    decide: Decides,
    carried: Span | None,
    mentions: Sequence[Span],
) -> list[Linked]:
    """Return the quotes of one passage, each with its cue and its source."""
    found = []
    for piece in quotes:
        span = span_of(scene.passage.tokens, piece.first, piece.last)
        advice = advice_for(span, advices)
        cue, cue_chance = decide("cue", span, cue_candidates(scene, piece, advice))
        sources = source_candidates(scene, piece, cue, advice, carried, mentions)
        source, source_chance = decide("source", span, sources)
        found.append(Linked(piece, span, advice, cue, cue_chance, source, source_chance))
        carried = source.span or carried
    return found


@dataclass(frozen=True, kw_only=True)
class Linker:
    """Decides by a ranker for cues and one for sources; the rules have the benefit of the doubt."""

    cue: Ranker
    source: Ranker
    caution: float = 1.0

    def __call__(
        self,
        relation: str,
        span: Span,  # noqa: ARG002 - the teacher looks at it
        candidates: Sequence[Candidate],
    ) -> tuple[Candidate, float]:
        """Return the candidate to believe and its probability."""
        return self.choose(candidates, self.chances(relation, candidates))

    def choose(self, candidates: Sequence[Candidate], chances: Sequence[float]) -> tuple[Candidate, float]:
        """Return the candidate to believe of those that are so likely, and its probability."""
        margin = self.caution * MARGIN
        best = max(
            range(len(candidates)),
            key=lambda number: chances[number] + margin * ("rules" in candidates[number].features),
        )
        return candidates[best], chances[best]

    def chances(self, relation: str, candidates: Sequence[Candidate]) -> list[float]:
        """Return how likely each candidate is; the rules have no benefit here."""
        ranker = self.cue if relation == "cue" else self.source
        return ranker.probabilities([candidate.features for candidate in candidates])
