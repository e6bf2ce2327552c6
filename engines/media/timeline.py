"""When the pictures and the sound of a file are shown, found by reading its packets once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engines.errors import InputError, MediaToolError
from engines.media.formats import FRAME_RATES
from engines.media.limits import MOST_FRAMES
from engines.media.packets import media_packets

_MOST_PLACES = 100
# A rate is the usual one if this share of the steps between pictures has it.
_USUAL_SHARE = 0.9
# Rounding of rates to known ones: the clocks of phones are off by a tenth of a percent.
_RATE_TOLERANCE = Fraction(2, 1000)
# AAC encoders put up to 2112 samples before the sound; MPEG-TS and others have no way to say so.
_PADDING_SECONDS = Fraction(5, 100)
_UNKNOWN_RATE = Fraction(25)


@dataclass
class Shown:
    """One track's shown packets on the file's own clock, counted in its ticks: exact fractions for each packet would
    take most of a probe's time."""

    first: VideoFrame | AudioFrame | None = None
    tick: Fraction = Fraction(1)
    times: list[int] = field(default_factory=list)
    end_time: int = 0
    last_ticks: int = 0
    untimed: int = 0

    @property
    def end(self) -> Fraction:
        """In seconds."""
        return self.end_time * self.tick

    @property
    def last_seconds(self) -> Fraction:
        return self.last_ticks * self.tick

    @property
    def start(self) -> Fraction:
        return frame_seconds(self.first) if self.first is not None else Fraction(0)


@dataclass(frozen=True)
class Timeline:
    """What was found. `zero` is the common zero of picture and sound on the file's own clock."""

    picture: Shown
    sound: Shown
    zero: Fraction
    damaged_seconds: tuple[int, ...]


@dataclass(frozen=True)
class Rate:
    """`seconds` from the first picture to the end of the last. A picture is shown for up to `longest` seconds, the last
    one for `last`."""

    fps: Fraction
    varies: bool
    seconds: Fraction
    longest: Fraction
    last: Fraction


def read_timeline(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> Timeline:
    """Read all packets of both tracks; decode only until the first picture and the first sound.

    Raises MediaToolError if one of them can't be decoded at all."""
    picture, sound = Shown(), Shown()
    damaged: list[int] = []
    tracks = [stream for stream in (video, audio) if stream is not None]
    for packet in media_packets(
        container, *tracks, failed=lambda: _damage(damaged, picture if picture.times else sound)
    ):
        shown = picture if video is not None and packet.stream_index == video.index else sound
        if shown.first is None:
            shown.first = _first_frame(packet)
        _note(shown, packet, damaged)
        if len(picture.times) > MOST_FRAMES:
            raise InputError(f"The video has more than {MOST_FRAMES:,} frames. Cut it first.", code="too_demanding")
    if video is not None and picture.first is None:
        message = "The video can't be decoded: it is damaged, or its picture is larger than 8K. Export it again."
        raise MediaToolError(message, code="damaged_media")
    if audio is not None and sound.first is None:
        raise MediaToolError("The file is damaged: its audio can't be decoded.", code="damaged_media")
    return Timeline(picture, sound, _zero(picture, sound), tuple(damaged))


def _zero(picture: Shown, sound: Shown) -> Fraction:
    """Return the common zero: the earlier start, unless the sound only starts with what its encoder put before it."""
    if picture.first is None or sound.first is None:
        return picture.start if sound.first is None else sound.start
    if sound.start < picture.start <= sound.start + _PADDING_SECONDS:
        return picture.start
    return min(picture.start, sound.start)


def frame_seconds(frame: VideoFrame | AudioFrame) -> Fraction:
    """Return a frame's time in exact seconds on the file's own clock."""
    if frame.pts is None or frame.time_base is None:
        return Fraction(0)
    return frame.pts * frame.time_base


def picture_rate(shown: Shown, stream: VideoStream) -> Rate:
    """Return the rate and the length of the picture, measured by the times of the shown pictures.

    The rates that files declare can't be trusted: phones declare 1000, and trimmed files count hidden pictures."""
    declared = stream.average_rate or stream.guessed_rate or stream.base_rate or _UNKNOWN_RATE
    first = shown.start / shown.tick
    earliest = -(-first.numerator // first.denominator)
    times = sorted({time for time in shown.times if time >= earliest})
    steps = [later - earlier for earlier, later in pairwise(times)]
    if shown.untimed or not steps:
        # Without times, as in AVI, the header's rate is all there is; the average is an estimate.
        declared = stream.guessed_rate or declared
        count = len(times) + shown.untimed
        last = shown.last_seconds if count == 1 and shown.last_seconds else 1 / declared
        return Rate(declared, False, (count - 1) / declared + last, last, last)
    return _measured_rate(steps, shown.tick, declared, shown.last_seconds)


def _measured_rate(steps: Sequence[int], tick: Fraction, declared: Fraction, last: Fraction) -> Rate:
    """Return the rate of pictures that are so many ticks apart."""
    usual, longest = sorted(steps)[len(steps) // 2] * tick, max(steps) * tick
    # Containers with a coarse clock (1 ms in Matroska) round each step by up to one tick.
    slack = max(tick, usual / 20)
    near = {step for step in set(steps) if abs(step * tick - usual) <= slack}
    even = [step for step in steps if step in near]
    if len(even) < _USUAL_SHARE * len(steps):
        last = max(last, usual)
        seconds = sum(steps) * tick + last
        fps = ((len(steps) + 1) / seconds).limit_denominator(1001)
        return Rate(fps, True, seconds, max(longest, last), last)
    fps = _known_rate(len(even) / (sum(even) * tick), declared)
    held = last > 1 / fps + slack
    if len(even) == len(steps) and not held:
        return Rate(fps, False, (len(steps) + 1) / fps, 1 / fps, 1 / fps)
    last = last if held else 1 / fps
    return Rate(fps, True, sum(steps) * tick + last, max(longest, last), last)


def _known_rate(measured: Fraction, declared: Fraction) -> Fraction:
    near = [rate for rate in (declared, *FRAME_RATES) if abs(rate / measured - 1) <= _RATE_TOLERANCE]
    return min(near, key=lambda rate: abs(rate - measured)) if near else measured.limit_denominator(1001)


def _first_frame(packet: "Packet[Any]") -> VideoFrame | AudioFrame | None:
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        return None
    for frame in frames:
        if isinstance(frame, VideoFrame) or (isinstance(frame, AudioFrame) and frame.sample_rate):
            return frame
    return None


def _note(shown: Shown, packet: "Packet[Any]", damaged: list[int]) -> None:
    if packet.size == 0 and packet.pts is None and packet.dts is None:
        return  # it only tells the decoder that the file ends
    if packet.is_corrupt:
        _damage(damaged, shown)
    if packet.is_discard:
        return
    if packet.pts is None:
        shown.untimed += 1
        return
    if not shown.times:
        shown.tick = packet.time_base
    end = packet.pts + (packet.duration or 0)
    shown.times.append(packet.pts)
    if end >= shown.end_time:
        shown.end_time, shown.last_ticks = end, packet.duration or 0


def _damage(places: list[int], shown: Shown) -> None:
    seconds = int((shown.times[-1] - shown.times[0]) * shown.tick) if shown.times else 0
    if seconds not in places and len(places) < _MOST_PLACES:
        places.append(seconds)
