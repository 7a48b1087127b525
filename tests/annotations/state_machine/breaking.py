"""Breaking off: a process that ends at some statement, and acts that are taken back."""

from collections.abc import Callable
from typing import Any


class Crash(BaseException):
    """The process ends here; no handler of errors sees it."""


class Undone(Exception):
    """Takes back what was tried."""


class CrashAfter:
    """Breaks off at the statement after `left` more."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith(("ROLLBACK", "RELEASE")):
            self.left -= 1
            if self.left < 0:
                raise Crash
        return execute(sql, *rest)
