"""Filters that crop along a path, exactly and between pixels.

ffmpeg's `crop` moves by whole pixels (by two in 4:2:0), which is visible as trembling in slow moves. So it only cuts
out the neighborhood, and `perspective`, whose corners may lie between pixels, moves what is left. Pictures at rest are
cut at whole pixels and not resampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engines.media.commands import Options, Stream
from engines.media.crop_path import CropPath, Piece, curve, values

# Around the window, for the neighbors that resampling needs.
_MARGIN = 2


@dataclass(frozen=True)
class Clock:
    """Picture n of a stream shows the clip at `first` + n × `step` seconds."""

    first: float
    step: float
    frames: int

    @property
    def times(self) -> list[float]:
        return [self.first + number * self.step for number in range(self.frames)]


@dataclass(frozen=True)
class Window:
    """A view of `width` × `height` pixels inside pictures of `wide` × `high`, which are large enough for views of this
    `zoom` or less; all sizes are even."""

    wide: int
    high: int
    width: int
    height: int
    zoom: float = 1.0


@dataclass(frozen=True)
class Track:
    """The window's left and top pixel and its size, as curves over the clip's seconds. A size below 1 is enlarged."""

    left: list[Piece]
    top: list[Piece]
    size: list[Piece]


def window_track(window: Window, path: CropPath) -> Track:
    """Return the path in the pixels of a picture."""
    sizes = [window.zoom / key.zoom for key in path.keys]
    lefts = [_place(key.x, size, window.wide, window.width) for key, size in zip(path.keys, sizes, strict=True)]
    tops = [_place(key.y, size, window.high, window.height) for key, size in zip(path.keys, sizes, strict=True)]
    times = path.times()
    return Track(curve(times, lefts), curve(times, tops), curve(times, sizes))


def window_crop(pictures: Stream, window: Window, path: CropPath, clock: Clock) -> Stream:
    """Return the pictures cropped along the path, each as large as the window."""
    track = window_track(window, path)
    left, top, size = (_expression(column, clock) for column in (track.left, track.top, track.size))
    between = _between_pixels(track, clock)
    if not between:
        return pictures.filter("crop", out_w=window.width, out_h=window.height, x=left("n"), y=top("n"))
    wide = min(window.wide, window.width + 2 * _MARGIN)
    high = min(window.high, window.height + 2 * _MARGIN)
    across, down = window.wide - wide, window.high - high
    near = pictures.filter("crop", out_w=wide, out_h=high, x=_near(left("n"), across), y=_near(top("n"), down))
    n = "(in-1)"  # counted from 1 there
    corners: Options = {
        **dict.fromkeys(("x0", "x2"), _corner(left(n), across, size(n), 0)),
        **dict.fromkeys(("x1", "x3"), _corner(left(n), across, size(n), wide)),
        **dict.fromkeys(("y0", "y1"), _corner(top(n), down, size(n), 0)),
        **dict.fromkeys(("y2", "y3"), _corner(top(n), down, size(n), high)),
    }
    moved = near.filter("perspective", **corners, interpolation="cubic", eval="frame", enable=between)
    # Pictures at rest are still as `near` cut them.
    rest = {
        name: f"if({between},0,st(0,{place('n')});ld(0)-{_near('ld(0)', most)})"
        for name, place, most in (("x", left, across), ("y", top, down))
    }
    return moved.filter("crop", out_w=window.width, out_h=window.height, **rest)


def window_places(window: Window, path: CropPath, times: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return (left, top, width, height) in pixels at each of the times, one per row."""
    track = window_track(window, path)
    left, top, size = (values(column, times) for column in (track.left, track.top, track.size))
    return np.stack([left, top, size * window.width, size * window.height], axis=1)


def _place(middle: float, size: float, whole: int, length: int) -> float:
    """Return where a window begins: inside, and where brightness and color have a pixel if it isn't enlarged."""
    place = min(max(0.0, middle * whole - size * length / 2), max(0.0, whole - size * length))
    return 2.0 * (round(place) // 2) if size == 1 else place


def _near(place: str, most: int) -> str:
    """Return where the neighborhood of a window at `place` begins."""
    return f"clip(2*floor({place}/2)-{_MARGIN},0,{most})"


def _corner(place: str, most: int, size: str, length: int) -> str:
    """Return a corner of the window in its neighborhood; places of pixels are those of their middles."""
    return f"st(0,{place});st(1,{size});ld(0)-{_near('ld(0)', most)}-(1-ld(1))/2+{length}*ld(1)"


def _between_pixels(track: Track, clock: Clock) -> str:
    """Return the expression that is true for pictures that have to be resampled, "" if there are none."""
    places = np.stack([values(column, clock.times) for column in (track.left, track.top)])
    sizes = values(track.size, clock.times)
    off = (np.abs(places % 2) > 1e-6).any(axis=0) | (np.abs(sizes - 1) > 1e-9)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], off.astype(int), [0]])))
    return "+".join(f"between(n,{first},{end - 1})" for first, end in zip(edges[::2], edges[1::2], strict=True))


class _expression:  # noqa: N801 # a function with its pieces
    """A curve over a clip's time as an expression in the number of the picture."""

    def __init__(self, pieces: Sequence[Piece], clock: Clock) -> None:
        low, high = sorted((clock.times[0], clock.times[-1]))
        follows = [*(piece.start for piece in pieces[1:]), high + 1]
        used = [
            piece
            for index, (piece, following) in enumerate(zip(pieces, follows, strict=True))
            if following > low and (piece.start <= high or not index)
        ]
        self._pieces = used if clock.step > 0 else used[::-1]
        self._clock = clock
        starts = [(later.start if clock.step > 0 else earlier.start) for earlier, later in pairwise(self._pieces)]
        self._turns = [(start - clock.first) / clock.step for start in starts]

    def __call__(self, n: str) -> str:
        return self._choice(n, 0, len(self._pieces))

    def _choice(self, n: str, low: int, high: int) -> str:
        """Choose among pieces [low, high) by halves, since ffmpeg limits how deep expressions nest."""
        if high - low == 1:
            return self._cubic(n, self._pieces[low])
        middle = (low + high) // 2
        turn = _number(self._turns[middle - 1])
        return f"if(lt({n},{turn}),{self._choice(n, low, middle)},{self._choice(n, middle, high)})"

    def _cubic(self, n: str, piece: Piece) -> str:
        height = _number(piece.coefficients[0])
        if piece.still:
            return height
        since = f"({n}-{_number((piece.start - self._clock.first) / self._clock.step)})"
        one, two, three = (
            _number(value * self._clock.step**power) for power, value in enumerate(piece.coefficients[1:], start=1)
        )
        return f"({height}+{since}*({one}+{since}*({two}+{since}*{three})))"


def _number(value: float) -> str:
    """Write a number for an expression; negative ones in parentheses."""
    words = f"{value:.9g}"
    return f"({words})" if words.startswith("-") else words
