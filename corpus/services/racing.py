"""Doing an act again when somebody else was quicker."""

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, transaction

Result = TypeVar("Result")

TRIES = 4


class Overtaken(Exception):
    """What the act had read is no longer so."""


def retried(act: Callable[[], Result]) -> Result:
    """Return what `act` comes to in a transaction; what another has done in between, the next try sees.

    Raises:
        IntegrityError: it is refused every time, and so not because of a race.
    """
    for _ in range(TRIES - 1):
        try:
            with transaction.atomic():
                return act()
        except (IntegrityError, Overtaken):
            continue
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
    with transaction.atomic():
        return act()


def _is_deadlock(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") == "40P01"
