"""Font files for one set of lyrics: only the characters used, in one weight.

The renderer would show a variable font at its default weight (hairlines for Chinese, Japanese and Korean), reads every
file of its font folder into memory in each process, and sizes each font by its own height."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from engines.lyrics.fonts import Face, coverage, faces, families

_PREFIX = "mvsite"
# Of all fonts, in parts of an em: so that a size means the same in each, and rows of all scripts are as high.
_ASCENT, _DESCENT = 1.02, 0.28
# In em. The renderer takes the size of a font as the height of its rows.
LINE_HEIGHT = _ASCENT + _DESCENT
_ENGLISH = (3, 1, 0x409)
_FAMILY, _STYLE, _UNIQUE, _FULL, _POSTSCRIPT = 1, 2, 3, 4, 6


def family_name(face: Face, weight: int) -> str:
    """Return the name by which an ASS file asks for the font. No installed font has it."""
    return f"{_PREFIX} {face.name} {weight}"


def font_files(families: Iterable[tuple[str, str]], folder: Path) -> None:
    """Write a font file for each (family, characters) into the folder. A family that isn't ours (of lyrics planned by
    an earlier release) gets the letters of the first font."""
    for number, (family, characters) in enumerate(sorted(families)):
        name, weight = _of_family(family)
        (folder / f"words-{number}.ttf").write_bytes(_font(name, weight, family, "".join(sorted(set(characters)))))


def font_file(face: Face, weight: int, text: str) -> bytes:
    """Return a font file of the text's characters."""
    return _font(face.name, weight, family_name(face, weight), "".join(sorted(set(text))))


def _of_family(family: str) -> tuple[str, int]:
    prefix, _, rest = family.partition(" ")
    name, _, weight = rest.rpartition(" ")
    if prefix == _PREFIX and weight.isdigit() and name in families():
        return name, int(weight)
    return next(iter(faces())), 500


@lru_cache(maxsize=16)
def _font(name: str, weight: int, family: str, characters: str) -> bytes:
    face = families()[name]
    options = Options(notdef_outline=True, hinting=False, name_IDs=[_FAMILY])
    # The usual features of horizontal text. Those of vertical text double the work for 65,000 ideograms.
    options.drop_tables = [*options.drop_tables, "STAT", "vhea", "vmtx", "VORG"]
    with TTFont(face.path, fontNumber=face.number, lazy=True) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=_needed(characters, face))
        subsetter.subset(font)
        smaller = BytesIO()
        font.save(smaller)
    smaller.seek(0)
    # Saved and read again: the instancer wants a font whose glyphs are numbered without gaps.
    with TTFont(smaller) as font:
        lowest, highest = _weights(font)
        fixed = instancer.instantiateVariableFont(font, {"wght": min(max(weight, lowest), highest)}, inplace=True)
        _rename(fixed, family)
        _level(fixed)
        made = BytesIO()
        fixed.save(made)
    return made.getvalue()


def _needed(characters: str, face: Face) -> set[int]:
    """Return the characters' code points and those that shaping makes of them: compositions, decompositions (of the
    Thai ำ, of two-part vowels), and the marks of the face's script."""
    text = " \u25cc" + characters
    text += "".join(unicodedata.normalize(form, text) for form in ("NFC", "NFKD"))
    points = {ord(character) for character in text}
    if face.is_for_one_script:
        points |= {point for point in coverage(face) if unicodedata.category(chr(point))[0] == "M"}
    return points


def _weights(font: TTFont) -> tuple[float, float]:
    axis = next(axis for axis in font["fvar"].axes if axis.axisTag == "wght")
    return axis.minValue, axis.maxValue


def _rename(font: TTFont, family: str) -> None:
    names = font["name"]
    names.names = []
    words = {_STYLE: "Regular", _POSTSCRIPT: family.replace(" ", "")}
    for kind in (_FAMILY, _STYLE, _UNIQUE, _FULL, _POSTSCRIPT):
        names.setName(words.get(kind, family), kind, *_ENGLISH)
    # The weight is part of the name: nothing should be made bolder on top of it.
    font["OS/2"].usWeightClass = 400
    font["OS/2"].fsSelection = 0x40


def _level(font: TTFont) -> None:
    em = font["head"].unitsPerEm
    up, down = round(_ASCENT * em), round(_DESCENT * em)
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = up, -down, 0
    shape = font["OS/2"]
    shape.sTypoAscender, shape.sTypoDescender, shape.sTypoLineGap = up, -down, 0
    shape.usWinAscent, shape.usWinDescent = up, down
