"""Exchange formats: pure readers and writers. A new one is a file here and a line in `FORMATS`."""

from annotations.exchange.native import NATIVE

#: The formats that an export can take, by name.
FORMATS = {NATIVE: "Attest's own records, one article a line"}


class UnknownFormat(ValueError):
    """The message names the formats that there are."""


def check_format(name: str) -> None:
    if name not in FORMATS:
        raise UnknownFormat(f"There is no format {name!r}; there are {', '.join(FORMATS)}.")
