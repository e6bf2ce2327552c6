"""Lip-sync a clip: find the mouth, analyze the voice, move the mouth to match, write the clip with its sound."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt

from engines.draft.canvas import Pixels
from engines.draft.lipsync.face import MouthTrack, drawn_track, lipless_track
from engines.draft.lipsync.follow import Guide
from engines.draft.lipsync.mouth import Mouth, Shape, Skin, move_mouth, sample_skin
from engines.draft.lipsync.sound import Sound
from engines.draft.lipsync.track import found_track
from engines.draft.lipsync.voice import voice_track
from engines.errors import InputError, WorkCancelled
from engines.faces.scan import clip_faces
from engines.media.drawn import drawn_mouths, drawn_note, drawn_without_mouths
from engines.media.facts import MediaFacts
from engines.media.formats import ClipFormat, Encoding, pyav_add_stream, pyav_container_options
from engines.media.probe import media_facts
from engines.media.shown import Shown, frame_planes
from engines.media.video_frames import shown_pictures

Progress = Callable[[float, str], None]
# Seconds of the video and pixels of its upright picture.
FacePlace = tuple[float, float, float]
Cancelled = Callable[[], bool]

_CHECK_EVERY = 12
_FRAMES_AHEAD = 4
# A chosen face that wasn't seen for longer than this is out of view.
_GUIDED_SECONDS = 0.4


@dataclass(frozen=True)
class Part:
    """A stretch of the video that follows a voice: its seconds in the video, the audio, and which seconds of it. `face`
    is where the one who sings can be seen; without it, the largest face does."""

    start_seconds: float
    end_seconds: float
    audio: Path
    audio_start_seconds: float = 0.0
    audio_end_seconds: float | None = None
    face: FacePlace | None = None


@dataclass(frozen=True)
class SyncFacts:
    """What was done, for the job's record.

    `moved` counts the frames whose mouth was changed; `unheard_seconds` is how much longer the sound is than its
    stretch of the video."""

    frames: int
    face: str  # "drawn" or "found"; "none": a draft clip of our own that shows no lips
    seen_share: float
    moved: int
    unheard_seconds: float


def lipsync_clip(
    video: Path, parts: Sequence[Part], into: Path, *, expressiveness: float, progress: Progress, cancelled: Cancelled
) -> SyncFacts:
    """Write `video` to `into` (mp4), with the mouth moved in `parts` and with their sound.

    The picture keeps its size, rate and number of frames. A draft clip of our own that shows no lips gets the sound
    only. Raises InputError (code no_face) when other footage has no usable face, WorkCancelled soon after
    `cancelled()` turns true."""
    cv2.setNumThreads(1)
    facts = media_facts(video)
    clip, frames = own_format(facts)
    whole = float(frames / clip.fps)
    unheard = max((_unheard_seconds(part, whole) for part in parts), default=0.0)
    parts = [replace(part, end_seconds=min(part.end_seconds, whole)) for part in parts]
    opening, spread = _voices(parts, clip.fps, frames)
    mouths = _tracks(video, clip, parts, opening >= 0, progress, cancelled)
    sound_file = into.with_name(into.name + ".sound")
    part_file = into.with_name(into.name + ".part")
    try:
        sound = Sound(sound_file, whole)
        if len(parts) > 1 or parts[0].start_seconds > 0 or parts[0].end_seconds < whole - 0.05:
            sound.add_original(video)
        for part in parts:
            heard = (part.audio_start_seconds, part.audio_end_seconds)
            sound.replace(part.audio, (part.start_seconds, part.end_seconds), heard)
        reach = 0.5 + 0.7 * expressiveness
        mover = _Mover(mouths, opening, spread, reach=reach)
        note = _note(video, frames, opening * reach)
        _write(video, clip, frames, part_file, mover, sound, note, progress, cancelled)
        part_file.rename(into)
    finally:
        part_file.unlink(missing_ok=True)
        sound_file.unlink(missing_ok=True)
    found = [track is not None and bool(track.found[number]) for number, track in enumerate(mouths)]
    wanted_found = np.array(found)[opening >= 0]
    share = round(float(wanted_found.mean()), 3) if wanted_found.size else 0.0
    drawn = any(track is not None and track.drawn for track in mouths)
    face = "none" if drawn and not share else "drawn" if drawn else "found"
    return SyncFacts(frames, face, share, mover.moved, unheard)


def _unheard_seconds(part: Part, whole: float) -> float:
    """Return how much longer the sound is than its stretch of the video.

    Zero for a part that ends before the video does and sets no end for its sound: the sound is simply cut there."""
    end = part.audio_end_seconds
    if end is None and part.end_seconds >= whole:
        end = media_facts(part.audio).duration_seconds
    place = min(part.end_seconds, whole) - part.start_seconds
    return max(0.0, end - part.audio_start_seconds - place) if end is not None else 0.0


def _note(video: Path, frames: int, wide: npt.NDArray[Any]) -> str:
    """Return the file's note, which tells the next lip-sync how far this one opened the mouths."""
    mouths = [mouth.opened(wide) for mouth in drawn_mouths(video, frames)]
    return drawn_note(frames, mouths) if mouths or drawn_without_mouths(video, frames) else ""


