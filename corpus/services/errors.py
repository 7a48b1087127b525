"""What a service refuses with. Who may not, and when it may not, are two things."""

from typing import Any


class ServiceError(Exception):
    """An act that was refused, in a sentence for the person who asked; nothing of it has happened."""

    code = "refused"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(ServiceError):
    """There is no such thing, or it is not for this person to know of; the two look the same."""

    code = "not_found"


class NotAllowed(ServiceError):
    """This person's role or token does not reach so far."""

    code = "not_allowed"


class BadInput(ServiceError):
    """What was sent cannot be used; the message names the place and the mend."""

    code = "bad_input"


class SpanRefused(BadInput):
    """A span that does not fit the text does not exist."""

    code = "span_refused"


class InvalidTransition(ServiceError):
    """Not in this state."""

    code = "invalid_transition"


class Gone(ServiceError):
    """It was there, and is not any more; the message says why."""

    code = "gone"


class StaleVersion(ServiceError):
    """Somebody (perhaps another tab of one's own) was quicker; `details` has what stands now."""

    code = "stale_version"


class KeyReused(ServiceError):
    """The idempotency key was used before, for something else."""

    code = "key_reused"
