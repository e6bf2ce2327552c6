"""Parse the Range header (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

# A single range of bytes; the digit limit is enough for any file.
SINGLE_RANGE = re.compile(r"^bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """An inclusive range: `last` is the last byte sent."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class RangeNotSatisfiable(Exception):
    """The range is valid but outside the file: 416."""


def range_parse(header: str, size: int) -> ByteRange | None:
    """Return the requested range, cut at the file's end, or None for the whole file.

    Malformed headers, other units and multiple ranges get the whole file, as the RFC allows. Raises
    RangeNotSatisfiable.
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
