"""What to compose: shots on the song's frame grid. Pure data; touches no files."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from engines.errors import InputError
from engines.media.color_shift import ColorShift
from engines.media.crop_path import CropPath, resting
from engines.media.facts import MediaFacts
from engines.media.formats import ClipFormat, Encoding
from engines.media.frames import as_seconds
from engines.media.framing import Framing, PictureFit

_BACKWARD_RUN_FRAMES = 24


class ShortClip(StrEnum):
    """What fills a slot that is longer than its clip."""

    HOLD = "hold"
    SLOW = "slow"
    LOOP = "loop"
    BOUNCE = "bounce"


class TransitionKind(StrEnum):
    CROSSFADE = "dissolve"
    DIP_TO_BLACK = "dip_black"
    DIP_TO_WHITE = "dip_white"
    FLASH = "flash"


@dataclass(frozen=True)
class Source:
    """A clip's or song's file; `sha256` is its content's."""

    path: Path
    sha256: str
    facts: MediaFacts


@dataclass(frozen=True)
class Transition:
    """A transition into the shot that has it; it spans the cut without moving it."""

    kind: TransitionKind
    frames: int


@dataclass(frozen=True)
class Shot:
    """`frames` of a clip from its `start_seconds`; nothing of the clip from `end_seconds` on is shown. `focus` is the
    point kept when cropping, 0…1 across and down.
    `slow_limit` is the lowest speed for slowing down; past it the last frame is held. `audio_gain_db` mixes the clip's
    own sound under the song. `path` (on the clip's clock) is what stays in view where the plan follows; without one it
    is the focus. `content` is the part of the clip that isn't black bars, see `Framing`. `color` changes its exposure
    and white balance. `wanted_seconds` is the exact time of the cut into it before rounding to a frame, for the
    proof."""

    source: Source
    frames: int
    start_seconds: Fraction = Fraction(0)
    end_seconds: Fraction | None = None
    short: ShortClip = ShortClip.HOLD
    slow_limit: float = 0.5
    focus: tuple[float, float] = (0.5, 0.5)
    path: CropPath | None = None
    content: tuple[float, float, float, float] | None = None
    color: ColorShift | None = None
    transition: Transition | None = None
    audio_gain_db: float | None = None
    wanted_seconds: Fraction | None = None
    name: str = ""


@dataclass(frozen=True)
class SongPart:
    """[start, end) seconds of the master, unchanged unless fades, a gain or a loudness in LUFS are set."""

    source: Source
    start_seconds: Fraction
    end_seconds: Fraction
    fade_in_seconds: float = 0.0
    fade_out_seconds: float = 0.0
    loudness_lufs: float | None = None
    gain_db: float = 0.0

    @property
    def unchanged(self) -> bool:
        return self.loudness_lufs is None and not (self.fade_in_seconds or self.fade_out_seconds or self.gain_db)


@dataclass(frozen=True)
class ShotPlan:
    """A whole video. `burned_lyrics` is the text of an ASS file timed from the start of the video; `soft_lyrics` that
    of an SRT file, included as a track that players can turn on, in `soft_language` (ISO 639-1, "" if unknown). With
    `reencode` nothing is copied from clips and song, nor taken from what was cached for plans without it."""

    shots: tuple[Shot, ...]
    format: ClipFormat
    encoding: Encoding = Encoding.FINAL
    fit: PictureFit = PictureFit.BLUR
    song: SongPart | None = None
    burned_lyrics: str = ""
    soft_lyrics: str = ""
    soft_language: str = ""
    title: str = ""
    artist: str = ""
    reencode: bool = False

    def __post_init__(self) -> None:
        if not self.shots:
            raise InputError("There is nothing to compose: no scene has a clip.")
        if any(shot.frames < 1 for shot in self.shots):
            raise InputError("A scene is shorter than one frame. Make it longer or remove it.")

    @property
    def frames(self) -> int:
        return sum(shot.frames for shot in self.shots)

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.format.fps

    def cuts(self) -> list[int]:
        """Return the frame at which each shot starts; the first is 0."""
        starts, clock = [], 0
        for shot in self.shots:
            starts.append(clock)
            clock += shot.frames
        return starts

    def framing(self, shot: Shot) -> Framing:
        """Return how a shot is brought into the plan's format."""
        path = shot.path if self.fit is PictureFit.FOLLOW else None
        return Framing(self.format, self.fit, path or resting(*shot.focus), shot.content)


