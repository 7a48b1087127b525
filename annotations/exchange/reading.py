"""What readers of JSON formats share: one article an object, taken whole or refused with its place."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from annotations.exchange.articles import FIELDS, Article, Found, Refusal
from annotations.exchange.fields import RecordRefused, number, words
from corpus.readers.strict_json import JSON
from corpus.text.spans import Span

Values = Mapping[str, Any]


def read_each(
    items: Iterable[tuple[str, "JSON | Refusal"]], read: Callable[[str, Values], Article]
) -> Iterator[Found]:
    """Yield what `read` makes of each object, or why it makes nothing."""
    for place, value in items:
        if isinstance(value, Refusal):
            yield value
            continue
        try:
            if not isinstance(value, dict):
                raise RecordRefused("an article is an object here")
            yield read(place, value)
        except RecordRefused as refusal:
            yield Refusal(place=place, reason=str(refusal))


def span_of(values: Values, start: str = "start", end: str = "end") -> Span:
    """Return a span whose two offsets are whole numbers, the first not beyond the second."""
    first, last = number(values, start, least=0), number(values, end, least=0)
    if first is None or last is None:
        raise RecordRefused(f"{start} or {end} is missing")
    if first >= last:
        raise RecordRefused(f"the span from {first} to {last} holds nothing")
    return Span(first, last)


def text_of(values: Values, key: str = "text") -> str:
    text = words(values, key)
    if not text:
        raise RecordRefused(f"{key} is missing or empty")
    return text


def named_fields(values: Values) -> dict[str, Any]:
    """Return the fields of an article that an object has under the names that we give them."""
    return {name: words(values, name) for name in FIELDS if isinstance(values.get(name), str)}


def rest_of(values: Values, taken: Iterable[str]) -> dict[str, Any]:
    """Return what an object has under other names than those taken: the article keeps it as metadata."""
    known = {*FIELDS, *taken}
    return {
        name: value for name, value in values.items() if name not in known and value not in (None, "", [], {})
    }


def key_of(value: object) -> str:
    """Return an id as text; ids of files are numbers or texts."""
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise RecordRefused(f"the id {str(value)[:80]!r} is no text and no number")
    return str(value)


def score_of(values: Values, key: str = "score") -> float | None:
    score = values.get(key)
    if score is None:
        return None
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise RecordRefused(f"{key} is {str(score)[:80]!r}, which is no number")
    return float(score)


def texts_of(values: Values, key: str) -> dict[str, str]:
    """Return an object of texts, empty where there is none."""
    found = values.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise RecordRefused(f"{key} must be an object of texts")
    return found


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what says nothing."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, ())}
