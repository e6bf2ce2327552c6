"""Posters and thumbnails."""

from pathlib import Path

import av.error
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from apps.core.errors import InputError, MediaToolError
from apps.media.probe import open_media, picture_stream

_CANDIDATES = 12


def poster(video: Path, output: Path, *, width: int = 1280) -> Path:
    """Write the best of a dozen frames spread over the video as JPEG, at most `width` wide: well lit, with contrast
    and detail, so never a black one where there is another."""
    with open_media(video) as container:
        seconds = (container.duration or 0) / av.time_base
    moments = [seconds * (index + 0.5) / _CANDIDATES for index in range(_CANDIDATES)]
    frames = [picture_at(video, moment) for moment in moments]
    return _write_jpeg(max(frames, key=_appeal), output, width)


def thumbnail(video: Path, output: Path, *, at_seconds: float, width: int = 320) -> Path:
    """Write the frame nearest to a moment as JPEG."""
    return _write_jpeg(picture_at(video, at_seconds), output, width)


def picture_at(video: Path, seconds: float) -> NDArray[np.uint8]:
    """The frame shown at a moment, RGB, turned upright; the last one when the moment is past the end."""
    try:
        with open_media(video) as container:
            stream = picture_stream(container)
            if stream is None:
                raise InputError("The file has no moving picture.")
            stream.thread_type = "AUTO"
            container.seek(int(seconds * av.time_base), backward=True)
            shown: VideoFrame | None = None
            for frame in container.decode(stream):
                if shown is not None and frame.time is not None and frame.time > seconds + 1e-6:
                    break
                shown = frame
    except av.error.FFmpegError as error:
        raise MediaToolError("The picture could not be decoded.", evidence={"stderr": str(error)}) from error
    if shown is None:
        raise MediaToolError("The video holds no picture at this moment.")
    pixels: NDArray[np.uint8] = shown.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    return np.rot90(pixels, shown.rotation // 90) if shown.rotation else pixels


def _appeal(pixels: NDArray[np.uint8]) -> float:
    light = pixels[::4, ::4].mean(axis=2)
    detail = np.abs(np.diff(light, axis=1)).mean()
    # Mid tones count fully, frames near black or white hardly.
    exposure = max(0.0, 1.0 - abs(float(light.mean()) - 118.0) / 118.0)
    return exposure * (float(light.std()) + 2.0 * float(detail))


def _write_jpeg(pixels: NDArray[np.uint8], output: Path, width: int) -> Path:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((width, width * 4))
    part = output.with_name(output.name + ".part")
    image.save(part, format="JPEG", quality=88, optimize=True)
    part.replace(output)
    return output
