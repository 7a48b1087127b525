"""JSON in, strictly. Apart from the guard, because DRF loads this while it loads itself."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from corpus.readers.strict_json import JSONRefused, loads_strict


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = (
        f"The body is over {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes; send articles as NDJSON instead."
    )


class StrictJSONParser(BaseParser):
    """JSON without what breaks later: NUL, half pairs, keys twice, depth over 64, integers over 64 bit."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge
        try:
            return loads_strict(body)
        except JSONRefused as error:
            raise ParseError(str(error)) from None
