"""What no line of a log may hold, whoever writes it."""

import re

from structlog.typing import EventDict, WrappedLogger

#: Who reads the logs must not be able to join by what they find there.
INVITATION = re.compile(r"(?<=/join/)[^/?\s\"']+")


def without_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Take the secrets of invitations out of the addresses in a line."""
    return {
        key: INVITATION.sub("…", value) if isinstance(value, str) else value for key, value in event.items()
    }
