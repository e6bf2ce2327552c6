"""When the pictures and the sound of a file are shown, found by reading its packets once."""

from collections.abc import Iterator, Sequence
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

# A demuxer that fails this often without a packet in between never recovers.
_MOST_FAILURES = 50
_MOST_PLACES = 100
# A rate is the usual one if this share of the steps between pictures has it.
_USUAL_SHARE = 0.9
# Rounding of rates to known ones: the clocks of phones are off by a tenth of a percent.
_RATE_TOLERANCE = Fraction(2, 1000)
_UNKNOWN_RATE = Fraction(25)


@dataclass
class Shown:
    """One track's shown packets: times and ends in seconds on the file's own clock."""

    first: VideoFrame | AudioFrame | None = None
    times: list[Fraction] = field(default_factory=list)
    end: Fraction = Fraction(0)
    last_seconds: Fraction = Fraction(0)
    untimed: int = 0

    @property
    def start(self) -> Fraction:
        return first_time(self.first) if self.first is not None else Fraction(0)


@dataclass(frozen=True)
class Timeline:
    """What was found. `zero` is the common zero of picture and sound on the file's own clock."""

    picture: Shown
    sound: Shown
    zero: Fraction
    damaged_seconds: tuple[int, ...]


@dataclass(frozen=True)
class Rate:
    """`seconds` from the first picture to the end of the last."""

    fps: Fraction
    varies: bool
    seconds: Fraction


def read_timeline(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> Timeline:
    """Read all packets of both tracks; decode only until the first picture and the first sound.

    Raises MediaToolError if one of them can't be decoded at all."""
    picture, sound = Shown(), Shown()
    damaged: list[int] = []
    tracks = [stream for stream in (video, audio) if stream is not None]
    for packet in _packets(container, tracks, damaged):
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
    zero = min(shown.start for shown in (picture, sound) if shown.first is not None)
    return Timeline(picture, sound, zero, tuple(damaged))


def first_time(frame: VideoFrame | AudioFrame) -> Fraction:
    """Return a frame's time in exact seconds on the file's own clock."""
    if frame.pts is None or frame.time_base is None:
        return Fraction(0)
    return frame.pts * frame.time_base


def picture_rate(shown: Shown, stream: VideoStream) -> Rate:
    """Return the rate and the length of the picture, measured by the times of the shown pictures.

    The rates that files declare can't be trusted: phones declare 1000, and trimmed files count hidden pictures."""
    declared = stream.average_rate or stream.guessed_rate or stream.base_rate or _UNKNOWN_RATE
    times = sorted({time for time in shown.times if time >= shown.start})
    if shown.untimed or len(times) < 2:
        count = max(1, len(times) + shown.untimed)
        seconds = shown.last_seconds if count == 1 and shown.last_seconds else count / declared
        return Rate(declared, False, seconds)
    steps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    tick = stream.time_base or Fraction(1, 90_000)
    return _measured_rate(times, steps, tick, declared, shown.last_seconds)


def _measured_rate(
    times: Sequence[Fraction], steps: Sequence[Fraction], tick: Fraction, declared: Fraction, last: Fraction
) -> Rate:
    if not steps:
        return Rate(declared, False, max(last, 1 / declared))
    usual = sorted(steps)[len(steps) // 2]
    # Containers with a coarse clock (1 ms in Matroska) round each step by up to one tick.
    slack = max(tick, usual / 20)
    even = [step for step in steps if abs(step - usual) <= slack]
    if len(even) < _USUAL_SHARE * len(steps):
        seconds = times[-1] - times[0] + max(last, usual)
        return Rate((len(times) / seconds).limit_denominator(1001), True, seconds)
    fps = _known_rate(len(even) / sum(even, Fraction(0)), declared)
    if len(even) == len(steps) and last <= 1 / fps + slack:
        return Rate(fps, False, len(times) / fps)
    held = last if last > 1 / fps + slack else 1 / fps
    return Rate(fps, True, times[-1] - times[0] + held)


def _known_rate(measured: Fraction, declared: Fraction) -> Fraction:
    near = [rate for rate in (declared, *FRAME_RATES) if abs(rate / measured - 1) <= _RATE_TOLERANCE]
    return min(near, key=lambda rate: abs(rate - measured)) if near else measured.limit_denominator(1001)


def _packets(
    container: InputContainer, streams: Sequence[VideoStream | AudioStream], damaged: list[int]
) -> Iterator["Packet[Any]"]:
    """Yield packets; continue reading after damage."""
    failures, seconds = 0, 0
    while failures < _MOST_FAILURES:
        try:
            for packet in container.demux(*streams):
                failures = 0
                if packet.pts is not None:
                    seconds = int(packet.pts * packet.time_base)
                yield packet
        except av.error.FFmpegError:
            failures += 1
            _damage(damaged, seconds)
        else:
            return


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
        _damage(damaged, int((packet.pts or 0) * packet.time_base))
    if packet.is_discard:
        return
    if packet.pts is None:
        shown.untimed += 1
        return
    time, seconds = packet.pts * packet.time_base, (packet.duration or 0) * packet.time_base
    shown.times.append(time)
    if time + seconds >= shown.end:
        shown.end, shown.last_seconds = time + seconds, seconds


def _damage(places: list[int], seconds: int) -> None:
    if seconds not in places and len(places) < _MOST_PLACES:
        places.append(seconds)
