"""Clips of four patches whose colors are known, marked as phones, webcams, camcorders and screen recorders mark them.

Each function writes a small clip of a quarter of a second."""

from pathlib import Path

import numpy as np
from PIL import Image

from engines.media.runner import run

SIZE = (160, 90)
PATCHES = ((200, 40, 40), (40, 180, 60), (50, 60, 200), (230, 230, 230))
_X264 = ("-c:v", "libx264", "-crf", "6", "-preset", "ultrafast", "-bf", "0")
_X265 = ("-c:v", "libx265", "-crf", "6", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=error")
# What an RGB still is, to zscale.
_STILL = "setparams=range=pc:colorspace=gbr:color_primaries=bt709:color_trc=bt709"


def _coded(matrix: str, span: str, pixels: str, space: str, primaries: str, transfer: str) -> str:
    """Filters that convert the still by `matrix` and mark it."""
    scale = f"scale=in_range=pc:out_color_matrix={matrix}:out_range={span}:flags=accurate_rnd+full_chroma_int"
    marks = f"range={span}:colorspace={space}:color_primaries={primaries}:color_trc={transfer}"
    return f"{scale},format={pixels},setparams={marks}"


def _light(primaries: str, transfer: str, matrix: str, pixels: str) -> str:
    """Filters that show the same light in another system; white is 203 nits where that has an absolute meaning."""
    linear = f"{_STILL},zscale=transfer=linear:primaries=bt709:npl=203,format=gbrpf32le"
    return f"{linear},zscale=primaries={primaries}:transfer={transfer}:matrix={matrix}:range=tv:npl=203,format={pixels}"


# Name: (suffix, filters, encoder). In all of them the patches are to be shown as they are.
SAME_COLORS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "limited709": ("mp4", _coded("bt709", "tv", "yuv420p", "bt709", "bt709", "bt709"), _X264),
    "full709": ("mp4", _coded("bt709", "pc", "yuvj420p", "bt709", "bt709", "bt709"), _X264),
    "limited601": ("mp4", _coded("smpte170m", "tv", "yuv420p", "smpte170m", "smpte170m", "smpte170m"), _X264),
    "full601": ("mp4", _coded("smpte170m", "pc", "yuvj420p", "bt470bg", "bt470bg", "bt709"), _X264),
    "pal": ("mkv", _coded("bt470bg", "tv", "yuv422p", "bt470bg", "bt470bg", "bt470bg"), _X264),
    "smpte240m": ("mp4", _coded("smpte240m", "tv", "yuv420p", "smpte240m", "smpte240m", "smpte240m"), _X264),
    "limited2020": ("mp4", _coded("bt2020", "tv", "yuv420p10le", "bt2020nc", "bt2020", "bt2020-10"), _X265),
    "unmarked_sd": ("mp4", _coded("smpte170m", "tv", "yuv420p", "unknown", "unknown", "unknown"), _X264),
    "unmarked_hd": (
        "mp4",
        f"scale=1280:720:flags=neighbor,{_coded('bt709', 'tv', 'yuv420p', 'unknown', 'unknown', 'unknown')}",
        _X264,
    ),
    "rgb": ("mkv", "null", ("-c:v", "libx264rgb", "-crf", "3", "-preset", "ultrafast")),
    "palette": ("mov", "format=pal8", ("-c:v", "png")),
    "twelve_bits": ("mp4", _coded("bt709", "tv", "yuv444p12le", "bt709", "bt709", "bt709"), _X265),
    "prores": ("mov", _coded("bt709", "tv", "yuv422p10le", "bt709", "bt709", "bt709"), ("-c:v", "prores_ks")),
    "srgb_full_444": ("mp4", _coded("bt709", "pc", "yuv444p", "bt709", "bt709", "iec61966-2-1"), _X264),
    "display_p3": ("mp4", f"{_light('smpte432', 'bt709', '709', 'yuv420p')}", _X264),
    "ycgco": ("mp4", f"{_STILL},zscale=primaries=bt709:transfer=bt709:matrix=ycgco:range=tv,format=yuv444p", _X264),
    "vp9": ("webm", _coded("bt709", "tv", "yuv420p", "bt709", "bt709", "bt709"), ("-c:v", "libvpx-vp9", "-crf", "10")),
    "av1": ("mp4", _coded("bt709", "tv", "yuv420p", "bt709", "bt709", "bt709"), ("-c:v", "libsvtav1", "-crf", "10")),
}
HDR: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "pq": ("mp4", _light("2020", "smpte2084", "2020_ncl", "yuv420p10le"), _X265),
    "hlg": ("mp4", _light("2020", "arib-std-b67", "2020_ncl", "yuv420p10le"), _X265),
    "hlg_only_transfer": (
        "mp4",
        f"{_light('2020', 'arib-std-b67', '2020_ncl', 'yuv420p10le')},"
        "setparams=colorspace=unknown:color_primaries=unknown",
        _X265,
    ),
}


def made(folder: Path, suffix: str, filters: str, encoder: tuple[str, ...], pixels: np.ndarray | None = None) -> Path:
    """Write a clip of a picture (the patches, unless given)."""
    still, path = folder / "still.png", folder / f"clip.{suffix}"
    Image.fromarray(patches() if pixels is None else pixels).save(still)
    shown = ("-loop", "1", "-framerate", "24", "-t", "0.25", "-i", still)
    run([*map(str, (*shown, "-vf", filters, *encoder)), "-y", str(path)], time_limit_seconds=60)
    return path


def remarked(path: Path, **marks: int) -> Path:
    """Copy an H.264 clip with other numbers in its header."""
    target = path.with_name("remarked.mp4")
    marked = ":".join(f"{name}={value}" for name, value in marks.items())
    copied = ("-i", str(path), "-c", "copy", "-bsf:v", f"h264_metadata={marked}", "-y", str(target))
    run(list(copied), time_limit_seconds=60)
    return target


def patches() -> np.ndarray:
    picture = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    for color, area in zip(PATCHES, _areas(SIZE[0], SIZE[1], 0), strict=True):
        picture[area] = color
    return picture


def worst_error(pixels: np.ndarray, wanted: np.ndarray | tuple[tuple[int, ...], ...] = PATCHES) -> float:
    """Return how far, in levels of 255, a picture's patches are from what they should be."""
    return float(np.abs(measured(pixels) - np.asarray(wanted, float)).max())


def measured(pixels: np.ndarray) -> np.ndarray:
    """Return the (4, 3) mean colors of a picture's patches, away from their edges."""
    height, width = pixels.shape[:2]
    return np.array([pixels[area].reshape(-1, 3).mean(axis=0) for area in _areas(width, height, 0.1)])


def _areas(width: int, height: int, margin: float) -> list[tuple[slice, slice]]:
    across, down = round(width * margin), round(height * margin)
    return [
        (
            slice(row * (height // 2) + down, (row + 1) * (height // 2) - down),
            slice(column * (width // 2) + across, (column + 1) * (width // 2) - across),
        )
        for row in (0, 1)
        for column in (0, 1)
    ]
