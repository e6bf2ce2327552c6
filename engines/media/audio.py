"""Cutting audio, exact to the sample, and silencing parts of it."""

import wave
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from engines.errors import InputError, WorkCancelled
from engines.media.facts import MediaFacts
from engines.media.frames import as_seconds
from engines.media.probe import probe_media
from engines.media.samples import Samples, sound_range


def mixed_channels(facts: MediaFacts) -> int:
    """Return how many channels of a file are used: surround is mixed down to stereo."""
    return 1 if facts.audio_channels == 1 else 2


# A silence begins and ends this gradually, inside its range, so that nothing clicks.
FADE_SECONDS = 0.03


def cut_wav(
    source: Path,
    start_seconds: float,
    end_seconds: float,
    output: Path,
    *,
    silences: Sequence[tuple[float, float]] = (),
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Write [start, end) of a file's sound as 16-bit WAV at its own rate, mono or stereo, up to the end of the sound.

    In the `silences`, in seconds of the file, nothing is heard; the length stays. Raises InputError when the range is
    empty or outside the sound, or there is no sound."""
    facts = probe_media(source)
    if facts.sample_rate is None:
        raise InputError("The file has no sound to cut.")
    if not 0 <= start_seconds < end_seconds:
        raise InputError("The start must be before the end, and neither can be negative.")
    rate = facts.sample_rate
    # Both ends on whole samples, so that neighboring ranges join without a gap or an overlap.
    start, end = (Fraction(round(as_seconds(one) * rate), rate) for one in (start_seconds, end_seconds))
    channels = mixed_channels(facts)
    blocks = sound_range(source, start, end - start, rate=rate, channels=channels)
    # A silence at an end of the range goes on beyond it, so nothing fades in there.
    held = [
        (first - FADE_SECONDS * (first <= start_seconds), last + FADE_SECONDS * (last >= end_seconds))
        for first, last in silences
    ]
    part = output.with_name(output.name + ".part")
    try:
        with wave.open(str(part), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(facts.sample_rate)
            for block in silenced(_cancellable(blocks, cancelled), held, first=start, rate=rate):
                file.writeframesraw(_integers(block).T.tobytes())
            if not file.tell():
                raise InputError(f"The range starts after the end of the sound ({facts.duration_seconds or 0:.3f} s).")
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return output


def silenced(
    blocks: Iterable[Samples], silences: Sequence[tuple[float, float]], *, first: Fraction, rate: int
) -> Iterable[Samples]:
    """Yield the blocks, which start `first` seconds into the sound, with these ranges faded to silence."""
    place = round(first * rate)
    fade = FADE_SECONDS * rate
    for block in blocks:
        moments = np.arange(place, place + block.shape[1], dtype=np.float64)
        place += block.shape[1]
        loud = np.ones(len(moments))
        for start, end in silences:
            inside = np.minimum(moments - start * rate, end * rate - moments)
            loud = np.minimum(loud, 1.0 - np.clip(inside / fade, 0.0, 1.0))
        yield block if loud.min(initial=1.0) == 1.0 else block * loud.astype(np.float32)


def write_pcm(
    source: Path,
    output: Path,
    *,
    start: Fraction,
    seconds: Fraction | None,
    rate: int,
    channels: int,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Write a range of a file's sound as raw samples, which ffmpeg reads as a `samples_file`; return how many.

    If the sound ends early, the rest is silence."""
    written = 0
    with output.open("wb") as file:
        for block in _cancellable(sound_range(source, start, seconds, rate=rate, channels=channels), cancelled):
            file.write(np.ascontiguousarray(block.T, "<f4").tobytes())
            written += block.shape[1]
        wanted = written if seconds is None else round(seconds * rate)
        file.truncate(wanted * channels * 4)
    return wanted


def _cancellable(blocks: Iterable[Samples], cancelled: Callable[[], bool] | None) -> Iterable[Samples]:
    for block in blocks:
        if cancelled is not None and cancelled():
            raise WorkCancelled
        yield block


def _integers(block: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.clip(np.round(block * 32768), -32768, 32767).astype("<i2")
