"""Finding ffmpeg."""

import re
from functools import lru_cache

import imageio_ffmpeg

from engines.errors import MediaToolError

# 6.0 is the first that breaks rows of lyrics without spaces (`wrap_unicode`).
_OLDEST_VERSION = 6


@lru_cache(maxsize=1)
def ffmpeg_path() -> str:
    """Return the pinned static binary of the imageio-ffmpeg wheel, else a recent system one."""
    try:
        path: str = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise MediaToolError("ffmpeg was not found. Run `make setup`, or install ffmpeg 6 or newer.") from error
    version: str = imageio_ffmpeg.get_ffmpeg_version()
    number = re.match(r"n?(\d+)", version)
    if number and int(number[1]) < _OLDEST_VERSION:
        raise MediaToolError(f"ffmpeg {version} at {path} is too old. Run `make setup`, or install ffmpeg 6 or newer.")
    return path
