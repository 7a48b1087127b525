"""What the learner learns from: articles with what people say of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotations.extraction.base import ArticleText, Suggestions
from annotations.extraction.draft import Draft, Key
from corpus.text.blocks import segment_blocks
from corpus.text.spans import Span


@dataclass(frozen=True, kw_only=True)
class Example:
    """An article and what people say of it.

    Attributes:
        article: as a pipeline reads it.
        gold: the settled annotations and relations, in the shape in which pipelines speak.
        unscored: keys of quotes in `gold` that are learned from, but count neither for nor against
            a pipeline: what the guideline leaves open, as beliefs are.
    """

    article: ArticleText
    gold: Suggestions
    unscored: frozenset[int] = frozenset()


def example_of(record: Mapping[str, Any], language: str = "en") -> Example:
    """Return one evaluation record as an example; `language` is that of records that name none.

    A record has `text`, may have a `language`, and has `quotes`, each `{start, end, type, speaker, cue,
    group, ignore}`. The pieces of one attribution share their `group` and, where they are of one type,
    become one quote.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for number, quote in enumerate(record["quotes"]):
        group = (quote.get("group") or number, quote["type"], bool(quote.get("ignore")))
        groups.setdefault(group, []).append(quote)
    draft = Draft()
    unscored = {_add_quote(draft, pieces) for group, pieces in groups.items() if group[2]}
    scored = {_add_quote(draft, pieces) for group, pieces in groups.items() if not group[2]}
    gold = draft.suggestions()
    text = record["text"]
    return Example(
        article=ArticleText(
            text=text, blocks=tuple(segment_blocks(text)), language=str(record.get("language") or language)
        ),
        gold=gold,
        unscored=frozenset(
            annotation.key
            for annotation in gold.annotations
            if (annotation.label, annotation.segments) in unscored - scored
        ),
    )


def _add_quote(draft: Draft, pieces: Sequence[Mapping[str, Any]]) -> Key:
    segments = joined(Span(piece["start"], piece["end"]) for piece in pieces)
    quote = draft.add("quote", segments, 1.0, "gold", {"type": pieces[0]["type"]})
    for field, label, relation in (("speaker", "attribution", "source"), ("cue", "cue", "cue")):
        child = pieces[0].get(field)
        if child is not None:
            key = draft.add(label, (Span(child["start"], child["end"]),), 1.0, "gold")
            draft.link(relation, quote, key, 1.0, "gold")
    return quote


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans sorted, with those that touch or overlap joined."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
