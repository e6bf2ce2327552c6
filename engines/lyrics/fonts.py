"""The fonts of burned-in lyrics: which one draws a character, and which characters none can.

All are Noto Sans (OFL), from two packages that hold nothing else, so the words look the same on every machine."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from fontTools.ttLib import TTFont

from engines.errors import InputError, MediaToolError
from engines.lyrics.plausibility import script_of

_CJK_FILE = "NotoSansCJK-VF.otf.ttc"
# The places in the collection's file. Han characters are drawn differently in each of these.
_CJK = {"JP": 0, "KR": 1, "SC": 2, "TC": 3}
_FIRST, _LAST = "Noto Sans", ("Noto Sans Symbols", "Noto Emoji")
# Only where it is chosen.
_ITALIC = "Noto Sans Italic"
# Drawn as part of the character before, or not at all.
_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}


@dataclass(frozen=True)
class Face:
    """One font of a file; `number` is its place in a collection."""

    name: str
    path: Path = field(compare=False)
    number: int = field(default=-1, compare=False)

    def has(self, character: str) -> bool:
        return ord(character) in advances(self)

    @property
    def is_for_one_script(self) -> bool:
        return self.number < 0 and self.name not in {_FIRST, _ITALIC, *_LAST}


@cache
def faces() -> dict[str, Face]:
    """Return the fonts by name, in the order in which they are tried. Raises MediaToolError if none are installed."""
    try:
        scripts = [Path(str(file)) for file in files("manimgx_fonts").iterdir() if file.name.endswith(".ttf")]
        ideograms = Path(str(files("manimgx_fonts_cjk"))) / _CJK_FILE
    except ModuleNotFoundError as error:
        raise MediaToolError("The fonts for lyrics are missing. Run `make setup`.") from error
    upright = {_spaced(path.name.split("[")[0]): path for path in scripts if "Italic" not in path.name}
    middle = sorted(name for name in upright if name != _FIRST and name not in _LAST)
    found = {name: Face(name, upright[name]) for name in (_FIRST, *middle) if name in upright}
    found |= {f"Noto Sans CJK {place}": Face(f"Noto Sans CJK {place}", ideograms, n) for place, n in _CJK.items()}
    return found | {name: Face(name, upright[name]) for name in _LAST if name in upright}


@cache
def families() -> dict[str, Face]:
    """Return the fonts that can be chosen, by name."""
    roman = faces()[_FIRST].path
    italic = roman.with_name(roman.name.replace("NotoSans[", "NotoSans-Italic["))
    return faces() | ({_ITALIC: Face(_ITALIC, italic)} if italic.exists() else {})


def family_named(name: str) -> Face:
    """Return the font of this name, in any case. Raises InputError with the names there are."""
    wanted = " ".join(name.split()).casefold()
    found = {known.casefold(): face for known, face in families().items()}
    # As Google Fonts calls the parts of Noto Sans CJK.
    found |= {f"noto sans {place.casefold()}": faces()[f"Noto Sans CJK {place}"] for place in _CJK}
    if wanted not in found:
        known = ", ".join(families())
        raise InputError(f"There is no font named {name[:60]!r}. Choose one of {known}.", code="unknown_font")
    return found[wanted]


def families_for(text: str) -> list[Face]:
    """Return the fonts that have the text's letters, the usual ones first. In a text of several scripts, each of them
    has one script's; the rest is drawn in the fonts of their scripts."""
    letters = {character for character in text if _is_seen(character) and unicodedata.category(character)[0] in "LM"}
    region = han_region([text])
    usual = Counter(face for letter in letters if (face := _face_of(letter, region)))
    has_ideograms = any(face.name.startswith("Noto Sans CJK") for face in usual)
    places = _CJK if has_ideograms else (region,)
    others = (_FIRST, _ITALIC, *(f"Noto Sans CJK {place}" for place in places))
    found = [face for face, _ in usual.most_common()]
    found += [families()[name] for name in others if name in families() and families()[name] not in found]
    covered = {face: sum(face.has(letter) for letter in letters) for face in found}
    whole = [face for face in found if covered[face] == len(letters)]
    return whole or [face for face in found if covered[face] > 0]


def missing_characters(text: str) -> list[str]:
    """Return the characters that no font can draw, each once."""
    return [character for character in dict.fromkeys(text) if _is_seen(character) and not _face_of(character, "JP")]


def face_of_each(text: str, region: str, first: Face | None = None) -> list[Face]:
    """Return the font of each character: `first` where it has it, else its script's. Spaces, marks and joiners use the
    font of the character before them, so that words are shaped as a whole; `region` (JP, KR, SC or TC) is whose Han
    characters are drawn."""
    first = first or faces()[_FIRST]
    chosen: list[Face] = []
    for character in text:
        before = chosen[-1] if chosen else first
        if _follows(character, before):
            chosen.append(before)
        elif first.has(character):
            chosen.append(first)
        else:
            chosen.append(_face_of(character, region) or before)
    return chosen


def han_region(lines: Sequence[str]) -> str:
    """Return whose Han characters the lines use: those of the language that they are in."""
    text = "".join(lines)
    scripts = {script_of(character) for character in set(text)}
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return "JP"
    if "HANGUL" in scripts:
        return "KR"
    han = [character for character in text if script_of(character) == "CJK"]
    simplified = sum(_is_in(character, "gb2312") and not _is_in(character, "big5") for character in han)
    traditional = sum(_is_in(character, "big5") and not _is_in(character, "gb2312") for character in han)
    return "TC" if traditional > simplified else "SC"


def _follows(character: str, face: Face) -> bool:
    kind = unicodedata.category(character)
    if kind == "Zs":
        # A space among emoji is as wide as one of them.
        return face.name not in _LAST
    return not _is_seen(character) or (kind[0] in "MP" and face.has(character) and face.name != _FIRST)


def _is_seen(character: str) -> bool:
    point = ord(character)
    is_selector = 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF
    return unicodedata.category(character) not in _UNSEEN and not is_selector


@lru_cache(maxsize=20000)
def _face_of(character: str, region: str) -> Face | None:
    ideograms = f"Noto Sans CJK {region}"
    tried = (face for name, face in faces().items() if not name.startswith("Noto Sans CJK") or name == ideograms)
    return next((face for face in tried if face.has(character)), None)


def coverage(face: Face) -> frozenset[int]:
    """Return the code points that the font has glyphs for."""
    return frozenset(advances(face))


@cache
def advances(face: Face) -> dict[int, float]:
    """Return how wide the font's characters are, in em, by code point."""
    with TTFont(face.path, fontNumber=face.number, lazy=True) as font:
        widths, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {point: widths[name][0] / em for point, name in font.getBestCmap().items()}


def _is_in(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _spaced(name: str) -> str:
    """NotoSansArabic → Noto Sans Arabic."""
    return "".join(f" {letter}" if letter.isupper() and place else letter for place, letter in enumerate(name))
