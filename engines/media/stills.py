"""Posters and thumbnails."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engines.errors import MediaToolError
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.upright import orientation
from engines.media.video_frames import Picture, shown_pictures

_CANDIDATES = 12
_DARK = 24


def poster(video: Path, output: Path, *, width: int = 1280) -> Path:
    """Write the best of a dozen frames across the video as JPEG, at most `width` wide: well lit, with contrast and
    detail, so never a black one if there is another. Raises MediaToolError if none of them can be decoded."""
    seconds = float(media_facts(video).picture_end)
    moments = [seconds * (index + 0.5) / _CANDIDATES for index in range(_CANDIDATES)]
    shown, failure = Shown(), None
    frames: list[NDArray[np.uint8]] = []
    for moment in moments:
        try:
            frames.append(_picture_at(video, moment, shown))
        except MediaToolError as error:
            failure = error  # damage, or a file that ends before its declared length
    if failure is not None and not frames:
        raise failure
    return _write_jpeg(max(frames, key=_appeal), output, width)


def sprite(video: Path, moments: Sequence[float], output: Path, *, tile_width: int = 160) -> Path:
    """Write one JPEG with a small picture for each moment, stacked vertically: the last key frame before it, or the
    moment's own frame if the key frame is dark."""
    shown = Shown()
    tiles = [_tile(_key_picture(video, moment, shown), tile_width) for moment in moments]
    for index, moment in enumerate(moments):
        if float(np.asarray(tiles[index]).mean()) < _DARK:
            tiles[index] = _tile(_picture_at(video, moment, shown), tile_width)
    height = tiles[0].height
    sheet = Image.new("RGB", (tile_width, height * len(tiles)))
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (0, index * height))
    return _save_jpeg(sheet, output)


def still(video: Path, seconds: float, *, width: int = 480) -> bytes:
    """Return the frame shown at a moment as a small JPEG."""
    held = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture_at(video, seconds)))
    image.thumbnail((width, width))
    image.save(held, format="JPEG", quality=80, optimize=True)
    return held.getvalue()


def picture_at(video: Path, seconds: float) -> NDArray[np.uint8]:
    """Return the picture shown at a moment of the file's clock, RGB, upright, with square pixels; the nearest one
    outside the picture."""
    return _picture_at(video, seconds, Shown())


def last_picture(video: Path, output: Path) -> Path:
    """Write the video's last picture as it is shown, without loss (PNG)."""
    Image.fromarray(np.ascontiguousarray(picture_at(video, float("inf")))).save(output)
    return output


def _picture_at(video: Path, seconds: float, shown: Shown) -> NDArray[np.uint8]:
    found: Picture | None = None
    for picture in shown_pictures(video, from_seconds=_inside(video, seconds)):
        if found is not None and picture.seconds > seconds + 1e-6:
            break
        found = picture
    return _upright(video, found, shown)


def _key_picture(video: Path, seconds: float, shown: Shown) -> NDArray[np.uint8]:
    return _upright(video, next(shown_pictures(video, from_seconds=_inside(video, seconds)), None), shown)


def _inside(video: Path, seconds: float) -> float:
    facts = media_facts(video)
    return min(seconds, float(facts.picture_end - facts.last_picture_seconds))


def _upright(video: Path, picture: Picture | None, shown: Shown) -> NDArray[np.uint8]:
    if picture is None:
        raise MediaToolError("The video has no picture that can be decoded at this time.")
    pixels = orientation(picture.frame).apply(shown.rgb(picture.frame))
    facts = media_facts(video)
    if facts.pixel_aspect == 1 or not (facts.width and facts.height):
        return pixels
    squared = Image.fromarray(np.ascontiguousarray(pixels)).resize((facts.width, facts.height))
    return np.asarray(squared, np.uint8)


def _appeal(pixels: NDArray[np.uint8]) -> float:
    light = pixels[::4, ::4].mean(axis=2)
    detail = np.abs(np.diff(light, axis=1)).mean() if light.shape[1] > 1 else 0.0
    # Mid-tones count fully; frames near black or white hardly count.
    exposure = max(0.0, 1.0 - abs(float(light.mean()) - 118.0) / 118.0)
    return exposure * (float(light.std()) + 2.0 * float(detail))


def _write_jpeg(pixels: NDArray[np.uint8], output: Path, width: int) -> Path:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((width, width * 4))
    return _save_jpeg(image, output)


def _tile(pixels: NDArray[np.uint8], width: int) -> Image.Image:
    height = max(1, round(pixels.shape[0] * width / pixels.shape[1]))
    return Image.fromarray(np.ascontiguousarray(pixels)).resize((width, height))


def _save_jpeg(image: Image.Image, output: Path) -> Path:
    part = output.with_name(output.name + ".part")
    image.save(part, format="JPEG", quality=88, optimize=True)
    part.replace(output)
    return output
