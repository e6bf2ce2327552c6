"""Rendering a clip: layers under a moving camera, light that follows the song, encoded in the project's format.

Each frame is rendered on its Y, U and V planes, directly in the encoder's buffers: the background (`backdrop.py`), the
figure (`foreground.py`), one pass for the light. This renders a draft several times faster than real time.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import scipy  # submodules load on first use, which saves every process half a second at startup

from engines.draft.backdrop import Backdrop
from engines.draft.camera import Move, View, matrix, view_at
from engines.draft.canvas import Pixels, leveled
from engines.draft.figure import Mouth
from engines.draft.foreground import Foreground
from engines.draft.planes import Planes, to_planes
from engines.draft.storyboard import Front
from engines.draft.weather import Weather
from engines.errors import WorkCancelled
from engines.media.drawn import DrawnMouth, drawn_note
from engines.media.flashes import LEAST_APART_SECONDS, flashes_apart
from engines.media.formats import ClipFormat, Encoding, pyav_add_stream, pyav_container_options
from engines.media.shown import frame_planes
from engines.memory import give_back

# The mouth is interpolated between marks; the camera's path is nearly straight over a quarter of a second.
_MARK_EVERY = 6
_CHECK_EVERY = 12
# Drawings are much alike in detail, so that one quantizer suits all of them. It saves a quarter of the encoder's time.
_QUANTIZER = 22
# Shorter changes in the song's energy are smoothed out.
_ENERGY_SECONDS = 0.35
# The label is gone by then, and so long before the end that a clip that continues from the last frame has none in it.
_LABEL_SECONDS = 2.0
_LABEL_GONE_SECONDS = 0.5
_LABEL_FADE_SECONDS = 0.25
# A picture that is the first frame has its light already; the song's sets in over this time.
_LIGHT_SECONDS = 0.5
# A beat this soon after the cut counts as the same flash.
_ON_CUT_SECONDS = 0.05


@dataclass(frozen=True)
class Picture:
    """What is filmed: canvases larger than the frame. `front` is premultiplied; without `alpha` there is no front.
    `cycle` are the steps of a movement over two beats, which take the front's place one after the other.
    `soft`: the background is out of focus, so half its resolution is enough."""

    back: Pixels
    front: Pixels | None = None
    alpha: Pixels | None = None
    light: Pixels | None = None
    mouth: Mouth | None = None
    soft: bool = False
    cycle: Sequence[Front] = ()


@dataclass(frozen=True)
class Shot:
    """How it is filmed. `energy` (0…1) is spread evenly over the clip, `beats` are seconds from its start.
    `response` is how strongly the light follows the song, `sway` how strongly the figure does; `label` is a
    fixed overlay of the first seconds."""

    move: Move
    frames: int
    energy: Sequence[float] = ()
    beats: Sequence[float] = ()
    response: float = 0.5
    sway: float = 0.0
    bars: float = 0.0
    label: Pixels | None = None
    label_at: tuple[int, int] = (0, 0)
    weather: Weather | None = None


class Renderer:
    """Renders the frames of one shot; a frame's `planes` are written in place."""

    def __init__(self, picture: Picture, shot: Shot, clip: ClipFormat) -> None:
        self.shot, self.clip = shot, clip
        self.canvas = (picture.back.shape[1], picture.back.shape[0])
        self.frame = (clip.width, clip.height)
        fronts = list(picture.cycle)
        if not fronts and picture.front is not None and picture.alpha is not None:
            fronts = [Front(picture.front, picture.alpha)]
        self.light = self._light_plane(picture.light)
        self.mouth = picture.mouth
        self.levels = _levels(shot, clip.fps)
        views = [self.views(number) for number in range(shot.frames)]
        self.backdrop = Backdrop(
            to_planes(picture.back),
            self.frame,
            [back for back, _ in views],
            soft=picture.soft,
            exact_at_rest=shot.move.from_picture,
        )
        self.foreground = Foreground(fronts, self.frame, self.canvas, [near for _, near in views])
        self.steps = _steps(shot, clip.fps, len(self.foreground.plates))
        self._tone: float | None = None

    def _light_plane(self, light: Pixels | None) -> Pixels | None:
        """Return the light in luma as a still camera sees it. It is soft, so it need not follow the move."""
        if light is None or self.shot.response == 0 or not light.any():
            return None
        shown = cv2.cvtColor(light, cv2.COLOR_BGR2GRAY)
        whole = cv2.resize(shown, self.canvas, interpolation=cv2.INTER_LINEAR)
        left, top = (self.canvas[0] - self.frame[0]) // 2, (self.canvas[1] - self.frame[1]) // 2
        return np.ascontiguousarray(whole[top : top + self.frame[1], left : left + self.frame[0]])

    def views(self, number: int) -> tuple[View, View]:
        """Return the views of the background and of the figure."""
        share = number / max(1, self.shot.frames - 1)
        seconds = float(number / self.clip.fps)
        move = self.shot.move
        near = view_at(move, share, seconds, near=True)
        if self.shot.sway:
            dip = self.levels[number][1] * 0.008 * self.shot.sway
            slow = 0.0025 * self.shot.sway * math.sin(2 * math.pi * 0.23 * seconds)
            near = View(near.x + slow, near.y - dip, near.zoom, near.roll)
        return view_at(move, share, seconds, near=False), near

    def render(self, number: int, planes: Planes) -> None:
        """Write frame `number` into Y, U and V planes of the frame's size."""
        back, near = self.views(number)
        self.backdrop.show(back, planes)
        if self.foreground.plates:
            self.foreground.lay(self.steps[number], near, planes)
        self._shine(number, planes[0])
        if self.shot.weather is not None:
            self.shot.weather.fall(number, planes[0])
        self._overlay(number, planes)

    def _shine(self, number: int, luma: Pixels) -> None:
        energy, pulse = self.levels[number]
        response = self.shot.response
        if response == 0:
            return
        gain = 1 + response * (0.26 * (energy - 0.5) + 0.1 * pulse)
        offset = 16 * (1 - gain)
        if self.light is None:
            leveled(luma, gain, offset, into=luma)
            return
        glow = response * (0.45 * (energy - 0.5) + 0.5 * pulse)
        cv2.addWeighted(luma, gain, self.light, glow, offset, dst=luma)

    def _overlay(self, number: int, planes: Planes) -> None:
        rows = round(self.frame[1] * self.shot.bars) // 2 * 2
        if rows:
            for plane, black in zip(planes, (16, 128, 128), strict=True):
                part = rows * plane.shape[0] // self.frame[1]
                plane[:part] = black
                plane[-part:] = black
        visible = self._label_visible(number)
        if self.shot.label is not None and visible > 0:
            left, top = self.shot.label_at
            mask = self.shot.label[: self.frame[1] - top, : self.frame[0] - left]
            mask = cv2.convertScaleAbs(mask, alpha=visible)
            window = planes[0][top : top + mask.shape[0], left : left + mask.shape[1]]
            cv2.multiply(window, cv2.bitwise_not(mask), dst=window, scale=1 / 255)
            cv2.add(window, cv2.convertScaleAbs(mask, alpha=self._label_tone(window)), dst=window)

    def _label_visible(self, number: int) -> float:
        """Return how visible the label is in a frame, 0…1."""
        whole = float(self.shot.frames / self.clip.fps)
        until = min(_LABEL_SECONDS, max(whole - _LABEL_GONE_SECONDS, whole / 2))
        left = until - float(number / self.clip.fps)
        return min(1.0, max(0.0, left / min(_LABEL_FADE_SECONDS, until / 2)))

    def _label_tone(self, window: Pixels) -> float:
        """Return bright type for a dark background and dark for a bright one; chosen once so that it never flips."""
        if self._tone is None:
            self._tone = 0.14 if window.mean() > 150 else 0.86
        return self._tone

    def drawn_mouths(self) -> list[DrawnMouth]:
        """Return the drawn mouth, if any, marked every _MARK_EVERY frames and on the last."""
        if self.mouth is None:
            return []
        frames = self.shot.frames
        marks = []
        for number in [*range(0, frames, _MARK_EVERY), frames - 1]:
            back, near = self.views(number)
            # In a picture the figure is a part of the background.
            near = back if self.shot.move.from_picture else near
            inverse = cv2.invertAffineTransform(matrix(near, frame=self.frame, canvas=self.canvas))
            x, y = inverse @ (self.mouth.x, self.mouth.y, 1)
            marks.append((round(float(x), 1), round(float(y), 1), round(self.mouth.head * near.zoom, 1)))
        wide = (self.mouth.wide,) if self.mouth.wide else ()
        return [DrawnMouth(0, frames, at=0, every=_MARK_EVERY, last=frames - 1, marks=tuple(marks), wide=wide)]


