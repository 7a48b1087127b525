"""Claims of an article: what people decided, as cases to learn from, and what a scorer makes of the rest."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.draft import Draft, Key
from annotations.extraction.evaluation import HALF, overlap
from annotations.extraction.learned.claims import Case, ClaimScorer
from annotations.extraction.learned.examples import Example
from annotations.extraction.passages import HEADINGS, Passage, read_passages
from annotations.extraction.rules import Quote, add_claims, candidates
from corpus.text.spans import Span


def claim_cases(examples: Iterable[Example]) -> Iterator[Case]:
    """Yield every sentence that may be a claim, and every claim, of reviewed articles.

    What was accepted or added is a claim; a rejected suggestion and a sentence that nobody says anything of
    are none.
    """
    for number, example in enumerate(examples):
        text, gold = example.article.text, example.gold
        claims = sorted(row.segments[0] for row in gold.annotations if row.label == "claim")
        starts = [claim.start for claim in claims]
        found: set[Span] = set()
        for passage, quotes in _pages(example.article, _quotes(gold)):
            for span, _ in candidates(text, passage, quotes):
                # what shares half of its union with the span begins at most this far before it
                first = bisect_left(starts, 2 * span.start - span.end)
                near = claims[first : bisect_left(starts, span.end)]
                same = [claim for claim in near if overlap(claim, span) >= HALF]
                found.update(same)
                yield Case(span.of(passage.view), is_claim=bool(same), article=number)
        for claim in claims:
            if claim not in found:
                yield Case(claim.of(text), is_claim=True, article=number)


def with_claims(article: ArticleText, found: Suggestions, scorer: ClaimScorer) -> Suggestions:
    """Return suggestions with the claims that the scorer finds in the place of theirs. Cost: linear."""
    draft = Draft()
    claims = {row.key for row in found.annotations if row.label == "claim"}
    others = [link for link in found.relations if link.head not in claims]
    gone = claims | ({link.child for link in found.relations} - {link.child for link in others})
    keys: dict[int, Key] = {}
    for row in found.annotations:
        if row.key not in gone:
            keys[row.key] = draft.add(row.label, row.segments, row.score, row.reason, row.attributes)
    for link in others:
        draft.link(link.label, keys[link.head], keys[link.child], link.score, link.reason)
    for passage, quotes in _pages(article, _quotes(found)):
        add_claims(draft, article.text, passage, quotes, scorer)
    return draft.suggestions()


def _quotes(found: Suggestions) -> list[Quote]:
    """Return the quotes among suggestions, each with its source, in order."""
    keys = {row.key: (row.label, row.segments) for row in found.annotations}
    sources = {link.head: keys[link.child] for link in found.relations if link.label == "source"}
    return [
        Quote(key=keys[row.key], segments=row.segments, source=sources.get(row.key))
        for row in found.annotations
        if row.label == "quote"
    ]


def _pages(article: ArticleText, quotes: Sequence[Quote]) -> Iterator[tuple[Passage, list[Quote]]]:
    """Yield the passages that may hold claims, each with the quotes that begin in it."""
    starts = [quote.segments[0].start for quote in quotes]
    for passage in read_passages(article):
        if passage.kind not in HEADINGS:
            first, last = passage.blocks[0].start, passage.blocks[-1].end
            yield passage, list(quotes[bisect_left(starts, first) : bisect_left(starts, last)])
