"""Records of a view, made up by chance, and ways to walk them."""

import hashlib
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from corpus.text.spans import joined_surface


def uuid(number: int) -> str:
    return f"0197a000-0000-7000-8000-{number:012x}"


def annotation(text: str, number: int, label: str, *segments: tuple[int, int], **more: Any) -> dict[str, Any]:
    return {
        "id": uuid(number),
        "root": uuid(number),
        "label": label,
        "segments": [list(segment) for segment in segments],
        "surface": joined_surface(text, segments),
        "attributes": {},
        "layer": "gold",
        "origin": "adjudicator",
        "annotator": "gold",
        "score": None,
        "reason": "",
        "derived_from": None,
        "guideline": 2,
        **more,
    }


def relation(number: int, label: str, head: int, child: int, **more: Any) -> dict[str, Any]:
    return {
        "id": uuid(number),
        "root": uuid(number),
        "label": label,
        "head": uuid(head),
        "child": uuid(child),
        "layer": "gold",
        "origin": "adjudicator",
        "score": None,
        "reason": "",
        "derived_from": None,
        "guideline": 2,
        **more,
    }


def record(text: str, **more: Any) -> dict[str, Any]:
    """Return the record of a view with every field that one has."""
    return {
        "schema": "attest/1",
        "id": uuid(1),
        "external_id": "a-1",
        "corpus": "harbour",
        "revision": 1,
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "length": len(text),
        "text": text,
        "title": "",
        "outlet": "Post",
        "url": "https://post.example/1",
        "published_at": "2026-03-01T08:00:00+00:00",
        "language": "en",
        "licence": "",
        "text_withheld": False,
        "status": "gold",
        "layer": "gold",
        "blocks": [],
        "annotations": [],
        "relations": [],
        "reviews": [],
        **more,
    }


def review(**more: Any) -> dict[str, Any]:
    return {
        "id": uuid(50),
        "on": uuid(2),
        "line": uuid(2),
        "version": 1,
        "verdict": "reject",
        "reason": "",
        "note": "",
        "reviewer": uuid(900),
        "layer": f"reviewer:{uuid(900)}",
        "at": "2026-03-02T08:00:00+00:00",
        "guideline": 2,
        "suggestions_shown": True,
        "result": None,
        "retracts": None,
        "implied_by": None,
        **more,
    }


@st.composite
def records(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> dict[str, Any]:
    """Return a record with up to four annotations, some of several segments, and what is said in words."""
    text = draw(texts)
    rows = []
    for number in range(draw(st.integers(0, 4)) if len(text) > 1 else 0):
        places = draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6, unique=True).map(sorted))
        cuts = places[: len(places) // 2 * 2]
        segments = list(zip(cuts[::2], cuts[1::2], strict=True))
        attributes = draw(st.sampled_from([{}, {"type": "direct"}]))
        label = "attribution" if number == 1 else "quote"
        attributes = attributes if label == "quote" else {}
        rows.append(
            annotation(text, 10 + number, label, *segments, attributes=attributes, reason=draw(texts))
        )
    links = [relation(30, "source", 10, 11, reason=draw(texts))] if len(rows) > 1 else []
    blocks = [{"start": 0, "end": len(text), "kind": "body"}] if text else []
    return record(
        text,
        title=draw(texts),
        licence=draw(texts),
        annotations=rows,
        relations=links,
        reviews=[review(note=draw(texts))],
        blocks=blocks,
    )


def strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string of a value, keys included, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{place}.{key}", key
            yield from strings(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, place)
