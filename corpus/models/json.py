"""JSON columns whose numbers come back as they went in."""

import json
from typing import Any

from django.db import models


class PlainDecoder(json.JSONDecoder):
    """Read an integer beyond 64 bits as the float that it was: PostgreSQL writes all digits of 1e22."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"parse_int": _number})


class PlainJSONField(models.JSONField):
    """A JSONField that gives no number which the rest of the world, orjson included, could not hold."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"decoder": PlainDecoder})

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """Look like a plain JSONField to migrations: the column is one."""
        name, _, args, options = super().deconstruct()
        del options["decoder"]
        return name, "django.db.models.JSONField", args, options


def _number(digits: str) -> int | float:
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and -(2**63) <= value < 2**63 else float(digits)
