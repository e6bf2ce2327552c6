"""The Range header (RFC 9110, section 14): pure rules."""

import re
from dataclasses import dataclass

# One range of bytes; the numbers are short enough for any file.
SINGLE_RANGE = re.compile(r"^bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """Both ends count: `last` is the last byte sent."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class RangeNotSatisfiable(Exception):
    """The range is well formed and lies outside the file: 416."""


def range_parse(header: str, size: int) -> ByteRange | None:
    """The range asked for, cut at the file's end; None means the whole file.

    Malformed headers, other units and several ranges at once are answered with the whole file, as the RFC
    allows. Raises RangeNotSatisfiable.
    """
    match = SINGLE_RANGE.match(header)
    if match is None or match.groups() == ("", ""):
        return None
    first_text, last_text = match.groups()
    if not first_text:
        wanted = int(last_text)
        if not wanted:
            raise RangeNotSatisfiable
        return ByteRange(max(0, size - wanted), size - 1)
    first = int(first_text)
    last = int(last_text) if last_text else size - 1
    if last_text and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, min(last, size - 1))
