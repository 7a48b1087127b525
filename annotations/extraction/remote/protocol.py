"""The protocol `attest-pipeline/1`: what a model server is asked, and what its answer must fit."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from annotations.extraction.base import JSON, ArticleText, Link, Pipeline, Suggestion, Suggestions
from annotations.extraction.remote.client import AnswerRefused, short
from annotations.extraction.remote.shapes import ANSWER
from corpus.text.blocks import Block
from corpus.text.offsets import OffsetError, OffsetMap, OffsetUnit
from corpus.text.spans import Span, SpanError, check_segments, joined_surface

SCHEMA = "attest-pipeline/1"


def request_for(pipeline: Pipeline, article: ArticleText) -> dict[str, JSON]:
    """Return what a server is asked about one article; offsets of blocks are code points."""
    return {
        "schema": SCHEMA,
        "pipeline": {
            "name": pipeline.name,
            "version": pipeline.version,
            "configuration": dict(pipeline.configuration),
        },
        "offset_unit": OffsetUnit.CODE_POINT.value,
        "articles": [
            {
                "id": article_id(article),
                "text": article.text,
                "language": article.language,
                "blocks": [_block(block) for block in article.blocks],
            }
        ],
    }


def article_id(article: ArticleText) -> str:
    """Return what an article is called on the way: the sha256 of its text."""
    return hashlib.sha256(article.text.encode()).hexdigest()


def suggestions_in(answer: JSON, article: ArticleText) -> Suggestions:
    """Return what an answer says of the one article that was asked about.

    Raises:
        AnswerRefused: anything in it does not fit the schema or the text; the message says where and why.
    """
    found = ANSWER.check(answer)
    asked = article_id(article)
    if [entry["id"] for entry in found["articles"]] != [asked]:
        raise AnswerRefused("$.articles: must hold the one article that was asked about, by its id")
    offsets = OffsetMap(article.text, OffsetUnit(found["offset_unit"]))
    entry = found["articles"][0]
    suggestions: dict[int | str, Suggestion] = {}
    for number, item in enumerate(entry["annotations"]):
        place = f"$.articles[0].annotations[{number}]"
        if item["key"] in suggestions:
            raise AnswerRefused(f"{place}.key: {item['key']!r} is the key of another one, too")
        segments = _segments(article.text, offsets, item, place)
        suggestions[item["key"]] = Suggestion(
            key=0,
            label=item["label"],
            segments=segments,
            score=float(item["score"]),
            reason=item.get("reason", ""),
            attributes=item.get("attributes", {}),
        )
    return _numbered(suggestions, entry.get("relations", []))


def _block(block: Block) -> dict[str, JSON]:
    sent: dict[str, JSON] = {"start": block.start, "end": block.end, "kind": block.kind.value}
    if block.name_start is not None and block.name_end is not None:
        sent["name"] = {"start": block.name_start, "end": block.name_end}
    return sent


def _segments(text: str, offsets: OffsetMap, item: Mapping[str, Any], place: str) -> tuple[Span, ...]:
    """Return the segments in code points, verified by their surface."""
    try:
        pairs = [
            (offsets.to_code_points(start), offsets.to_code_points(end)) for start, end in item["segments"]
        ]
        spans = check_segments(text, pairs)
    except (OffsetError, SpanError) as error:
        raise AnswerRefused(f"{place}.segments: {short(str(error))}") from None
    if joined_surface(text, spans) != item["surface"]:
        raise AnswerRefused(f"{place}.surface: the text has other characters at {item['segments']}"[:400])
    return spans


def _numbered(found: Mapping[int | str, Suggestion], relations: list[dict[str, Any]]) -> Suggestions:
    """Return suggestions and links in their order, with numbers for the keys that the server chose."""
    order = sorted(found, key=lambda key: _place_of(found[key]))
    numbers = {key: number for number, key in enumerate(order)}
    links = []
    for number, item in enumerate(relations):
        place = f"$.articles[0].relations[{number}]"
        for end in ("head", "child"):
            if item[end] not in numbers:
                raise AnswerRefused(f"{place}.{end}: no annotation has the key {item[end]!r}")
        if item["head"] == item["child"]:
            raise AnswerRefused(f"{place}: leads from {item['head']!r} to itself")
        links.append(
            Link(
                label=item["label"],
                head=numbers[item["head"]],
                child=numbers[item["child"]],
                score=float(item["score"]),
                reason=item.get("reason", ""),
            )
        )
    links.sort(key=lambda link: (link.head, link.child, link.label))
    annotations = tuple(replace(found[key], key=numbers[key]) for key in order)
    return Suggestions(annotations=annotations, relations=tuple(links))


def _place_of(suggestion: Suggestion) -> tuple[int, int, str]:
    return suggestion.segments[0].start, suggestion.segments[-1].end, suggestion.label
