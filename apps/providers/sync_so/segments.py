"""Rules for segments, applied before anything is stored or paid. Pure functions: the caller probes lengths.

Sync.so responds to every mistake with "The segments configuration is invalid", so each rule here has its own message.
Facts: it refuses an end 2 ms beyond the real length and half a crop, and has refused touching segments.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from apps.providers.orders import SegmentProblem
from apps.providers.request_types import LipsyncSegment

# Margin at the end of a file, since containers round their length: within the recommended 50 to 100 ms.
END_MARGIN_SECONDS = 0.05
# In less time no mouth movement is visible, and rounding could remove it.
SHORTEST_SECONDS = 0.1
# Times typed with three decimals may differ from their neighbor's by rounding; the fitted ones are apart anyway.
OVERLAP_TOLERANCE_SECONDS = 0.0005
# A crop within this of its segment was meant to be the same length: fields show milliseconds.
EQUAL_LENGTH_SECONDS = 0.002
# As many as the vendor's pages can handle.
MAXIMUM_SEGMENTS = 100
MAXIMUM_AUDIOS = 20


def segment_problems(
    segments: Sequence[LipsyncSegment],
    *,
    video_seconds: float,
    audio_seconds: Mapping[str, float],
    frame_seconds: float = 1 / 25,
    maximum_seconds: float | None = None,
    places: Sequence[int] | None = None,
) -> list[SegmentProblem]:
    """Return all problems; empty if `segments_fitted` of them may be sent.

    `places` are the segments' positions in the caller's list, which may have entries that could not be read.

    `audio_seconds` has the probed length of each audio by reference id. `maximum_seconds` is the longest video
    that the model or plan accepts.
    """
    problems = _counts(segments, audio_seconds, video_seconds, maximum_seconds)
    numbered = list(zip(places or range(len(segments)), segments, strict=True))
    for index, segment in numbered:
        problems += _own_problems(index, segment, video_seconds, frame_seconds)
        problems += _audio_problems(index, segment, audio_seconds)
    return problems + _overlaps(numbered)


def segments_fitted(
    segments: Sequence[LipsyncSegment],
    *,
    video_seconds: float,
    audio_seconds: Mapping[str, float],
    frame_seconds: float = 1 / 25,
) -> tuple[LipsyncSegment, ...]:
    """Return the segments as they are sent: in order, in whole milliseconds, with ends inside the margin and a frame
    between two that touch. A crop as long as its segment stays so. Expects segments without problems."""
    ordered = sorted(segments, key=lambda one: one.start_seconds)
    fitted = [_inside(segment, video_seconds, audio_seconds) for segment in ordered]
    for index, (earlier, later) in enumerate(pairwise(fitted)):
        latest_end = _floor(later.start_seconds - frame_seconds)
        if earlier.end_seconds > latest_end:
            fitted[index] = replace(earlier, end_seconds=latest_end)
    return tuple(_together(wanted, segment) for wanted, segment in zip(ordered, fitted, strict=True))


def _counts(
    segments: Sequence[LipsyncSegment],
    audio_seconds: Mapping[str, float],
    video_seconds: float,
    maximum_seconds: float | None,
) -> list[SegmentProblem]:
    problems = []
    if not segments:
        problems.append(SegmentProblem(None, "segments", "Add at least one segment."))
    if len(segments) > MAXIMUM_SEGMENTS:
        problems.append(SegmentProblem(None, "segments", f"Use at most {MAXIMUM_SEGMENTS} segments."))
    if len(audio_seconds) > MAXIMUM_AUDIOS:
        problems.append(SegmentProblem(None, "audio", f"Use at most {MAXIMUM_AUDIOS} audio files."))
    if maximum_seconds is not None and video_seconds > maximum_seconds:
        text = f"The video is {video_seconds:.1f} s long; the model accepts up to {maximum_seconds:g} s. Shorten it."
        problems.append(SegmentProblem(None, "video", text))
    return problems


def _own_problems(
    index: int, segment: LipsyncSegment, video_seconds: float, frame_seconds: float
) -> list[SegmentProblem]:
    start, end = segment.start_seconds, segment.end_seconds
    problems = _range_problems(index, "startTime", "endTime", start, end, video_seconds, "video")
    shortest = max(SHORTEST_SECONDS, 2 * frame_seconds)
    if not problems and _floor(min(end, _last(video_seconds))) - start < shortest:
        text = f"The segment is too short; it needs at least {shortest:.2f} s inside the video."
        problems.append(SegmentProblem(index, "endTime", text))
    return problems


def _audio_problems(index: int, segment: LipsyncSegment, audio_seconds: Mapping[str, float]) -> list[SegmentProblem]:
    length = audio_seconds.get(segment.audio_reference)
    if length is None:
        text = f"There is no audio {segment.audio_reference!r}. Send it in a field of that name."
        return [SegmentProblem(index, "audioInput.refId", text)]
    start, end = segment.audio_start_seconds, segment.audio_end_seconds
    if start is None and end is None:
        return []
    if start is None or end is None:
        field = "startTime" if start is None else "endTime"
        return [SegmentProblem(index, f"audioInput.{field}", "Give both crop times, or neither.")]
    problems = _range_problems(index, "audioInput.startTime", "audioInput.endTime", start, end, length, "audio")
    if not problems and _floor(min(end, _last(length))) - start < SHORTEST_SECONDS:
        text = f"The crop is too short; it needs at least {SHORTEST_SECONDS} s inside the audio."
        problems.append(SegmentProblem(index, "audioInput.endTime", text))
    return problems


def _range_problems(
    index: int, start_field: str, end_field: str, start: float, end: float, length: float, medium: str
) -> list[SegmentProblem]:
    if not (math.isfinite(start) and math.isfinite(end)):
        return [SegmentProblem(index, start_field, "Times must be numbers of seconds.")]
    problems = []
    if start < 0:
        problems.append(SegmentProblem(index, start_field, "The start must not be before 0."))
    if start >= end:
        problems.append(SegmentProblem(index, end_field, "The end must come after the start."))
    # People set the end to the very last frame to mean "to the end"; it is moved inside the margin.
    if end > math.ceil(length * 1000) / 1000:
        text = f"The end, {end:.7g} s, is past the end of the {medium}, which is {length:.3f} s long."
        problems.append(SegmentProblem(index, end_field, text))
    return problems


def _overlaps(numbered: Sequence[tuple[int, LipsyncSegment]]) -> list[SegmentProblem]:
    numbered = sorted(
        ((index, one) for index, one in numbered if one.start_seconds < one.end_seconds),
        key=lambda pair: pair[1].start_seconds,
    )
    problems = []
    furthest, holder = -math.inf, 0
    for index, segment in numbered:
        if segment.start_seconds < furthest - OVERLAP_TOLERANCE_SECONDS:
            text = f"The segment overlaps segment {holder + 1}. Move one of them."
            problems.append(SegmentProblem(index, "startTime", text))
        if segment.end_seconds > furthest:
            furthest, holder = segment.end_seconds, index
    return problems


def _inside(segment: LipsyncSegment, video_seconds: float, audio_seconds: Mapping[str, float]) -> LipsyncSegment:
    fitted = replace(
        segment,
        start_seconds=_ceil(segment.start_seconds),
        end_seconds=_floor(min(segment.end_seconds, _last(video_seconds))),
    )
    if segment.audio_start_seconds is None or segment.audio_end_seconds is None:
        return fitted
    last = _last(audio_seconds[segment.audio_reference])
    return replace(
        fitted,
        audio_start_seconds=_ceil(segment.audio_start_seconds),
        audio_end_seconds=_floor(min(segment.audio_end_seconds, last)),
    )


def _together(wanted: LipsyncSegment, fitted: LipsyncSegment) -> LipsyncSegment:
    """Shorten video and voice equally if they were equally long; otherwise the service stretches one of them."""
    start, end = fitted.audio_start_seconds, fitted.audio_end_seconds
    if start is None or end is None or wanted.audio_start_seconds is None or wanted.audio_end_seconds is None:
        return fitted
    longer = (wanted.audio_end_seconds - wanted.audio_start_seconds) - (wanted.end_seconds - wanted.start_seconds)
    if abs(longer) > EQUAL_LENGTH_SECONDS:
        return fitted
    seconds = min(end - start, fitted.end_seconds - fitted.start_seconds)
    return replace(
        fitted, end_seconds=_floor(fitted.start_seconds + seconds), audio_end_seconds=_floor(start + seconds)
    )


def _last(length: float) -> float:
    """Return the latest end that is sent for a file of this length."""
    return _floor(length - END_MARGIN_SECONDS)


def _floor(seconds: float) -> float:
    # A nanosecond of tolerance, so that 1.001 stays 1.001 despite binary rounding.
    return math.floor(seconds * 1000 + 1e-6) / 1000


def _ceil(seconds: float) -> float:
    return math.ceil(seconds * 1000 - 1e-6) / 1000
