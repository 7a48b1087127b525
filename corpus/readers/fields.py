"""From the named fields of one row to an article."""

from collections.abc import Mapping
from datetime import UTC, datetime

from corpus.readers.base import IncomingArticle, RowRefused
from corpus.readers.strict_json import JSON

#: Fields of the article; `id`, `source` and `license` are what others call `external_id`, `outlet` and
#: `licence`.
ARTICLE_FIELDS = frozenset(
    {
        *("external_id", "id", "text", "title", "outlet", "source", "url", "published_at", "language"),
        *("byline", "licence", "license", "text_withheld"),
    }
)
#: Of a field that may have two names: the one that others use, by ours.
_OTHER_NAMES = {"outlet": "source", "licence": "license"}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
#: Fields of the native record that say what is known of the article: importers read them, readers do not.
RECORD_FIELDS = frozenset(
    {
        *("annotations", "relations", "reviews", "blocks", "layer", "layers"),
        *("schema", "corpus", "revision", "status", "text_sha256", "length", "redacted"),
    }
)


class _FieldRefused(ValueError):
    """A field is missing or no value of its kind."""


def read_fields(place: str, fields: Mapping[str, JSON]) -> IncomingArticle | RowRefused:
    """Return the article that the fields of a row describe, or why they describe none.

    Fields that are none of the article's become metadata, beside those of an object `metadata`.
    """
    try:
        text = _text(fields)
        return IncomingArticle(
            place=place,
            text=text,
            external_id=_identifier(fields),
            title=_string(fields, "title"),
            outlet=_either(fields, "outlet"),
            url=_string(fields, "url"),
            published_at=read_time(_string(fields, "published_at")),
            language=_string(fields, "language"),
            byline=_string(fields, "byline"),
            licence=_either(fields, "licence"),
            text_withheld=_truth(fields, "text_withheld"),
            metadata=_metadata(fields),
            raw=text.encode(),
        )
    except _FieldRefused as refusal:
        return RowRefused(place=place, reason=str(refusal))


def read_time(value: str) -> datetime | None:
    """Return an ISO 8601 time; a date is its midnight and a time without zone is UTC; "" is None.

    Raises:
        ValueError: if it is no such time, or out of the years that UTC has.
    """
    if not value:
        return None
    try:
        time = datetime.fromisoformat(value)
        time = time if time.tzinfo else time.replace(tzinfo=UTC)
        time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _FieldRefused(
            f"`published_at` is {value[:40]!r}: write it as 2021-10-20T15:30:00+02:00"
        ) from None
    return time


def _text(fields: Mapping[str, JSON]) -> str:
    if fields.get("text") is None:
        raise _FieldRefused("there is no `text`: give the article's text as a string")
    text = _string(fields, "text")
    if not text.strip():
        raise _FieldRefused("`text` is empty: an article without text cannot be read")
    return text


def _string(fields: Mapping[str, JSON], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _FieldRefused(f"`{name}` is {repr(value)[:40]}, not a string")
    return value


def _identifier(fields: Mapping[str, JSON]) -> str:
    """Return `external_id`, or else `id`; numbers are taken, since many sources count."""
    for name in ("external_id", "id"):
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if value is not None and value != "":
            return _string(fields, name)
    return ""


def _truth(fields: Mapping[str, JSON], name: str) -> bool | None:
    """Return true or false, which a table can only write in words; None where nothing is said."""
    value = fields.get(name)
    if value is None or value == "" or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    truth = _TRUTHS.get(str(value).strip().lower())
    if truth is None:
        raise _FieldRefused(f"`{name}` is {repr(value)[:40]}: write true or false")
    return truth


def _either(fields: Mapping[str, JSON], name: str) -> str:
    other = _OTHER_NAMES[name]
    return _string(fields, name) or (str(fields[other]) if _stands_for(fields, name) else "")


def _stands_for(fields: Mapping[str, JSON], name: str) -> bool:
    """Tell whether the other name of a field stands for it; else it is metadata like any other field."""
    return not fields.get(name) and isinstance(fields.get(_OTHER_NAMES[name]), str)


def _metadata(fields: Mapping[str, JSON]) -> dict[str, JSON]:
    known = ARTICLE_FIELDS | RECORD_FIELDS
    metadata = {name: value for name, value in fields.items() if name not in known}
    for name, other in _OTHER_NAMES.items():
        if fields.get(other) and not _stands_for(fields, name):
            metadata[other] = fields[other]
    inner = metadata.get("metadata")
    if isinstance(inner, dict):
        del metadata["metadata"]
        return {**inner, **metadata}
    return metadata
