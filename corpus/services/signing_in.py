"""Tries at the password of one person, counted before it is looked at.

They are counted for a name and the address that they come from, so that nobody can keep somebody else out.
A name that nobody has is counted like any other, and so tells nothing.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from corpus.models import SignInTries

log = structlog.get_logger(__name__)

MOST = 5
#: For how long tries are counted together, and how long the pause is that follows the last one.
PAUSE = timedelta(minutes=15)


@transaction.atomic
def begin_try(name: str, address: str) -> datetime | None:
    """Count a try, and return None; or, where there were too many, the end of the pause, and count nothing.

    Tries at the same moment wait for one another here, so that no more than `MOST` are let through.
    """
    now = timezone.now()
    row, _ = SignInTries.objects.select_for_update().get_or_create(
        key=_key(name, address), defaults={"until": now + PAUSE}
    )
    if row.until <= now:
        row.tries, row.until = 0, now + PAUSE
    if row.tries >= MOST:
        return row.until
    row.tries += 1
    if row.tries == MOST:
        row.until = now + PAUSE
        log.warning("sign_in_paused", address=address, until=row.until.isoformat())
    row.save()
    return None


def forget_tries(name: str, address: str) -> None:
    """Begin anew: the password was right."""
    SignInTries.objects.filter(key=_key(name, address)).delete()


def drop_old_tries() -> int:
    return SignInTries.objects.filter(until__lte=timezone.now()).delete()[0]


def _key(name: str, address: str) -> str:
    # Not the name itself: what is typed there by mistake may be a password.
    return salted_hmac(__name__, f"{name}\0{address}", algorithm="sha256").hexdigest()
