"""The filters that bring any video's colors to those of the project format: limited-range BT.709 in eight bits.

The same steps run in ffmpeg (`scaled`) and in PyAV (`engines/media/shown.py`), so that a poster, a thumbnail and a
lip-sync look like the film.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from engines.media.colors import Colors
from engines.media.commands import Stream, Value
from engines.media.light import PLANES_MATRICES, light_table

EXACT = "bicubic+accurate_rnd+full_chroma_int"


@dataclass(frozen=True)
class Step:
    """One filter and its options."""

    name: str
    options: Mapping[str, Value]


# Conversion to RGB keeps the marks of what it converted, which some filters obey.
_RGB_MARKS = Step("setparams", {"range": "pc", "colorspace": "gbr"})


def scaled(pictures: Stream, colors: Colors, *, width: Value, height: Value, **options: Value) -> Stream:
    """Scale, and convert to the project's colors. `options` are the scaler's."""
    for step in color_steps(colors, {"width": width, "height": height, **options}):
        pictures = pictures.filter(step.name, **step.options)
    return pictures


def marked(pictures: Stream, colors: Colors) -> Stream:
    """Mark the pictures so that every filter takes them. Needed only before filters that come before `scaled`."""
    for step in mark_steps(colors):
        pictures = pictures.filter(step.name, **step.options)
    return pictures


def mark_steps(colors: Colors) -> tuple[Step, ...]:
    """Return the filters that give all frames one set of marks: theirs may be missing, or refused by some filters."""
    matrix = "bt709" if colors.matrix in PLANES_MATRICES else colors.matrix
    marks = {"color_primaries": "bt709", "color_trc": "bt709", "range": "pc" if colors.full_range else "tv"}
    return (Step("setparams", {**marks, "colorspace": matrix}),)


def color_steps(colors: Colors, size: Mapping[str, Value]) -> tuple[Step, ...]:
    """Return the filters from a video's colors to the project's; `size` are options of the scaler."""
    if colors.is_ours:
        # Naming the colors makes the scaler convert even when they match, which loses two levels of brightness.
        return (Step("scale", {**size, "flags": "bicubic"}),)
    steps, by_planes = [*mark_steps(colors)], colors.matrix in PLANES_MATRICES
    if colors.has_alpha:
        # Transparent pictures are shown over black.
        steps += [Step("format", {"pix_fmts": "gbrap16le"}), _RGB_MARKS, Step("premultiply", {"inplace": 1})]
    if colors.has_other_light or by_planes:
        steps += [Step("scale", {**size, "flags": EXACT})]
        steps += [Step("format", {"pix_fmts": "yuv444p16le" if by_planes else "gbrp16le"})]
        if by_planes:
            # The same numbers, called red, green and blue.
            planes = {"map0s": 0, "map0p": 0, "map1s": 0, "map1p": 1, "map2s": 0, "map2p": 2}
            steps += [Step("mergeplanes", {"format": "gbrp16le", **planes})]
        steps += [_RGB_MARKS, Step("lut3d", {"file": str(light_table(colors)), "interp": "tetrahedral"})]
        size = {}
    ours = {"out_color_matrix": "bt709", "out_range": "tv"}
    return (*steps, Step("scale", {**size, "flags": EXACT, **ours}), Step("format", {"pix_fmts": "yuv420p"}))