def _levels(shot: Shot, fps: Fraction) -> list[tuple[float, float]]:
    """Return each frame's song energy and beat level (1 on a beat, fading over a third of a second)."""
    frames = np.arange(shot.frames)
    energy = np.full(shot.frames, 0.5)
    if shot.energy:
        energy = np.interp(np.linspace(0, 1, shot.frames), np.linspace(0, 1, len(shot.energy)), shot.energy)
        # Loudness follows the drums too; only the beats below may flash.
        energy = scipy.ndimage.gaussian_filter1d(energy, _ENERGY_SECONDS * float(fps), mode="nearest")
    pulse = np.zeros(shot.frames)
    times = frames / float(fps)
    for beat in _flashing_beats(shot, float(shot.frames / fps)):
        since = times - beat
        # A short rise before the beat keeps the light from jumping on.
        pulse = np.maximum(pulse, np.where(since >= 0, np.exp(-since / 0.12), np.exp(since / 0.02)))
    pulse *= 0.35 + 0.65 * energy
    if shot.move.from_picture:
        lit = np.minimum(1, times / _LIGHT_SECONDS)
        energy, pulse = 0.5 + (energy - 0.5) * lit, pulse * lit
    return list(zip(energy.tolist(), pulse.tolist(), strict=True))


# A movement without beats takes this long, as at 120 beats a minute.
_CYCLE_SECONDS = 1.0


