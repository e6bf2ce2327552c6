"""What composing needs to know of an ASS file that `styling` wrote: which lines a stretch shows, and in which fonts."""

import math
import re
from fractions import Fraction
from functools import lru_cache

import pysubs2


@lru_cache(maxsize=1024)
def lines_between(ass_text: str, start_seconds: Fraction, end_seconds: Fraction) -> str:
    """Return the file with only the lines shown in the range; "" when there are none."""
    whole = _read(ass_text)
    first, last = math.floor(start_seconds * 1000), math.ceil(end_seconds * 1000)
    shown = pysubs2.SSAFile()
    shown.info, shown.styles = whole.info, whole.styles
    shown.events = [line for line in whole.events if line.end > first and line.start < last]
    return shown.to_string("ass") if shown.events else ""


def families_used(ass_text: str) -> list[tuple[str, str]]:
    """Return the font families that the file asks for, each with its characters."""
    subtitles = _read(ass_text)
    usual = subtitles.styles["Default"].fontname if "Default" in subtitles.styles else ""
    found: dict[str, set[str]] = {usual: set()}
    for event in subtitles:
        family = usual
        for piece in re.split(r"(?<!\\)(\{[^{}]*\})", event.text):
            if piece.startswith("{"):
                asked = re.search(r"\\fn([^\\}]+)", piece)
                family = asked[1] if asked else family
            else:
                found.setdefault(family, set()).update(piece.replace("\\N", ""))
    return [(family, "".join(characters)) for family, characters in found.items() if family]


# A video's stretches ask for their lines one after another.
@lru_cache(maxsize=4)
def _read(ass_text: str) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(ass_text)
