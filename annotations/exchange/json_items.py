"""JSON in parts that fit memory: the lines of JSON Lines, the items of one long list."""

import codecs
import json
from collections.abc import Iterator
from typing import IO

from annotations.exchange.articles import FileRefused, Refusal
from annotations.exchange.source import Source
from corpus.readers.base import MAX_BYTES
from corpus.readers.strict_json import JSON, JSONRefused, loads_strict

_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_AT_ONCE = 2**18
_DECODER = json.JSONDecoder()


def json_lines(source: Source, name: str) -> Iterator[tuple[str, "JSON | Refusal"]]:
    """Yield the value of each line that is not blank with its place, or why it has none."""
    with source.open(name) as stream:
        number = 0
        while line := stream.readline(MAX_BYTES + 1):
            number += 1
            place = f"{name}:{number}"
            if len(line) > MAX_BYTES:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_AT_ONCE)
                yield place, Refusal(place=place, reason=f"the line is longer than {MAX_BYTES:,} bytes")
                continue
            line = line.removeprefix(_BOM) if number == 1 else line
            if line.strip():
                yield place, _value(place, line)


def json_items(source: Source, name: str) -> Iterator[tuple[str, "JSON | Refusal"]]:
    """Yield the items of a file that is one list with their places; one object counts as a list of itself.

    Raises:
        FileRefused: the file ends too early, or is no JSON somewhere.
    """
    with source.open(name) as stream:
        text = _Text(stream, name)
        if text.next_mark() != "[":
            item = text.item(1)
            text.expect_end()
            yield name, _value(name, item)
            return
        text.skip(1)
        number = 0
        if text.next_mark() != "]":
            while True:
                number += 1
                place = f"{name}[{number - 1}]"
                yield place, _value(place, text.item(number))
                if text.next_mark() != ",":
                    break
                text.skip(1)
        if text.next_mark() != "]":
            raise FileRefused(
                f"{name}: item {number} is followed by {text.next_mark()!r}, not by a comma or ]"
            )
        text.skip(1)
        text.expect_end()


def _value(place: str, data: bytes | str) -> "JSON | Refusal":
    try:
        return loads_strict(data)
    except JSONRefused as refusal:
        return Refusal(place=place, reason=str(refusal))


class _Text:
    """The text of a stream as far as it is needed: no more than one item and a piece beyond it."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._held, self._at, self._ended = "", 0, False

    def next_mark(self) -> str:
        """Return the next character that is no space."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._held):
                return self._held[self._at]
            if not self._more(_AT_ONCE):
                raise FileRefused(f"{self._name}: the file ends too early; it was cut")

    def skip(self, count: int) -> None:
        self._at += count

    def item(self, number: int) -> str:
        """Return the JSON of the next value."""
        self.next_mark()
        while True:
            try:
                _, end = _DECODER.raw_decode(self._held, self._at)
            except RecursionError:
                raise FileRefused(f"{self._name}: item {number} is nested too deep") from None
            except json.JSONDecodeError as error:
                if self._ended:
                    raise self._no_json(number, error) from None
            except ValueError:
                # Of an integer with so many digits that the decoder does not even try.
                raise FileRefused(f"{self._name}: item {number} has an integer beyond 64 bits") from None
            else:
                if end - self._at > MAX_BYTES:
                    raise _too_long(self._name, number)
                if end < len(self._held) or self._ended:
                    found, self._at = self._held[self._at : end], end
                    return found
                # A number may go on in what is not read yet.
            waiting = len(self._held) - self._at
            if waiting > MAX_BYTES:
                raise _too_long(self._name, number)
            # Twice as much each time: a value that needs many pieces is tried few times.
            self._more(max(_AT_ONCE, waiting))

    def _no_json(self, number: int, error: json.JSONDecodeError) -> FileRefused:
        before = self._held[self._at : error.pos]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        place = f"line {line}, column {column} of it: {error.msg}"
        return FileRefused(f"{self._name}: item {number} is cut off or no JSON: {place}")

    def expect_end(self) -> None:
        while not self._ended or self._at < len(self._held):
            if self._held[self._at :].strip(_SPACE):
                raise FileRefused(f"{self._name}: something follows the end of the JSON")
            self._at = len(self._held)
            self._more(_AT_ONCE)

    def _more(self, size: int) -> bool:
        """Read on; return whether anything came."""
        raw = self._stream.read(size)
        try:
            piece = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise FileRefused(f"{self._name}: byte 0x{byte:02x} is not UTF-8; JSON is UTF-8") from None
        self._ended = not raw
        self._held, self._at = self._held[self._at :] + piece, 0
        return bool(raw)


def _too_long(name: str, number: int) -> FileRefused:
    return FileRefused(f"{name}: item {number} is longer than {MAX_BYTES:,} characters or no JSON")
