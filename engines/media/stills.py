"""Posters and thumbnails."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from engines.errors import MediaToolError
from engines.media.probe import media_facts
from engines.media.shown import Shown
from engines.media.upright import orientation
from engines.media.video_frames import Picture, PictureReader

_CANDIDATES = 12
_DARK = 24
# The longer side of the pictures that are judged.
_JUDGED_PIXELS = 640
# JPEG can't be taller; a film of many scenes gets smaller pictures.
_MOST_SHEET_HEIGHT = 65_000

Part = tuple[float, float, float, float]


def poster(video: Path, output: Path, *, width: int = 1280) -> Path:
    """Write the best of a dozen frames across the video as JPEG, at most `width` wide: well lit, with contrast and
    detail, so never a black one if there is another. Raises MediaToolError if none of them can be decoded.

    Key frames are looked at, which decode at once; if all of them are dark, other frames."""
    seconds = float(media_facts(video).picture_end)
    moments = [seconds * (index + 0.5) / _CANDIDATES for index in range(_CANDIDATES)]
    with _Stills.opened(video) as stills:
        read, best = stills.key_before, _best(stills.key_before, moments)
        if best is None or best[1].mean() < _DARK:
            read, best = stills.at, _best(stills.at, moments)
        if best is None:
            raise MediaToolError("The video has no picture that can be decoded.")
        return _write_jpeg(read(best[0]), output, width)


def _best(
    read: Callable[[float, int], NDArray[np.uint8]], moments: Sequence[float]
) -> tuple[float, NDArray[np.uint8]] | None:
    """Return the moment of the best picture, and a small one of it."""
    found: list[tuple[float, NDArray[np.uint8]]] = []
    for moment in moments:
        # Damage, or a file that ends before its declared length.
        with suppress(MediaToolError):
            found.append((moment, read(moment, _JUDGED_PIXELS)))
    return max(found, key=lambda one: _appeal(one[1]), default=None)


def sprite(video: Path, moments: Sequence[float], output: Path, *, tile_width: int = 160) -> Path:
    """Write one JPEG with a small picture for each moment, stacked vertically: the last key frame before it, or the
    moment's own frame if the key frame is dark."""
    facts = media_facts(video)
    highest = _MOST_SHEET_HEIGHT // max(1, len(moments))
    tile_width = min(tile_width, max(1, int(highest * (facts.width or 16) / (facts.height or 9))))
    # Read at twice the size, which is a tenth of the work of the full one, and looks the same.
    longest = round(2 * tile_width * max(1.0, (facts.height or 9) / (facts.width or 16)))
    with _Stills.opened(video) as stills:
        tiles = [_tile(stills.key_before(moment, longest), tile_width) for moment in moments]
        for index, moment in enumerate(moments):
            if float(np.asarray(tiles[index]).mean()) < _DARK:
                tiles[index] = _tile(stills.at(moment, longest), tile_width)
    height = tiles[0].height
    sheet = Image.new("RGB", (tile_width, height * len(tiles)))
    for index, tile in enumerate(tiles):
        sheet.paste(tile, (0, index * height))
    return _save_jpeg(sheet, output)


def appeal_of_tiles(sheet: Image.Image, count: int) -> list[float]:
    """Return how good each of a sprite's pictures looks, top to bottom; only their order means something."""
    pixels = np.asarray(sheet.convert("RGB"))
    height = pixels.shape[0] // max(1, count)
    return [_appeal(pixels[index * height : (index + 1) * height]) for index in range(count)] if height else []


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
    with _Stills.opened(video) as stills:
        return stills.at(seconds)


def frame_png(
    video: Path, seconds: float, output: Path, *, part: Part | None = None, texts: Mapping[str, str] | None = None
) -> Path:
    """Write the picture shown at a moment of the file's clock without loss (PNG), in its full size, or a `part` of it
    (left, top, width and height as shares). With `texts`, which stand in the file, it is written fast, for a file that
    nobody keeps. For frame n of a steady rate ask for its middle, (n + ½) / fps: files round
    the times of their frames."""
    image = Image.fromarray(np.ascontiguousarray(picture_at(video, seconds)))
    if part is not None:
        left, top = round(part[0] * image.width), round(part[1] * image.height)
        right, bottom = round((part[0] + part[2]) * image.width), round((part[1] + part[3]) * image.height)
        image = image.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
    if texts is None:
        image.save(output, format="PNG")
        return output
    info = PngInfo()
    for key, text in texts.items():
        info.add_itxt(key, text)
    # A quarter larger, in half of the time.
    image.save(output, format="PNG", compress_level=1, pnginfo=info)
    return output


def last_picture(video: Path, output: Path) -> Path:
    """Write the video's last picture as it is shown, without loss (PNG)."""
    return frame_png(video, float("inf"), output)


@dataclass(frozen=True)
class _Stills:
    """Single pictures of a video, as `picture_at` returns them; with `longest` the longer side is at most that many
    pixels."""

    reader: PictureReader
    shown: Shown

    @classmethod
    @contextmanager
    def opened(cls, video: Path) -> Iterator["_Stills"]:
        with PictureReader.opened(video) as reader:
            # More threads would decode frames that nobody sees.
            reader.stream.codec_context.thread_count = 1
            yield cls(reader, Shown())

    def at(self, seconds: float, longest: int | None = None) -> NDArray[np.uint8]:
        found: Picture | None = None
        for picture in self.reader.pictures(self._inside(seconds)):
            if found is not None and picture.seconds > seconds + 1e-6:
                break
            found = picture
        return self._upright(found, longest)

    def key_before(self, seconds: float, longest: int | None = None) -> NDArray[np.uint8]:
        return self._upright(next(self.reader.pictures(self._inside(seconds)), None), longest)

    def _inside(self, seconds: float) -> float:
        facts = self.reader.facts
        return min(seconds, float(facts.picture_end - facts.last_picture_seconds))

    def _upright(self, picture: Picture | None, longest: int | None) -> NDArray[np.uint8]:
        if picture is None:
            raise MediaToolError("The video has no picture that can be decoded at this time.")
        frame, facts = picture.frame, self.reader.facts
        pixels = self.shown.rgb(frame) if longest is None else self.shown.small_rgb(frame, longest)
        pixels = orientation(frame).apply(pixels)
        if facts.pixel_aspect == 1 or not (facts.width and facts.height):
            return pixels
        factor = 1.0 if longest is None else min(1.0, longest / max(facts.width, facts.height))
        size = (max(1, round(facts.width * factor)), max(1, round(facts.height * factor)))
        return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size), np.uint8)


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
