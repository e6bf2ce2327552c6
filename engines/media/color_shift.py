"""A gentle change of exposure and white balance, the same in ffmpeg and in arrays.

It stays in the stored planes, so that nothing is converted: luma follows a power of itself, which keeps black and
white; the chroma grows with it, which keeps saturation; and a tint is added that fades out towards black and white. A
table of 256 × 256 does this, in a fraction of the time that encoding takes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.media.commands import Stream, combine
from engines.media.lab import Lab, planes_of_rgb, rgb_of_lab, rgb_of_planes

# Below and above these shares of white the tint fades out.
_DARK, _BRIGHT = 0.15, 0.9
# A dark picture that is lightened would otherwise gain too much color, and noise with it.
_LEAST_GROWTH, _MOST_GROWTH = 0.75, 1.35

Planes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class ColorShift:
    """`power` is what luma (0…1) is raised to: below 1 lightens. `blue` and `red` are added to the chroma (Cb and Cr),
    in levels of eight bits."""

    power: float = 1.0
    blue: float = 0.0
    red: float = 0.0

    @property
    def is_nothing(self) -> bool:
        return self == ColorShift()


def shift_between(seen: Lab, wanted: Lab) -> ColorShift:
    """Return the change that gives a picture of the mean color `seen` the mean `wanted`, nearly."""
    light = min(max(seen[0], 1.0), 99.0) / 100, min(max(wanted[0], 1.0), 99.0) / 100
    power = round(float(np.log(light[1]) / np.log(light[0])), 3)
    without_tint = planes_of_rgb(rgb_of_lab((wanted[0], seen[1], seen[2])))
    with_tint = planes_of_rgb(rgb_of_lab(wanted))
    share = float(_share(np.array((with_tint[0] - 16) / 219)))
    # In a picture that is nearly black or white the tint has no room.
    blue, red = ((with_tint[place] - without_tint[place]) * min(1.0, 2 * share) for place in (1, 2))
    return ColorShift(power, round(float(blue), 1), round(float(red), 1))


def shifted(pictures: Stream, shift: ColorShift) -> Stream:
    """Return pictures in the project's format with other colors."""
    first, second = pictures.filter("format", pix_fmts="yuv420p").split()
    luma, to_halve = second.filter("extractplanes", planes="y").split()
    half = to_halve.filter("scale", width="iw/2", height="ih/2", flags="area")
    planes = {"map0s": 0, "map0p": 0, "map1s": 1, "map1p": 0, "map2s": 1, "map2p": 0}
    light = combine("mergeplanes", [luma, half], format="yuv420p", **planes)
    tables = {"c0": _luma_words(shift), "c1": _chroma_words(shift, shift.blue), "c2": _chroma_words(shift, shift.red)}
    return combine("lut2", [first, light], **tables)


def shifted_rgb(pixels: NDArray[np.uint8], shift: ColorShift) -> NDArray[np.uint8]:
    """Return an RGB picture with other colors."""
    luma, blue, red = np.moveaxis(planes_of_rgb(pixels / 255.0), -1, 0)
    share = np.clip((luma - 16) / 219, 0, 1)
    grown, tint = _growth(share, shift.power), _share(share)
    planes = (
        16 + 219 * share**shift.power,
        128 + (blue - 128) * grown + shift.blue * tint,
        128 + (red - 128) * grown + shift.red * tint,
    )
    limited = np.stack([np.clip(planes[0], 16, 235), *(np.clip(plane, 16, 240) for plane in planes[1:])], axis=-1)
    return np.asarray(np.round(rgb_of_planes(limited) * 255), np.uint8)


def _growth(share: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    grown = np.maximum(share, 0.01) ** (power - 1)
    return np.asarray(np.clip(grown, _LEAST_GROWTH, _MOST_GROWTH))


def _share(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of the tint a luma of 0…1 gets."""
    rising = np.clip(light / _DARK, 0, 1)
    falling = np.clip((1 - light) / (1 - _BRIGHT), 0, 1)
    return np.asarray(rising * falling)


def _luma_words(shift: ColorShift) -> str:
    return f"round(16+219*pow(clip((x-16)/219,0,1),{shift.power}))"


def _chroma_words(shift: ColorShift, tint: float) -> str:
    light = "clip((y-16)/219,0,1)"
    growth = f"clip(pow(max({light},0.01),{shift.power - 1:.3f}),{_LEAST_GROWTH},{_MOST_GROWTH})"
    share = f"clip({light}/{_DARK},0,1)*clip((1-{light})/{1 - _BRIGHT:.3f},0,1)"
    return f"round(clip(128+(x-128)*{growth}+({tint})*{share},16,240))"
