"""The shapes of what is asked and answered, as the JSON Schemas that stand beside this file."""

from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, ValidationError

from annotations.extraction.base import JSON
from annotations.extraction.remote.client import MAX_REASON, AnswerRefused, short

FOLDER = Path(__file__).parent / "schemas"


class Shape:
    """One JSON Schema."""

    def __init__(self, name: str) -> None:
        self.schema: dict[str, Any] = orjson.loads((FOLDER / f"{name}.json").read_bytes())
        self._validator = Draft202012Validator(self.schema)

    def check(self, value: JSON) -> Any:
        """Return the value once it has this shape.

        Raises:
            AnswerRefused: naming the first place that has not, and why.
        """
        for error in self._validator.iter_errors(value):
            raise AnswerRefused(f"{short(error.json_path)}: {_reason(error)}")
        return value


REQUEST = Shape("request")
ANSWER = Shape("answer")
COMPLETION = Shape("completion")
FINDINGS = Shape("chat")


def _reason(error: ValidationError) -> str:
    """Return why a value is refused, without repeating a long one."""
    if len(error.message) <= MAX_REASON:
        return short(error.message)
    return f"{error.validator} must be {short(repr(error.validator_value))}"