def own_format(facts: MediaFacts) -> tuple[ClipFormat, int]:
    """Return the clip's own size (made even) and rate, and its number of frames."""
    if facts.kind != "video" or facts.width is None or facts.height is None or facts.fps is None:
        raise InputError("The file has no video to lip-sync.", code="no_video")
    steady = not facts.variable_frame_rate and facts.fps <= 120
    rate = facts.fps if steady else Fraction(min(60, round(facts.fps)))
    size = (max(2, facts.width // 2 * 2), max(2, facts.height // 2 * 2))
    return ClipFormat(*size, rate), max(1, round(facts.picture_end * rate))


def _tracks(
    video: Path,
    clip: ClipFormat,
    parts: Sequence[Part],
    wanted: npt.NDArray[np.bool_],
    progress: Progress,
    cancelled: Cancelled,
) -> list[MouthTrack | None]:
    """Return each frame's track: parts may be sung by different faces. None where no part is."""
    tracks: list[MouthTrack | None] = [None] * len(wanted)
    for place in dict.fromkeys(part.face for part in parts):
        sung = np.zeros(len(wanted), bool)
        for part in parts:
            if part.face == place:
                sung[round(part.start_seconds * clip.fps) : round(part.end_seconds * clip.fps)] = True
        sung &= wanted
        if not sung.any():
            continue
        guide = _guide(video, clip, place, cancelled) if place is not None else None
        track = _track(video, clip, sung, guide, progress, cancelled)
        for number in np.flatnonzero(sung):
            tracks[number] = track
    return tracks


def _guide(video: Path, clip: ClipFormat, place: FacePlace, cancelled: Cancelled) -> Guide:
    """Return where the face that was pointed at is in each frame. Raises InputError if there is none."""
    faces = clip_faces(video, cancelled=cancelled)
    chosen = faces.face_at(*place)
    if chosen is None:
        raise InputError(
            f"There is no face at {place[1]:.0f}, {place[2]:.0f} at {place[0]:.2f} s. Choose a point on a face.",
            code="no_face",
        )
    seen = [(moment.time, face.middle) for moment in faces.moments for face in moment.faces if face.face == chosen.face]
    times = np.array([time for time, _ in seen])
    middles = np.array([middle for _, middle in seen])

    def guide(number: int) -> tuple[float, float] | None:
        seconds = number / float(clip.fps)
        if np.abs(times - seconds).min() > _GUIDED_SECONDS:
            return None
        return tuple(float(np.interp(seconds, times, middles[:, axis])) for axis in (0, 1))  # type: ignore[return-value]

    return guide


def _track(
    video: Path,
    clip: ClipFormat,
    wanted: npt.NDArray[np.bool_],
    guide: Guide | None,
    progress: Progress,
    cancelled: Cancelled,
) -> MouthTrack:
    """Return the mouth in the wanted frames: as it was drawn, or else as detected. A draft clip of our own may show
    none."""
    frames = len(wanted)
    drawn = drawn_track(video, frames)
    if drawn is not None and guide is None and drawn.found[wanted].any():
        return drawn

    def monitored() -> Iterator[list[Pixels]]:
        for number, planes in enumerate(decoded_planes(video, clip, frames)):
            if number % _CHECK_EVERY == 0:
                if cancelled():
                    raise WorkCancelled
                progress(25 * number / frames, "Looking for the face")
            yield planes

    try:
        return found_track(monitored(), wanted, guide)
    except InputError:
        # A wide storyboard shot has no lips drawn: there is nothing to move, and that is not an error.
        if drawn_without_mouths(video, frames):
            return lipless_track(frames)
        raise


def decoded_planes(video: Path, clip: ClipFormat, frames: int) -> Iterator[list[Pixels]]:
    """Yield the upright Y, U, V of `frames` evenly timed frames, not to be changed; the first one is held until the
    second is due, the last one when the file ends early."""
    shown, last, number = Shown(), None, 0
    for picture in shown_pictures(video):
        # Half a frame of tolerance, since stored times are rounded.
        due = round(picture.seconds * float(clip.fps))
        while last is not None and number < min(due, frames):
            yield last
            number += 1
        last = _upright(picture.frame, shown, clip)
        if number == frames:
            return
    if last is None:
        raise InputError("None of the video's frames can be decoded.", code="no_video")
    while number < frames:
        yield last
        number += 1


def _upright(frame: av.VideoFrame, shown: Shown, clip: ClipFormat) -> list[Pixels]:
    planes = shown.upright_planes(frame)
    sizes = [(clip.width, clip.height)] + [(clip.width // 2, clip.height // 2)] * 2
    fitted = []
    for plane, (width, height) in zip(planes, sizes, strict=True):
        # An odd last row or column is cropped; non-square pixels are made square.
        near = 0 <= plane.shape[1] - width <= 1 and 0 <= plane.shape[0] - height <= 1
        fitted.append(
            np.ascontiguousarray(plane[:height, :width])
            if near
            else cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
        )
    return fitted


def _voices(parts: Sequence[Part], fps: Fraction, frames: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return opening and spread for each frame; outside the parts, opening is -1 and the frame stays untouched."""
    opening, spread = np.full(frames, -1.0), np.zeros(frames)
    for part in parts:
        first, last = round(part.start_seconds * fps), min(frames, round(part.end_seconds * fps))
        if last <= first:
            continue
        voice = voice_track(
            part.audio, fps=fps, frames=last - first, start_seconds=part.audio_start_seconds,
            end_seconds=part.audio_end_seconds,
        )  # fmt: skip
        opening[first:last], spread[first:last] = voice.opening, voice.spread
    return opening, spread


class _Mover:
    """Moves the mouth frame by frame, keeping a smoothed skin color."""

    def __init__(
        self, tracks: list[MouthTrack | None], opening: npt.NDArray[Any], spread: npt.NDArray[Any], *, reach: float
    ) -> None:
        self._tracks, self._opening, self._spread, self._reach = tracks, opening, spread, reach
        self._skin: Skin | None = None
        self.moved = 0

    def move(self, number: int, planes: list[Pixels]) -> None:
        track = self._tracks[number]
        if track is None or self._opening[number] < 0 or not track.found[number]:
            return
        mouth = _mouth_at(track, number)
        skin = sample_skin(planes, mouth)
        # Light changes slowly; a strand of hair passing by must not make the mouth flash.
        old = self._skin or skin
        self._skin = Skin(*(was + 0.15 * (now - was) for was, now in zip(_values(old), _values(skin), strict=True)))
        shape = Shape(float(self._opening[number]), float(self._spread[number]), self._reach)
        self.moved += move_mouth(planes, mouth, shape, self._skin, track.inside)


def _mouth_at(track: MouthTrack, number: int) -> Mouth:
    curves = (track.x, track.y, track.half, track.roll)
    x, y, half, roll = (float(curve[number]) for curve in curves)
    top, low, bow = (float(curve[number]) for curve in (track.top, track.low, track.bow))
    return Mouth(x, y, half, roll, track.chin, top, low, bow)


def _values(skin: Skin) -> tuple[float, float, float]:
    return skin.luma, skin.blue, skin.red


def _write(
    video: Path, clip: ClipFormat, frames: int, into: Path, mover: _Mover, sound: Sound, note: str,
    progress: Progress, cancelled: Cancelled,
) -> None:  # fmt: skip
    ahead: deque[Future[list[Any]]] = deque()
    with (
        av.open(str(into), "w", format="mp4", options=pyav_container_options(clip)) as container,
        ThreadPoolExecutor(1) as encoder,  # the next mouth is moved while the last one is encoded
    ):
        container.metadata["comment"] = note
        stream = pyav_add_stream(container, clip, Encoding.RETOUCHED)
        stream.codec_context.thread_count = 1
        sound.open(container)
        container.start_encoding()
        for number, planes in enumerate(decoded_planes(video, clip, frames)):
            if number % _CHECK_EVERY == 0:
                if cancelled():
                    raise WorkCancelled
                progress(25 + 75 * number / frames, "Moving the lips")
                sound.write(container, until_seconds=float((number + _CHECK_EVERY) / clip.fps))
            frame = _as_frame(planes, number, clip)
            mover.move(number, frame_planes(frame))
            ahead.append(encoder.submit(stream.encode, frame))
            if len(ahead) > _FRAMES_AHEAD:
                container.mux(ahead.popleft().result())
        for encoded in ahead:
            container.mux(encoded.result())
        container.mux(stream.encode(None))
        sound.write(container, until_seconds=None)


def _as_frame(planes: list[Pixels], number: int, clip: ClipFormat) -> av.VideoFrame:
    frame = av.VideoFrame(clip.width, clip.height, "yuv420p")
    for target, plane in zip(frame_planes(frame), planes, strict=True):
        target[:] = plane
    frame.pts = number
    frame.time_base = 1 / clip.fps
    return frame
