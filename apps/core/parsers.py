"""A stricter JSON parser, which refuses what the database can't store."""

import json
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

# Nothing here needs deeper nesting, and it would overflow the stack of recursive code.
MAX_DEPTH = 64
# More than any call needs: a long song has about 6,000 beats. Each item of a longer list would be checked in turn.
MAX_ITEMS = 10_000
# The range of a bigint column; this excludes infinity as well.
NUMBER_LIMIT = 2**63


class StrictJSONParser(JSONParser):
    """Refuses NUL characters, lone surrogates, infinite numbers, very deep nesting and very long lists."""

    def parse(self, stream: IO[Any], *_: Any, **__: Any) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig(f"The body is larger than {limit} bytes.")
        try:
            data = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON. Send UTF-8 JSON with double quotes.") from error
        _check(data, depth=0)
        return data


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check(value: Any, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, (int, float)) and not -NUMBER_LIMIT < value < NUMBER_LIMIT:
        raise ParseError("The body contains a number that is too large.")
    elif isinstance(value, list):
        if len(value) > MAX_ITEMS:
            raise ParseError(f"A list in the body has {len(value):,} items; the limit is {MAX_ITEMS:,}.")
        for item in value:
            _check(item, depth=depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check(item, depth=depth + 1)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError("The body contains a NUL character. Remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParseError("The body contains half a character (a lone surrogate). Remove it.") from error
