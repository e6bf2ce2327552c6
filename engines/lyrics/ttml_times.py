"""Time expressions of TTML: https://www.w3.org/TR/ttml1/#timing-value-timeExpression"""

import re
from collections.abc import Mapping
from fractions import Fraction

from engines.lyrics.clock import fraction_ms

_CLOCK = re.compile(r"(?:(\d{1,5}):)?(\d{1,5}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,4})(?:\.\d+)?)?$")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)?$")


class TtmlRates:
    """The frame and tick rates that a document's root element names (by its attributes' local names)."""

    def __init__(self, values: Mapping[str, str]) -> None:
        frames = Fraction(_number(values.get("frameRate", ""), 30))
        multiplier = values.get("frameRateMultiplier", "").replace(":", " ").split()
        if len(multiplier) == 2 and all(part.isdigit() and int(part) for part in multiplier):
            frames *= Fraction(int(multiplier[0]), int(multiplier[1]))
        ticks = Fraction(_number(values.get("tickRate", ""), 0)) or (frames if "frameRate" in values else Fraction(1))
        # A number without a unit is seconds where music services write it.
        self._units: dict[str, Fraction] = {
            "h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "": Fraction(1), "ms": Fraction(1, 1000),
            "f": 1 / frames, "t": 1 / ticks,
        }  # fmt: skip

    def ms(self, text: str) -> int | None:
        """Return the milliseconds of a clock time or an offset; None if it is neither."""
        text = text.strip()
        if found := _CLOCK.match(text):
            hours, minutes, seconds, fraction, frames = found.groups()
            whole = ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000
            return whole + fraction_ms(fraction or "") + round(1000 * int(frames or 0) * self._units["f"])
        if found := _OFFSET.match(text):
            return round(1000 * Fraction(found[1]) * self._units[found[2] or ""])
        return None


def _number(text: str, default: int) -> int:
    return int(text) if re.match(r"\d{1,12}$", text.strip()) and int(text) > 0 else default
