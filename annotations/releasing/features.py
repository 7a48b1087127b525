"""The shape of a native record in the words of Hugging Face's `datasets`, for the head of a data card.

Without it the loader takes the shape from the first file, and stops at a later line that has more: the
first speaker turn, the first tombstone, an attribute that only the test split has.
"""

from collections.abc import Iterable
from typing import Any

Feature = dict[str, Any]

STRING, INTEGER, TRUTH, SCORE = "string", "int64", "bool", "float64"
MOMENT = "timestamp[us, tz=UTC]"


def record_features(attributes: Iterable[str]) -> list[Feature]:
    """Return the features of the record of a view and of a tombstone; `attributes` are those of labels."""
    return [
        *_plain(STRING, "schema", "id", "external_id", "corpus"),
        *_plain(INTEGER, "revision"),
        *_plain(STRING, "text_sha256"),
        *_plain(INTEGER, "length"),
        *_plain(STRING, "text", "title", "outlet", "url"),
        *_plain(MOMENT, "published_at"),
        *_plain(STRING, "language", "licence"),
        *_plain(TRUTH, "text_withheld"),
        *_plain(STRING, "status", "layer"),
        _spans("redacted"),
        {"name": "blocks", "list": _block()},
        {"name": "annotations", "list": _annotation(attributes)},
        {"name": "relations", "list": _relation()},
        {"name": "reviews", "list": _review()},
        *_plain(STRING, "tombstone"),
    ]


def _block() -> list[Feature]:
    name = _plain(INTEGER, "start", "end")
    return [
        *_plain(INTEGER, "start", "end"),
        *_plain(STRING, "kind"),
        {"name": "name", "struct": name},
    ]


def _annotation(attributes: Iterable[str]) -> list[Feature]:
    return [
        *_plain(STRING, "id", "root", "label"),
        _spans("segments"),
        *_plain(STRING, "surface"),
        {"name": "attributes", "struct": _plain(STRING, *sorted(set(attributes)))},
        *_plain(STRING, "annotator"),
        *_origin(),
    ]


def _relation() -> list[Feature]:
    return [*_plain(STRING, "id", "root", "label", "head", "child"), *_origin()]


def _origin() -> list[Feature]:
    return [
        *_plain(STRING, "layer", "origin"),
        *_plain(SCORE, "score"),
        *_plain(STRING, "reason", "derived_from"),
        *_plain(INTEGER, "guideline"),
    ]


def _review() -> list[Feature]:
    return [
        *_plain(STRING, "id", "on", "line"),
        *_plain(INTEGER, "version"),
        *_plain(STRING, "verdict", "reason", "note", "reviewer", "layer"),
        *_plain(MOMENT, "at"),
        *_plain(INTEGER, "guideline"),
        *_plain(TRUTH, "suggestions_shown"),
        *_plain(STRING, "result", "retracts", "implied_by"),
    ]


def _spans(name: str) -> Feature:
    return {"name": name, "list": {"list": INTEGER}}


def _plain(kind: str, *names: str) -> list[Feature]:
    return [{"name": name, "dtype": kind} for name in names]
