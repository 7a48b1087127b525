"""Native records whose offsets count something else than code points: out, and in again.

Such a record says so itself in `offset_unit`, so that a line is understood without its manifest.
"""

from collections.abc import Callable, Mapping
from typing import Any

from annotations.exchange.fields import RecordRefused
from corpus.text.offsets import OffsetError, OffsetMap, OffsetUnit

KEY = "offset_unit"


def counted_in(record: dict[str, Any], unit: OffsetUnit) -> dict[str, Any]:
    """Return a record of code points with its offsets in `unit`."""
    if unit is OffsetUnit.CODE_POINT or "text" not in record:
        return record
    return {**_moved(record, OffsetMap(record["text"], unit).from_code_points), KEY: str(unit)}


def in_code_points(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a record as it came in with its offsets in code points; what is no offset is left as it is.

    Raises:
        RecordRefused: there is no such unit, or an offset is out of the text or inside a character.
    """
    stated = values.get(KEY)
    if stated is None or not isinstance(values.get("text"), str):
        return values
    if stated not in list(OffsetUnit):
        raise RecordRefused(f"{KEY} is {str(stated)[:40]!r}; it is one of {', '.join(OffsetUnit)}.")
    try:
        return _moved(values, OffsetMap(values["text"], OffsetUnit(stated)).to_code_points)
    except OffsetError as error:
        raise RecordRefused(f"an offset does not fit the text: {error}.") from None


def _moved(record: Mapping[str, Any], place: Callable[[int], int]) -> dict[str, Any]:
    """Return a copy of a record with every offset in it given to `place`. No other part is copied."""
    moved = dict(record)

    def spanning(item: dict[str, Any]) -> dict[str, Any]:
        return item | {key: place(item[key]) for key in ("start", "end") if _is_offset(item.get(key))}

    moved |= _each(record, "blocks", lambda block: spanning(block) | _named(block, spanning))
    moved |= _each(record, "disputes", spanning)
    moved |= _each(record, "annotations", lambda item: item | _segments(item, place))
    return moved


def _each(
    record: Mapping[str, Any], key: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    items = record.get(key)
    if not isinstance(items, list):
        return {}
    return {key: [change(item) if isinstance(item, dict) else item for item in items]}


def _named(block: Mapping[str, Any], spanning: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Return the name of a speaker turn, which has a place of its own."""
    name = block.get("name")
    return {"name": spanning(name)} if isinstance(name, dict) else {}


def _segments(item: Mapping[str, Any], place: Callable[[int], int]) -> dict[str, Any]:
    segments = item.get("segments")
    if not isinstance(segments, list):
        return {}
    return {
        "segments": [
            [place(end) if _is_offset(end) else end for end in segment]
            if isinstance(segment, list)
            else segment
            for segment in segments
        ]
    }


def _is_offset(value: object) -> bool:
    return type(value) is int
