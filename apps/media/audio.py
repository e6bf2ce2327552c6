"""Cutting sound, exact to the sample."""

from collections.abc import Callable
from pathlib import Path

from apps.core.errors import InputError
from apps.media.probe import probe_media
from apps.media.runner import input_arguments, run_to_file

# Decoding runs at hundreds of times real time; a slow disk and a busy machine still stay far below this.
_CUT_LIMIT_SECONDS = 600


def cut_filter(start_seconds: float, end_seconds: float, sample_rate: int) -> str:
    """ffmpeg filter for [start, end) counted in samples from the first one, whatever the file's own timestamps say."""
    first, last = round(start_seconds * sample_rate), round(end_seconds * sample_rate)
    return f"asetpts=N/SR/TB,atrim=start_sample={first}:end_sample={last},asetpts=N/SR/TB"


def cut_wav(
    source: Path,
    start_seconds: float,
    end_seconds: float,
    output: Path,
    *,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Write [start, end) of a file's sound as 16-bit WAV with its own rate and channels. An end past the sound is cut.

    Raises InputError when the range is empty, lies outside, or there is no sound."""
    facts = probe_media(source)
    if facts.sample_rate is None:
        raise InputError("The file has no sound to cut.")
    if not 0 <= start_seconds < end_seconds:
        raise InputError("The start must be before the end, and neither may be negative.")
    if facts.duration_seconds is not None and start_seconds >= facts.duration_seconds:
        raise InputError(f"The range starts after the end of the sound ({facts.duration_seconds:.3f} s).")
    arguments = [
        *input_arguments(source),
        *("-map", "0:a:0", "-vn", "-af", cut_filter(start_seconds, end_seconds, facts.sample_rate)),
        *("-c:a", "pcm_s16le", "-map_metadata", "-1"),
    ]
    return run_to_file(arguments, output, container="wav", time_limit_seconds=_CUT_LIMIT_SECONDS, cancelled=cancelled)
