"""Wrong suggestions that look like a pipeline's, to be planted where reviewers know that some are.

Each breaks a rule of the guideline so that the right answer is to reject it, never to correct it: there is
nothing there to keep. A title or a so-called thing in quotation marks is no quote (R6); a question, an
opinion, a piece of advice, a forecast or a notice is no claim (R13).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from annotations.extraction.base import ArticleText
from annotations.extraction.claims import weigh_claim
from annotations.extraction.said import source_words
from corpus.text.kinds import BlockKind
from corpus.text.sentences import sentences
from corpus.text.spans import Span

#: Blocks in which pipelines suggest something, and reviewers look for it.
_READ = frozenset({BlockKind.BODY, BlockKind.STANDFIRST, BlockKind.CAPTION, BlockKind.SPEAKER_TURN})
_NAMED = re.compile(
    r"\b(?:so-called|titled|entitled|novel|book|film|movie|song|album|poem|play|opera|painting|musical"
    r"|documentary|exhibition|series|magazine|game|slogan),? "
    r"(?P<quoted>“[^”\n]{2,60}”|\"[^\"\n]{2,60}\"|‘[^’\n]{2,60}’)"
)
_QUOTED_REASON = f"long quotation that no report explains; {source_words(None)}"
_MARKS = frozenset('“”"„«»‘')
#: What speaks against a claim, and what would make a sentence one all the same.
_AGAINST = frozenset({"opinion", "advice", "not yet so", "judgement", "plan", "notice", "order or greeting"})
_FOR = frozenset({"quantity", "number", "comparison", "change", "law or vote", "event with a date", "event"})
_LEAST_WORDS, _MOST_WORDS = 5, 30


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A wrong suggestion; `reason` is what the rules would have said for it."""

    label: str
    segments: tuple[Span, ...]
    reason: str
    attributes: dict[str, str] = field(default_factory=dict)


def wrong_suggestions(article: ArticleText) -> Iterator[Wrong]:
    """Yield wrong suggestions for an article, in the order of the text. Cost: linear in the text.

    In a language other than English only questions are found.
    """
    english = article.language.lower().startswith("en")
    for block in article.blocks:
        if block.kind not in _READ:
            continue
        if english:
            yield from _names(article.text, block.start, block.end)
        for sentence in sentences(article.text, block.start, block.end):
            yield from _no_claim(article.text, sentence, english=english)


def _names(text: str, start: int, end: int) -> Iterator[Wrong]:
    for found in _NAMED.finditer(text, start, end):
        span = Span(*found.span("quoted"))
        yield Wrong(label="quote", segments=(span,), reason=_QUOTED_REASON, attributes={"type": "direct"})


def _no_claim(text: str, sentence: Span, *, english: bool) -> Iterator[Wrong]:
    words = sentence.of(text)
    if not _LEAST_WORDS <= len(words.split()) <= _MOST_WORDS or not _MARKS.isdisjoint(words):
        return
    weighed = weigh_claim(words) if english else None
    signs: tuple[str, ...] = ()
    if weighed is not None:
        signs = weighed.signs
        if _AGAINST.isdisjoint(weighed.doubts) or not _FOR.isdisjoint(signs):
            return
    elif not words.endswith("?"):
        return
    end = sentence.end - (words[-1] in ".!?")
    reason = f"check-worthy: {', '.join(signs) or 'state'}"
    yield Wrong(label="claim", segments=(Span(sentence.start, end),), reason=reason)
