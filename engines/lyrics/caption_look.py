"""How captions look: their style, their letters, and the part of the picture that is theirs."""

from dataclasses import dataclass
from enum import StrEnum

import pysubs2

from engines.lyrics.fonts import Face, faces, family_named


class CaptionStyle(StrEnum):
    """How burned-in captions appear."""

    NONE = "none"
    LINE = "line"  # line by line
    KARAOKE = "karaoke"  # line by line, each word filling with color while it is sung
    BIG_WORD = "big_word"  # one or two words at a time, large, in the middle of the picture


class CaptionPreset(StrEnum):
    """The letters of captions."""

    CLEAN = "clean"  # white, thin outline
    BOLD = "bold"  # large, heavy outline, yellow where sung
    CINEMA = "cinema"  # small, wide, low in the picture


@dataclass(frozen=True)
class CaptionLook:
    """`font` is the name of the family to use where it has the letters; "" leaves it to each script."""

    style: CaptionStyle = CaptionStyle.LINE
    preset: CaptionPreset = CaptionPreset.CLEAN
    font: str = ""

    @property
    def face(self) -> Face:
        """Return the font that is tried first."""
        return family_named(self.font) if self.font else next(iter(faces().values()))

    @property
    def letters(self) -> "Letters":
        return LETTERS[self.preset]


@dataclass(frozen=True)
class Letters:
    """Shares are of the picture's shorter side, `bottom` of its height. `weight` is that of the font, 100 to 900."""

    height_share: float
    word_share: float
    outline_share: float
    bottom: float
    weight: int
    spacing: float
    color: pysubs2.Color
    waiting: pysubs2.Color


_WHITE = pysubs2.Color(255, 255, 255)
LETTERS = {
    CaptionPreset.CLEAN: Letters(0.065, 0.2, 0.004, 0.08, 500, 0, _WHITE, pysubs2.Color(190, 190, 190)),
    CaptionPreset.BOLD: Letters(0.085, 0.25, 0.009, 0.16, 700, 0, pysubs2.Color(255, 221, 64), _WHITE),
    CaptionPreset.CINEMA: Letters(
        0.042, 0.15, 0.002, 0.06, 500, 2, pysubs2.Color(240, 236, 224), pysubs2.Color(170, 166, 156)
    ),
}


@dataclass(frozen=True)
class SafeArea:
    """Margins that captions keep, in pixels."""

    side: int
    bottom: int
    width: int


def safe_area(width: int, height: int, letters: Letters) -> SafeArea:
    """Return where captions may be in a picture of this shape. Phone apps show buttons at the right and words over the
    lower fifth of a portrait video; feeds crop the edges of the shapes in between."""
    shape = width / height
    side, bottom = next(edges for least, edges in _EDGES if shape >= least)
    margin = round(width * side)
    return SafeArea(margin, round(height * max(bottom, letters.bottom)), width - 2 * margin)


# From the widest shape to the narrowest: (least width by height, (side, bottom)).
_EDGES = ((1.2, (0.08, 0.0)), (0.9, (0.08, 0.1)), (0.7, (0.08, 0.14)), (0.0, (0.11, 0.22)))
