"""What no log holds."""

import logging
from typing import Any

import orjson
import pytest
from django.conf import settings
from structlog.stdlib import ProcessorFormatter

SECRET = "1vzDi0s-secret_of_an_invitation"


def written(message: str, *, hiding: bool = True) -> dict[str, str]:
    """Return the line that the log would hold of a message."""
    formatters: Any = settings.LOGGING["formatters"]
    options = dict(formatters["json"])
    made: type[ProcessorFormatter] = ProcessorFormatter
    assert options.pop("()") == "structlog.stdlib.ProcessorFormatter"
    if not hiding:
        options["processors"] = [one for one in options["processors"] if "secrets" not in repr(one)]
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, None, None)
    line: dict[str, str] = orjson.loads(made(**options).format(record))
    return line


@pytest.mark.parametrize("address", [f"/join/{SECRET}/", f"/join/{SECRET}", f"/join/{SECRET}?next=/"])
def test_no_line_holds_the_secret_of_an_invitation(address: str) -> None:
    assert SECRET not in str(written(f"Not Found: {address}"))
    assert "/join/…" in written(f"GET {address}")["event"]
    assert SECRET in str(written(address, hiding=False)), "the control"
