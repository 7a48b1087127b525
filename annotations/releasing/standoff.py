"""Records without words, for articles whose text may not be passed on, and their words put back.

Offsets, labels and ids stay, with the length and the sha256 of the text and the address where it stands:
who has the text puts it back. Two steps: `detach` takes away what the text alone gives back, `without_words`
also what people and machines wrote about it, since a title, a reason or a note may quote.
"""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from annotations.releasing.redaction import Record, blacked_out
from corpus.text.spans import joined_surface

#: What a record without words keeps. A closed list: what is not known to be free of words does not go out.
#: `external_id` and `url` say which article it is; what an editor put into them is passed on.
KEPT = frozenset(
    {
        *("schema", "id", "external_id", "corpus", "revision", "text_sha256", "length", "outlet", "url"),
        *("published_at", "language", "licence", "text_withheld", "status", "layer", "redacted"),
    }
)
BLANK = ("text", "title")
KEPT_OF_ROWS: Mapping[str, frozenset[str]] = {
    "blocks": frozenset({"start", "end", "kind", "name"}),
    "annotations": frozenset(
        {
            *("id", "root", "label", "segments", "attributes", "layer", "origin", "annotator", "score"),
            *("derived_from", "guideline"),
        }
    ),
    "relations": frozenset(
        {"id", "root", "label", "head", "child", "layer", "origin", "score", "derived_from", "guideline"}
    ),
    "reviews": frozenset(
        {
            *("id", "on", "line", "version", "verdict", "reviewer", "layer", "at", "guideline"),
            *("suggestions_shown", "result", "retracts", "implied_by"),
        }
    ),
}
BLANK_OF_ROWS: Mapping[str, tuple[str, ...]] = {
    "blocks": (),
    "annotations": ("surface", "reason"),
    "relations": ("reason",),
    "reviews": ("reason", "note"),
}


class WrongText(ValueError):
    """A text is not the one that a record was made of."""


def detach(record: Record) -> dict[str, Any]:
    """Return a record without its text and surfaces, which `rejoin` puts back: nothing else changes.

    `text` and each `surface` are empty; `length` says how many code points the text has.
    """
    rows = [{**row, "surface": ""} for row in record["annotations"]]
    return {**record, "text": "", "annotations": rows}


def without_words(record: Record) -> dict[str, Any]:
    """Return the record of a view without any word of the article, or that somebody wrote about it.

    Text, title, surfaces, reasons and notes are empty; every other field that is not known to hold no words
    is left out. `rejoin` puts text and surfaces back.
    """
    detached = detach(record)
    kept = _kept(detached, KEPT, BLANK)
    for key, names in KEPT_OF_ROWS.items():
        if key in detached:
            kept[key] = [_kept(row, names, BLANK_OF_ROWS[key]) for row in detached[key]]
    return kept


def rejoin(record: Record, text: str) -> dict[str, Any]:
    """Return a record with its text and surfaces again, given the text of that revision.

    Of a redacted record the text may be the article's own: what was redacted is blacked out in it first.

    Raises:
        WrongText: the text is not the one that the record was made of, by its sha256.
    """
    text = blacked_out(text, record.get("redacted") or ())
    if hashlib.sha256(text.encode()).hexdigest() != record["text_sha256"]:
        raise WrongText(f"This is not the text of {record['external_id']}: its sha256 is another.")
    rows = [{**row, "surface": joined_surface(text, row["segments"])} for row in record["annotations"]]
    return {**record, "text": text, "annotations": rows}


def _kept(values: Record, names: Collection[str], blank: Collection[str]) -> dict[str, Any]:
    """Return what is kept of an object, in its own order, with nothing in what is blank."""
    return {
        name: "" if name in blank else value
        for name, value in values.items()
        if name in names or name in blank
    }