@dataclass(frozen=True)
class View:
    """`frames` pictures of a shot's clip. `first` counts at the project's rate from the shot's chosen start (slowed if
    the shot is). Before the clip's start and past its end the nearest picture is held. With `backwards` they count
    down from `first`."""

    shot: Shot
    first: int
    frames: int
    backwards: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of the video copied or encoded as a unit. `under` is the outgoing shot of a transition."""

    start: int
    view: View
    kind: TransitionKind | None = None
    under: View | None = None

    @property
    def frames(self) -> int:
        return self.view.frames


def plan_spans(plan: ShotPlan) -> list[Span]:
    """Return the stretches of the video in order: each shot's own frames, and each transition's."""
    spans: list[Span] = []
    starts = plan.cuts()
    taken = [_transition_frames(plan.shots, index) for index in range(len(plan.shots))] + [(0, 0)]
    for index, shot in enumerate(plan.shots):
        before, after = taken[index]
        if shot.transition and before + after:
            spans.append(_transition_span(plan, index, before, after, shot.transition.kind))
        start, body = starts[index] + after, shot.frames - after - taken[index + 1][0]
        for view in _views(shot, after, body, plan.format.fps):
            spans.append(Span(start, view))
            start += view.frames
    return spans


def picture_seconds(facts: MediaFacts) -> Fraction:
    """Return the end of the picture on the clip's clock, not counting a longer sound track."""
    if facts.picture_seconds is None and facts.frames and facts.fps and not facts.variable_frame_rate:
        return facts.frames / facts.fps  # described before there were times
    return facts.picture_end or as_seconds(facts.duration_seconds or 0.0)


def clip_frames(shot: Shot, fps: Fraction) -> int:
    """Return how many frames at the project's rate the clip has from the shot's chosen start, at normal speed."""
    ends = picture_seconds(shot.source.facts)
    if shot.end_seconds is not None:
        ends = min(ends, shot.end_seconds)
    return max(1, int((ends - shot.start_seconds) * fps + Fraction(1, 2)))


def speed(shot: Shot, fps: Fraction) -> Fraction:
    """Return the playback speed: 1, or less for a short clip slowed to fill its slot."""
    have = clip_frames(shot, fps)
    if shot.short is not ShortClip.SLOW or have >= shot.frames:
        return Fraction(1)
    return max(Fraction(have, shot.frames), as_seconds(shot.slow_limit))


def held_after(view: View, fps: Fraction) -> int | None:
    """Return after how many frames (at least one) of a view its last picture is held, since its shot may show no more
    of the clip; None if that is up to the clip. A view past the end begins with that picture, see `view_start`."""
    if view.shot.end_seconds is None or view.backwards:
        return None
    left = int(clip_frames(view.shot, fps) / speed(view.shot, fps)) - view.first
    return max(1, left) if left < view.frames else None


def view_start(view: View, fps: Fraction) -> Fraction:
    """Return where in the clip a view begins, in seconds; of one that plays backwards, its earliest picture."""
    shot = view.shot
    lowest = view.first - view.frames + 1 if view.backwards else view.first
    start = shot.start_seconds + lowest / fps * speed(shot, fps)
    return start if shot.end_seconds is None else min(start, shot.end_seconds - 1 / fps)


def _views(shot: Shot, first: int, count: int, fps: Fraction) -> list[View]:
    """Return `count` frames of a shot from its frame `first`: one view, or one per run of a loop or bounce."""
    have = clip_frames(shot, fps)
    if have >= first + count or shot.short not in (ShortClip.LOOP, ShortClip.BOUNCE):
        return [View(shot, first, count)]
    views = []
    while count > 0:
        turn, place = divmod(first, have)
        run = min(count, have - place)
        if shot.short is ShortClip.BOUNCE and turn % 2:
            # Frames played backwards are held in memory, so keep the runs short.
            run = min(run, _BACKWARD_RUN_FRAMES)
            views.append(View(shot, have - 1 - place, run, backwards=True))
        else:
            views.append(View(shot, place, run))
        first, count = first + run, count - run
    return views


def transition_halves(kind: TransitionKind, frames: int, before: int, after: int) -> tuple[int, int]:
    """Return (frames before the cut, frames after it) for a transition between shots of `before` and `after` frames:
    at most half of each, so that two transitions never meet."""
    if kind is TransitionKind.FLASH:
        return 0, min(frames, after // 2)
    half = min(frames // 2, before // 2, after // 2)
    return half, half


def _transition_frames(shots: Sequence[Shot], index: int) -> tuple[int, int]:
    transition = shots[index].transition
    if index == 0 or transition is None:
        return 0, 0
    return transition_halves(transition.kind, transition.frames, shots[index - 1].frames, shots[index].frames)


def _transition_span(plan: ShotPlan, index: int, before: int, after: int, kind: TransitionKind) -> Span:
    shots, cut, frames = plan.shots, plan.cuts()[index], before + after
    view = View(shots[index], -before, frames)
    if kind is TransitionKind.FLASH:
        return Span(cut, view, kind)
    # The handle continues the run playing at the end of the outgoing shot.
    tail = _views(shots[index - 1], shots[index - 1].frames - before, before, plan.format.fps)[0]
    return Span(cut - before, view, kind, replace(tail, frames=frames))
