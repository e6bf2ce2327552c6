"""Light: what HDR and other transfers look like in the project's BT.709, as a table that ffmpeg's `lut3d` reads.

One table for every path, in ffmpeg and in PyAV alike, whose builds have different filters for this.

The tone map keeps light up to 50 nits as it is relative to HDR's reference white (203 nits, ITU-R BT.2408), shows that
white at level 225 of 255 and leaves the rest to highlights, up to 10,000 nits. It scales a pixel's red, green and blue
together, so hues stay; colors that BT.709 doesn't have are mixed with the gray of the same light until it has.
"""

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup
from numpy.typing import NDArray

from engines.media.colors import Colors

Light = NDArray[np.float64]

# Fewer show in saturated colors, whose darkest channel changes fast; more take long to read.
_STEPS, _HDR_STEPS = 65, 49
_WHITE_NITS = 203.0
# BT.1886, the display that BT.709 is made for.
_GAMMA = 2.4
# From nits in the scene's HDR to nits on a display whose white is `_WHITE_NITS`.
_CURVE = (
    *((0, 0), (2, 2), (10, 10), (25, 25), (50, 49), (100, 88), (203, 150)),
    *((1_000, 191), (4_000, 200), (10_000, 203)),
)
# To BT.709's red, green and blue in linear light (rows), from the primaries of BT.2020, P3-D65 and P3-DCI.
_TO_BT709 = {
    "bt2020": ((1.660491, -0.587641, -0.072850), (-0.124550, 1.132900, -0.008349), (-0.018151, -0.100579, 1.118730)),
    "smpte432": ((1.224940, -0.224940, 0.0), (-0.042057, 1.042057, 0.0), (-0.019638, -0.078636, 1.098274)),
    "smpte431": ((1.157514, -0.154974, -0.002540), (-0.041501, 1.045562, -0.004061), (-0.018045, -0.078570, 1.096615)),
}
_LUMA = np.array((0.212639, 0.715169, 0.072192))
_LUMA_2020 = np.array((0.262700, 0.677998, 0.059302))
# What `light_table` reads instead of ffmpeg's scaler, which doesn't know them.
PLANES_MATRICES = {"ycgco", "ictcp"}
# ITU-R BT.2100: from BT.2020's light to the cones', and from their signals to ICtCp.
_TO_LMS = np.array(((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))) / 4096
_ICTCP = np.array(((2048, 2048, 0), (6610, -13613, 7003), (17933, -17390, -543))) / 4096
_LINEAR = np.linspace(0, 1, 4097)
# SMPTE ST 2084.
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128


def light_table(colors: Colors) -> Path:
    """Return a .cube file from the video's red, green and blue (0…1, full range) to BT.709's.

    For a video of `PLANES_MATRICES`, the axes are its stored planes instead: green is luma, blue and red the chroma."""
    planes = colors.matrix if colors.matrix in PLANES_MATRICES else ""
    kind = f"{colors.transfer}-{colors.primaries}{planes and f'-{planes}-{colors.full_range}'}"
    path = _folder() / f"{kind}-{_version()}.cube"
    if not path.exists():
        part = path.with_name(f"{path.name}.{uuid4().hex}.part")
        part.write_bytes(_cube(colors))
        part.replace(path)
    return path


def shown(signal: Light, transfer: str, primaries: str) -> Light:
    """Return BT.709 signals (…, 3) of 0…1 for those of a transfer and primaries."""
    matrix = np.array(_TO_BT709.get(primaries, np.eye(3)))
    light = _in_gamut(_linear(signal, transfer) @ matrix.T)
    return _srgb_signal(light) if transfer == "iec61966-2-1" else np.asarray(np.power(light, 1 / _GAMMA))


def _linear(signal: Light, transfer: str) -> Light:
    """Return light of 0…1, where 1 is the display's white; tone-mapped if it is HDR."""
    if transfer == "smpte2084":
        return _toned(_pq_nits(signal))
    if transfer == "arib-std-b67":
        return _toned(_hlg_nits(signal))
    if transfer == "linear":
        return signal
    if transfer == "iec61966-2-1":
        return np.asarray(np.interp(signal, _srgb_signal(_LINEAR), _LINEAR))
    if transfer in ("log100", "log316"):
        decades = 2.0 if transfer == "log100" else 2.5
        return np.asarray(np.where(signal > 0, np.power(10.0, decades * (signal - 1)), 0.0))
    # Digital cinema's projector; everything else is made for BT.1886 or what is near to it.
    return np.asarray(np.power(signal, 2.6 if transfer == "smpte428" else _GAMMA))


