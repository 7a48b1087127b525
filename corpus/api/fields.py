"""Fields of what comes in: JSON's own types and nothing that merely looks like them, and no unknown names."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Input(serializers.Serializer[Any]):
    """An object whose unknown fields are refused by name, where DRF drops them without a word."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(self.fields) or "none"
                raise serializers.ValidationError(
                    {
                        name[:100]: [f"There is no such field here; there are: {known}."]
                        for name in unknown[:10]
                    }
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A string, kept as it is: no trimming, and no number taken for one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Pattern(Text):
    """A string of a certain form."""

    def __init__(self, form: str, **options: Any) -> None:
        super().__init__(**options)
        self.validators.append(
            RegexValidator(form, "This does not have the form that is asked for.", "invalid")
        )


class Choice(serializers.ChoiceField):
    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false, not "yes", 1 or "on"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class Score(serializers.FloatField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0.0, "max_value": 1.0, **options})

    def to_internal_value(self, data: Any) -> float:
        if type(data) not in (int, float):
            self.fail("invalid")
        return super().to_internal_value(data)


class Identifier(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """An ISO 8601 time; one at the edge of the calendar has no other zone and is refused."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="ISO 8601")
        try:
            return super().to_internal_value(value)
        except (OverflowError, ValueError):
            self.fail("overflow")


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Mapped(serializers.Field[Any, Any, Any, Any]):
    """An object of any JSON."""

    default_error_messages = {"invalid": "This must be an object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class Attributes(Mapped):
    """An object of strings."""

    default_error_messages = {"invalid": "This must be an object whose values are strings."}

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "null"]}})
class ChangedAttributes(Mapped):
    """An object of strings, and of null for what is taken away."""

    default_error_messages = {"invalid": "This must be an object whose values are strings or null."}

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        if not isinstance(data, dict) or not all(isinstance(value, str | None) for value in data.values()):
            self.fail("invalid")
        return data


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        "description": "Half-open [start, end) pairs, in the unit of `offset_unit` (code points by default).",
    }
)
class Segments(serializers.Field[Any, Any, Any, Any]):
    """Pairs of offsets. Whether they fit the text is for the service to say."""

    default_error_messages = {"invalid": "This must be a list of [start, end] pairs of integers."}

    def to_internal_value(self, data: Any) -> tuple[tuple[int, int], ...]:
        if not isinstance(data, list) or not all(map(_is_pair, data)):
            self.fail("invalid")
        return tuple((start, end) for start, end in data)

    def to_representation(self, value: Any) -> Any:
        return value


def _is_pair(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(type(place) is int for place in item)
