"""Captions as an ASS file, styled for the picture that they are burned into."""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import pysubs2

from engines.errors import InputError
from engines.lyrics.brackets import RIGHT_TO_LEFT, bracket_marks
from engines.lyrics.caption_look import CaptionLook, CaptionStyle, safe_area
from engines.lyrics.fontfiles import LINE_HEIGHT, family_name
from engines.lyrics.fonts import Face, face_of_each, han_region, missing_characters
from engines.lyrics.model import Line, Lyrics, Word
from engines.lyrics.rows import Ruler, in_parts, laid_out
from engines.lyrics.word_times import apart, big_words, with_words

# Of a style: reads right-to-left text from the right, whatever fonts its parts need.
_ANY_DIRECTION = -1
_MOST_NAMED = 12
# A large word that is wider shrinks; one that would have to be smaller than this is shown in parts.
_SMALLEST = 0.6
# In characters, of scripts without spaces.
_SHORTEST_PART = 3


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
        "encoding, or show the captions as a track instead of burning them in.",
        code="missing_glyphs",
        errors={"characters": missing},
    )


def styled(
    lines: Sequence[Line], look: CaptionLook, width: int, height: int, *, language: str = "", portable: bool = False
) -> str:
    """Return the text of an ASS file, sized for the picture and inside its safe area. With `portable` it names fonts as
    other programs know them, not as `font_files` writes them."""
    letters, area = look.letters, safe_area(width, height, look.letters)
    named: Callable[[Face], str] = (lambda face: face.name) if portable else partial(family_name, weight=letters.weight)
    large = look.style is CaptionStyle.BIG_WORD
    size = round(min(width, height) * (letters.word_share if large else letters.height_share))
    result = pysubs2.SSAFile()
    # Rows end only where they were ended here.
    result.info |= {"PlayResX": str(width), "PlayResY": str(height), "ScaledBorderAndShadow": "yes", "WrapStyle": "2"}
    result.styles["Default"] = pysubs2.SSAStyle(
        fontname=named(look.face), fontsize=size, spacing=letters.spacing,
        primarycolor=letters.color, secondarycolor=letters.waiting, outlinecolor=pysubs2.Color(0, 0, 0, 60),
        outline=max(1.0, min(width, height) * letters.outline_share * (2 if large else 1)), shadow=0.0,
        alignment=pysubs2.Alignment.MIDDLE_CENTER if large else pysubs2.Alignment.BOTTOM_CENTER,
        marginl=area.side, marginr=area.side, marginv=0 if large else area.bottom, encoding=_ANY_DIRECTION,
    )  # fmt: skip
    em, region = size / LINE_HEIGHT, han_region([line.text for line in lines])
    ruler = Ruler(region, look.face, em / area.width, letters.spacing / area.width)
    writer = _Writer(look, ruler, size, named)
    timed = apart([with_words(line, language) for line in lines])
    shown = writer.large(timed) if large else writer.rows(timed)
    result.events = [pysubs2.SSAEvent(start=line.start, end=line.end, text=writer.tagged(line)) for line in shown]
    return result.to_string("ass")


@dataclass(frozen=True)
class _Writer:
    look: CaptionLook
    ruler: Ruler
    size: int
    named: Callable[[Face], str]

    def rows(self, lines: Sequence[Line]) -> list[Line]:
        return [part for line in lines for part in laid_out(line, self.ruler)]

    def large(self, lines: Sequence[Line]) -> list[Line]:
        return [part for word in big_words(lines) for part in self._parts(word)]

    def tagged(self, line: Line) -> str:
        """Return the line's text with a tag wherever the font changes or a word begins."""
        usual = self.look.face
        fonts = face_of_each(line.text, self.ruler.region, usual)
        beats, marks = self._beats(line), bracket_marks(line.text)
        parts = [f"{{\\fs{max(1, math.floor(self.size * shrunk))}}}"] if (shrunk := self._shrunk(line.text)) < 1 else []
        now = usual
        for place, (character, face) in enumerate(zip(line.text, fonts, strict=True)):
            tags = beats.get(place, "")
            if face != now and character != "\n":
                tags, now = f"{tags}\\fn{self.named(face)}", face
            mark = marks.get(place, "")
            parts.append((f"{{{tags}}}" if tags else "") + mark + _escaped(character) + mark)
        return "".join(parts)

    def _shrunk(self, text: str) -> float:
        return 1 / max(1.0, *(self.ruler.share(row) for row in text.split("\n")))

    def _parts(self, word: Line) -> list[Line]:
        """Return a word too long to be shown large in parts, which share its time by their letters."""
        count = math.ceil(self.ruler.share(word.text) * _SMALLEST)
        if count <= 1:
            return [word]
        parts = in_parts(word.text, count, self.ruler, _SHORTEST_PART)
        shown, clock, letters = [], word.start, sum(map(len, parts))
        for part in parts:
            end = min(word.end, clock + round((word.end - word.start) * len(part) / letters))
            shown.append(Line(clock, end, part))
            clock = end
        return shown

    def _beats(self, line: Line) -> dict[int, str]:
        """Return the karaoke tags of the line's words by their place in its text. Empty syllables wait for later
        words."""
        tags: dict[int, str] = {}
        if self.look.style is not CaptionStyle.KARAOKE:
            return tags
        place, clock = 0, line.start
        for word in line.words:
            wait = _centis(word.start) - _centis(clock)
            waiting = f"\\k{wait}}}{{" if wait > 0 else ""
            for offset, tag in _fill(word):
                tags[place + offset] = waiting + tag
                waiting = ""
            place, clock = place + len(word.text), word.end
        return tags


def _fill(word: Word) -> list[tuple[int, str]]:
    """Return the tags that fill a word with color. The renderer fills from left to right, so a word that is read from
    the right fills letter by letter."""
    length = _centis(word.end) - _centis(word.start)
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in word.text):
        return [(0, f"\\kf{length}")]
    letters = [place for place, character in enumerate(word.text) if _is_letter(character)] or [0]
    letters[0] = 0
    marks = [round(length * number / len(letters)) for number in range(len(letters) + 1)]
    return [(place, f"\\k{end - start}") for place, start, end in zip(letters, marks[:-1], marks[1:], strict=True)]


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _centis(milliseconds: int) -> int:
    return round(milliseconds / 10)


def _escaped(character: str) -> str:
    # A word joiner, which isn't drawn, keeps a backslash from starting a command.
    return {"\n": "\\N", "{": "\\{", "}": "\\}", "\\": "\\\u2060"}.get(character, character)