def _toned(nits: Light) -> Light:
    brightest = nits.max(axis=-1, keepdims=True)
    before, after = np.array(_CURVE, float).T
    curve = scipy.interpolate.PchipInterpolator(_pq_signal(before), _pq_signal(after))
    mapped = _pq_nits(curve(np.clip(_pq_signal(brightest), 0, 1)))
    return np.asarray(nits * mapped / np.maximum(brightest, 1e-6) / _WHITE_NITS)


def _in_gamut(light: Light) -> Light:
    """Mix impossible colors with gray of the same light, just enough to make them possible."""
    gray = np.clip(light @ _LUMA, 0, 1)[..., None]
    away = light - gray
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.where(away > 0, (1 - gray) / away, np.where(away < 0, gray / -away, np.inf))
    share = np.minimum(1, room.min(axis=-1, keepdims=True))
    return np.asarray(np.clip(gray + away * share, 0, 1))


def _srgb_signal(light: Light) -> Light:
    return np.asarray(
        np.where(light < 0.0031308, 12.92 * light, 1.055 * np.power(np.maximum(light, 0.0031308), 1 / 2.4) - 0.055)
    )


def _pq_nits(signal: Light) -> Light:
    root = np.power(np.clip(signal, 0, 1), 1 / _M2)
    return np.asarray(10_000 * np.power(np.maximum(root - _C1, 0) / (_C2 - _C3 * root), 1 / _M1))


def _pq_signal(nits: Light) -> Light:
    share = np.power(np.maximum(nits, 0) / 10_000, _M1)
    return np.asarray(np.power((_C1 + _C2 * share) / (1 + _C3 * share), _M2))


def _hlg_nits(signal: Light) -> Light:
    """ITU-R BT.2100's inverse OETF and the OOTF of a display of 1,000 nits."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = scene @ _LUMA_2020
    return np.asarray(1_000 * np.power(np.maximum(luma, 1e-9), 0.2)[..., None] * scene)


def _cube(colors: Colors) -> bytes:
    steps = _HDR_STEPS if colors.is_hdr else _STEPS
    axis = np.linspace(0, 1, steps)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red changes fastest in the file
    signal = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    if colors.matrix in PLANES_MATRICES:
        signal = _signal_of_planes(signal, colors)
    table = shown(signal, colors.transfer, colors.primaries)
    return f"LUT_3D_SIZE {steps}\n".encode() + b"".join(b"%.5f %.5f %.5f\n" % tuple(row) for row in table.tolist())


def _signal_of_planes(planes: Light, colors: Colors) -> Light:
    """Return red, green and blue from stored planes (red: second chroma, green: luma, blue: first chroma)."""
    levels = planes * (65535 / 256)  # sixteen bits, of which the first eight are the usual levels
    if colors.full_range:
        luma, chroma = levels[:, 1] / 255, (levels[:, [2, 0]] - 128) / 255
    else:
        luma, chroma = (levels[:, 1] - 16) / 219, (levels[:, [2, 0]] - 128) / 224
    first, second = chroma.T
    if colors.matrix == "ycgco":
        other = luma - first
        return np.asarray(np.clip(np.stack([other + second, luma + first, other - second], axis=1), 0, 1))
    cone = np.stack([luma, first, second], axis=1) @ np.linalg.inv(_ICTCP).T
    light = _pq_nits(cone) @ np.linalg.inv(_TO_LMS).T
    return np.asarray(_pq_signal(light))


@cache
def _version() -> str:
    """Tables made by other code are never used."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]


def _folder() -> Path:
    """Return a folder that only we can write: ffmpeg reads the table by its name."""
    folder = Path(tempfile.gettempdir()) / f"mvsite-light-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return Path(tempfile.mkdtemp(prefix="mvsite-light-"))
    return folder
