"""Times as the formats write them."""

import re

_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d{1,2})(?:[.,:;](\d{1,9}))?$")


def clock_ms(text: str) -> int | None:
    """Return the milliseconds of `[hours:]minutes:seconds[.fraction]` with any usual separator of the fraction; None if
    it isn't one. Hours and minutes may exceed 99 and 59."""
    found = _CLOCK.match(text.strip())
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + fraction_ms(fraction or "")


def fraction_ms(digits: str) -> int:
    """Return the milliseconds of the digits behind a decimal point."""
    return int(digits[:3].ljust(3, "0")) if digits else 0
