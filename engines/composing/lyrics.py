"""Lyrics: reading SRT, LRC and ASS, styling them for burning in, and writing the soft track."""

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

import pysubs2
from PIL import ImageFont

from engines.errors import InputError, MediaToolError
from engines.media.formats import ClipFormat

_LRC_LINE = re.compile(r"^((?:\[\d+:\d+(?:[.:]\d+)?\])+)(.*)$")
_LRC_TIME = re.compile(r"\[(\d+):(\d+(?:[.:]\d+)?)\]")
_LRC_WORD = re.compile(r"<(\d+):(\d+(?:\.\d+)?)>")
# A line without an end time stays until the next one, but not through a long solo.
_LONGEST_LINE_MS = 8000
_FONT = "Aileron"
# Phone apps show buttons and captions over the lower sixth of a portrait video.
_UPRIGHT_MARGIN = 0.18


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
    bold: bool
    spacing: float
    colour: pysubs2.Color
    waiting: pysubs2.Color


_WHITE = pysubs2.Color(255, 255, 255)
_LOOKS = {
    LyricsPreset.CLEAN: _Look(0.065, 0.004, 0.08, False, 0, _WHITE, pysubs2.Color(190, 190, 190)),
    LyricsPreset.BOLD: _Look(0.085, 0.009, 0.16, True, 0, pysubs2.Color(255, 221, 64), _WHITE),
    LyricsPreset.CINEMA: _Look(
        0.042, 0.002, 0.06, False, 2, pysubs2.Color(240, 236, 224), pysubs2.Color(170, 166, 156)
    ),
}


def read_lyrics(text: str, *, song_start: Fraction = Fraction(0), song_end: Fraction | None = None) -> pysubs2.SSAFile:
    """Read an SRT, LRC or ASS file timed to the song, shifted to the used range.

    Raises InputError when no timed line is found."""
    text = text.lstrip("\ufeff")
    if "\0" in text:
        raise InputError("This isn't a text file. Upload an SRT, LRC or ASS file.")
    try:
        if "-->" not in text and _LRC_TIME.search(text):
            subtitles = _from_lrc(text)
        else:
            # An ASS file may have no styles, which the library fails to detect.
            known = "ass" if re.search(r"^Dialogue:", text, re.MULTILINE) else None
            subtitles = pysubs2.SSAFile.from_string(text, format_=known)
    except (pysubs2.exceptions.Pysubs2Error, ValueError) as error:
        raise InputError("These lyrics have no readable times. Upload an SRT, LRC or ASS file.") from error
    first, last = round(song_start * 1000), round(song_end * 1000) if song_end is not None else 2**62
    subtitles.events = [line for line in subtitles if line.end > first and line.start < last and line.plaintext.strip()]
    if not subtitles.events:
        raise InputError("These lyrics have no timed lines in the used part of the song.")
    for line in subtitles:
        line.start, line.end = max(line.start, first) - first, min(line.end, last) - first
    subtitles.sort()
    return subtitles


def lyrics_lines(text: str) -> list[str]:
    """Return the text of each line, without times and markup."""
    return [line.plaintext.replace("\n", " / ") for line in read_lyrics(text)]


def lyrics_decoded(content: bytes) -> str:
    """Decode a lyrics file. Old editors don't write UTF-8; the Windows encoding is the likeliest alternative."""
    for encoding in ("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def styled(subtitles: pysubs2.SSAFile, preset: LyricsPreset, clip: ClipFormat) -> str:
    """Return the text of an ASS file, sized for the picture and inside its safe zone. Drops the file's own styles,
    which were made for a different picture."""
    look, short = _LOOKS[preset], min(clip.width, clip.height)
    result = pysubs2.SSAFile()
    result.info |= {"PlayResX": str(clip.width), "PlayResY": str(clip.height), "ScaledBorderAndShadow": "yes"}
    side = round(clip.width * 0.08)
    lowest = max(look.margin_share, _UPRIGHT_MARGIN) if clip.height > clip.width else look.margin_share
    result.styles["Default"] = pysubs2.SSAStyle(
        fontname=_FONT, fontsize=round(short * look.height_share), bold=look.bold, spacing=look.spacing,
        primarycolor=look.colour, secondarycolor=look.waiting, outlinecolor=pysubs2.Color(0, 0, 0, 60),
        outline=max(1.0, short * look.outline_share), shadow=0.0, alignment=pysubs2.Alignment.BOTTOM_CENTER,
        marginl=side, marginr=side, marginv=round(clip.height * lowest),
    )  # fmt: skip
    karaoke = [tag for line in subtitles for tag in re.findall(r"\\[kK][fo]?\d+", line.text)]
    for line in subtitles:
        text = re.sub(r"\{(?![^}]*\\[kK])[^}]*\}", "", line.text) if karaoke else line.plaintext.replace("\n", "\\N")
        result.append(pysubs2.SSAEvent(start=line.start, end=line.end, text=text))
    return result.to_string("ass")


@lru_cache(maxsize=1)
def font_bytes() -> bytes:
    """Return Pillow's built-in font, so that burned-in lyrics look the same on every machine with no font installed.
    Missing letters come from the system's fonts."""
    font = ImageFont.load_default(20)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise MediaToolError("Pillow was built without FreeType, so it can't draw text. Run `make setup`.")
    return font.font_bytes


def as_srt(subtitles: pysubs2.SSAFile) -> str:
    return subtitles.to_string("srt")


def lines_between(ass_text: str, start_seconds: Fraction, end_seconds: Fraction) -> str:
    """Return the file with only the lines shown in the range; "" when there are none."""
    subtitles = pysubs2.SSAFile.from_string(ass_text)
    first, last = start_seconds * 1000, end_seconds * 1000
    subtitles.events = [line for line in subtitles if line.end > first and line.start < last]
    return subtitles.to_string("ass") if subtitles.events else ""


def _from_lrc(text: str) -> pysubs2.SSAFile:
    """Parse lines `[mm:ss.xx] words`; allows several timestamps, keeps word timestamps `<mm:ss.xx>` as karaoke."""
    stamped: list[tuple[int, str]] = []
    for line in text.splitlines():
        found = _LRC_LINE.match(line.strip())
        if found:
            stamped += [(_lrc_ms(*stamp), found[2].strip()) for stamp in _LRC_TIME.findall(found[1])]
    stamped.sort()
    ends = [start for start, _ in stamped[1:]] + [stamped[-1][0] + _LONGEST_LINE_MS] if stamped else []
    result = pysubs2.SSAFile()
    for (start, words), end in zip(stamped, ends, strict=True):
        if words:
            last = min(end, start + _LONGEST_LINE_MS)
            result.append(pysubs2.SSAEvent(start=start, end=last, text=_karaoke(words, start, last)))
    return result


def _karaoke(words: str, start: int, end: int) -> str:
    stamps = [_lrc_ms(*stamp) for stamp in _LRC_WORD.findall(words)]
    if not stamps:
        return words
    texts = re.split(r"<\d+:\d+(?:\.\d+)?>", words)
    times = [start, *stamps, end]
    parts = [
        f"{{\\k{max(0, round((later - earlier) / 10))}}}{text}"
        for text, earlier, later in zip(texts, times, times[1:], strict=False)
        if text
    ]
    return "".join(parts).strip()


def _lrc_ms(minutes: str, seconds: str) -> int:
    return round((int(minutes) * 60 + float(seconds.replace(":", "."))) * 1000)
