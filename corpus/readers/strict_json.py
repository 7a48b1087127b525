"""One strict way from JSON bytes to values, for files and for the HTTP API."""

from typing import TypeAlias

#: What JSON can carry.
JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
