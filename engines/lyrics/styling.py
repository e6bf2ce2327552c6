"""Burned-in lyrics: an ASS file styled for the picture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import pysubs2

from engines.errors import InputError
from engines.lyrics.fontfiles import family_name
from engines.lyrics.fonts import Face, face_of_each, faces, han_region, missing_characters
from engines.lyrics.model import Line, Lyrics

# Phone apps show buttons and captions over the lower sixth of a portrait video.
_UPRIGHT_MARGIN = 0.18
# Of a style: reads right-to-left text from the right, whatever fonts its parts need.
_ANY_DIRECTION = -1
_MOST_NAMED = 12
_LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
_LONGEST_STRETCH = 8
_MAY_BREAK = "\u200b"


class LyricsPreset(StrEnum):
    """How burned-in lyrics look."""

    CLEAN = "clean"  # white, thin outline, below
    BOLD = "bold"  # large, heavy outline, in the lower third, words light up
    CINEMA = "cinema"  # small, in the middle of the lower bar


@dataclass(frozen=True)
class _Look:
    height_share: float
    outline_share: float
    margin_share: float
    weight: int
    spacing: float
    color: pysubs2.Color
    waiting: pysubs2.Color


_WHITE = pysubs2.Color(255, 255, 255)
_LOOKS = {
    LyricsPreset.CLEAN: _Look(0.065, 0.004, 0.08, 500, 0, _WHITE, pysubs2.Color(190, 190, 190)),
    LyricsPreset.BOLD: _Look(0.085, 0.009, 0.16, 700, 0, pysubs2.Color(255, 221, 64), _WHITE),
    LyricsPreset.CINEMA: _Look(0.042, 0.002, 0.06, 500, 2, pysubs2.Color(240, 236, 224), pysubs2.Color(170, 166, 156)),
}


def lyrics_check_glyphs(lyrics: Lyrics) -> None:
    """Raise InputError (`missing_glyphs`), naming the characters that no font can draw."""
    missing = missing_characters("".join(line.text for line in lyrics.lines))
    if not missing:
        return
    named = ", ".join(f"{character} (U+{ord(character):04X})" for character in missing[:_MOST_NAMED])
    more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
    line = next(line for line in lyrics.lines if missing[0] in line.text)
    raise InputError(
        f"No font here can draw {named}{more}, first in “{line.text[:60]}”. Correct these characters, choose another "
        "encoding, or show the lyrics as a track instead of burning them in.",
        code="missing_glyphs",
        errors={"characters": missing},
    )


def styled(lines: Sequence[Line], preset: LyricsPreset, width: int, height: int) -> str:
    """Return the text of an ASS file, sized for the picture and inside its safe zone. Words light up where they have
    times."""
    look, short = _LOOKS[preset], min(width, height)
    result = pysubs2.SSAFile()
    result.info |= {"PlayResX": str(width), "PlayResY": str(height), "ScaledBorderAndShadow": "yes"}
    side = round(width * 0.08)
    lowest = max(look.margin_share, _UPRIGHT_MARGIN) if height > width else look.margin_share
    usual = next(iter(faces().values()))
    result.styles["Default"] = pysubs2.SSAStyle(
        fontname=family_name(usual, look.weight), fontsize=round(short * look.height_share), spacing=look.spacing,
        primarycolor=look.color, secondarycolor=look.waiting, outlinecolor=pysubs2.Color(0, 0, 0, 60),
        outline=max(1.0, short * look.outline_share), shadow=0.0, alignment=pysubs2.Alignment.BOTTOM_CENTER,
        marginl=side, marginr=side, marginv=round(height * lowest), encoding=_ANY_DIRECTION,
    )  # fmt: skip
    region = han_region([line.text for line in lines])
    for line in lines:
        text = _tagged(line, region, look.weight, usual)
        result.append(pysubs2.SSAEvent(start=line.start, end=line.end, text=text))
    return result.to_string("ass")


def lines_between(ass_text: str, start_seconds: Fraction, end_seconds: Fraction) -> str:
    """Return the file with only the lines shown in the range; "" when there are none."""
    subtitles = pysubs2.SSAFile.from_string(ass_text)
    first, last = start_seconds * 1000, end_seconds * 1000
    subtitles.events = [line for line in subtitles if line.end > first and line.start < last]
    return subtitles.to_string("ass") if subtitles.events else ""


def families_used(ass_text: str) -> list[tuple[str, str]]:
    """Return the font families that the file asks for, each with its characters."""
    subtitles = pysubs2.SSAFile.from_string(ass_text)
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


def _tagged(line: Line, region: str, weight: int, usual: Face) -> str:
    """Return the line's text with a tag wherever the font changes or a word begins."""
    fonts = face_of_each(line.text, region)
    beats = _beats(line)
    breaks = _extra_breaks(line.text)
    parts: list[str] = []
    now = usual
    for place, (character, face) in enumerate(zip(line.text, fonts, strict=True)):
        tags = beats.get(place, "")
        if face != now and character != "\n":
            tags, now = f"{tags}\\fn{family_name(face, weight)}", face
        tagged = f"{{{tags}}}" if tags else ""
        parts.append(tagged + (_MAY_BREAK if place in breaks else "") + _escaped(character))
    return "".join(parts)


def _extra_breaks(text: str) -> set[int]:
    """Return where long stretches of Thai and Lao, which are written without spaces, may go on in the next row: before
    vowels that start a syllable."""
    places, since = set(), 0
    for place, character in enumerate(text):
        since = 0 if character.isspace() else since + 1
        if since > _LONGEST_STRETCH and character in _LEADING_VOWELS:
            places.add(place)
            since = 0
    return places


def _beats(line: Line) -> dict[int, str]:
    """Return the `\\k` tags of the line's words by their place in its text. Empty syllables wait for later words."""
    tags: dict[int, str] = {}
    place, clock = 0, line.start
    for word in line.words:
        wait = _centis(word.start) - _centis(clock)
        tags[place] = (f"\\k{wait}}}{{" if wait > 0 else "") + f"\\k{_centis(word.end) - _centis(word.start)}"
        place, clock = place + len(word.text), word.end
    return tags


def _centis(milliseconds: int) -> int:
    return round(milliseconds / 10)


def _escaped(character: str) -> str:
    # A word joiner, which isn't drawn, keeps a backslash from starting a command.
    return {"\n": "\\N", "{": "\\{", "}": "\\}", "\\": "\\\u2060"}.get(character, character)
