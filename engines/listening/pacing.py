"""How long scenes should last: a pace, the song's energy, and the clips that a video model sells. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from engines.media.frames import FrameGrid

PACES = ("calm", "normal", "fast")
# Clear accents (see Onsets.salience) a second in a song without drums, and in one that drives on.
CALM_ACCENTS, DRIVING_ACCENTS = 1.0, 3.0
CLEAR_SALIENCE = 0.4
# A song's energy is relative to its own loudest moment. That of a calm song counts for this much of a driving one's.
CALM_SHARE = 0.5
# A scene follows the passage, not the bar.
SMOOTH_SECONDS = 3.0
# Frame times are not round numbers.
TOLERANCE_SECONDS = 0.01

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Pace:
    """A scene's usual length in seconds where the song is quiet, and where it is loudest."""

    quiet: float
    loud: float

    def within(self, least: float, most: float) -> "Pace":
        """Return the pace with both lengths between `least` and `most`."""
        return Pace(min(max(self.quiet, least), most), min(max(self.loud, least), most))

    def seconds(self, energy: Vector) -> Vector:
        """Return the usual length at each energy, 0…1; equal steps of energy shorten it by equal shares."""
        return np.asarray(self.quiet * (self.loud / self.quiet) ** np.clip(energy, 0, 1))


@dataclass(frozen=True)
class ClipLengths:
    """The lengths, in seconds, of the clips that a video model sells, for a film of `fps` frames per second."""

    seconds: tuple[int, ...]
    fps: Fraction = Fraction(24)

    def bought(self, most_frames: int) -> Vector:
        """Return the seconds that have to be bought for a scene of 0, 1, … `most_frames` frames.

        One that is longer than the longest clip is made of several."""
        offered = sorted(self.seconds)
        whole = max(1, int(offered[-1] * self.fps))
        table = np.zeros(most_frames + 1)
        for frames in range(1, most_frames + 1):
            length = float(frames / self.fps) - TOLERANCE_SECONDS
            fitting = next((one for one in offered if one >= length), None)
            table[frames] = offered[-1] + table[frames - whole] if fitting is None else fitting
        return table

    def frames(self, times: Vector) -> NDArray[np.int64]:
        """Return the frame at which a cut at each time falls."""
        grid = FrameGrid(self.fps)
        return np.array([grid.frame_at(float(time)) for time in times], np.int64)


def song_drive(salience: Sequence[float], seconds: float) -> float:
    """Return how much the song drives on, 0…1, by the clear accents among its onsets."""
    if not len(salience) or seconds <= 0:
        return 1.0
    rate = float((np.asarray(salience) > CLEAR_SALIENCE).sum()) / seconds
    return float(np.clip((rate - CALM_ACCENTS) / (DRIVING_ACCENTS - CALM_ACCENTS), 0, 1))


def scenes_over(energy: Sequence[float], drive: float, pace: Pace, length: float) -> tuple[Vector, Vector]:
    """Return (times, how many scenes should be over by then), from 0 to `length` seconds."""
    counted = np.asarray(energy if len(energy) else [0.5], float) * (CALM_SHARE + (1 - CALM_SHARE) * drive)
    rate = 1 / pace.seconds(counted)
    width = max(1, min(len(rate), round(SMOOTH_SECONDS * len(rate) / length)))
    padded = np.pad(rate, (width // 2, width - 1 - width // 2), mode="edge")
    rate = np.convolve(padded, np.full(width, 1 / width), mode="valid")
    done = np.concatenate([[0.0], np.cumsum(rate)]) * (length / len(rate))
    return np.linspace(0, length, len(done)), done
