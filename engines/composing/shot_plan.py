"""What is to be composed: shots on the song's frame grid. Pure data, no files touched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from engines.errors import InputError
from engines.media.formats import ClipFormat, Encoding
from engines.media.frames import as_seconds
from engines.media.probe import MediaFacts

_BACKWARD_RUN_FRAMES = 24


class ShortClip(StrEnum):
    """What fills a slot that is longer than its clip."""

    HOLD = "hold"
    SLOW = "slow"
    LOOP = "loop"
    BOUNCE = "bounce"


class PictureFit(StrEnum):
    """How footage of another shape fills the picture."""

    BLUR = "blur"  # whole, over a blurred copy of itself
    BARS = "bars"  # whole, between black bars
    FILL = "fill"  # cropped around the focus point


class TransitionKind(StrEnum):
    CROSSFADE = "dissolve"
    DIP_TO_BLACK = "dip_black"
    DIP_TO_WHITE = "dip_white"
    FLASH = "flash"


@dataclass(frozen=True)
class Source:
    """A clip's or song's file; `sha256` is of its content. `other_colours`: needs converting to BT.709."""

    path: Path
    sha256: str
    facts: MediaFacts
    other_colours: bool = False


@dataclass(frozen=True)
class Transition:
    """Into the shot that carries it; lies around its cut and does not move it."""

    kind: TransitionKind
    frames: int


@dataclass(frozen=True)
class Shot:
    """`frames` of a clip from `start_seconds` of it. `focus` is the point kept when cropping, 0…1 across and down.
    `slow_limit` is the lowest speed that slowing may reach; beyond it the last frame is held. `audio_gain_db` mixes
    the clip's own sound under the song. `wanted_seconds` is where the cut into it belongs before it is rounded to a
    frame, for the proof."""

    source: Source
    frames: int
    start_seconds: Fraction = Fraction(0)
    short: ShortClip = ShortClip.HOLD
    slow_limit: float = 0.5
    focus: tuple[float, float] = (0.5, 0.5)
    transition: Transition | None = None
    audio_gain_db: float | None = None
    wanted_seconds: Fraction | None = None
    name: str = ""


@dataclass(frozen=True)
class SongPart:
    """[start, end) seconds of the master. Nothing is changed unless asked: fades, a gain, or a loudness in LUFS."""

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
    """A whole video. `burned_lyrics` is an ASS file's text with times from the start of the video; `soft_lyrics` an
    SRT file's, shipped as a track that players can switch on."""

    shots: tuple[Shot, ...]
    format: ClipFormat
    encoding: Encoding = Encoding.FINAL
    fit: PictureFit = PictureFit.BLUR
    song: SongPart | None = None
    burned_lyrics: str = ""
    soft_lyrics: str = ""
    title: str = ""
    artist: str = ""

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
        """The frame at which each shot starts; the first is 0."""
        starts, clock = [], 0
        for shot in self.shots:
            starts.append(clock)
            clock += shot.frames
        return starts


@dataclass(frozen=True)
class View:
    """`frames` pictures of a shot's clip, from its `first` counted in the project's rate from the shot's chosen point
    (slowed, where the shot is). Before the clip's beginning and past its end the nearest picture is held. With
    `backwards` they are counted down from `first`."""

    shot: Shot
    first: int
    frames: int
    backwards: bool = False


@dataclass(frozen=True)
class Span:
    """A stretch of the video that is copied or encoded as one. `under` is the outgoing shot of a transition."""

    start: int
    view: View
    kind: TransitionKind | None = None
    under: View | None = None

    @property
    def frames(self) -> int:
        return self.view.frames


def plan_spans(plan: ShotPlan) -> list[Span]:
    """The stretches of the video in order: each shot's own frames, and each transition's."""
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
    """The length of the pictures, which a longer sound track does not change."""
    if facts.frames and facts.fps and not facts.variable_frame_rate:
        return facts.frames / facts.fps
    return as_seconds(facts.duration_seconds or 0.0)


def clip_frames(shot: Shot, fps: Fraction) -> int:
    """How many frames of the project's rate the clip has from the shot's chosen point, at normal speed."""
    return max(1, int((picture_seconds(shot.source.facts) - shot.start_seconds) * fps + Fraction(1, 2)))


def speed(shot: Shot, fps: Fraction) -> Fraction:
    """1, or less for a short clip that is slowed to fill its slot."""
    have = clip_frames(shot, fps)
    if shot.short is not ShortClip.SLOW or have >= shot.frames:
        return Fraction(1)
    return max(Fraction(have, shot.frames), as_seconds(shot.slow_limit))


def _views(shot: Shot, first: int, count: int, fps: Fraction) -> list[View]:
    """`count` frames of a shot from its frame `first`: one view, or one for each run of a loop or bounce."""
    have = clip_frames(shot, fps)
    if have >= first + count or shot.short not in (ShortClip.LOOP, ShortClip.BOUNCE):
        return [View(shot, first, count)]
    views = []
    while count > 0:
        turn, place = divmod(first, have)
        run = min(count, have - place)
        if shot.short is ShortClip.BOUNCE and turn % 2:
            # Frames played backwards wait in memory, so they come in short runs.
            run = min(run, _BACKWARD_RUN_FRAMES)
            views.append(View(shot, have - 1 - place, run, backwards=True))
        else:
            views.append(View(shot, place, run))
        first, count = first + run, count - run
    return views


def transition_halves(kind: TransitionKind, frames: int, before: int, after: int) -> tuple[int, int]:
    """(frames before the cut, frames after it) of a transition between shots of `before` and `after` frames: at most
    half of each, so that two transitions never meet."""
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
    # The handle continues the run that is playing at the end of the outgoing shot.
    tail = _views(shots[index - 1], shots[index - 1].frames - before, before, plan.format.fps)[0]
    return Span(cut - before, view, kind, replace(tail, frames=frames))