def _steps(shot: Shot, fps: Fraction, count: int) -> list[int]:
    """Return which step of the movement each frame shows. A cycle takes two beats and each beat is half of it."""
    if count < 2:
        return [0] * shot.frames
    times = np.arange(shot.frames) / float(fps)
    beats = np.asarray(sorted(shot.beats), float)
    if len(beats) < 2:
        phase = times / _CYCLE_SECONDS
    else:
        gap = float(np.median(np.diff(beats)))
        # Carry the beat on to both ends of the clip.
        first = int(max(0, np.ceil(beats[0] / gap)))
        last = int(max(0, np.ceil((times[-1] - beats[-1]) / gap)))
        before = beats[0] - gap * np.arange(first, 0, -1)
        marks = np.concatenate([before, beats, beats[-1] + gap * np.arange(1, last + 2)])
        # Very fast beats are danced at half time.
        each = 0.5 if gap > 0.34 else 0.25
        phase = np.interp(times, marks, np.arange(len(marks)) * each)
    found: list[int] = ((phase * count).astype(int) % count).tolist()
    return found


def _flashing_beats(shot: Shot, seconds: float) -> list[float]:
    """Return the beats the light follows. The cuts at both ends count as changes of light too."""
    beats = sorted(beat for beat in shot.beats if 0 <= beat <= seconds - LEAST_APART_SECONDS)
    on_cut = [beat for beat in beats if beat < _ON_CUT_SECONDS][:1]
    return on_cut + flashes_apart(beats, after=on_cut[0] if on_cut else 0.0)


def render_clip(
    picture: Picture,
    shot: Shot,
    clip: ClipFormat,
    into: Path,
    *,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Encode the shot to `into` (mp4, no sound, exactly `shot.frames` frames).

    Writes to a neighboring file and renames it at the end, so `into` is complete or absent. Raises WorkCancelled."""
    # Media workers run one process per core; more threads would only compete with the other workers.
    cv2.setNumThreads(1)
    renderer = Renderer(picture, shot, clip)
    part = into.with_name(into.name + ".part")
    try:
        with av.open(str(part), "w", format="mp4", options=pyav_container_options(clip)) as container:
            container.metadata["comment"] = drawn_note(shot.frames, renderer.drawn_mouths())
            stream = pyav_add_stream(container, clip, Encoding.DRAFT, quantizer=_QUANTIZER)
            stream.codec_context.thread_count = 1
            for number in range(shot.frames):
                if number % _CHECK_EVERY == 0:
                    if cancelled():
                        raise WorkCancelled
                    progress(100 * number / shot.frames, "Filming")
                container.mux(stream.encode(_frame(renderer, number, clip)))
            container.mux(stream.encode(None))
        part.rename(into)
    finally:
        part.unlink(missing_ok=True)
        del renderer
        give_back()


def _frame(renderer: Renderer, number: int, clip: ClipFormat) -> av.VideoFrame:
    frame = av.VideoFrame(clip.width, clip.height, "yuv420p")
    renderer.render(number, frame_planes(frame))
    frame.pts = number
    frame.time_base = 1 / clip.fps
    return frame
