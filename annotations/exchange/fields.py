"""Single fields of a record: what they may be, and how they refuse what they may not."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\Z")
#: The largest whole number that every database's plain integer holds.
MOST = 2**31 - 1


class RecordRefused(ValueError):
    """The message names the place in the record and what is wrong with it."""


def words(values: Mapping[str, Any], key: str, *, most: int | None = None) -> str:
    """Return a text, empty where none is given; `most` is the number of characters that fit."""
    value = values.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordRefused(f"{key} is {_shown(value)}, which is no text.")
    if most is not None and len(value) > most:
        raise RecordRefused(f"{key} has {len(value)} characters; {most} is the most.")
    return value


def number(values: Mapping[str, Any], key: str, *, least: int) -> int | None:
    """Return a whole number from `least` up, or None where none is given."""
    value = values.get(key)
    if value is None:
        return None
    if type(value) is not int or not least <= value <= MOST:
        raise RecordRefused(f"{key} is {_shown(value)}; it is a whole number from {least} to {MOST}.")
    return value


def truth(values: Mapping[str, Any], key: str) -> bool | None:
    value = values.get(key)
    if value is not None and not isinstance(value, bool):
        raise RecordRefused(f"{key} is {_shown(value)}; it is true or false.")
    return value


def mapping(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return an object, empty where none is given."""
    value = values.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RecordRefused(f"{key} is {_shown(value)}, which is no object.")
    return value


def objects(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects, empty where none is given."""
    items = values.get(key)
    if items is None:
        return []
    if not isinstance(items, list) or not all(type(item) is dict for item in items):
        raise RecordRefused(f"{key} must be a list of objects.")
    return items


def moment(value: object, place: str) -> datetime | None:
    """Return an ISO 8601 time with its zone, or None where none is given."""
    if value is None or value == "":
        return None
    try:
        stamp = datetime.fromisoformat(value) if isinstance(value, str) else None
        if stamp is not None and stamp.tzinfo is not None:
            stamp.astimezone(UTC)
            return stamp
    except (ValueError, OverflowError):
        pass
    raise RecordRefused(f"{place} is {_shown(value)}; give an ISO 8601 time with its zone.")


def plain_id(value: object, place: str) -> str:
    """Return an id as 32 hexadecimal digits; empty for none."""
    if value is None:
        return ""
    if not isinstance(value, str) or not ID.match(value):
        raise RecordRefused(f"{place} is {_shown(value)}, which is no UUID.")
    return value.replace("-", "")


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:80]}…"
