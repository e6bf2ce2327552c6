"""Figures of a finished file, measured without the code under test."""

from pathlib import Path

import av
import numpy as np


def picture_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]


def picture_colors(path: Path) -> list[tuple[float, float, float]]:
    """Return the mean red, green and blue of every picture."""
    with av.open(str(path)) as container:
        means = [frame.to_ndarray(format="rgb24").reshape(-1, 3).mean(axis=0) for frame in container.decode(video=0)]
    return [(float(red), float(green), float(blue)) for red, green, blue in means]


def flash_seconds(path: Path) -> float:
    """Return when the picture turns white."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.to_ndarray(format="rgb24").mean(axis=(0, 1)).min() > 150:
                return float(frame.time or 0)
    raise AssertionError("there is no flash")


def beep_seconds(path: Path) -> float:
    """Return when the tone starts."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
        parts, start = [], None
        for frame in container.decode(audio=0):
            start = float(frame.time or 0) if start is None else start
            parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    samples = np.abs(np.concatenate(parts))
    assert samples.max() > 0.1, "there is no beep"
    return float((start or 0) + np.argmax(samples > 0.1) / 48_000)
