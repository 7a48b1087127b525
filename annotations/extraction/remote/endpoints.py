"""The addresses that the operator has named; a corpus knows them by their names alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from annotations.extraction.base import JSON
from corpus.readers.strict_json import JSONRefused, loads_strict

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
URL = re.compile(r"https?://[!-~]+\Z")
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,100}\Z")
HEADER_VALUE = re.compile(r"[!-~](?:[ -~]{0,4000}[!-~])?\Z")
#: What the client writes itself.
OWN_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)


class UnknownEndpoint(ValueError):
    """The operator has named no such endpoint."""

    def __init__(self, name: str) -> None:
        known = ", ".join(sorted(ENDPOINTS)) or "none"
        super().__init__(f"no endpoint is called {name!r}; the operator has named: {known}")


class EndpointRefused(ValueError):
    """What the operator wrote is no endpoint; the message repeats no address and no secret."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a pipeline runs. Its address and headers may hold secrets: they are in no `repr` and no error.

    Attributes:
        seconds: for everything that one article takes, repetitions included.
    """

    name: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 60


#: By name; filled from the settings when Attest starts.
ENDPOINTS: dict[str, Endpoint] = {}


def endpoint_named(name: JSON) -> Endpoint:
    """Return the endpoint of that name.

    Raises:
        UnknownEndpoint: if there is none; the message names the known ones.
    """
    if not isinstance(name, str) or name not in ENDPOINTS:
        raise UnknownEndpoint(name[:64] if isinstance(name, str) else "")
    return ENDPOINTS[name]


def read_endpoints(written: str, *, seconds: float) -> dict[str, Endpoint]:
    """Return the endpoints of a JSON object: `{"NAME": {"url": "…", "headers": {"NAME": "VALUE"}}}`.

    Raises:
        EndpointRefused: naming the first that cannot be used, and why.
    """
    try:
        found = loads_strict(written)
    except JSONRefused as error:
        raise EndpointRefused(f"it is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise EndpointRefused("it must be a JSON object, from names to addresses.")
    return {name: _endpoint(name, entry, seconds) for name, entry in found.items()}


def _endpoint(name: str, entry: JSON, seconds: float) -> Endpoint:
    if not NAME.match(name):
        raise EndpointRefused(f"{name[:64]!r} is no name: small letters, digits, - and _, 64 at most.")
    if not isinstance(entry, dict) or "url" not in entry or set(entry) - {"url", "headers"}:
        raise EndpointRefused(f"{name!r} must have a 'url', may have 'headers', and nothing else.")
    return Endpoint(
        name=name,
        url=_checked_url(name, entry["url"]),
        headers=_checked_headers(name, entry.get("headers", {})),
        seconds=seconds,
    )


def _checked_url(name: str, url: JSON) -> str:
    if not isinstance(url, str) or not URL.match(url):
        raise EndpointRefused(f"{name!r} needs a url of http:// or https://, in ASCII without spaces.")
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.password is not None or parts.fragment:
        raise EndpointRefused(
            f"the url of {name!r} needs a host and has no user, password or #: secrets go into 'headers'."
        )
    return url


def _checked_headers(name: str, headers: JSON) -> dict[str, str]:
    if not isinstance(headers, dict):
        raise EndpointRefused(f"the headers of {name!r} must be an object, from names to values.")
    checked = {}
    for header, value in headers.items():
        if not HEADER_NAME.match(header) or header.lower() in OWN_HEADERS:
            raise EndpointRefused(f"{name!r} cannot have the header {header[:64]!r}.")
        if not isinstance(value, str) or not HEADER_VALUE.match(value):
            raise EndpointRefused(f"the header {header!r} of {name!r} must be a line of printable ASCII.")
        checked[header] = value
    return checked
