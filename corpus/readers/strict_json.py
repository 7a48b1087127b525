"""One strict way from JSON bytes to values, for files and for the HTTP API."""

import json
import re
from collections import Counter
from itertools import chain
from typing import NoReturn, TypeAlias, cast

import orjson

#: What JSON can carry.
JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

#: The deepest nesting of lists and objects that is read.
MAX_DEPTH = 64
_LEAST, _MOST = -(2**63), 2**63 - 1
_LONGEST_INTEGER = len(str(_LEAST))
#: NUL as an escape: behind an even number of backslashes, for `\\u0000` is a backslash and a word.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*(\\u0000)")
#: A string, closed or not, or a bracket; the string never backtracks, so that a scan is linear.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_NUMBERS = frozenset({int, float})
_CONTAINERS = frozenset({list, dict})


class JSONRefused(ValueError):
    """The bytes are no JSON that can be stored; the message says where and why.

    Attributes:
        reason: why, without the place.
        line: the line, from 1; None where the place is not known.
        column: the column in characters, from 1; None where the place is not known.
    """

    def __init__(self, reason: str, *, line: int | None = None, column: int | None = None) -> None:
        place = "" if line is None else f"line {line}, column {column}: "
        super().__init__(place + reason)
        self.reason = reason
        self.line = line
        self.column = column


def loads_strict(data: bytes | str) -> JSON:
    """Return the value of one JSON text that every database and client can hold.

    Beyond what JSON forbids, these are refused: a byte order mark, a key twice in one object,
    NUL and half a surrogate pair in any string or key, NaN and Infinity, nesting deeper than
    `MAX_DEPTH`, integers beyond 64 bits with sign, and bytes that are not UTF-8.

    Raises:
        JSONRefused: naming the place where it is known.

    Cost: linear; one to three times `json.loads`, four times where a large number or an escaped
    colon asks for a second look.
    """
    raw = _utf8(data)
    try:
        value: JSON = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        _refuse_syntax(raw, error)
    # The fast parser reads an integer that it cannot hold as a float, and keeps the last of two
    # equal keys. Both are told by what is left of the text, and named by the slow one.
    suspicious = _check_depth(raw, value)
    if b"\\u0000" in raw and (nul := _NUL.search(raw)):
        _refuse(raw, nul.start(1), "NUL (\\u0000) cannot be stored: leave it out")
    colons = raw.count(b":")
    if suspicious or _has_escaped_colon(raw) or colons != orjson.dumps(value).count(b":"):
        _check_slowly(raw)
    return value


def _utf8(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return data.encode()
    except UnicodeEncodeError as error:
        raise JSONRefused(f"character {error.start} is half a surrogate pair") from None


def _has_escaped_colon(raw: bytes) -> bool:
    return b"\\u003a" in raw or b"\\u003A" in raw


def _check_depth(raw: bytes, value: JSON) -> bool:
    """Refuse a value that is nested too deep; tell whether it has numbers at the edge of 64 bits.

    Goes level by level and looks at the set of types first, which is what makes it cheap.
    """
    level = [value]
    suspicious = False
    for _ in range(MAX_DEPTH + 1):
        types = set(map(type, level))
        if not types.isdisjoint(_NUMBERS):
            suspicious |= _has_large_number(level, types)
        if types.isdisjoint(_CONTAINERS):
            return suspicious
        level = _level_below(level, types)
    _refuse_depth(raw)


def _has_large_number(level: list[JSON], types: set[type]) -> bool:
    found = level if types <= _NUMBERS else [item for item in level if type(item) in _NUMBERS]
    numbers = cast("list[float]", found)
    return min(numbers) <= _LEAST or max(numbers) >= _MOST


def _level_below(level: list[JSON], types: set[type]) -> list[JSON]:
    """Return what is in the lists and objects of a level."""
    if types == {list}:
        return list(chain.from_iterable(cast(list[list[JSON]], level)))
    below: list[JSON] = []
    for item in level:
        if type(item) is dict:
            below += item.values()
        elif type(item) is list:
            below += item
    return below


def _check_slowly(raw: bytes) -> None:
    """Refuse keys that come twice and integers beyond 64 bits, by the parser that has hooks."""
    json.loads(raw, object_pairs_hook=_object_of_single_keys, parse_int=_int_of_64_bits)


def _object_of_single_keys(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise JSONRefused(f"the key {twice!r} comes twice in one object: which one counts?")
    return found


def _int_of_64_bits(digits: str) -> int:
    if len(digits) > _LONGEST_INTEGER or not _LEAST <= int(digits) <= _MOST:
        raise JSONRefused(f"the integer {digits[:24]} is beyond 64 bits: send it as a string")
    return int(digits)


def _refuse_syntax(raw: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    """Refuse what the fast parser refused, in our words where we have better ones."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        _refuse(raw, wrong.start, f"byte {wrong.start} (0x{raw[wrong.start]:02x}) is not UTF-8")
    if text.startswith("\ufeff"):
        _refuse(raw, 0, "a byte order mark is no JSON: leave it out")
    at = len(text[: error.pos].encode())
    reason = error.msg
    if "depth limit" in reason:
        _refuse_depth(raw)
    if "surrogate" in reason:
        reason = "half a surrogate pair is no character: send both halves"
    elif raw.startswith((b"NaN", b"Infinity"), at):
        reason = "NaN and Infinity are no JSON: send null or a string"
    elif "infinity" in reason:
        reason = "the number is too large"
    _refuse(raw, at, reason)


def _refuse_depth(raw: bytes) -> NoReturn:
    depth = at = 0
    for token in _TOKEN.finditer(raw):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            at = token.start()
            break
    _refuse(raw, at, f"nested deeper than {MAX_DEPTH}")


def _refuse(raw: bytes, at: int, reason: str) -> NoReturn:
    """Refuse with the line and column of a byte."""
    line_start = raw.rfind(b"\n", 0, at) + 1
    column = len(raw[line_start:at].decode(errors="replace")) + 1
    raise JSONRefused(reason, line=raw.count(b"\n", 0, at) + 1, column=column)
