"""Read settings from the environment, loudly.

A value that cannot be used stops the start with a sentence that names the variable and the mend;
nothing falls back in silence.
"""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from annotations.extraction.remote.endpoints import Endpoint, EndpointRefused, read_endpoints
from annotations.outgoing.posting import Named, TargetRefused, read_named

MIN_SECRET_LENGTH = 50
#: Django writes it before the keys of new projects, which end up in repositories.
KNOWN_PREFIX = "django-insecure-"


def env_bool(name: str, *, default: bool) -> bool:
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is not a yes or a no: use true or false.")


def env_int(name: str, *, default: int, low: int, high: int) -> int:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name}={value} is out of range: {low} to {high}.")
    return value


def env_list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def env_endpoints(name: str, *, seconds: float) -> dict[str, Endpoint]:
    try:
        return read_endpoints(os.environ.get(name, "").strip() or "{}", seconds=seconds)
    except EndpointRefused as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def env_hosts(name: str) -> Named:
    try:
        return read_named(env_list(name))
    except TargetRefused as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from None


def env_required(name: str, *, why: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. {why}")
    return value


def checked_secret(name: str, value: str) -> str:
    """Return `value` when it is long and varied enough to sign sessions with."""
    if len(value) < MIN_SECRET_LENGTH or len(set(value)) < 10 or value.startswith(KNOWN_PREFIX):
        raise ImproperlyConfigured(
            f"{name} is too weak: it needs {MIN_SECRET_LENGTH} random characters or more. "
            'Make one with: python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        )
    return value


def kept_secret(path: Path) -> str:
    """Return the secret kept in `path`, made at the first call with mode 600.

    Two processes that start together agree: the file appears whole or not at all.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return checked_secret(str(path), path.read_text().strip())
