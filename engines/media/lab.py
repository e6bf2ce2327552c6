"""CIE L*a*b* (D65) of the project's colors, and how different two colors look."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Lab = tuple[float, float, float]
Values = NDArray[np.float64]

# BT.709's red, green and blue of linear light, as XYZ relative to its white.
_TO_XYZ = np.array(((0.412391, 0.357584, 0.180481), (0.212639, 0.715169, 0.072192), (0.019331, 0.119195, 0.950532)))
_WHITE = _TO_XYZ.sum(axis=1)
# BT.1886, the display that BT.709 is made for.
_GAMMA = 2.4
_LUMA = np.array((0.2126, 0.7152, 0.0722))
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27


def lab_of_rgb(signal: ArrayLike) -> Values:
    """Return L, a, b (…, 3) of signals of 0…1 as a display of BT.709 shows them."""
    light = np.clip(np.asarray(signal, float), 0, 1) ** _GAMMA
    relative = light @ _TO_XYZ.T / _WHITE
    root = np.where(relative > _EPSILON, np.cbrt(relative), (_KAPPA * relative + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def rgb_of_lab(lab: ArrayLike) -> Values:
    """Return signals of 0…1; a color that BT.709 doesn't have becomes a near one."""
    lightness, a, b = np.moveaxis(np.asarray(lab, float), -1, 0)
    y = (lightness + 16) / 116
    roots = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    cubes = roots**3
    relative = np.where(cubes > _EPSILON, cubes, (116 * roots - 16) / _KAPPA)
    light = (relative * _WHITE) @ np.linalg.inv(_TO_XYZ).T
    return np.asarray(np.clip(light, 0, 1) ** (1 / _GAMMA))


def planes_of_rgb(signal: ArrayLike) -> Values:
    """Return Y, Cb, Cr (…, 3) in limited-range BT.709 levels of eight bits, not rounded."""
    values = np.asarray(signal, float)
    luma = values @ _LUMA
    blue, red = (values[..., 2] - luma) / 1.8556, (values[..., 0] - luma) / 1.5748
    return np.stack([16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red], axis=-1)


def rgb_of_planes(planes: ArrayLike) -> Values:
    luma, blue, red = np.moveaxis(np.asarray(planes, float), -1, 0)
    luma, blue, red = (luma - 16) / 219, (blue - 128) / 224 * 1.8556, (red - 128) / 224 * 1.5748
    r, b = luma + red, luma + blue
    return np.asarray(np.clip(np.stack([r, (luma - 0.2126 * r - 0.0722 * b) / 0.7152, b], axis=-1), 0, 1))


def color_difference(one: Lab, other: Lab) -> float:
    """Return CIEDE2000: about 1 is just seen side by side. (Sharma, Wu and Dalal, 2005.)"""
    chroma = (math.hypot(*one[1:]) + math.hypot(*other[1:])) / 2
    grow = 0.5 * (1 - math.sqrt(chroma**7 / (chroma**7 + 25**7)))
    (a1, b1), (a2, b2) = ((lab[1] * (1 + grow), lab[2]) for lab in (one, other))
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn, middle = _hues(h1, h2, flat=not c1 * c2)
    light, strong = (one[0] + other[0]) / 2, (c1 + c2) / 2
    by_hue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * strong * _hue_weight(middle))
    by_light = (other[0] - one[0]) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    by_chroma = (c2 - c1) / (1 + 0.045 * strong)
    around_blue = math.radians(60 * math.exp(-(((middle - 275) / 25) ** 2)))
    twist = -2 * math.sqrt(strong**7 / (strong**7 + 25**7)) * math.sin(around_blue)
    return math.sqrt(max(0.0, by_light**2 + by_chroma**2 + by_hue**2 + twist * by_chroma * by_hue))


def _hues(one: float, other: float, *, flat: bool) -> tuple[float, float]:
    """Return (the turn from one hue to the other, the hue between them) in degrees."""
    if flat:
        return 0.0, one + other
    turn = (other - one + 180) % 360 - 180
    return turn, (one + turn / 2) % 360


def _hue_weight(hue: float) -> float:
    parts = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    return 1 + sum(factor * math.cos(math.radians(times * hue + more)) for factor, times, more in parts)
